package facts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSourceOfAStoppedServer: whom a stopped MariaDB follows stands in its file; no other
// file is read in its place.
func TestSourceOfAStoppedServer(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a replica":   {"33\nbinlog.000002\n344\n10.0.0.11\nfoobar_repl\nsecret\n3306\n", "db source 10.0.0.11"},
		"none":        {"33\n\n4\n\n\n\n3306\n", ""},
		"cut off":     {"33\n", ""},
		"a link":      {"link", ""},
		"not a file":  {"", ""},
		"with a word": {"33\nb\n4\nhost name\n", "db source host name"},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "master.info")
		switch c.text {
		case "":
		case "link":
			if err := os.WriteFile(file+".other", []byte("33\nb\n4\n6.6.6.6\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(file+".other", file); err != nil {
				t.Fatal(err)
			}
		default:
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		script := strings.NewReplacer("data=/var/lib/mysql", "data="+dir, "/run/mysqld/mysqld.sock", dir+"/sock").Replace(databaseScript)
		out, err := exec.Command("sh", "-c", script).CombinedOutput()
		got := ""
		for line := range strings.Lines(string(out)) {
			if strings.HasPrefix(line, "db source") {
				got = strings.TrimSpace(line)
			}
		}
		if err != nil || got != c.want || strings.Contains(string(out), "secret") {
			t.Errorf("%s: %q, %v\n%s", name, got, err, out)
		}
	}
}
