package ops

import (
	"context"
	"errors"
	"strings"
	"testing"

	"foobar/internal/fault"
	"foobar/inventory"
)

// lying is a fleet after a reboot: all are closed, and web2 says that it takes
// writes and follows nobody.
func lying(t *testing.T) (*fleet, *Site) {
	f, s := newFleet(t)
	f.servers["web1"].readOnly = true
	f.servers["web2"].readOnly, f.servers["web2"].source = false, ""
	return f, s
}

// TestOneServersWordIsNotEnough: no operation takes a server for the primary that says
// it is, while the others follow another.
func TestOneServersWordIsNotEnough(t *testing.T) {
	ctx := context.Background()
	f, s := lying(t)
	top := s.Look(ctx, false)
	if p := top.primary(); p != nil {
		t.Errorf("the primary is %s", p.Name())
	}
	st := s.Status(top)
	text := ""
	for _, x := range st.Findings {
		text += x.Text + " " + x.Next + "\n"
	}
	if st.Healthy || !strings.Contains(text, "web2 says that it accepts writes, but the other databases follow web1") || strings.Contains(text, "rejoin") {
		t.Errorf("status says:\n%s", text)
	}
	for name, do := range map[string]func() error{
		"switchover": func() error { _, err := s.Switchover(ctx, "web3", nil); return err },
		"failover":   func() error { _, err := s.Failover(ctx, "", nil); return err },
		"restore":    func() error { _, err := s.restorePrimary(s.Look(ctx, false)); return err },
	} {
		if err := do(); !isRefusal(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	asked := ""
	no := func(q string) (bool, error) { asked = q; return false, nil }
	if _, err := s.Rejoin(ctx, "web1", false, no); !errors.Is(err, ErrDeclined) || !strings.Contains(asked, "web2 says") {
		t.Errorf("rejoin: %v, asked %q", err, asked)
	}
	if got := f.servers["web1"]; got.source != "" || !got.readOnly || f.servers["web3"].source != "10.0.0.1" {
		t.Error("something was moved")
	}
	// A person who names it is believed.
	if _, err := s.Switchover(ctx, "web2", nil); err != nil {
		t.Fatal(err)
	}
	f.want("web2", "web1", "web3")
}

// TestTwoServersNeedTheInventory: of two, the one that the inventory names is the
// primary unless the other is followed by it.
func TestTwoServersNeedTheInventory(t *testing.T) {
	ctx := context.Background()
	f, s := lying(t)
	s.Inv.Hosts = s.Inv.Hosts[:2]
	top := s.Look(ctx, false)
	if p := top.primary(); p != nil {
		t.Errorf("the primary is %s", p.Name())
	}
	if _, err := s.restorePrimary(top); !isRefusal(err) || fault.Of(err) != fault.PrimaryUnclear || !strings.Contains(err.Error(), `primary = "web2"`) {
		t.Errorf("restore: %v", err)
	}
	s.Inv.DB.Primary = "web2"
	if p := s.Look(ctx, false).primary(); p == nil || p.Name() != "web2" {
		t.Errorf("named by the inventory: %v", p)
	}
	s.Inv.DB.Primary = "web1"
	f.servers["web1"].source = "10.0.0.2"
	if p := s.Look(ctx, false).primary(); p == nil || p.Name() != "web2" {
		t.Errorf("followed by the other: %v", p)
	}
}

// TestFailoverTakesTheMajoritysPrimary: a replica that says it follows somebody
// else does not hide which server was lost.
func TestFailoverTakesTheMajoritysPrimary(t *testing.T) {
	for _, source := range []string{"10.0.0.3", "192.0.2.1"} {
		f, s := newFleet(t)
		f.servers["web1"].off = true
		f.servers["web2"].source = source
		top := s.Look(context.Background(), false)
		dead, err := s.lost(context.Background(), top)
		if err != nil || dead.Name() != "web1" {
			t.Errorf("web2 follows %s: %v", source, err)
		}
	}
}

// TestNumbersAreMatchedWithTheInventory: of two servers with one number, the one that
// is not to have it is named, wherever it stands.
func TestNumbersAreMatchedWithTheInventory(t *testing.T) {
	for _, liar := range []string{"web1", "web3"} {
		f, s := newFleet(t)
		f.servers[liar].id = 2
		s.Number = func(h *inventory.Host) string { return strings.TrimPrefix(h.Name, "web") }
		for _, x := range s.Status(s.Look(context.Background(), false)).Findings {
			if strings.Contains(x.Text, "server_id") && x.Host != liar {
				t.Errorf("%s took a number, and %s is blamed: %s", liar, x.Host, x.Text)
			}
		}
	}
}
