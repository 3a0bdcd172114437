package engine

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/resource"
	"foobar/inventory"
)

// TestContents: a file arrives as it is, whether it comes within the script or is uploaded.
func TestContents(t *testing.T) {
	contents := map[string]string{"empty": "", "quotes": "it's \"$(x)\" `y` \\n %s\n\n", "no end of line": "x", "letters": "Á – ü\n", "bytes": "\x00\xff\x81\r\n",
		"dashes": "-n\n", "most": strings.Repeat("y\n", carriedFile/2), "more": strings.Repeat("z\n", carriedFile/2) + "\x00"}
	b := newBench(t, "a")
	b.one(func(*inventory.Host) (all []resource.Resource) {
		for name, content := range contents {
			f := b.file("a", name, content)
			f.Mode = 0o604
			all = append(all, f)
		}
		return all
	})
	if r := b.run("deploy"); r.Exit != ExitOK {
		t.Fatal(b.problems())
	}
	for name, content := range contents {
		got, err := os.ReadFile(b.path("a", name))
		info, wrong := os.Stat(b.path("a", name))
		if err != nil || wrong != nil || string(got) != content || info.Mode() != 0o604 {
			t.Errorf("%s: %d bytes instead of %d, %v %v %v", name, len(got), len(content), info.Mode(), err, wrong)
		}
	}
}

// TestCarriedWithinBounds: what is large, or too much together, is uploaded.
func TestCarriedWithinBounds(t *testing.T) {
	archive := func(n int) resource.Put {
		return resource.Put{Archive: io.NewSectionReader(bytes.NewReader(bytes.Repeat([]byte{0x1f}, n)), 0, int64(n))}
	}
	room := carriedAll
	for range carriedAll / carriedFile {
		if text, err := carried(archive(carriedFile), &room); text == "" || err != nil {
			t.Fatalf("with room for %d: %v", room, err)
		}
	}
	for name, c := range map[string]struct {
		put  resource.Put
		room int
	}{"large": {archive(carriedFile + 1), carriedAll}, "no room": {archive(1), room}, "file": {resource.Put{File: "/etc/hosts"}, carriedAll}} {
		if text, err := carried(c.put, &c.room); text != "" || err != nil {
			t.Errorf("%s: %d bytes of script, %v", name, len(text), err)
		}
	}
}

// TestAFullDiskIsNamed: the shell's own printf does not say why it could not write.
func TestAFullDiskIsNamed(t *testing.T) {
	link := filepath.Join(t.TempDir(), "full")
	if err := os.Symlink("/dev/full", link); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("sh", "-euc", "foobar_parent() { :; }\n"+stepFunctions+"t="+link+" program=x\ncontent() { printf %s hello; }\nland '' / /x 0600 root root").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "No space left on device") {
		t.Errorf("%v\n%s", err, out)
	}
}
