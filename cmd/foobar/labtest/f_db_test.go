//go:build lab

package labtest

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// writer posts numbered notes until it is stopped and remembers which of them
// were acknowledged.
type writer struct {
	name  string
	stop  chan struct{}
	ended sync.WaitGroup
	acked map[string]bool
	other int // answers that were no acknowledgement
}

func startWriter(name string) *writer {
	w := &writer{name: name, stop: make(chan struct{}), acked: map[string]bool{}}
	w.ended.Go(func() {
		for i := 1; ; i++ {
			select {
			case <-w.stop:
				return
			default:
			}
			text := fmt.Sprintf("%s-%d", name, i)
			r := foobar("lab", "curl", "-sS", "--max-time", "10", "-o", "/dev/null", "-w", "%{http_code}",
				"-H", "content-type: application/json", "-d", `{"text":"`+text+`"}`, "https://www.foobar.com/api/notes")
			if strings.TrimSpace(r.out) == "201" {
				w.acked[text] = true
			} else {
				w.other++
			}
		}
	})
	return w
}

// everywhere stops the writer and looks for every acknowledged note on every server.
func (w *writer) everywhere(t *testing.T, hosts ...string) {
	t.Helper()
	close(w.stop)
	w.ended.Wait()
	if len(w.acked) == 0 {
		t.Error("no note was acknowledged at all")
	}
	t.Logf("%d notes acknowledged, %d not", len(w.acked), w.other)
	for _, h := range hosts {
		missing := 0
		eventually(t, 20*time.Second, "sight of every acknowledged note on "+h, func() bool {
			have := map[string]bool{}
			for _, n := range strings.Fields(on(t, h, "mariadb -N -e \"SELECT text FROM foobar.notes WHERE text LIKE '"+w.name+"-%'\"")) {
				have[n] = true
			}
			missing = 0
			for n := range w.acked {
				if !have[n] {
					missing++
				}
			}
			return missing == 0
		})
		if missing > 0 {
			t.Errorf("%s lacks %d acknowledged notes", h, missing)
		}
	}
}

// primaryIs asserts that one server takes writes and the others follow it.
func primaryIs(t *testing.T, name string) {
	t.Helper()
	var st struct {
		Healthy  bool
		Findings []struct{ Text string }
		Hosts    []struct {
			Name, Role, Source string
			ReadOnly           bool `json:"read_only"`
		}
	}
	eventually(t, 15*time.Second, "healthy db status", func() bool {
		r := foobar("db", "status", "-o", "json", site)
		if err := json.Unmarshal([]byte(r.out), &st); err != nil {
			t.Fatalf("db status: exit %d: %v\n%s", r.code, err, r.all())
		}
		return r.code == 0 && st.Healthy
	})
	for _, h := range st.Hosts {
		if (h.Name == name) == h.ReadOnly || h.Name != name && h.Source != name {
			t.Errorf("%s: %s of %q, read_only %v; the primary is to be %s", h.Name, h.Role, h.Source, h.ReadOnly, name)
		}
	}
}

// TestF1Switchover: there and back while notes are written; none is lost.
func TestF1Switchover(t *testing.T) {
	must(t, 0, "deploy", site)
	w := startWriter("switch")
	time.Sleep(time.Second)
	for _, to := range []string{"web2", "web1"} {
		must(t, 0, "db", "switchover", site, "--to", to, "-y")
		primaryIs(t, to)
	}
	w.everywhere(t, "web1", "web2", "web3")
	converged(t, site, 4)
}

// TestF2SwitchoverKilled: killed at several moments, the same command ends it;
// never do two servers take writes.
func TestF2SwitchoverKilled(t *testing.T) {
	w := startWriter("killed")
	to := "web2"
	for _, after := range []time.Duration{250, 300, 350, 400, 450, 500, 600, 800, 1200} {
		cmd := exec.Command(binary, "db", "switchover", site, "--to", to, "-y")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after * time.Millisecond)
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		open := ""
		for _, h := range []string{"web1", "web2", "web3"} {
			if strings.TrimSpace(on(t, h, "mariadb -N -e 'SELECT @@global.read_only'")) == "0" {
				open += h + " "
			}
		}
		t.Logf("killed after %s ms, open: %s; at: %s", fmt.Sprint(int(after)), open, tail(strings.TrimSpace(said.String()), 1))
		if len(strings.Fields(open)) > 1 {
			t.Errorf("%s take writes", open)
		}
		must(t, 0, "db", "switchover", site, "--to", to, "-y", "--lock-wait", "30s")
		primaryIs(t, to)
		to = map[string]string{"web1": "web2", "web2": "web1"}[to]
	}
	w.everywhere(t, "web1", "web2", "web3")
	must(t, 0, "db", "switchover", site, "--to", "web1", "-y")
	converged(t, site, 4)
}

// TestF3Failover: the primary's power is cut; a replica takes over, the old one
// comes back closed and rejoins.
func TestF3Failover(t *testing.T) {
	if r := must(t, 1, "db", "failover", site, "-y"); !strings.Contains(r.err, "switchover") {
		t.Errorf("a failover while the primary lives does not name switchover:\n%s", r.err)
	}
	w := startWriter("failover")
	time.Sleep(time.Second)
	must(t, 0, "lab", "kill", "web1")
	must(t, 4, "db", "status", site)
	must(t, 4, "db", "switchover", site, "--to", "web2", "-y")
	must(t, 0, "db", "failover", site, "--to", "web2", "-y")
	must(t, 0, "lab", "start", "web1")
	eventually(t, 30*time.Second, "database on web1", func() bool {
		return strings.TrimSpace(foobar("lab", "exec", "web1", "--", "mariadb", "-N", "-e", "SELECT @@global.read_only").out) == "1"
	})
	must(t, 8, "db", "status", site)
	must(t, 0, "db", "rejoin", site, "web1")
	primaryIs(t, "web2")
	w.everywhere(t, "web1", "web2", "web3")
	converged(t, site, 4)
	must(t, 0, "db", "switchover", site, "--to", "web1", "-y")
}

// TestF4RejoinRefusesErrants: a server that wrote what nobody else got is not
// attached, and says what it wrote.
func TestF4RejoinRefusesErrants(t *testing.T) {
	on(t, "web3", "mariadb -e 'STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only=OFF; CREATE DATABASE stray; SET GLOBAL read_only=ON'")
	must(t, 8, "db", "status", site)
	if r := must(t, 1, "db", "rejoin", site, "web3"); !strings.Contains(r.err, "holds transactions that web1 never got") {
		t.Errorf("the refusal says:\n%s", r.err)
	}
	if r := must(t, 1, "db", "switchover", site, "--to", "web2", "-y"); !strings.Contains(r.err, "web3") {
		t.Errorf("the refusal says:\n%s", r.err)
	}
	// The stray database is dropped without a trace, so that the site is whole again.
	on(t, "web3", "mariadb -e 'DROP DATABASE stray; SET GLOBAL gtid_slave_pos=\"\"; RESET MASTER'; systemctl stop mariadb; rm -rf /var/lib/mysql/*; "+
		"mariadb-install-db --user=mysql >/dev/null && systemctl start mariadb")
	must(t, 0, "deploy", site)
	primaryIs(t, "web1")
}

// TestF5FailoverOfAHungServer: its host answers, so it is ended before another
// one is opened, and comes back closed.
func TestF5FailoverOfAHungServer(t *testing.T) {
	must(t, 0, "deploy", site)
	w := startWriter("hung")
	time.Sleep(time.Second)
	on(t, "web1", "systemctl kill --signal=STOP mariadb")
	must(t, 8, "db", "status", site)
	r := must(t, 0, "db", "failover", site, "-y")
	if !strings.Contains(r.out, "primary") {
		t.Errorf("the result does not show who is the primary:\n%s", r.out)
	}
	eventually(t, 60*time.Second, "closed database on web1", func() bool {
		return strings.TrimSpace(foobar("lab", "exec", "web1", "--", "timeout", "5", "mariadb", "-N", "-e", "SELECT @@global.read_only").out) == "1"
	})
	must(t, 0, "db", "rejoin", site, "web1")
	w.everywhere(t, "web1", "web2", "web3")
	must(t, 0, "db", "switchover", site, "--to", "web1", "-y")
	primaryIs(t, "web1")
	converged(t, site, 4)
}
