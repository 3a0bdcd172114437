package action

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/engine"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/internal/play"
	"foobar/internal/remote/sshtest"
	"foobar/internal/secret"
	"foobar/inventory"
)

// deployedWith are the facts of hosts that were deployed with a master secret; recorded
// says by a foobar that writes down which.
func deployedWith(t *testing.T, inv *inventory.Inventory, m *secret.Master, recorded bool) map[string]facts.Facts {
	t.Helper()
	s := &play.Site{Inv: inv, Master: m}
	if err := deriveCAs(s); err != nil {
		t.Fatal(err)
	}
	seen := map[string]facts.Facts{}
	for _, h := range inv.Hosts {
		f := facts.Facts{OwnedBy: inv.Site.Name, Owned: []string{"file:/etc/x"}, TLS: facts.TLS{Trusted: string(s.CA.PEM())}}
		if recorded {
			f.Key = m.Fingerprint()
		}
		seen[h.Name] = f
	}
	return seen
}

func fresh(t *testing.T, inv *inventory.Inventory) *secret.Master {
	t.Helper()
	m, err := secret.FreshMaster(1, siteOf(inv))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMasterOfAnotherSite: hosts that were deployed with another master secret are left
// alone unless somebody asks for that, whether or not they recorded which.
func TestMasterOfAnotherSite(t *testing.T) {
	inv, err := inventory.Load(sshtest.Inventory(t, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	m, other := fresh(t, inv), fresh(t, inv)
	for _, recorded := range []bool{true, false} {
		theirs, ours := deployedWith(t, inv, other, recorded), deployedWith(t, inv, m, recorded)
		mixed := map[string]facts.Facts{"lb1": ours["lb1"], "web1": theirs["web1"], "web2": {}}
		for _, c := range []struct {
			name           string
			seen           map[string]facts.Facts
			fresh, replace bool
			code           fault.Code
			words          string
		}{
			{"the same", ours, false, false, "", ""},
			{"a new site", map[string]facts.Facts{"lb1": {}}, true, false, "", ""},
			{"another", theirs, false, false, "SEC09", "is not the master secret that the passwords on lb1, web1, web2 come from"},
			{"half of them", mixed, false, false, "SEC09", "the passwords on web1 come from"},
			{"lost", theirs, true, false, "SEC07", "is not there, and the passwords on lb1, web1, web2 come from it"},
			{"taken over", theirs, false, true, "", ""},
			{"taken over, lost", theirs, true, true, "", ""},
			{"taken over half", mixed, false, true, "", ""},
			{"nothing to take over", ours, false, true, "CLI01", "raise generation and ca_generation"},
		} {
			k := &keeping{inv: inv, master: m, fresh: c.fresh, replace: c.replace}
			err := k.judge(&play.Site{Inv: inv, Master: m}, c.seen)
			if c.code == "" {
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
				continue
			}
			faulttest.Wants(t, err, c.code)
			if !strings.Contains(err.Error(), c.words) || c.code != "CLI01" && !strings.Contains(err.Error(), "foobar deploy --new-secrets "+inv.Path) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
	// An earlier generation of the CA is the site's, too; another site's host is not judged here.
	inv.Secrets.CAGeneration = 7
	later := deployedWith(t, inv, m, false)
	inv.Secrets.CAGeneration = 1
	foreign := deployedWith(t, inv, other, true)
	for name, f := range foreign {
		f.OwnedBy = "another site"
		foreign[name] = f
	}
	for _, seen := range []map[string]facts.Facts{later, foreign} {
		if err := (&keeping{inv: inv, master: m}).judge(&play.Site{Inv: inv, Master: m}, seen); err != nil {
			t.Error(err)
		}
	}
}

// TestMasterIsMadeByTheFirstChange: reading and planning make no file, and where one has
// appeared meanwhile it stays.
func TestMasterIsMadeByTheFirstChange(t *testing.T) {
	t.Setenv(inventory.TokenEnv, "x")
	path := sshtest.Inventory(t, "", "")
	inv, err := inventory.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(filepath.Dir(path), "foobar.key")
	none := func() {
		t.Helper()
		if _, err := os.Lstat(key); !errors.Is(err, fs.ErrNotExist) {
			t.Fatal("a master secret was made")
		}
	}
	c := Common{Inventory: path, Console: Console{Err: io.Discard}}
	plan := &Plan{Common: c, Out: filepath.Join(t.TempDir(), "plan")}
	faulttest.Wants(t, plan.Run(t.Context()), "SEC07") // its passwords would be gone
	none()
	r, err := c.rollout(t.Context(), "plan", nil, Display{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.site.App.Close()
	none()
	if err := r.Request.Begin(); err != nil || len(r.keep.said) == 0 || !strings.Contains(r.keep.said[0], "made "+key) {
		t.Fatalf("%v, said %q", err, r.keep.said)
	}
	again, err := loadMaster(inv)
	if err != nil || again.Fingerprint() != r.site.Master.Fingerprint() {
		t.Errorf("what was deployed is not what was kept (%v)", err)
	}
	late := &keeping{inv: inv, master: fresh(t, inv), fresh: true}
	if err := late.write(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over another: %v", err)
	}
	inv.Secrets.Master = "/nonexistent/folder/foobar.key"
	_, err = keep(inv)
	faulttest.Wants(t, err, "SEC07")

	half := &Deploy{Common: c, Yes: true, NewSecrets: true, Roles: []string{"base"}}
	faulttest.Wants(t, half.Run(t.Context()), "CLI01")
}

// ledger is a host that has one.
type ledger struct {
	engine.Target
	text string
}

func (l ledger) Run(_ context.Context, _ string, line func(string)) (int, error) {
	for text := range strings.SplitSeq(l.text, "\n") {
		line(text)
	}
	return 0, nil
}

func (ledger) Lock(context.Context, time.Duration, string) error { return nil }

// TestMovesNeedTheMaster: an operation on databases does nothing on a host whose
// passwords come from another master secret.
func TestMovesNeedTheMaster(t *testing.T) {
	inv, err := inventory.Load(sshtest.Inventory(t, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	m, other := fresh(t, inv), fresh(t, inv)
	for text, code := range map[string]fault.Code{
		"":                                   "",
		"damaged":                            "",
		`{"version": 1, "site": "x"}`:        "",
		`{"key": "` + m.Fingerprint() + `"}`: "",
		"{\n \"key\": \"" + other.Fingerprint() + "\"\n}": "SEC09",
	} {
		line := (&Common{}).dbLine()
		line.keep = &keeping{inv: inv, master: m}
		err := (dbTarget{ledger{text: text}, "web1", line}).Lock(t.Context(), 0, "")
		if code == "" && err != nil || len(line.held()) != 0 {
			t.Errorf("%q: %v", text, err)
		}
		if code != "" {
			faulttest.Wants(t, err, code)
		}
	}
}
