package action

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/remote"
)

// TestReaderGoneIsNoEnd runs itself with a standard output that nobody reads, at whose
// first byte Go's runtime would end the program.
func TestReaderGoneIsNoEnd(t *testing.T) {
	if os.Getenv("FOOBAR_TEST_NO_READER") != "" {
		_, release := Interruptible(context.Background(), &engine.Engine{}, func() {})
		_, _ = os.Stdout.WriteString("x")
		os.Exit(release(42))
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestReaderGoneIsNoEnd$")
	cmd.Env, cmd.Stdout = append(os.Environ(), "FOOBAR_TEST_NO_READER=1"), w
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 42 {
		t.Errorf("it ended with %s", cmd.ProcessState)
	}
}

// TestAClosingTerminalStopsOnce: bash repeats the kernel's SIGHUP, and systemd sends one
// with SIGTERM; neither is a person who wants the end at once. Under nohup there is none.
func TestAClosingTerminalStopsOnce(t *testing.T) {
	for _, c := range []struct {
		send []syscall.Signal
		want []int
		code int
	}{
		{[]syscall.Signal{syscall.SIGHUP, syscall.SIGHUP}, []int{1}, 143},
		{[]syscall.Signal{syscall.SIGTERM, syscall.SIGHUP}, []int{1}, 143},
		{[]syscall.Signal{syscall.SIGHUP, syscall.SIGTERM}, []int{1}, 143},
		{[]syscall.Signal{syscall.SIGHUP, syscall.SIGINT}, []int{1, 2}, 130},
	} {
		var got []int
		seen := make(chan bool, 4)
		end := onSignals(func(n int, _ os.Signal) {
			got = append(got, n)
			seen <- true
		})
		for i, sig := range c.send {
			if err := syscall.Kill(os.Getpid(), sig); err != nil {
				t.Fatal(err)
			}
			if i < len(c.want) {
				<-seen
			}
		}
		time.Sleep(50 * time.Millisecond) // for one too many
		if last := end(); !slices.Equal(got, c.want) || interruptedBy(last) != c.code {
			t.Errorf("%v: %v, %v", c.send, got, last)
		}
	}
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	if slices.Contains(Ending(), os.Signal(syscall.SIGHUP)) {
		t.Error("SIGHUP ends what nohup protects")
	}
}

func TestLostHostIsUnreachable(t *testing.T) {
	var he *engine.HostError
	for kind, want := range map[remote.Kind]event.Outcome{remote.ErrTransport: event.Unreachable, remote.ErrLocked: event.Locked, remote.ErrOutput: event.Failed} {
		if err := hostError(&remote.Error{Kind: kind, Msg: "x", Hint: "y"}); !errors.As(err, &he) || he.Outcome != want || he.Hint != "y" {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestSavedPlanIsPrivate: also where a file that all may read was there before.
func TestSavedPlanIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := (&Plan{Out: path}).save(&Rollout{}, &engine.Plan{}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestOutOverwritesPlansAlone: a slip of the shell's completion named the inventory, or
// the master secret, as the file to save a plan in.
func TestOutOverwritesPlansAlone(t *testing.T) {
	dir := t.TempDir()
	path := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	saved := path("site.plan", "")
	if err := (&Plan{Out: saved}).save(&Rollout{}, &engine.Plan{}); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"", saved, filepath.Join(dir, "new.plan"), path("empty", ""), path("later.plan", "{\n  \"version\": 9,\n  \"new\": 1}"), os.DevNull} {
		if err := mayBecomePlan(file); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for file, want := range map[string]string{
		path("site.toml", "[site]\nname = \"a\"\n"): "is no saved plan, so it is not overwritten",
		path("foobar.key", "c2VjcmV0\n"):            "is no saved plan, so it is not overwritten",
		filepath.Join(dir, "none", "a.plan"):        "there is no folder",
	} {
		err := (&Plan{Out: file}).Run(t.Context())
		var exit *Exit
		if !errors.As(err, &exit) || exit.Code != engine.ExitUsage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
