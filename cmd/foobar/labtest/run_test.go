//go:build lab

package labtest

import (
	"bytes"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// result is how a command ended.
type result struct {
	code     int
	out, err string
}

func (r result) all() string { return r.out + r.err }

func foobar(args ...string) result { return foobarIn("", args...) }

// approved adds to a deploy the yes that it would ask a person for.
func approved(args []string) []string {
	if args[0] != "deploy" || slices.Contains(args, "-y") || slices.Contains(args, "--plan") {
		return args
	}
	return append([]string{"deploy", "-y"}, args[1:]...)
}

// foobarIn runs foobar to its end. One that is stuck is made to say where it
// stands, which is the end of what it wrote.
func foobarIn(stdin string, args ...string) result {
	defer waitFor("foobar " + strings.Join(args, " "))()
	cmd := exec.Command(binary, approved(args)...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 10 * time.Second // for a child that keeps its output open
	err := cmd.Start()
	if err == nil {
		stuck := time.AfterFunc(within(5*time.Minute), func() {
			_ = cmd.Process.Signal(syscall.SIGQUIT) // has a Go program print what it does
			time.Sleep(5 * time.Second)
			_ = cmd.Process.Kill()
		})
		err = cmd.Wait()
		stuck.Stop()
	}
	r := result{out: out.String(), err: errs.String()}
	var ee *exec.ExitError
	if errors.As(err, &ee) {
		r.code = ee.ExitCode()
	} else if err != nil {
		r.code, r.err = -1, r.err+err.Error()
	}
	return r
}

// must runs foobar and expects an exit code.
func must(t *testing.T, code int, args ...string) result {
	t.Helper()
	began := time.Now()
	r := foobar(args...)
	t.Logf("foobar %s: exit %d in %.1f s", strings.Join(args, " "), r.code, time.Since(began).Seconds())
	if r.code != code {
		t.Fatalf("foobar %s: exit %d, not %d\n%s\n%s", strings.Join(args, " "), r.code, code, r.out, tail(r.err, 60))
	}
	return r
}

// on runs a command as root on a lab host.
func on(t *testing.T, host string, script string) string {
	t.Helper()
	r := foobar("lab", "exec", host, "--", "sh", "-c", script)
	if r.code != 0 {
		t.Fatalf("on %s: %s: exit %d: %s", host, script, r.code, r.all())
	}
	return r.out
}

// curl is a client outside the hosts.
func curl(t *testing.T, args ...string) string {
	t.Helper()
	r := foobar(append([]string{"lab", "curl", "-sS", "--max-time", seconds(20 * time.Second)}, args...)...)
	if r.code != 0 {
		t.Fatalf("curl %s: exit %d: %s", strings.Join(args, " "), r.code, r.all())
	}
	return r.out
}

// background starts foobar in a process group of its own, so that a test can
// interrupt or kill it with all that it started.
func background(t *testing.T, args ...string) *started {
	t.Helper()
	s := &started{t: t, cmd: exec.Command(binary, approved(args)...), done: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr = &s.said, &s.said
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.done)
	}()
	return s
}

// started is a foobar that runs beside the test.
type started struct {
	t    *testing.T
	cmd  *exec.Cmd
	said output
	done chan struct{}
}

// says waits until a text stands in what it wrote, and reports whether it came
// before the command ended.
func (s *started) says(text string) bool {
	s.t.Helper()
	return s.until("that foobar says "+text, func() bool { return strings.Contains(s.said.String(), text) })
}

// until waits for a state and reports whether it came before the command ended.
func (s *started) until(what string, ask func() bool) bool {
	s.t.Helper()
	defer waitFor(what)()
	for end := time.Now().Add(within(3 * time.Minute)); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ask() {
			return true
		}
		select {
		case <-s.done:
			return ask()
		default:
		}
	}
	s.t.Fatalf("waited in vain for: %s\nfoobar said:\n%s", what, s.said.String())
	return false
}

// signal sends one to the command alone.
func (s *started) signal(sig syscall.Signal) { _ = s.cmd.Process.Signal(sig) }

// kill ends it and all that it started, as a power cut does.
func (s *started) kill() {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.done
}

// ended waits for its end and returns its exit status.
func (s *started) ended() int {
	s.t.Helper()
	defer waitFor("the end of foobar " + strings.Join(s.cmd.Args[1:], " "))()
	select {
	case <-s.done:
	case <-time.After(within(5 * time.Minute)):
		s.signal(syscall.SIGQUIT)
		<-s.done
		s.t.Errorf("it did not end by itself:\n%s", s.said.String())
	}
	return s.cmd.ProcessState.ExitCode()
}
