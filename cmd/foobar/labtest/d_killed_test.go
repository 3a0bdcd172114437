//go:build lab

package labtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestD1TwoRunsAtOnce: the second is refused, or waits when told to.
func TestD1TwoRunsAtOnce(t *testing.T) {
	on(t, "web1", "echo '# drift' >>/etc/nginx/nginx.conf")
	hold := exec.Command(binary, "lab", "exec", "web1", "--", "flock", "/run/foobar/lock", "sleep", "8")
	if err := hold.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	if r := foobar("deploy", site); r.code != 5 || !strings.Contains(r.err, "web1") {
		t.Errorf("a locked host: exit %d\n%s", r.code, r.all())
	}
	must(t, 2, "plan", site)
	must(t, 0, "deploy", "--lock-wait", "30s", site)
	_ = hold.Wait()
}

// TestD2InterruptedOnce: Ctrl-C ends the run after a step, and the next finishes.
func TestD2InterruptedOnce(t *testing.T) {
	must(t, 0, "lab", "reset")
	cmd := exec.Command(binary, "deploy", site)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2500 * time.Millisecond)
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("interrupted: exit %d, not 130", code)
	}
}

// TestD2bInterruptedTwice: the second Ctrl-C ends the work on the hosts, too.
func TestD2bInterruptedTwice(t *testing.T) {
	must(t, 0, "lab", "reset")
	cmd := exec.Command(binary, "deploy", site)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(6 * time.Second) // packages are being installed
	_ = cmd.Process.Signal(os.Interrupt)
	time.Sleep(500 * time.Millisecond)
	_ = cmd.Process.Signal(os.Interrupt)
	began := time.Now()
	_ = cmd.Wait()
	if code, took := cmd.ProcessState.ExitCode(), time.Since(began); code != 130 || took > 15*time.Second {
		t.Errorf("interrupted twice: exit %d after %s", code, took)
	}
	eventually(t, 20*time.Second, "end of the package transaction", func() bool {
		return strings.TrimSpace(on(t, "web1", "systemctl is-active foobar-job.service || true")) != "active"
	})
	must(t, 0, "deploy", site)
}

// TestD3KilledAtThreeMoments: killed with -9 on the way, run again, the end is the same.
func TestD3KilledAtThreeMoments(t *testing.T) {
	must(t, 0, "lab", "reset")
	for _, after := range []time.Duration{2 * time.Second, 7 * time.Second, 12 * time.Second} {
		log, err := os.Create(filepath.Join(work, "killed.log"))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(binary, "deploy", site)
		cmd.Stdout, cmd.Stderr = log, log
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case <-done:
			t.Logf("the deploy had ended before it could be killed after %s: exit %d", after, cmd.ProcessState.ExitCode())
		case <-time.After(after):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-done
			said, _ := os.ReadFile(log.Name())
			t.Logf("killed after %s, at: %s", after, tail(strings.TrimSpace(string(said)), 1))
		}
		log.Close()
	}
	must(t, 0, "deploy", site)
	converged(t, site, 4)
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
	TestA4WriteIsReadBackFromAReplica(t)
}
