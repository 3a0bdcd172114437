package firewall

import (
	"strings"
	"testing"

	"foobar/internal/resource"
)

// FuzzTable: no table of a kernel and no rule file panics, and a table is
// worded alike when it is read again.
func FuzzTable(f *testing.F) {
	for _, name := range []string{"kernel4.txt", "kernel6.txt", "user.rules"} {
		f.Add(fixture(f, name))
	}
	f.Add("*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -m comment --comment \"x \\\" y\" -j ACCEPT\nCOMMIT\n")
	want := sample(f)
	want.Loopback.Strict = true
	seen := sampleSeen(f, want)
	f.Add(listening)
	f.Add("@live4\n*filter\n@end\n")
	f.Fuzz(func(t *testing.T, text string) {
		parseTable(text)
		parts(&resource.Observed{}, text)
		for line := range strings.Lines(text) {
			parseRule(line)
		}
		for _, key := range []string{"live4", "live6", "user4", "user6", "recorded4", "listening"} {
			o := resource.Observed{State: resource.Present, Attrs: map[string]string{}}
			for k, v := range seen.Attrs {
				o.Attrs[k] = v
			}
			o.Attrs[key] = text
			_, _ = want.Diff(o)
			want.Unmanaged(o)
		}
	})
}
