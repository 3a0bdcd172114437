// Package scale measures what many hosts cost the controller. The hosts are SSH servers
// within the test, which say what lab hosts have said (testdata); the controller is the
// real binary, so that the figures are of its process alone.
package scale

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"foobar/internal/remote/sshtest"
)

func TestMain(m *testing.M) {
	sshtest.ServeSFTP()
	os.Unsetenv("SSH_AUTH_SOCK")
	os.Exit(m.Run())
}

// site is an inventory whose hosts are servers of the test.
type site struct {
	path, state string
}

// serve starts a server for each host. Neither side knows the other: foobar finds them by
// the ssh_config that stands beside the inventory.
func serve(t testing.TB, hosts []host, say func(host) answer) site {
	t.Helper()
	dir := t.TempDir()
	identity, public := sshtest.WriteKey(t, "")
	key := sshtest.NewKey(t)
	var config, known strings.Builder
	for i, h := range hosts {
		s := sshtest.Start(t, sshtest.Config{HostKey: key, OnlyKey: public, Session: speak(say(h))})
		hosts[i].port = s.Port
		fmt.Fprintf(&config, "Host %s\nHostName 127.0.0.1\nPort %d\n", h.address, s.Port)
		line, err := os.ReadFile(s.KnownHosts)
		if err != nil {
			t.Fatal(err)
		}
		known.Write(line)
	}
	write(t, filepath.Join(dir, "ssh_config"), config.String())
	write(t, filepath.Join(dir, "known_hosts"), known.String())
	ssh := fmt.Sprintf("identity = %q\nknown_hosts = %q\nconfig = %q", identity, filepath.Join(dir, "known_hosts"), filepath.Join(dir, "ssh_config"))
	return site{writeSite(t, dir, hosts, ssh), t.TempDir()}
}

// plan is the command that looks at all hosts.
func (s site) plan(binary string, args ...string) *exec.Cmd {
	cmd := exec.Command(binary, append([]string{"plan", s.path}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+s.state, "XDG_STATE_HOME="+s.state, "SSH_AUTH_SOCK=")
	return cmd
}

// binary is the program under test: $FOOBAR_BIN, else one that is built.
func binary(t testing.TB) string {
	if name := os.Getenv("FOOBAR_BIN"); name != "" {
		return name
	}
	name := filepath.Join(t.TempDir(), "foobar")
	if out, err := exec.Command("go", "build", "-o", name, "foobar/cmd/foobar").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return name
}

// cost is what one process took of the machine.
type cost struct {
	cpu    float64 // seconds
	memory float64 // MiB, at the most
}

func measure(t testing.TB, cmd *exec.Cmd) (cost, string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() != 2 { // 2: the plan finds differences
		t.Fatalf("%v\n%.4000s", err, out)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Skip("this system does not tell what a process took")
	}
	return cost{(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), float64(usage.Maxrss) / 1024}, string(out)
}

// TestForksBoundWhatIsAskedAtOnce: of many hosts no more are dialed or looked at at once
// than --forks says, so that the controller's load does not grow with the site.
func TestForksBoundWhatIsAskedAtOnce(t *testing.T) {
	const forks, n = 3, 12
	var busy, most, asked atomic.Int32
	s := serve(t, fleet(n), func(h host) answer {
		said := replay(t, h)
		return func(i int, script []byte, word string) []byte {
			now := busy.Add(1)
			defer busy.Add(-1)
			for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
			}
			asked.Add(1)
			time.Sleep(20 * time.Millisecond) // others come meanwhile
			return said(i, script, word)
		}
	})
	cmd := s.plan(binary(t), "--forks", fmt.Sprint(forks))
	out, _ := cmd.CombinedOutput() // what the plan finds is not the matter
	if asked.Load() < n {
		t.Fatalf("%d hosts were asked %d times\n%s", n, asked.Load(), out)
	}
	if got := most.Load(); got > forks || got < 2 {
		t.Errorf("%d hosts were asked at once, with --forks %d", got, forks)
	}
}

// BenchmarkPlan looks at sites of rising size. What a host costs must not grow with
// their number.
func BenchmarkPlan(b *testing.B) {
	program := binary(b)
	for _, n := range []int{4, 16, 64, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			hosts := fleet(n)
			s := serve(b, hosts, func(h host) answer { return replay(b, h) })
			var sum cost
			for b.Loop() {
				c, _ := measure(b, s.plan(program))
				sum.cpu += c.cpu
				sum.memory = max(sum.memory, c.memory)
			}
			b.ReportMetric(sum.cpu*1000/float64(b.N)/float64(n), "cpu-ms/host")
			b.ReportMetric(sum.memory/float64(n), "MiB/host")
			b.ReportMetric(sum.memory, "MiB")
		})
	}
}
