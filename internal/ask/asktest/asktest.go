// Package asktest helps tests of what comes from hosts.
package asktest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"foobar/internal/ask"
)

// Token is that of Answer and of recordings.
const Token = "tok"

// Answer is an answer of these lines, with Token in its frames. It was asked for
// 10 ms before the time of its clock, and came in 10 ms after.
func Answer(lines ...string) *ask.Answer {
	a := ask.NewAnswer(Token)
	for _, l := range lines {
		a.Line(l)
	}
	if since, err := time.ParseDuration(strings.TrimSpace(a.Text("clock")) + "s"); err == nil {
		clock := time.Unix(0, int64(since))
		a.Asked, a.Heard = clock.Add(-10*time.Millisecond), clock.Add(10*time.Millisecond)
	}
	return a
}

// Recording reads the lines of an answer from a file and replaces texts in it: of
// each pair the first, which must be there, by the second.
func Recording(t testing.TB, path string, replace ...string) []string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%s lacks %q", path, replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return strings.Split(text, "\n")
}

// Play answers a script with a recording, under the script's own token.
func Play(script string, recording []string, line func(string)) {
	_, token, _ := strings.Cut(script, "ask=")
	token, _, _ = strings.Cut(token, "\n")
	for _, l := range recording {
		if rest, ok := strings.CutPrefix(l, Token+" "); ok {
			l = token + " " + rest
		}
		line(l)
	}
}

// Shown checks that a text for people holds nothing that cannot be seen, and that
// PrintableText would change nothing in it.
func Shown(t testing.TB, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && r != '\t' && (!unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)) {
			t.Fatalf("%U is shown: %.500q", r, text)
		}
	}
	if again := ask.PrintableText(text, len(text)); again != text {
		t.Fatalf("%.500q is not what comes out the second time: %.500q", text, again)
	}
}

// Document checks that a value has a JSON form, which then is safe to be shown.
func Document(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	raw = ask.PrintableJSON(raw)
	Shown(t, string(raw))
	return raw
}
