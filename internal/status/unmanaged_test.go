package status

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/database"
	"foobar/internal/facts"
	"foobar/internal/sh"
	"foobar/inventory"
)

// TestUnmanaged runs the question over a folder: what the ledger and the inventory name
// is told where it is there, and nothing else.
func TestUnmanaged(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	const rule = "### tuple ### allow tcp 9999 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 9999 -j ACCEPT\n\n"
	ledger, err := json.MarshalIndent(facts.Ledger{Version: 1, Owned: []string{"file:/etc/ssl"}, Found: map[string][]string{
		"service:nginx.service": {at("mine.conf"), at("gone.conf")}, "access:/srv/foobar": {at("old one")},
		"firewall:ufw": {"ufw rule (IPv4): allow tcp 9999 0.0.0.0/0 any 0.0.0.0/0 in", "ufw rule (IPv4): allow tcp 1 0.0.0.0/0 any 0.0.0.0/0 in"}, "user:app": {"alice in the group app", "bob in the group app"}, "database-accounts:strays": {"report@%", "past@%"}}}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"owned.json": string(ledger) + "\n", "user.rules": rule, "group": "root:x:0:\napp:x:9:www-data,alice\n", "mine.conf": "", "old one": "", "kept.conf": "", "unknown.conf": ""} {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := strings.NewReplacer("/var/lib/foobar", dir, "/etc/ufw", dir, "/etc/group", at("group")).Replace(sh.Set("keep", at("kept.conf")+"\n"+at("not there")) + askOthers)
	look := func(shell string) *ask.Answer {
		t.Helper()
		cmd := exec.Command(shell, "-eu")
		cmd.Stdin = strings.NewReader(ask.Script(asktest.Token, script))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return asktest.Answer(strings.Split(string(out), "\n")...)
	}
	db := &Database{}
	db.state.Anyone = append(db.state.Anyone, database.Identity{User: "report", Host: "%"}, database.Identity{User: "root", Host: "localhost"})
	inv := &inventory.Inventory{Deploy: inventory.Deploy{Keep: []string{at("kept.conf"), at("not there"), "root@localhost"}}}
	for _, shell := range []string{"sh", "bash"} {
		a := look(shell)
		want := []string{at("kept.conf"), "root@localhost", "alice in the group app", "database account report@%", "drop-in " + at("mine.conf"), "folder " + at("old one"), "ufw rule (IPv4): allow tcp 9999 0.0.0.0/0 any 0.0.0.0/0 in"}
		var got []string
		for _, u := range readUnmanaged(inv, a, db) {
			got = append(got, u.text())
		}
		slices.Sort(want)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", shell, got, want)
		}
		purging := *inv
		purging.Deploy.Purge = "all"
		if got := readUnmanaged(&purging, a, db); len(got) != 2 {
			t.Errorf("what purge takes away stays: %v", got)
		}
	}
	if strings.ContainsAny(strings.NewReplacer("$((", "", "))", "", "||", "", "\n  if", "").Replace(askOthers), "|`") || strings.Contains(strings.ReplaceAll(askOthers, "$((", ""), "$(") {
		t.Error("the question starts programs")
	}
}

// TestUnmanagedIsShort: few lines, however many hosts and things there are.
func TestUnmanagedIsShort(t *testing.T) {
	var hosts []Host
	for _, name := range []string{"web1", "web2", "web3", "web4", "web5", "web6", "web7", "web8"} {
		hosts = append(hosts, Host{Name: name, Unmanaged: []Unmanaged{{"database-accounts:strays", "report@%"}}})
	}
	hosts[0].Unmanaged = append(hosts[0].Unmanaged, Unmanaged{"", "/etc/x"})
	var b strings.Builder
	others(&b, hosts)
	if want := "\nNOT FOOBAR'S  2 things, left alone\n  web1: /etc/x\n  web1 … web8 (8 hosts): database account report@%\n"; b.String() != want {
		t.Errorf("got %q", b.String())
	}
	for i := range 20 {
		hosts[1].Unmanaged = append(hosts[1].Unmanaged, Unmanaged{"", "/etc/x" + strings.Repeat("y", i)})
	}
	b.Reset()
	others(&b, hosts)
	if lines := strings.Split(b.String(), "\n"); len(lines) != 2+mostUnmanaged+2 || lines[len(lines)-2] != "  and 13 more: foobar status -o json names them" {
		t.Errorf("got\n%s", b.String())
	}
	b.Reset()
	if others(&b, []Host{{Name: "web1"}}); b.Len() > 0 {
		t.Errorf("of nothing: %q", b.String())
	}
}
