package ask_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"foobar/internal/ask"
)

func TestPrintable(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":                {"all is well", "all is well"},
		"colour":               {"a\x1b[1;31mred\x1b[0mb", "aredb"},
		"cursor":               {"\x1b[2Aup\x1b[K", "up"},
		"title":                {"a\x1b]0;owned\ab", "ab"},
		"clipboard":            {"a\x1b]52;c;Zm9v\x1b\\b", "ab"},
		"no end":               {"a\x1b]52;c;Zm9v", "a"},
		"cut in the middle":    {"a\x1b[31", "a"},
		"alone":                {"a\x1b", "a"},
		"DCS":                  {"a\x1bPq#0;1;2~\x1b\\b", "ab"},
		"charset":              {"a\x1b(0b", "ab"},
		"keypad":               {"a\x1b=b", "ab"},
		"one in another":       {"a\x1b]0;x\x1b[31mb", "ab"},
		"C1 of CSI":            {"a\u009b31mb", "ab"},
		"C1 of OSC":            {"a\u009d0;x\u009cb", "ab"},
		"a bare byte of CSI":   {"a\x9b31mb", "a\uFFFD31mb"},
		"C0":                   {"a\x00\a\b\rb\x7f", "ab"},
		"lines":                {"a\nb\tc\vd\u0085e\u2028f\u2029g", "a b c d e f g"},
		"bidi":                 {"a\u202eb\u2066c\u200fd\u061ce", "abcde"},
		"zero width":           {"a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg\u180eh\u3164i\u034fj", "abcdefghij"},
		"tags":                 {"a\U000e0041\U000e007fb", "ab"},
		"variation selectors":  {"a\ufe0fb\U000e0100c", "abc"},
		"not assigned":         {"a\ue000b\uffffc\U0010ffffd", "abcd"},
		"spaces":               {"1\u00a0000\u3000x", "1 000 x"},
		"no UTF-8":             {"a\xffb\xc3", "a\uFFFDb\uFFFD"},
		"letters":              {"Ärger šťastný Ελλάδα Привет 日本語 العربية עברית हिन्दी ไทย", "Ärger šťastný Ελλάδα Привет 日本語 العربية עברית हिन्दी ไทย"},
		"marks":                {"e\u0301 o\u0302\u0323", "e\u0301 o\u0302\u0323"},
		"a pile of marks":      {"a" + strings.Repeat("\u0300", 50) + "b", "a" + strings.Repeat("\u0300", 8) + "b"},
		"a mark on ours":       {"\u0338x", "x"},
		"emoji":                {"ok 👍🏽 🎉 ✓", "ok 👍🏽 🎉 ✓"},
		"a family of emoji":    {"👩\u200d👧", "👩👧"},
		"too long":             {strings.Repeat("ä", 101), strings.Repeat("ä", 100) + "…"},
		"just as long as that": {strings.Repeat("ä", 100), strings.Repeat("ä", 100)},
	} {
		if got := ask.Printable(c.in, 100); got != c.want {
			t.Errorf("%s: %q became %q, want %q", name, c.in, got, c.want)
		}
	}
	if got := ask.PrintableText("a\x1b]0;x\n\tb\r\n", 100); got != "a\n\tb\n" {
		t.Errorf("a text of lines became %q", got)
	}
}

func TestPrintableJSON(t *testing.T) {
	in, _ := json.Marshal(map[string]string{"a": "x\u009b31m\u202e\x1b[m\ufeff\U000e0041é👍\n"})
	got := ask.PrintableJSON(in)
	var back map[string]string
	if err := json.Unmarshal(got, &back); err != nil || back["a"] != "x\u009b31m\u202e\x1b[m\ufeff\U000e0041é👍\n" {
		t.Errorf("%s reads as %q (%v)", got, back, err)
	}
	if want := `{"a":"x\u009b31m\u202e\u001b[m\ufeff\udb40\udc41é👍\n"}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSafe(t *testing.T) {
	var out bytes.Buffer
	n, err := ask.Safe(&out).Write([]byte("a\x1b[31mb\n"))
	if n != 8 || err != nil || out.String() != "ab\n" {
		t.Errorf("%d bytes, %v, wrote %q", n, err, out.String())
	}
}

// FuzzPrintable: whatever comes in, what goes out is bounded, shows all that it
// holds, and stays as it is when it goes through again.
func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"", "a", "\x1b[31m", "\x1b]52;c;x\a", "\u009b1m", "\x9b1m", "e\u0301", "\u202e", "\xff", "\x1b\x1b[[mm", "\x1b]\x1b]0;\ax", "\x1b(\x1b[m", "a\n\tb\r"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = min(max(most, 0), 1000)
		for _, lines := range []bool{false, true} {
			do := ask.Printable
			if lines {
				do = ask.PrintableText
			}
			got := do(s, most)
			if again := do(got, most); again != got {
				t.Fatalf("%q became %q, and that %q", s, got, again)
			}
			if n := utf8.RuneCountInString(got); n > most+1 || !utf8.ValidString(got) {
				t.Fatalf("%q became %q: %d characters", s, got, n)
			}
			for _, r := range got {
				if (!lines || r != '\n' && r != '\t') && (!unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)) {
					t.Fatalf("%q became %q: %U is not to be shown", s, got, r)
				}
			}
		}
		document, err := json.Marshal(s)
		if err != nil {
			t.Skip()
		}
		var before, after string
		_ = json.Unmarshal(document, &before)
		if err := json.Unmarshal(ask.PrintableJSON(document), &after); err != nil || after != before {
			t.Fatalf("%q reads as %q (%v)", document, after, err)
		}
	})
}
