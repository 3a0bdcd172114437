package sh_test

import (
	"os/exec"
	"strings"
	"testing"

	"foobar/internal/sh"
)

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":               "''",
		"plain":          "plain",
		"/etc/a-b_c.d":   "/etc/a-b_c.d",
		"a b":            "'a b'",
		"$(id)":          "'$(id)'",
		"it's":           `'it'"'"'s'`,
		"~root":          "'~root'",
		"*":              "'*'",
		"a\nb":           "'a\nb'",
		"nul\x00removed": "nulremoved",
	} {
		if got := sh.Quote(in); got != want {
			t.Errorf("Quote(%q) = %s, want %s", in, got, want)
		}
	}
	if got, want := sh.Join("rm", "-f", "--", "a b", ""), "rm -f -- 'a b' ''"; got != want {
		t.Errorf("Join = %s, want %s", got, want)
	}
}

// FuzzQuote asks a real shell.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", "a'b\"c", "$(id) `id` ${x}", "\\", "\n\n", "-n", "!x", "ä\xff\x01", "a\x00b", "'", "''", "x\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 64<<10 {
			t.Skip("longer than an argument may be")
		}
		out, err := exec.Command("sh", "-c", "printf %s "+sh.Quote(s)).Output()
		if err != nil {
			t.Fatalf("sh refuses %q: %v", sh.Quote(s), err)
		}
		if want := strings.ReplaceAll(s, "\x00", ""); string(out) != want {
			t.Fatalf("%q came back as %q", want, out)
		}
	})
}
