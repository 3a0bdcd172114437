package resource

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/fault"
	"foobar/internal/sh"
)

// guardHost runs the scripts of a guard against a directory in place of
// /run/foobar and a systemd that only remembers whether the timer is armed.
type guardHost struct {
	t         *testing.T
	dir, file string
}

func newGuardHost(t *testing.T) guardHost {
	h := guardHost{t: t, dir: t.TempDir()}
	h.file = filepath.Join(h.dir, "subject")
	h.write("bin/systemd-run", "#!/bin/sh\n: >"+h.dir+"/armed\n")
	h.write("bin/systemctl", "#!/bin/sh\ncase $1 in is-active) [ -e "+h.dir+"/armed ];; stop) rm -f "+h.dir+"/armed;; esac\n")
	return h
}

func (h guardHost) write(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		h.t.Fatal(err)
	}
}

func (h guardHost) guard() Guard {
	return Guard{Name: "sample", Save: "cp -- " + h.file + " old", Restore: "cp -- old " + h.file}
}

func (h guardHost) run(script string) error {
	h.t.Helper()
	cmd := exec.Command("sh", "-euc", sh.Files+strings.ReplaceAll(script, "/run/foobar", h.dir+"/run"))
	cmd.Env = append(os.Environ(), "PATH="+h.dir+"/bin:"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	h.t.Logf("%s", out)
	return err
}

func (h guardHost) subject() string {
	b, err := os.ReadFile(h.file)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

func TestGuardUndoesWhatWasNotProved(t *testing.T) {
	h := newGuardHost(t)
	h.write("subject", "old")
	g := h.guard()
	if err := h.run(g.Arm()); err != nil {
		t.Fatal(err)
	}
	h.write("subject", "new")
	// The run was cut off; the next one must not take the unproved for the old.
	if err := h.run(g.Arm()); err != nil {
		t.Fatal(err)
	}
	h.write("subject", "newer")
	if err := h.run(g.Undo()); err != nil || h.subject() != "old" {
		t.Errorf("%v, left with %q", err, h.subject())
	}
	if err := h.run(g.Confirm()); err == nil {
		t.Error("a change that was undone can be confirmed")
	}
	if err := h.run(g.Undo()); err != nil {
		t.Errorf("undoing twice: %v", err)
	}
}

func TestGuardKeepsWhatWasProved(t *testing.T) {
	h := newGuardHost(t)
	h.write("subject", "old")
	g := h.guard()
	if err := h.run(g.Arm()); err != nil {
		t.Fatal(err)
	}
	h.write("subject", "new")
	if err := h.run(g.Confirm() + g.Forget()); err != nil {
		t.Fatal(err)
	}
	if err := h.run(g.Undo()); err != nil || h.subject() != "new" {
		t.Errorf("%v, left with %q", err, h.subject())
	}
	if _, err := os.Stat(filepath.Join(h.dir, "armed")); err == nil {
		t.Error("the timer still runs")
	}
}

func TestSSHDChangesAreProved(t *testing.T) {
	s := SSHD{Path: "/etc/ssh/sshd_config.d/00-x.conf", Content: []byte("PasswordAuthentication no\n"), Effective: "passwordauthentication no"}
	sum := Digest(s.Content)
	for name, c := range map[string]struct {
		attrs map[string]string
		want  string
	}{
		"missing":    {map[string]string{"active": "active"}, "content"},
		"other":      {map[string]string{"active": "active", "sum " + s.Path: strings.Repeat("0", 64)}, "content"},
		"not loaded": {map[string]string{"active": "active", "sum " + s.Path: sum, "ctime " + s.Path: "20", "start": "10"}, "loaded"},
		"loaded":     {map[string]string{"active": "active", "sum " + s.Path: sum, "ctime " + s.Path: "10", "start": "20"}, ""},
		"unproved":   {map[string]string{"active": "active", "sum " + s.Path: sum, "ctime " + s.Path: "10", "start": "20", "sum /run/foobar/sshd/saved": Digest(nil)}, "way in"},
		"by socket":  {map[string]string{"active": "inactive", "sum " + s.Path: sum, "ctime " + s.Path: "20", "start": "10"}, ""},
	} {
		change, err := s.Diff(Observed{State: Present, Attrs: c.attrs})
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" {
			if !change.Empty() {
				t.Errorf("%s: %+v", name, change.Fields)
			}
			continue
		}
		if len(change.Fields) != 1 || change.Fields[0].Name != c.want {
			t.Errorf("%s: %+v", name, change.Fields)
		}
		if p, ok := change.Steps[len(change.Steps)-2].(Prove); !ok || p.Undo == "" || p.Code != fault.SSHDReverted {
			t.Errorf("%s: no proof before it is kept", name)
		}
	}
	if c, _ := s.Diff(Observed{}); !c.Provisional {
		t.Error("no answer looks like nothing to do")
	}
}

// TestWhatIsInForce: the drop-in may be as it was written and yet not be heeded.
func TestWhatIsInForce(t *testing.T) {
	s := SSHD{Path: "/etc/ssh/sshd_config.d/00-x.conf", Effective: "passwordauthentication no",
		Content: []byte("# a comment no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nMACs -hmac-sha1*,hmac-md5*\nMaxAuthTries 6\n")}
	for says, want := range map[string]string{
		"passwordauthentication no\npermitrootlogin without-password\nmacs umac-128@openssh.com": "",
		"passwordauthentication no\npermitrootlogin without-password\nmaxauthtries 10":           "",
		"exec: sshd: not found": "",
		"before /etc/ssh/sshd_config.d/00-a.conf\npasswordauthentication yes\npermitrootlogin yes": "PermitRootLogin=yes>prohibit-password PasswordAuthentication=yes>no read first=/etc/ssh/sshd_config.d/00-a.conf>" + s.Path,
		"macs umac-128@openssh.com,hmac-sha1-etm@openssh.com":                                      "MACs=umac-128@openssh.com,hmac-sha1-etm@openssh.com>-hmac-sha1*,hmac-md5*",
	} {
		c, err := s.Diff(Observed{State: Present, Attrs: map[string]string{"active": "active", "sum " + s.Path: Digest(s.Content), "ctime " + s.Path: "10", "start": "20", "says": says}})
		if err != nil || show(c) != want {
			t.Errorf("%q: %q, %v", says, show(c), err)
		}
	}
	c, err := s.Diff(Observed{State: Present, Attrs: map[string]string{"active": "active", "says": "passwordauthentication yes"}})
	if err != nil || len(c.Fields) != 1 || c.Fields[0].Name != "content" {
		t.Errorf("a host without the drop-in: %q, %v", show(c), err)
	}
	c, err = s.Diff(Observed{State: Present, Attrs: map[string]string{"active": "active", "says": "permitrootlogin no"}})
	if text := string(c.Steps[1].(Put).Content); err != nil || strings.Contains(text, "PermitRootLogin prohibit") || !strings.Contains(text, "PasswordAuthentication no") || c.Fields[0].New != text {
		t.Errorf("a host that is stricter: %v\n%s", err, text)
	}
}

// TestSSHDKeepsTheWayIn: a reload that would shut the port of the connection is not made.
func TestSSHDKeepsTheWayIn(t *testing.T) {
	const moved = "port 2222\nlistenaddress [::]:2222\nlistenaddress 0.0.0.0:2222\npasswordauthentication no"
	for name, c := range map[string]struct {
		port         int
		active, says string
		refused      bool
	}{
		"stays":                   {22, "active", "listenaddress [::]:22\nlistenaddress 0.0.0.0:22", false},
		"moves":                   {22, "active", moved, true},
		"a second port":           {22, "active", moved + "\nlistenaddress 10.0.0.1:22", false},
		"nothing said":            {22, "active", "exec: sshd: not found", false},
		"the port is not known":   {0, "active", moved, false},
		"started for each anew":   {22, "inactive", moved, false},
		"already at the new port": {2222, "active", moved, false},
	} {
		s := SSHD{Path: "/etc/ssh/sshd_config.d/00-x.conf", Content: []byte("PasswordAuthentication no\n"), Port: c.port}
		change, err := s.Diff(Observed{State: Present, Attrs: map[string]string{"active": c.active, "says": c.says}})
		if refused := fault.Of(err) == "FW04"; refused != c.refused || !refused && (err != nil || change.Empty()) {
			t.Errorf("%s: %v", name, err)
		}
		if c.refused && !strings.Contains(err.Error(), "port = 2222 in [ssh]") {
			t.Errorf("%s: %v does not say what to do", name, err)
		}
		converged := Observed{State: Present, Attrs: map[string]string{"active": c.active, "says": c.says, "sum " + s.Path: Digest(s.Content), "ctime " + s.Path: "10", "start": "20"}}
		if change, err := s.Diff(converged); err != nil || !change.Empty() {
			t.Errorf("%s, and nothing to do: %+v, %v", name, change.Fields, err)
		}
	}
}

// TestLinesReadBefore: what contradicts is switched off where it comes first, and only there.
func TestLinesReadBefore(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const line = "passwordauthentication yes\nPort 22\n"
	first, own, last := write("d/00-a.conf", line), write("d/00-x.conf", line), write("d/50-cloud.conf", line)
	main := write("sshd_config", line+"Include /etc/ssh/sshd_config.d/*.conf\n"+line)
	script := sh.Set("path", own, "keys", "MACs|PasswordAuthentication") + strings.ReplaceAll(sshdOff, "/etc/ssh/sshd_config", main)
	if out, err := exec.Command("sh", "-euc", script).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const off = "# switched off by foobar: " + line
	for path, want := range map[string]string{first: off, own: line, last: line, main: off + "Include /etc/ssh/sshd_config.d/*.conf\n" + line} {
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}
