package resource

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/census"
)

// pair is a kind of the test's own that shares with the others.
type pair struct{}

func (pair) Script([][]string) string { return ":" }

func (pair) Shares(args [][]string) (s census.Part) {
	for _, a := range args {
		s.Units, s.Followed = append(s.Units, a[0]), append(s.Followed, a[1])
	}
	return s
}

func (pair) Parse(_ [][]string, lines []string, found []Observed) {
	found[0].State = Present
	found[0].Set("lines", strings.Join(lines, "\n"))
}

// TestSharedIsAskedOnce: what several kinds want of units, files and packages takes one
// systemctl, one stat, one sha256sum and one dpkg-query, each kind gets its own units, and a link is followed only
// for the kind that wants it.
func TestSharedIsAskedOnce(t *testing.T) {
	dir := t.TempDir()
	file, link, gone, log := filepath.Join(dir, "a b"), filepath.Join(dir, "link"), filepath.Join(dir, "gone"), filepath.Join(dir, "log")
	for name, text := range map[string]string{
		"a b": "text",
		"bin/systemctl": "while [ $1 != -- ]; do shift; done; shift\n" +
			"for u; do printf 'Id=%s\\nLoadState=loaded\\nActiveState=active\\nInvocationID=of-%s\\n\\n' \"$u\" \"$u\"; done\n",
		"bin/stat": "exec /usr/bin/stat \"$@\"\n", "bin/sha256sum": "exec /usr/bin/sha256sum \"$@\"\n",
		"bin/dpkg-query": "printf 'package\\tone\\tinstalled\\thold\\t1.2\\n'; exit 1\n",
	} {
		if strings.HasPrefix(name, "bin/") {
			text = "#!/bin/sh\necho ${0##*/} >>" + log + "\n" + text
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	sum := Digest([]byte("text"))

	seen := look(t, Service{Unit: "one.service", Loads: []ID{NewID("file", file)}}.Probe(), File{Path: file, Content: []byte("text")}.Probe(),
		Probe{Kind: pair{}, Args: []string{"three.service", link}}, Service{Unit: "two.service"}.Probe(), File{Path: link}.Probe(), File{Path: gone}.Probe(), User{Name: "root"}.Probe(),
		Packages{For: "x", Names: []string{"one", "two"}}.Probe(), Deb{Name: "one"}.Probe())
	if did, _ := os.ReadFile(log); string(did) != "systemctl\nstat\nsha256sum\ndpkg-query\n" {
		t.Errorf("the host has run %q", did)
	}
	for i, want := range map[int]map[string]string{
		0: {"invocation": "of-one.service", "sum " + file: sum},
		1: {"sum": sum, "type": "regular file"},
		3: {"invocation": "of-two.service"},
		4: {"type": "symbolic link", "sum": ""},
		7: {"status one": "installed", "want one": "hold", "status two": ""},
		8: {"status": "installed", "version": "1.2"},
	} {
		for key, value := range want {
			if got := seen[i].Get(key); got != value {
				t.Errorf("probe %d: %s is %q, not %q", i, key, got, value)
			}
		}
	}
	if seen[0].Get("ctime "+file) == "" || seen[5].State != Absent {
		t.Errorf("%v\n%v", seen[0], seen[5])
	}
	if seen[6].Get("uid") != "0" { // a kind that shares nothing is given nothing of it
		t.Errorf("root is %v", seen[6])
	}
	got := seen[2].Get("lines")
	if !strings.Contains(got, "of-three.service") || !strings.Contains(got, sum+"  "+link) || strings.Contains(got, "of-one") || strings.Contains(got, "of-two") {
		t.Errorf("the third kind is given\n%s", got)
	}
	if seen := look(t, Query("echo alone")); seen[0].Get("out") != "alone" {
		t.Errorf("a set that shares nothing: %v", seen)
	}
}
