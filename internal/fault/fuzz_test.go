package fault

import (
	"strings"
	"testing"
)

// FuzzClassify: the code is one of the catalogue, and the reason one of the lines.
func FuzzClassify(f *testing.F) {
	f.Add("E: Could not get lock /var/lib/dpkg/lock-frontend", "package", 100)
	f.Add("nginx: [emerg] bind() to 0.0.0.0:443 failed (98: Address already in use)", "service", 1)
	f.Fuzz(func(t *testing.T, text, kind string, status int) {
		lines := strings.Split(text, "\n")
		code, reason := Classify(Output{Kind: kind, Status: status, Lines: lines})
		if _, ok := Lookup(code); !ok {
			t.Fatalf("no code: %q", code)
		}
		if reason != "" && !strings.Contains(text, strings.TrimSpace(reason)) {
			t.Fatalf("%q is not in %q", reason, text)
		}
	})
}
