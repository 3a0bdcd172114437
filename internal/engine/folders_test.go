package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/resource"
	"foobar/inventory"
)

// nobody is a user that owns nothing, in whose hands a folder may be.
const nobody = 65534

// shared is a bench whose folders anybody may enter, with a folder of nobody's
// and, beside it, a file that is root's alone.
func shared(t *testing.T) (b *bench, theirs, canary string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to make folders of somebody else's")
	}
	b = newBench(t, "a")
	theirs, canary = b.path("a", "theirs"), b.path("a", "canary")
	if err := os.Mkdir(theirs, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(canary, []byte("root's"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{b.dirs["a"], filepath.Dir(b.dirs["a"])} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(theirs, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return b, theirs, canary
}

// TestNothingIsWrittenInFoldersOfOthers: whatever their owner puts there, and
// whenever, it is left alone, and the error says which folder it is.
func TestNothingIsWrittenInFoldersOfOthers(t *testing.T) {
	for name, want := range map[string]func(theirs string) resource.Resource{
		"file": func(d string) resource.Resource { return resource.File{Path: d + "/file", Content: []byte("new")} },
		"behind link": func(d string) resource.Resource {
			return resource.File{Path: d + "/back/canary", Content: []byte("new")}
		},
		"dir":  func(d string) resource.Resource { return resource.Dir{Path: d + "/back/new", Owner: "nobody"} },
		"link": func(d string) resource.Resource { return resource.Link{Path: d + "/back/new", Target: "elsewhere"} },
	} {
		t.Run(name, func(t *testing.T) {
			b, theirs, canary := shared(t)
			loop := exec.Command("sh", "-c", `cd "$1" || exit; ln -s .. back; while :; do
  for f in .foobar-* .foobar-*.*; do ln -sfn "$2" "$f"; done
done 2>/dev/null`, "sh", theirs, canary)
			loop.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Setpgid: true}
			if err := loop.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = syscall.Kill(-loop.Process.Pid, syscall.SIGKILL)
				_ = loop.Wait()
			}()
			for i := 0; i < 100; i++ { // until the loop has begun
				if _, err := os.Lstat(theirs + "/back"); err == nil {
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
			b.one(func(*inventory.Host) []resource.Resource { return []resource.Resource{want(theirs)} })
			b.wants("deploy", "HOST08")
			if said := theirs + " is nobody:nogroup with the mode 0755"; !strings.Contains(b.problems(), said) {
				t.Errorf("the error does not say %q: %s", said, b.problems())
			}
			info, err := os.Lstat(canary)
			if text, _ := os.ReadFile(canary); err != nil || string(text) != "root's" || info.Sys().(*syscall.Stat_t).Uid != 0 {
				t.Errorf("root's file is now %q %v %v", text, info, err)
			}
			if _, err := os.Lstat(b.path("a", "new")); err == nil {
				t.Error("something was made behind the link")
			}
		})
	}
}

// TestFoldersOfFoobarThatWereGivenAwayAreNotBelieved: what lies there would be
// read and run by root.
func TestFoldersOfFoobarThatWereGivenAwayAreNotBelieved(t *testing.T) {
	for _, name := range []string{"run", "lib", "lib/stage"} {
		b, _, _ := shared(t)
		b.one(func(*inventory.Host) []resource.Resource { return []resource.Resource{b.file("a", "x", "x")} })
		if err := os.MkdirAll(b.path("a", name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(b.path("a", name), nobody, nobody); err != nil {
			t.Fatal(err)
		}
		b.wants("deploy", "HOST08")
	}
}

// TestCheckerRunsWithoutPrivileges: as the user it is told, on bytes that this
// user cannot change.
func TestCheckerRunsWithoutPrivileges(t *testing.T) {
	b, _, _ := shared(t)
	for _, c := range []struct{ check, code string }{
		{`test "$(id -un)" = nobody && grep -q y %s && ! sh -c ": >>"%s 2>/dev/null`, ""},
		{`grep -q x %s`, "SVC02"},
	} {
		b.one(func(*inventory.Host) []resource.Resource {
			f := b.file("a", "checked"+c.code, "y")
			f.Check, f.CheckAs = c.check, "nobody"
			return []resource.Resource{f}
		})
		if c.code != "" {
			b.wants("deploy", "SVC02")
		} else if r := b.run("deploy"); r.Exit != ExitOK {
			t.Errorf("exit %d: %s", r.Exit, b.problems())
		}
	}
}
