package ops

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func isRefusal(err error) bool {
	var r *Refusal
	return errors.As(err, &r)
}

func TestSwitchover(t *testing.T) {
	f, s := newFleet(t)
	top, err := s.Switchover(context.Background(), "web2", nil)
	if err != nil || top.Primary == nil || top.Primary.Name() != "web2" {
		t.Fatalf("got %v", err)
	}
	f.want("web2", "web1", "web3")
	for _, text := range f.sent {
		if strings.Contains(strings.SplitN(text, "<<", 2)[0], "pass-word") {
			t.Errorf("a password is in a command line: %s", text)
		}
	}
	// Again: nothing is left to do.
	f.sent = nil
	if _, err := s.Switchover(context.Background(), "web2", nil); err != nil {
		t.Fatal(err)
	}
	for _, text := range f.sent {
		if strings.Contains(text, "CHANGE MASTER") || strings.Contains(text, "read_only=") {
			t.Errorf("the second run changed something: %s", text)
		}
	}
}

// TestSwitchoverFailsCleanly: whatever is refused before the target is open
// leaves the old primary open.
func TestSwitchoverFailsCleanly(t *testing.T) {
	for at, statement := range map[string]string{"web1": "read_only=ON", "web2": "MASTER_GTID_WAIT"} {
		f, s := newFleet(t)
		f.failAt, f.fail = at, statement
		top, err := s.Switchover(context.Background(), "web2", nil)
		if err == nil || top.Primary != nil || strings.Contains(err.Error(), "pass-word") {
			t.Errorf("%s: got %v", statement, err)
		}
		f.want("web1", "web2", "web3")
	}
	f, s := newFleet(t)
	f.failAt, f.fail = "web2", "RESET SLAVE ALL"
	if _, err := s.Switchover(context.Background(), "web2", nil); err == nil {
		t.Error("a target that could not be opened is no error")
	}
	f.want("web1", "web2", "web3")
}

func TestSwitchoverInterrupted(t *testing.T) {
	f, s := newFleet(t)
	ctx, cancel := context.WithCancel(context.Background())
	f.hook = func(_, script string) {
		if strings.Contains(script, "read_only=ON") {
			cancel()
		}
	}
	if _, err := s.Switchover(ctx, "web2", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	f.want("web1", "web2", "web3")
}

// TestSwitchoverKilled starts from every state in which a killed run can leave
// the servers.
func TestSwitchoverKilled(t *testing.T) {
	for name, left := range map[string]func(f *fleet){
		"fenced":           func(f *fleet) { f.servers["web1"].readOnly = true },
		"detached":         func(f *fleet) { f.servers["web1"].readOnly, f.servers["web2"].source = true, "" },
		"opened":           func(f *fleet) { handedOver(f) },
		"one moved":        func(f *fleet) { handedOver(f); f.servers["web3"].source = "10.0.0.2" },
		"written to since": func(f *fleet) { handedOver(f); f.servers["web2"].at, f.servers["web2"].log[2] = 9, 9 },
	} {
		t.Run(name, func(t *testing.T) {
			f, s := newFleet(t)
			left(f)
			if _, err := s.Switchover(context.Background(), "web2", nil); err != nil {
				t.Fatal(err)
			}
			f.want("web2", "web1", "web3")
		})
	}
}

func handedOver(f *fleet) {
	f.servers["web1"].readOnly = true
	f.servers["web2"].readOnly, f.servers["web2"].source = false, ""
}

func TestSwitchoverRefuses(t *testing.T) {
	for name, spoil := range map[string]func(f *fleet){
		"two open":        func(f *fleet) { f.servers["web3"].readOnly = false },
		"silent":          func(f *fleet) { f.servers["web3"].silent = true },
		"errant":          func(f *fleet) { f.servers["web2"].log[2] = 6 },
		"stopped":         func(f *fleet) { f.servers["web2"].stopped = true },
		"filtered":        func(f *fleet) { f.servers["web2"].filter = "app" },
		"follows another": func(f *fleet) { f.servers["web3"].source = "10.0.0.2" },
	} {
		f, s := newFleet(t)
		spoil(f)
		top, err := s.Switchover(context.Background(), "web2", nil)
		if !isRefusal(err) || top.Primary != nil {
			t.Errorf("%s: got %v", name, err)
		}
		if f.servers["web1"].readOnly || !f.servers["web2"].readOnly {
			t.Errorf("%s: something was changed", name)
		}
	}
	f, s := newFleet(t)
	if _, err := s.Switchover(context.Background(), "web2", func(string) (bool, error) { return false, nil }); !errors.Is(err, ErrDeclined) {
		t.Errorf("declined: %v", err)
	}
	f.want("web1", "web2", "web3")
	f.servers["web3"].off = true
	if _, err := s.Switchover(context.Background(), "web2", nil); err == nil || isRefusal(err) {
		t.Errorf("a host that is off: %v", err)
	}
}

// TestSwitchoverTargetLost: while it is not known whether the target is open,
// the old primary is not.
func TestSwitchoverTargetLost(t *testing.T) {
	f, s := newFleet(t)
	f.hook = func(host, script string) {
		if strings.Contains(script, "RESET SLAVE ALL") {
			f.servers[host].off = true
		}
	}
	top, err := s.Switchover(context.Background(), "web2", nil)
	if err == nil || top.Primary != nil || !f.servers["web1"].readOnly {
		t.Errorf("got %v; web1 closed: %v", err, f.servers["web1"].readOnly)
	}
}

func TestFailover(t *testing.T) {
	f, s := newFleet(t)
	if _, err := s.Failover(context.Background(), "web2", nil); !isRefusal(err) {
		t.Errorf("while the primary takes writes: %v", err)
	}
	f.servers["web1"].readOnly = true
	if _, err := s.Failover(context.Background(), "web2", nil); !isRefusal(err) || !strings.Contains(err.Error(), "foobar deploy") {
		t.Errorf("while the primary answers: %v", err)
	}
	f.servers["web1"].off, f.reachDB = true, true
	if _, err := s.Failover(context.Background(), "web2", nil); !isRefusal(err) || !strings.Contains(err.Error(), "may take writes") {
		t.Errorf("while its port answers: %v", err)
	}
	f.reachDB = false
	f.servers["web3"].received = 8 // and not applied yet
	if _, err := s.Failover(context.Background(), "web2", nil); !isRefusal(err) || !strings.Contains(err.Error(), "--to web3") {
		t.Errorf("to the lesser one: %v", err)
	}
	top, err := s.Failover(context.Background(), "", nil)
	if err != nil || top.Primary.Name() != "web3" || f.servers["web3"].at != 8 {
		t.Fatalf("got %v, web3 at %d", err, f.servers["web3"].at)
	}
	f.want("web3", "web2")
	// Again, by name: nothing is left to do.
	if _, err := s.Failover(context.Background(), "web3", nil); err != nil {
		t.Error(err)
	}
	f.servers["web1"].off = false
	if _, err := s.Rejoin(context.Background(), "web1", false, nil); err != nil {
		t.Fatal(err)
	}
	f.want("web3", "web1", "web2")
}

// TestFailoverTakesWhoAppliedMost: of servers that have received the same, the one that is
// nearest to it; another one is named where the target does not get there.
func TestFailoverTakesWhoAppliedMost(t *testing.T) {
	f, s := newFleet(t)
	f.servers["web1"].off = true
	f.servers["web2"].received, f.servers["web2"].slow = 8, true
	f.servers["web3"].received, f.servers["web3"].at = 8, 8
	_, err := s.Failover(context.Background(), "web2", nil)
	if err == nil || !strings.Contains(err.Error(), "did not catch up") || !strings.Contains(err.Error(), "web3 has received as much: foobar db failover site.toml --to web3") {
		t.Errorf("to one that applies nothing: %v", err)
	}
	if top, err := s.Failover(context.Background(), "", nil); err != nil || top.Primary.Name() != "web3" {
		t.Fatalf("got %v", err)
	}
	f.want("web3")
}

// TestFilteredReplicas: a failover rather takes one that is whole, and --discard fills one that is not.
func TestFilteredReplicas(t *testing.T) {
	f, s := newFleet(t)
	f.servers["web2"].filter = "app"
	if _, err := s.Rejoin(context.Background(), "web2", true, func(string) (bool, error) { return false, nil }); !errors.Is(err, ErrDeclined) {
		t.Errorf("one that lacks something is not filled anew: %v", err)
	}
	f.servers["web1"].off = true
	if top, err := s.Failover(context.Background(), "", nil); err != nil || top.Primary.Name() != "web3" {
		t.Errorf("got %v", err)
	}
	f.want("web3", "web2")
}

// TestFailoverFences: the lost server's port is shut everywhere before another
// one is opened, and opened again when nothing was moved, or nobody writes there.
func TestFailoverFences(t *testing.T) {
	at := func(f *fleet, host, part string) int {
		return slices.IndexFunc(f.sent, func(s string) bool { return strings.HasPrefix(s, host+": ") && strings.Contains(s, part) })
	}
	f, s := newFleet(t)
	f.servers["web1"].off = true
	top, err := s.Failover(context.Background(), "web2", nil)
	if err != nil || top.Lost == nil || top.Lost.Name() != "web1" {
		t.Fatalf("got %v", err)
	}
	opened := at(f, "web2", "SET GLOBAL read_only=OFF")
	for _, host := range []string{"web2", "web3"} {
		if shut := at(f, host, "-I OUTPUT 1 -d 10.0.0.1 -p tcp --dport 3306"); shut < 0 || shut > opened || at(f, host, "-D OUTPUT") >= 0 {
			t.Errorf("%s was shut at %d, the other opened at %d", host, shut, opened)
		}
	}
	s.Unfence(context.Background(), top, top.Lost.Host)
	if at(f, "web2", "-D OUTPUT -d 10.0.0.1") < 0 || at(f, "web3", "-D OUTPUT -d 10.0.0.1") < 0 || at(f, "web1", "OUTPUT") >= 0 {
		t.Error("the way is not open again, or the lost server's own host was asked")
	}
	f, s = newFleet(t)
	f.servers["web1"].off = true
	f.failAt, f.fail = "web2", "MASTER_GTID_WAIT"
	if _, err := s.Failover(context.Background(), "web2", nil); err == nil || at(f, "web3", "-D OUTPUT -d 10.0.0.1") < 0 {
		t.Errorf("%v, and the way stays shut", err)
	}
}

// TestRejoinDiscards: only after a yes, and then by a mark.
func TestRejoinDiscards(t *testing.T) {
	f, s := newFleet(t)
	handedOver(f)
	f.servers["web3"].source = "10.0.0.2"
	f.servers["web1"].log[1] = 7
	asked := ""
	no := func(q string) (bool, error) { asked = q; return false, nil }
	top, err := s.Rejoin(context.Background(), "web1", true, no)
	if !errors.Is(err, ErrDeclined) || top.Primary != nil || !strings.Contains(asked, "0-1-6 to 0-1-7") {
		t.Errorf("declined: %v, asked %q", err, asked)
	}
	marked := func() bool {
		return slices.ContainsFunc(f.sent, func(s string) bool { return strings.Contains(s, "/var/lib/mysql/foobar-seed") })
	}
	if marked() {
		t.Error("the data was given up without a yes")
	}
	top, err = s.Rejoin(context.Background(), "web1", true, nil)
	if err != nil || top.Primary == nil || top.Primary.Name() != "web2" || !marked() {
		t.Errorf("%v, marked: %v", err, marked())
	}
}

// TestFailoverServerHangs: the server hangs and its host answers, so it is ended first.
func TestFailoverServerHangs(t *testing.T) {
	f, s := newFleet(t)
	f.servers["web1"].silent = true
	if _, err := s.Failover(context.Background(), "web2", nil); err != nil {
		t.Fatal(err)
	}
	if !f.servers["web1"].readOnly {
		t.Error("a server that hangs was left to come back open")
	}
	f.want("web2", "web3")
}

func TestFailoverFailsCleanly(t *testing.T) {
	for _, statement := range []string{"MASTER_GTID_WAIT", "RESET SLAVE ALL"} {
		f, s := newFleet(t)
		f.servers["web1"].off = true
		f.failAt, f.fail = "web2", statement
		if top, err := s.Failover(context.Background(), "web2", nil); err == nil || top.Primary != nil {
			t.Errorf("%s: got %v", statement, err)
		}
		f.servers["web1"].off = false
		f.want("web1", "web2", "web3")
	}
}

func TestRejoinRefusesErrants(t *testing.T) {
	f, s := newFleet(t)
	handedOver(f)
	f.servers["web3"].source = "10.0.0.2"
	f.servers["web1"].log[1] = 7 // two that nobody else got
	_, err := s.Rejoin(context.Background(), "web1", false, nil)
	if !isRefusal(err) || !strings.Contains(err.Error(), "0-1-6 to 0-1-7") {
		t.Errorf("got %v", err)
	}
	if f.servers["web1"].source != "" {
		t.Error("it was attached")
	}
	if _, err := s.Rejoin(context.Background(), "web2", false, nil); !isRefusal(err) {
		t.Errorf("the primary itself: %v", err)
	}
}

// TestRejoinCloses: a lost primary that comes back open is closed first.
func TestRejoinCloses(t *testing.T) {
	f, s := newFleet(t)
	handedOver(f)
	f.servers["web3"].source = "10.0.0.2"
	f.servers["web1"].readOnly = false
	if _, err := s.Rejoin(context.Background(), "web1", false, nil); err != nil {
		t.Fatal(err)
	}
	f.want("web2", "web1", "web3")
}
