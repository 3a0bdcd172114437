package census

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTargets: where a link leads is read as it is, and no link's text looks like an answer
// about another file.
func TestTargets(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{"plain": "releases/0123456789ab", "blank": "a b", "arrow": "a -> b", "quote": "it's", "line": "x\nstat\t/etc/shadow\tregular file\t0777\tapp:app\t1\t1\t'/etc/shadow'"} {
		link := filepath.Join(dir, name)
		if err := os.Symlink(want, link); err != nil {
			t.Fatal(err)
		}
		parts := []Part{{Files: []string{link}}}
		out, err := exec.Command("sh", "-c", Script(parts)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		lines := Read(parts, strings.Split(string(out), "\n"))[0]
		s, ok := StatOf(link, lines)
		switch odd := strings.ContainsAny(want, "'\n"); {
		case !ok || s.Type != "symbolic link":
			t.Errorf("%s: %v, of %q", name, s, out)
		case odd && (s.Target == "" || s.Target == want), !odd && s.Target != want:
			t.Errorf("%s leads to %q by %q", name, s.Target, out)
		}
		if _, forged := StatOf("/etc/shadow", lines); forged {
			t.Errorf("%s: a link has answered for another file: %q", name, out)
		}
	}
}
