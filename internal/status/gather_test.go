package status

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/inventory"
	"foobar/playbooks"
)

// fake answers with a recording, under the token it is asked with.
type fake struct {
	t       *testing.T
	host    string
	scripts int
	err     error
	closed  bool
}

func (f *fake) Run(_ context.Context, script string, line func(string)) (int, error) {
	f.scripts++
	if f.err != nil {
		return 0, f.err
	}
	asktest.Play(script, heard(f.t, f.host), line)
	return 0, nil
}

func (f *fake) Close() error { f.closed = true; return nil }

// TestGather: one connection and one script a host and look; a host that fails
// is part of the result and is dialed again.
func TestGather(t *testing.T) {
	var mu sync.Mutex
	dialed := map[string][]*fake{}
	refused := errors.New("refused")
	g := &Gatherer{Inv: site(), Services: playbooks.Services(site()), Dial: func(_ context.Context, h *inventory.Host) (Target, error) {
		mu.Lock()
		defer mu.Unlock()
		f := &fake{t: t, host: h.Name}
		dialed[h.Name] = append(dialed[h.Name], f)
		if h.Name == "web3" {
			return nil, refused
		}
		return f, nil
	}}
	for range 2 {
		s := g.Take(t.Context())
		if !s.Hosts[0].Reached || !s.Hosts[2].Reached || s.Hosts[3].Reached || s.Hosts[3].Error != "refused" {
			t.Fatalf("%+v", s.Hosts)
		}
		if s.Hosts[2].Database.SourceHost != "web1" {
			t.Errorf("web2 follows %q", s.Hosts[2].Database.SourceHost)
		}
	}
	for _, name := range []string{"lb1", "web1", "web2"} {
		if n := len(dialed[name]); n != 1 || dialed[name][0].scripts != 2 {
			t.Errorf("%s: %d connections, %d scripts in two looks", name, n, dialed[name][0].scripts)
		}
	}
	dialed["web2"][0].err = &advised{"web2: connection lost", "again"}
	if s := g.Take(t.Context()); s.Hosts[2].Reached || s.Hosts[2].Hint != "again" || !dialed["web2"][0].closed {
		t.Errorf("a broken connection is kept: %+v", s.Hosts[2])
	}
	if s := g.Take(t.Context()); !s.Hosts[2].Reached || len(dialed["web2"]) != 2 {
		t.Errorf("web2 is not dialed again: %+v", s.Hosts[2])
	}
	g.Close()
	if !dialed["lb1"][0].closed || !dialed["web2"][1].closed {
		t.Error("Close leaves connections open")
	}
	g.Limit = []string{"web1"}
	if s := g.Take(t.Context()); len(s.Hosts) != 1 || s.Hosts[0].Name != "web1" {
		t.Errorf("limit: %+v", s.Hosts)
	}
}

// TestScriptRuns: the script is POSIX sh that comes to its end on a machine
// where nothing of what it asks for is there, and without being root.
func TestScriptRuns(t *testing.T) {
	inv := site()
	inv.Hosts[0].Roles = append(inv.Hosts[0].Roles, inventory.App, inventory.DB)
	h := inv.Hosts[0]
	inv.Site.Domain = "it's.example"
	cmd := exec.Command("/bin/sh")
	cmd.Stdin = strings.NewReader(ask.Script(asktest.Token, askOf(inv, playbooks.Services(inv), h).script()))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := Read(inv, playbooks.Services(inv), h, asktest.Answer(strings.Split(string(out), "\n")...))
	if !got.Reached || got.System.MemoryTotal == 0 || got.System.CPUs == 0 || len(got.System.Disks) == 0 || got.System.Uptime == 0 {
		t.Errorf("%+v\n%s", got.System, out)
	}
	if got.Certificate == nil || got.Database == nil || got.Balancer == nil || got.Collector == nil || len(got.Services) < 6 {
		t.Errorf("sections are missing: %s", out)
	}
}

// TestDisksOfTheirOwn: a volume mounted where the database or its backups lie is looked at,
// too, and a file system that hangs there does not hide the others.
func TestDisksOfTheirOwn(t *testing.T) {
	inv, bin := site(), t.TempDir()
	inv.DB.Backup.Enabled, inv.DB.Backup.Path = true, "/mnt/the backups"
	h := inv.Hosts[1]
	for _, hangs := range []bool{false, true} {
		fake := "#!/bin/sh\nfor one in \"$@\"; do\n  case $one in\n  /var/lib/mysql) " + map[bool]string{true: "exit 124", false: "echo /dev/sdb 1000 980 20 98% /var/lib/mysql"}[hangs] +
			" ;;\n  /mnt*) echo /dev/sdc 1000 10 990 1% /mnt ;;\n  /) echo /dev/sda 1000 500 500 50% / ;;\n  esac\ndone\n"
		if err := os.WriteFile(filepath.Join(bin, "df"), []byte(fake), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/bin/sh")
		cmd.Env = []string{"PATH=" + bin + ":/usr/bin:/bin"}
		cmd.Stdin = strings.NewReader(ask.Script(asktest.Token, askOf(inv, playbooks.Services(inv), h).script()))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		mounts := ""
		for _, d := range Read(inv, playbooks.Services(inv), h, asktest.Answer(strings.Split(string(out), "\n")...)).System.Disks {
			mounts += fmt.Sprintf("%s %d ", d.Mount, d.UsedPct)
		}
		if !strings.HasPrefix(mounts, "/ 50 ") || !hangs && mounts != "/ 50 /mnt 1 /var/lib/mysql 98 " {
			t.Errorf("hangs %v: %s\n%s", hangs, mounts, out)
		}
	}
}

// advised is an error that says what to do about it, as those of connections are.
type advised struct{ text, advice string }

func (a *advised) Error() string  { return a.text }
func (a *advised) Advice() string { return a.advice }
