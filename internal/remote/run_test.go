package remote_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
	"foobar/internal/sh"
)

func TestRunEnvironment(t *testing.T) {
	for name, setup := range map[string]struct {
		user string
		conf sshtest.Config
	}{
		"by sudo":        {"alice", sshtest.Config{}},
		"as root":        {"root", sshtest.Config{Sudo: sshtest.SudoRefuses}},
		"a chatty login": {"alice", sshtest.Config{Banner: "Welcome!\nfoobar- 0\nno newline at the end"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(sshtest.Start(t, setup.conf))
			o.User = setup.user
			h := dial(t, o)
			got := run(t, h, `echo "$LC_ALL $DEBIAN_FRONTEND"; umask; pwd; case $PATH in /usr/sbin:/usr/bin:*:/usr/local/sbin:*) echo "Debian's first";; esac; cat; echo "${SUDO_COMMAND-none}"; echo "$0"`)
			if want := "C noninteractive\n0022\n/\nDebian's first\nnone\nsh"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestRunStatusAndOutput(t *testing.T) {
	h := dial(t, options(sshtest.Start(t, sshtest.Config{})))
	for _, c := range []struct {
		script string
		status int
		lines  []string
	}{
		{"", 0, nil},
		{"echo a; echo b >&2", 0, []string{"a", "b"}},
		{"printf 'no newline'", 0, []string{"no newline"}},
		{"echo; echo x; echo; echo", 0, []string{"", "x", "", ""}},
		{"# only a comment", 0, nil},
		{"exit 7", 7, nil},
		{"set -eu\nfalse\necho not here", 1, nil},
		{"kill -9 $$", 137, nil},
		{"kill -s INT $$; echo still here", 130, nil},
		{"exec 9>&- 8>&-; exit 3", 3, nil},
		{"echo foobar-abc 0", 0, []string{"foobar-abc 0"}},
		{"printf 'a\\r\\033[31mb\\000c\\n'", 0, []string{"a\r\x1b[31mb\x00c"}},
		{"cat <<'E'\n$x `y`\nE", 0, []string{"$x `y`"}},
	} {
		var lines []string
		status, err := h.Run(within(t, 5*time.Second), c.script, func(l string) { lines = append(lines, l) })
		if err != nil || status != c.status || fmt.Sprintf("%q", lines) != fmt.Sprintf("%q", c.lines) {
			t.Errorf("%q: status %d, lines %q, error %v; want %d, %q", c.script, status, lines, err, c.status, c.lines)
		}
	}
	if got := h.Stats(); got.Connections != 1 || got.Sessions != 1 || got.Scripts != 13 {
		t.Errorf("stats: %+v", got)
	}
}

func TestSyntaxErrorIsTheScriptsOwn(t *testing.T) {
	h := dial(t, options(sshtest.Start(t, sshtest.Config{})))
	var said string
	status, err := h.Run(within(t, 5*time.Second), "if true; then", func(l string) { said += l })
	if err != nil || status == 0 || said == "" {
		t.Fatalf("status %d, error %v, output %q", status, err, said)
	}
	if got := run(t, h, "echo well"); got != "well" {
		t.Errorf("the shell gave %q afterwards", got)
	}
}

func FuzzRunQuoted(f *testing.F) {
	for _, s := range []string{"", "a b", "it's", "$(id)`id`\\", "\n\n", "\r\x1b]0;x\a", "ä\xff\xfe", "-n", "!x", "'\"'\"'", "*~#"} {
		f.Add(s)
	}
	h := dial(f, options(sshtest.Start(f, sshtest.Config{})))
	f.Fuzz(func(t *testing.T, s string) {
		want := strings.ReplaceAll(s, "\x00", "")
		if got := run(t, h, "printf '%s\\n' "+sh.Quote(s)); got != want {
			t.Fatalf("%q came back as %q", want, got)
		}
	})
}

func TestBigScriptsStayPrivate(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	h := dial(t, options(s))
	const secret = "s3cret-in-a-script"
	got := run(t, h, "x="+strings.Repeat("y", 1<<20)+"; : "+secret+"\necho ${#x}; find "+sh.Quote(s.RunDir)+" -name 'foobar.*' -printf '%m\n' -o -name script")
	if want := fmt.Sprint(1<<20, "\n700"); got != want {
		t.Errorf("got %q, want %q: a private folder, and no script in it while the script runs", got, want)
	}
	for _, c := range s.Commands() {
		if strings.Contains(c, secret) {
			t.Error("the script stood on a command line")
		}
	}
	h.Close()
	for ctx := within(t, 10*time.Second); ; time.Sleep(time.Millisecond) { // the host tidies up when it has noticed
		left, _ := filepath.Glob(s.RunDir + "/foobar.*")
		if len(left) == 0 {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("left behind: %q", left)
		}
	}
}

func TestOutputBounds(t *testing.T) {
	t.Parallel()
	h := dial(t, options(sshtest.Start(t, sshtest.Config{})))
	n := 0
	count := func(l string) { n += len(l) + 1 }
	if _, err := h.Run(within(t, 20*time.Second), "head -c 9000000 /dev/zero | tr '\\0' x | fold -w 400000; echo", count); err != nil || n < 9000000 {
		t.Fatalf("%d bytes of a big output, error %v", n, err)
	}
	longest := 0
	_, err := h.Run(within(t, 20*time.Second), "head -c 1500000 /dev/zero | tr '\\0' x; echo; echo end", func(l string) { longest = max(longest, len(l)) })
	if !errors.Is(err, remote.ErrOutput) || longest > remote.MaxLine {
		t.Errorf("a line too long: longest seen %d, error %v", longest, err)
	}
	n = 0
	began := time.Now()
	_, err = h.Run(within(t, 20*time.Second), "yes yes yes yes yes yes yes yes yes yes", count)
	if !errors.Is(err, remote.ErrOutput) || n > remote.MaxOutput || time.Since(began) > 10*time.Second {
		t.Errorf("endless output: %d bytes in %v, error %v", n, time.Since(began), err)
	}
	if got := run(t, h, "echo well"); got != "well" {
		t.Errorf("the shell gave %q afterwards", got)
	}
}

// TestFollowHasNoBound: what goes on for long may print more in all than a script may,
// and ends when it is told to.
func TestFollowHasNoBound(t *testing.T) {
	t.Parallel()
	h := dial(t, options(sshtest.Start(t, sshtest.Config{})))
	ctx, cancel := context.WithCancel(within(t, 60*time.Second))
	n := 0
	_, err := h.Follow(ctx, "yes "+strings.Repeat("x", 3000), func(l string) {
		if n += len(l) + 1; n > remote.MaxOutput+remote.MaxLine {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || n < remote.MaxOutput {
		t.Errorf("%d bytes, error %v", n, err)
	}
	if err := h.Kill(within(t, 8*time.Second)); err != nil {
		t.Error(err)
	}
}

func TestSignalAndKillBesideRun(t *testing.T) {
	t.Parallel()
	s := sshtest.Start(t, sshtest.Config{})
	h := dial(t, options(s))
	flag := filepath.Join(s.RunDir, "flag")
	began := time.Now()
	_, err := h.Run(within(t, 10*time.Second), "echo up; until [ -e "+flag+" ]; do sleep 0.02; done", func(l string) {
		if l == "up" {
			if err := h.Signal(within(t, 5*time.Second), ": >"+flag); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	status, err := h.Run(within(t, 10*time.Second), "(sleep 60) & echo up; wait", func(l string) {
		if err := h.Kill(within(t, 8*time.Second)); err != nil {
			t.Error(err)
		}
	})
	if err != nil || status != 143 || time.Since(began) > 5*time.Second {
		t.Errorf("killed: status %d, error %v after %v", status, err, time.Since(began))
	}
	status, err = h.Run(within(t, 10*time.Second), "trap '' TERM; echo up; while :; do sleep 0.1; done", func(string) { _ = h.Kill(within(t, 8*time.Second)) })
	if err != nil || status != 137 {
		t.Errorf("killed against its will: status %d, error %v", status, err)
	}
	long := ":\n" + strings.Repeat("#\n", 1<<22) + "sleep 5"
	ran := make(chan struct{})
	go func() { // begins before the script has arrived there
		for {
			select {
			case <-ran:
				return
			case <-time.After(10 * time.Millisecond):
				_ = h.Kill(within(t, 8*time.Second))
			}
		}
	}()
	if status, err = h.Run(within(t, 10*time.Second), long, nil); err != nil || status != 143 {
		t.Errorf("killed early: status %d, error %v", status, err)
	}
	close(ran)
	if err := h.Kill(within(t, 5*time.Second)); err != nil {
		t.Errorf("nothing to kill: %v", err)
	}
	err = h.Signal(within(t, 5*time.Second), "echo words >&2; exit 4")
	if err == nil || !strings.Contains(err.Error(), "status 4") || !strings.Contains(err.Error(), "words") {
		t.Errorf("a failing signal: %v", err)
	}
}

func TestCancelledRun(t *testing.T) {
	t.Parallel()
	h := dial(t, options(sshtest.Start(t, sshtest.Config{})))
	ctx, cancel := context.WithCancel(context.Background())
	began := time.Now()
	_, err := h.Run(ctx, "echo up; sleep 2; echo late", func(string) { cancel() })
	if !errors.Is(err, context.Canceled) || time.Since(began) > 1900*time.Millisecond {
		t.Fatalf("error %v after %v", err, time.Since(began))
	}
	if got := run(t, h, "echo next"); got != "next" {
		t.Errorf("the next script gave %q", got)
	}
	if time.Since(began) < 2*time.Second {
		t.Error("the next script did not wait for the one before")
	}
}

func TestConnectionLostMidScript(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	h := dial(t, options(s))
	began := time.Now()
	_, err := h.Run(within(t, 10*time.Second), "echo up; sleep 20", func(string) { s.Drop() })
	if !errors.Is(err, remote.ErrTransport) || time.Since(began) > soon/2 {
		t.Fatalf("error %v after %v", err, time.Since(began))
	}
	if _, err := h.Run(within(t, time.Second), "true", nil); !errors.Is(err, remote.ErrTransport) {
		t.Errorf("a script on a lost connection: %v", err)
	}
	if err := h.Signal(within(t, time.Second), "true"); !errors.Is(err, remote.ErrTransport) {
		t.Errorf("a signal on a lost connection: %v", err)
	}
}

func TestSilentHostIsGivenUp(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	o.Keepalive = 50 * time.Millisecond
	h := dial(t, o)
	run(t, h, "sleep 0.5") // quiet, but alive
	began := time.Now()
	_, err := h.Run(within(t, 10*time.Second), "echo up; sleep 20", func(string) { s.Freeze() })
	if !errors.Is(err, remote.ErrTransport) || !strings.Contains(err.Error(), "not answered") || time.Since(began) > soon/2 {
		t.Fatalf("error %v after %v", err, time.Since(began))
	}
}

func TestScriptCutShortDoesNotRun(t *testing.T) {
	t.Parallel()
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	h := dial(t, o)
	mark := filepath.Join(s.RunDir, "mark")
	script := ": >" + mark + "\n#" + strings.Repeat("x", 64<<20)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, s.Drop)
	_, err := h.Run(ctx, script, nil)
	cancel()
	if !errors.Is(err, remote.ErrTransport) {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if _, err := os.Stat(mark); err == nil {
		t.Error("half a script was run")
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	s := sshtest.Start(t, sshtest.Config{})
	a, b := dial(t, options(s)), dial(t, options(s))
	ctx := within(t, 20*time.Second)
	if err := a.Lock(ctx, 0, "alice on laptop"); err != nil {
		t.Fatal(err)
	}
	if err := a.Lock(ctx, 0, "alice on laptop"); err != nil {
		t.Errorf("the holder may ask again: %v", err)
	}
	run(t, a, "(sleep 3 >/dev/null 2>&1) & true") // what a script leaves behind does not hold the lock
	err := b.Lock(ctx, 0, "bob's desk")
	if !errors.Is(err, remote.ErrLocked) || !strings.Contains(err.Error(), "holds the host: alice on laptop;") {
		t.Fatalf("locked by another: %v", err)
	}
	if got := b.Stats().Scripts; got != 0 {
		t.Errorf("locking counted as %d scripts", got)
	}
	began := time.Now()
	if err = b.Lock(ctx, 300*time.Millisecond, "bob"); !errors.Is(err, remote.ErrLocked) || time.Since(began) < 250*time.Millisecond {
		t.Errorf("waited %v: %v", time.Since(began), err)
	}
	time.AfterFunc(200*time.Millisecond, func() { a.Close() })
	if err := b.Lock(ctx, 5*time.Second, "bob"); err != nil {
		t.Fatalf("after the holder left: %v", err)
	}
	if got := run(t, b, "umask; cat "+s.RunDir+"/foobar/lock.info; stat -c %a "+s.RunDir+"/foobar/lock"); !strings.HasPrefix(got, "0022\nbob\n") || !strings.HasSuffix(got, "600") {
		t.Errorf("got %q", got)
	}
	b.Close()
	for n := 0; ; n++ {
		if _, err := os.Stat(s.RunDir + "/foobar/lock.info"); err != nil {
			break
		}
		if n == 100 {
			t.Fatal("the note of the holder outlives the lock")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestRunLocked: the script runs once the lock is held, and not where another run has it;
// that costs no more trips than a script alone.
func TestRunLocked(t *testing.T) {
	t.Parallel()
	s := sshtest.Start(t, sshtest.Config{})
	a, b := dial(t, options(s)), dial(t, options(s))
	ctx := within(t, 20*time.Second)
	var lines []string
	locked := func(h *remote.Host, who, script string) (int, error) {
		lines = nil
		return h.RunLocked(ctx, who, script, func(l string) { lines = append(lines, l) })
	}
	for range 2 { // the holder may ask again
		status, err := locked(a, "alice", "umask; cat; exit 3")
		if err != nil || status != 3 || strings.Join(lines, "|") != "0022" {
			t.Fatalf("status %d, %v, output %q", status, err, lines)
		}
	}
	mark := t.TempDir() + "/ran"
	status, err := locked(b, "bob", ": >"+mark+"\n"+strings.Repeat("# a long script\n", 20_000))
	if !errors.Is(err, remote.ErrLocked) || !strings.Contains(err.Error(), "holds the host: alice;") || len(lines) > 0 {
		t.Errorf("beside another run: status %d, %v, output %q", status, err, lines)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the script ran without the lock")
	}
	if got := run(t, b, "echo well"); got != "well" {
		t.Errorf("the shell gave %q afterwards", got)
	}
	a.Close()
	if status, err := locked(b, "bob", "echo mine"); err != nil || status != 0 || strings.Join(lines, "|") != "mine" {
		t.Errorf("when the lock was free: status %d, %v, output %q", status, err, lines)
	}
}

func TestLockOutlivesADroppedConnection(t *testing.T) {
	t.Parallel()
	s := sshtest.Start(t, sshtest.Config{})
	a := dial(t, options(s))
	ctx := within(t, 20*time.Second)
	if err := a.Lock(ctx, 0, "alice"); err != nil {
		t.Fatal(err)
	}
	_, _ = a.Run(ctx, "echo up; sleep 3", func(string) { s.Drop() })
	b := dial(t, options(s))
	if err := b.Lock(ctx, 0, "bob"); !errors.Is(err, remote.ErrLocked) {
		t.Errorf("while the script still runs: %v", err)
	}
	if err := b.Lock(ctx, 5*time.Second, "bob"); err != nil {
		t.Errorf("after its end: %v", err)
	}
}
