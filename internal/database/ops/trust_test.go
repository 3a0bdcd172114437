package ops

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/inventory"
)

// TestSessionsOfAHostileServer: what a server names as sessions to be ended goes
// back to its client, as root, only where it is that.
func TestSessionsOfAHostileServer(t *testing.T) {
	f, s := newFleet(t)
	f.alsoKill = []string{`\! touch /tmp/x`, "KILL CONNECTION 8; DROP DATABASE d;", "KILL CONNECTION 9;\\! id", " KILL CONNECTION 10;", "KILL CONNECTION 11;"}
	if _, err := s.Switchover(context.Background(), "web2", nil); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(f.sent, "\n")
	if !strings.Contains(all, "KILL CONNECTION 7;\nKILL CONNECTION 11;\n") {
		t.Error("sessions were not ended")
	}
	for _, bad := range []string{`\!`, "DROP DATABASE", "CONNECTION 10"} {
		if strings.Contains(all, bad) {
			t.Errorf("%s was sent back", bad)
		}
	}
}

// hereTarget runs scripts on this machine, with programs of its own.
type hereTarget struct {
	Target
	path string
}

func (h hereTarget) Run(ctx context.Context, script string, line func(string)) (int, error) {
	cmd := exec.CommandContext(ctx, "sh", "-s")
	cmd.Stdin, cmd.Env = strings.NewReader(script), append(os.Environ(), "PATH="+h.path+":"+os.Getenv("PATH"))
	out, _ := cmd.CombinedOutput()
	for l := range strings.Lines(string(out)) {
		line(strings.TrimSuffix(l, "\n"))
	}
	return cmd.ProcessState.ExitCode(), nil
}

// TestRoomOfAHostileServer: a command where the size of the data is expected is
// not run, though bash's arithmetic would.
func TestRoomOfAHostileServer(t *testing.T) {
	_, s := newFleet(t)
	dir := t.TempDir()
	n := &Node{Host: &inventory.Host{Name: "web1"}, target: hereTarget{path: dir}, dialect: s.Dialect}
	for name, text := range map[string]string{"mariadb": "cat >/dev/null; echo 'x[$(: >" + dir + "/ran)]'", "df": "echo Avail; echo 1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := s.roomFor(context.Background(), &Topology{Nodes: []*Node{n}}, n, Backup{})
	if err == nil || !strings.Contains(err.Error(), "names no size of its data") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("what the server said was run")
	}
}
