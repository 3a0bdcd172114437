package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"foobar/internal/secret"
)

const known = "hunter2-hunter2"

func TestStringHidesEverywhere(t *testing.T) {
	s := secret.New(known)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "s", s, "p", &s)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "s", s, "in", struct{ S secret.String }{s})
	encoded, err := json.Marshal(map[string]any{"s": s, "p": &s, "in": struct{ S secret.String }{s}})
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{log.String(), string(encoded), s.String(), fmt.Sprint(s, &s), fmt.Errorf("x: %w: %v", fmt.Errorf("%s", s), s).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%o", "%b", "%c", "%U", "%10.3s", "%T|%v", "%!"} {
		for _, v := range []any{s, &s, []secret.String{s}, map[string]secret.String{"k": s}, struct{ S secret.String }{s}, struct{ P *secret.String }{&s}} {
			shown = append(shown, fmt.Sprintf(verb, v))
		}
	}
	for _, text := range shown {
		for _, form := range []string{known, fmt.Sprintf("%x", known), fmt.Sprintf("%X", known), fmt.Sprintf("% x", known), fmt.Sprint([]byte(known))} {
			if strings.Contains(text, form) {
				t.Errorf("the secret shows in %q", text)
			}
		}
	}
	if s.Reveal() != known || s.Empty() || !(secret.String{}).Empty() {
		t.Error("Reveal or Empty is wrong")
	}
}

func TestMaster(t *testing.T) {
	if _, err := secret.NewMaster(make([]byte, 31), 1, secret.Site{}); err == nil {
		t.Error("31 bytes were accepted")
	}
	master := func(fill byte, generation int) *secret.Master {
		m, err := secret.NewMaster(bytes.Repeat([]byte{fill}, 32), generation, secret.Site{Name: "foobar", Domain: "www.foobar.com"})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	one := master(1, 1)
	first := one.Password("db/app").Reveal()
	if len(first) != 32 || strings.Trim(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Errorf("password %q: want 32 letters, digits, - and _", first)
	}
	if got := master(1, 1).Password("db/app").Reveal(); got != first {
		t.Error("the same master, generation and label give another password")
	}
	for what, other := range map[string]string{
		"label": one.Password("db/root").Reveal(), "generation": master(1, 2).Password("db/app").Reveal(), "master": master(2, 1).Password("db/app").Reveal(),
	} {
		if other == first {
			t.Errorf("another %s gives the same password", what)
		}
	}
	if !bytes.Equal(one.Seed("ca"), master(1, 2).Seed("ca")) {
		t.Error("the seed changed with the generation: a rotation would replace the CA")
	}
	if len(one.Seed("ca")) != 32 || bytes.Equal(one.Seed("ca"), one.Seed("cb")) {
		t.Error("seeds are too short, or alike for two labels")
	}
	if got := fmt.Sprintf("%v %+v %#v", one.Password("x"), one.Password("x"), one.Password("x")); got != "[secret] [secret] [secret]" {
		t.Errorf("a derived password shows: %s", got)
	}
}

// TestTwoSitesShareNothing: two inventories may name one master secret, and
// words that are joined the same way are not the same site.
func TestTwoSitesShareNothing(t *testing.T) {
	sites := []secret.Site{{Name: "foobar", Domain: "www.foobar.com"}, {Name: "foobar", Domain: "staging.foobar.com"}, {Name: "staging", Domain: "www.foobar.com"},
		{Name: "a", Domain: "b domain 1:c"}, {Name: "a domain 1:b", Domain: "c"}, {Name: "ab", Domain: "c"}, {Name: "a", Domain: "bc"}, {}}
	seen := map[string]secret.Site{}
	for _, s := range sites {
		m, err := secret.NewMaster(bytes.Repeat([]byte{1}, 32), 1, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []string{m.Password("db/app").Reveal(), m.PasswordAt(2, "db/app").Reveal(), string(m.Seed("ca"))} {
			if other, there := seen[value]; there {
				t.Errorf("%+v and %+v have a secret in common", s, other)
			}
			seen[value] = s
		}
	}
}

// TestDerivation holds what is derived still: with another value the passwords
// of every site would change, or what earlier versions made would not be known again.
func TestDerivation(t *testing.T) {
	m, err := secret.NewMaster(bytes.Repeat([]byte{1}, 32), 3, secret.Site{Name: "foobar", Domain: "www.foobar.com"})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ got, want string }{
		"password":           {m.Password("db/app").Reveal(), "D8zQzPYeK-Mnro7l8vGXRtL4hwyWOM5r"},
		"another generation": {m.PasswordAt(2, "db/app").Reveal(), "oOmE0ZZmleRACNkwX3yQa3qY3t4Xvjes"},
		"password v1":        {m.PasswordV1(3, "db/app").Reveal(), "KVFRgagsxkANiAJhkFbJlNVnaNvLkc9c"},
		"seed":               {fmt.Sprintf("%x", m.Seed("ca")), "08b043407a36fd9b0db24c618910c4bca3692c14f1f36e91fc55f197e067917e"},
		"seed v1":            {fmt.Sprintf("%x", m.SeedV1("ca")), "22237c9199c72ea5c4509c6a26076b920f3a8eb1720a5ac8b762f963c3644b48"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", what, c.got, c.want)
		}
	}
}
