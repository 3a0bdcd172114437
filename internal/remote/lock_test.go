package remote_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/fault"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// openToAll makes the folder in which earlier versions had their lock, as Debian
// has it.
func openToAll(t *testing.T, s *sshtest.Server) (earlier string) {
	t.Helper()
	if err := os.Mkdir(s.RunDir+"/lock", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Chmod(s.RunDir+"/lock", 0o1777); err != nil {
		t.Fatal(err)
	}
	return s.RunDir + "/lock/foobar.lock"
}

// hold locks a file, as another process would, until the test ends.
func hold(t *testing.T, file string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	for n := 0; syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil; n++ {
		if n == 100 { // a run that was closed lets go of it within a moment
			t.Fatal("somebody else holds " + file)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestLockIsNobodyElsesToTake: whatever others put where earlier versions had their
// lock keeps no run out, and is not followed.
func TestLockIsNobodyElsesToTake(t *testing.T) {
	const nobody = 65534
	victim := filepath.Join(t.TempDir(), "victim")
	for name, plant := range map[string]func(earlier string) error{
		"link":   func(f string) error { return os.Symlink(victim, f) },
		"fifo":   func(f string) error { return syscall.Mkfifo(f, 0o666) },
		"folder": func(f string) error { return os.Mkdir(f, 0o755) },
		"held file of theirs": func(f string) error {
			if os.Getuid() != 0 {
				return os.Symlink(victim, f)
			}
			if err := os.WriteFile(f, nil, 0o600); err != nil {
				return err
			}
			hold(t, f)
			return os.Chown(f, nobody, nobody)
		},
		"held file that they can open": func(f string) error {
			if err := os.WriteFile(f, nil, 0o644); err != nil {
				return err
			}
			hold(t, f)
			return os.Chmod(f, 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := sshtest.Start(t, sshtest.Config{})
			if err := plant(openToAll(t, s)); err != nil {
				t.Fatal(err)
			}
			if err := dial(t, options(s)).Lock(within(t, 5*time.Second), 0, "alice"); err != nil {
				t.Error(err)
			}
			if err := dial(t, options(s)).Lock(within(t, 5*time.Second), 0, "bob"); !errors.Is(err, remote.ErrLocked) || !strings.Contains(err.Error(), "holds the host: alice") {
				t.Errorf("the second gets %v", err)
			}
			if _, err := os.Lstat(victim); err == nil {
				t.Error("the link was followed")
			}
		})
	}
}

// TestLockIsAlsoTheEarlierOne: a run of an earlier version and one of this keep
// each other out.
func TestLockIsAlsoTheEarlierOne(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	earlier := openToAll(t, s)
	a := dial(t, options(s))
	if err := a.Lock(within(t, 5*time.Second), 0, "alice"); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("flock", "-n", earlier, "true").Run(); err == nil {
		t.Error("an earlier version would come in")
	}
	a.Close()
	if err := os.WriteFile(earlier+".info", []byte("carol on desk, since then\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hold(t, earlier)
	b := dial(t, options(s))
	if err := b.Lock(within(t, 5*time.Second), 100*time.Millisecond, "bob"); !errors.Is(err, remote.ErrLocked) || !strings.Contains(err.Error(), "holds the host: carol on desk, since then;") {
		t.Errorf("beside a run of an earlier version: %v", err)
	}
	if err := exec.Command("flock", "-n", s.RunDir+"/foobar/lock", "true").Run(); err != nil {
		t.Errorf("what was not held is held: %v", err)
	}
	if got := run(t, b, "echo well"); got != "well" {
		t.Errorf("the shell gave %q afterwards", got)
	}
}

// TestLockWantsAFolderOfItsOwn: one that somebody else can change holds no lock.
func TestLockWantsAFolderOfItsOwn(t *testing.T) {
	elsewhere := t.TempDir()
	for name, plant := range map[string]func(d string) error{
		"open": func(d string) error { return errors.Join(os.Mkdir(d, 0o755), syscall.Chmod(d, 0o777)) },
		"link": func(d string) error { return os.Symlink(elsewhere, d) },
		"file": func(d string) error { return os.WriteFile(d, nil, 0o600) },
	} {
		s := sshtest.Start(t, sshtest.Config{})
		if err := plant(s.RunDir + "/foobar"); err != nil {
			t.Fatal(err)
		}
		err := dial(t, options(s)).Lock(within(t, 5*time.Second), 0, "alice")
		if !errors.Is(err, remote.ErrShell) || !strings.Contains(err.Error(), s.RunDir+"/foobar") || fault.Of(err) != fault.UnsafeFolder {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := os.ReadDir(elsewhere); len(left) > 0 {
		t.Errorf("the link was followed: %v", left)
	}
}

// TestLockAfterTheRunBefore: a run finds the lock free that the one before has just let
// go of, although that did not wait for the host.
func TestLockAfterTheRunBefore(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	for i := range 5 {
		h := dial(t, options(s))
		if _, err := h.RunLocked(within(t, 10*time.Second), "alice", "echo mine", func(string) {}); err != nil {
			t.Fatalf("run %d: %v", i, err)
		}
		h.Close()
	}
}
