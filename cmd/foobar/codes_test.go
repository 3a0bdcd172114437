package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/remote/sshtest"
)

// TestCodesAtTheCommandLine: each mistake ends in one error with its code, where
// it is to be mended, and the command that explains it.
func TestCodesAtTheCommandLine(t *testing.T) {
	good := sshtest.Inventory(t, "", "")
	secrets := "[app]\nsource = \"./app\"\n[app.secrets]\nKEY = "
	plan := filepath.Join(t.TempDir(), "plan")
	file, err := os.Create(plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.WriteSaved(file, engine.Saved{Inventory: good, Digest: "another"}); err != nil {
		t.Fatal(err)
	}
	file.Close()
	app := "[app]\nsource = \"./app\"\n"
	for _, c := range []struct {
		code  fault.Code
		exit  int
		where string // in the message
		args  []string
	}{
		{"CLI01", 64, "--nonsense", []string{"plan", good, "--nonsense"}},
		{"CLI01", 64, "tui, plain or json", []string{"plan", good, "-o", "xml"}},
		{"CLI02", 64, "web9", []string{"plan", good, "-l", "web9"}},
		{"CLI02", 64, "the parts are", []string{"plan", good, "-r", "cook"}},
		{"CLI02", 64, "did you mean SSH04?", []string{"docs", "SHH04"}},
		{"CLI02", 64, "did you mean monitoring?", []string{"docs", "monitring"}},
		{"CLI03", 64, "--yes", []string{"db", "switchover", good, "--to", "web2"}},
		{"CLI03", 64, "add -y", []string{"release", good}},
		{"CLI03", 64, "add -y", []string{"rollback", good, "3f9c"}},
		{"REL04", 64, "set it up with foobar deploy", []string{"release", "-y", good}},
		{"REL04", 64, "set it up with foobar deploy", []string{"rollback", "-y", good}},
		{"INV01", 64, "nowhere.toml", []string{"plan", "nowhere.toml"}},
		{"INV02", 64, "site.toml:1", []string{"plan", sshtest.Inventory(t, "[site]", "[site")}},
		{"INV03", 64, "site.toml:2: unknown key site.domian; did you mean domain?", []string{"plan", sshtest.Inventory(t, "domain", "domian")}},
		{"INV04", 64, "site.toml:7", []string{"check", sshtest.Inventory(t, "enabled = false", "enabled = \"no\"")}},
		{"INV06", 64, "address", []string{"check", sshtest.Inventory(t, "address = \"10.0.0.12\"\n", "")}},
		{"INV07", 64, "site.toml:5", []string{"check", sshtest.Inventory(t, "./app", "./nowhere")}},
		{"INV08", 64, "site.toml:15", []string{"check", sshtest.Inventory(t, "10.0.0.12", "10.0.0.11")}},
		{"SEC01", 64, "site.toml:7: app.secrets.KEY", []string{"plan", sshtest.Inventory(t, app, secrets+"{ env = \"FOOBAR_UNSET_ANYWHERE\" }\n")}},
		{"SEC02", 64, "site.toml:7: app.secrets.KEY", []string{"plan", sshtest.Inventory(t, app, secrets+"{ file = \"nowhere\" }\n")}},
		{"SEC03", 64, "site.toml:7: app.secrets.KEY", []string{"plan", sshtest.Inventory(t, app, secrets+"{ command = [\"false\"] }\n")}},
		{"SEC04", 64, "chmod 600", []string{"plan", sshtest.Inventory(t, app, secrets+"{ file = \""+writeFile(t, "open", "x", 0o644)+"\" }\n")}},
		{"SEC07", 64, "foobar.key", []string{"db", "rejoin", good, "web1"}},
		{"RUN03", 6, "plan --out", []string{"deploy", "--plan", plan}},
		{"RUN04", 64, "not a saved plan", []string{"deploy", "--plan", good}},
		{"RUN04", 64, "no-plan", []string{"deploy", "--plan", "no-plan"}},
	} {
		out, said, code := foobar(t, c.args...)
		if code != c.exit || !strings.Contains(said, "["+string(c.code)+"]\n") || !strings.Contains(said, c.where) || !strings.HasPrefix(said[strings.LastIndex(said, "error: "):], "error: ") {
			t.Errorf("foobar %s: exit %d, not %d with %s and %q:\n%s%s", strings.Join(c.args, " "), code, c.exit, c.code, c.where, out, said)
		}
		if last := strings.Split(strings.TrimSpace(said), "\n"); !strings.HasPrefix(last[len(last)-1], "see: foobar ") {
			t.Errorf("%s: the last line does not say what to read: %s", c.code, said)
		}
	}
}

// TestAHostsCodeNamesItsLine: a host that cannot be reached says which line of
// the inventory may be to blame, in every form of output.
func TestAHostsCodeNamesItsLine(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	ln.Close()
	path := sshtest.Inventory(t, "address = \"10.0.0.12\"", fmt.Sprintf("address = \"127.0.0.1\"\nprivate_address = \"127.77.77.77\"\nssh = { port = %d, config = \"none\" }", port))
	if _, said, _ := foobar(t, "check", path); !strings.Contains(said, "[INV05]") {
		t.Errorf("a loopback address for other hosts: %s", said)
	}
	path = sshtest.Inventory(t, "address = \"10.0.0.12\"", fmt.Sprintf("address = \"127.0.0.1\"\nprivate_address = \"10.0.0.12\"\nssh = { port = %d, config = \"none\" }", port))
	_, said, code := foobar(t, "exec", path, "-l", "web2", "--", "true")
	if code != 4 || !strings.Contains(said, "[SSH02]") {
		t.Errorf("exec: exit %d: %s", code, said)
	}
	// All hosts are dialed; the others' addresses lead nowhere in little time.
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	local := strings.NewReplacer("203.0.113.10", "127.0.0.2", "10.0.0.11", "127.0.0.3").Replace(string(text))
	local = strings.Replace(local, "address = \"127.0.0.3\"", "address = \"127.0.0.3\"\nprivate_address = \"10.0.0.11\"", 1)
	local = strings.Replace(local, "[app]", fmt.Sprintf("[ssh]\nport = %d\nconfig = \"none\"\nconnect_timeout = \"1s\"\n[app]", port), 1)
	if err := os.WriteFile(path, []byte(local), 0o600); err != nil {
		t.Fatal(err)
	}
	out, said, code := foobar(t, "plan", path, "-l", "web2", "-o", "json")
	var found bool
	for line := range strings.Lines(out) {
		var e struct{ Type, Host, Code, Key, Where, Hint string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Type == "host_done" && e.Host == "web2" {
			found = true
			line := 1 + strings.Count(local[:strings.Index(local, "ssh = {")], "\n")
			if e.Code != "SSH02" && e.Code != "SSH01" || e.Key != "hosts.web2.ssh.port" || e.Where != fmt.Sprintf("%s:%d", path, line) || e.Hint == "" {
				t.Errorf("%+v, not line %d", e, line)
			}
		}
	}
	if code != 4 || !found {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	_, said, _ = foobar(t, "plan", path, "-l", "web2")
	if !strings.Contains(said, "; see hosts.web2.ssh.port at "+path+":") || !strings.Contains(said, "\nsee: foobar docs SSH02\n") {
		t.Errorf("plain: %s", said)
	}
}

func writeFile(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}
