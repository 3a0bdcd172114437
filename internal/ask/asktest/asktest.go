// Package asktest helps tests of what comes from hosts.
package asktest

import (
	"encoding/json"
	"testing"
	"unicode"

	"foobar/internal/ask"
)

// Token is that of Answer.
const Token = "tok"

// Answer is an answer of these lines, with Token in its frames.
func Answer(lines ...string) *ask.Answer {
	a := ask.NewAnswer(Token)
	for _, l := range lines {
		a.Line(l)
	}
	return a
}

// Shown checks that a text which people are shown holds nothing that cannot be
// seen, and that clearing it once more changes nothing.
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
