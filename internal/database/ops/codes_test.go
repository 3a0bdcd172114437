package ops

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/database"
	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
)

func TestCodes(t *testing.T) {
	ctx := context.Background()
	switchover := func(s *Site) error { _, err := s.Switchover(ctx, "web2", nil); return err }
	failover := func(s *Site) error { _, err := s.Failover(ctx, "web2", nil); return err }
	rejoin := func(s *Site) error { _, err := s.Rejoin(ctx, "web1", false, nil); return err }
	for _, c := range []struct {
		name  string
		code  fault.Code
		do    func(*Site) error
		spoil func(*fleet)
	}{
		{"two open", "DB06", switchover, func(f *fleet) { f.servers["web3"].readOnly = false }},
		{"a server is silent", "DB15", switchover, func(f *fleet) { f.servers["web3"].silent = true }},
		{"errant", "DB05", switchover, func(f *fleet) { f.servers["web2"].log[2] = 6 }},
		{"stopped", "DB11", switchover, func(f *fleet) { f.servers["web2"].stopped = true }},
		{"follows another", "DB11", switchover, func(f *fleet) { f.servers["web3"].source = "10.0.0.2" }},
		{"nobody leads", "DB08", switchover, func(f *fleet) {
			for _, s := range f.servers {
				s.readOnly, s.source = true, ""
			}
		}},
		{"does not catch up", "DB09", switchover, func(f *fleet) {
			f.hook = func(_ string, script string) {
				if strings.Contains(script, "read_only=ON") {
					f.servers["web2"].stopped, f.servers["web1"].at = true, 9
				}
			}
		}},
		{"the target is lost on the way", "DB14", switchover, func(f *fleet) {
			f.hook = func(host, script string) {
				if strings.Contains(script, "RESET SLAVE ALL") {
					f.servers[host].off = true
				}
			}
		}},
		{"the primary lives", "DB10", failover, func(*fleet) {}},
		{"its port answers", "DB10", failover, func(f *fleet) { f.servers["web1"].off, f.reachDB = true, true }},
		{"the other received more", "DB09", failover, func(f *fleet) { f.servers["web1"].off, f.servers["web3"].received = true, 8 }},
		{"it is the primary", "DB11", rejoin, func(*fleet) {}},
	} {
		f, s := newFleet(t)
		c.spoil(f)
		t.Run(c.name, func(t *testing.T) { faulttest.Wants(t, c.do(s), c.code) })
	}
}

// TestBrokenAs: what a server says of its replication tells the failure.
func TestBrokenAs(t *testing.T) {
	for _, c := range []struct {
		code fault.Code
		seen database.Connection
	}{
		{"DB04", database.Connection{ReadErrno: 1236, ReadError: "Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old and required binlog files have been purged."}},
		{"DB02", database.Connection{ReadErrno: 1236, ReadError: "bogus data in log event"}},
		{"DB01", database.Connection{ApplyErrno: 1062, ApplyError: "Duplicate entry"}},
		{"DB03", database.Connection{ReadErrno: 2003, ReadError: "error connecting to master"}},
	} {
		n := &Node{target: fleetTarget{}, Survey: database.State{Sources: []database.Connection{c.seen}}}
		if got := n.brokenAs(); got != c.code {
			t.Errorf("%+v: %s, not %s", c.seen, got, c.code)
		}
	}
}

// TestBackupCodes: what keeps a backup from being made or restored.
func TestBackupCodes(t *testing.T) {
	f, s := newFleet(t)
	top := s.Look(context.Background(), false)
	primary := top.Node("web1")
	_, err := s.backupNode(top, "")
	faulttest.Wants(t, err, "DB20") // switched off
	s.Inv.DB.Backup.Enabled = true
	for _, name := range []string{"web2", "web3"} {
		f.servers[name].stopped = true
	}
	_, err = s.backupNode(s.Look(context.Background(), false), "")
	faulttest.Wants(t, err, "DB20")

	faulttest.Wants(t, s.fits(Backup{File: "x"}, nil), "DB17")
	faulttest.Wants(t, s.fits(Backup{File: "x", Checked: true, Engine: "another"}, nil), "DB17")
	odd := filepath.Join(t.TempDir(), "odd.txt")
	if err := os.WriteFile(odd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = OpenLocal(odd)
	faulttest.Wants(t, err, "DB17")

	may := func(seen restoreSeen) error {
		seen.zstd = true
		return s.mayRestore(context.Background(), top, primary, Backup{Signed: true}, seen, Restoring{})
	}
	faulttest.Wants(t, may(restoreSeen{running: true}), "DB18")
	faulttest.Wants(t, s.mayTrust(Backup{}, Restoring{}, false), "DB17")
	faulttest.Wants(t, may(restoreSeen{filled: true, unread: "ERROR 145"}), "DB19")
	faulttest.Wants(t, may(restoreSeen{filled: true}), "DB19")
}

// TestErrorsAreFitToBeShown: what a server says stands in no error as it came.
func TestErrorsAreFitToBeShown(t *testing.T) {
	_, s := newFleet(t)
	if _, err := s.script(t.Context(), &Node{target: wicked{}}, "", time.Second); err == nil || strings.ContainsAny(err.Error(), "\x1b\a\u202e\u200b") || !strings.Contains(err.Error(), "ERROR") {
		t.Errorf("%q", err)
	}
}

type wicked struct{ Target }

func (wicked) Run(_ context.Context, _ string, line func(string)) (int, error) {
	line("ERROR \x1b]52;c;x\a\u202e\u200b1045")
	return 1, nil
}
