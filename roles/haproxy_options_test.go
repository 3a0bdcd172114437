package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/resource"
)

// TestOptionsOfAnEarlierHAProxy: what starts HAProxy in another way is seen and commented
// out; the package's own file, which has comments alone, is as wanted.
func TestOptionsOfAnEarlierHAProxy(t *testing.T) {
	const own = "# Defaults file for HAProxy\n#CONFIG=\"/etc/haproxy/haproxy.cfg\"\n#EXTRAOPTS=\"-de -m 16\"\n"
	for text, want := range map[string]string{
		own: "", "": "",
		own + "EXTRAOPTS=\"-m 16\"":                 own + "#EXTRAOPTS=\"-m 16\"\n",
		"ENABLED=1\n  CONFIG=/srv/other.cfg\nA=b\n": "ENABLED=1\n#  CONFIG=/srv/other.cfg\nA=b\n",
	} {
		file := filepath.Join(t.TempDir(), "haproxy")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		run := func(script string) string {
			script = "foobar_put() { cat >\"$3.new\"; mv \"$3.new\" \"$3\"; }\n" + strings.ReplaceAll(script, haproxyDefaults, file)
			out, err := exec.Command("sh", "-euc", script).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return string(out)
		}
		r := haproxyOptions()
		c, err := r.Compare(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": run(r.Ask)}})
		if err != nil || c.Empty() != (want == "") {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
		for _, step := range c.Steps {
			run(step.(resource.Run).Script)
			if got, _ := os.ReadFile(file); strings.TrimRight(string(got), "\n") != strings.TrimRight(want, "\n") || run(r.Ask) != "" {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
}
