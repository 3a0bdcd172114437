package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/remote/sshtest"
)

// TestHosts: what the inventory says, and who may reach what, as a table, a tree and JSON.
func TestHosts(t *testing.T) {
	full := "../../examples/inventories/full.toml"
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"lb1   lb            203.0.113.10  10.0.0.10, 2001:db8::10  admin, 2222  80, 443, 2222\n", "The databases start with web1 as the primary"}},
		{[]string{"-l", "web2"}, []string{"web2  web, app, db  10.0.0.12"}},
		{[]string{"-o", "tree"}, []string{"www.foobar.com\n├── lb1  203.0.113.10  (lb)\n", "│   ├── 443 nginx, from lb1, 192.0.2.32/27\n", "│   ├── 3306 database, from web1, web3\n",
			"    ├── 22 ssh, from 198.51.100.0/24, 2001:db8:1::/48\n", "9100 node exporter, from 198.51.100.7/32\n"}},
	} {
		out, said, code := foobar(t, append([]string{"hosts", full}, c.args...)...)
		for _, want := range c.want {
			if code != 0 || said != "" || !strings.Contains(out, want) {
				t.Errorf("%q: exit %d, no %q:\n%s%s", c.args, code, want, out, said)
			}
		}
	}
	out, _, _ := foobar(t, "hosts", full, "-o", "json")
	var doc struct {
		V     int
		Hosts []struct {
			Name    string
			Primary bool
			Ports   []struct {
				Port int
				From []string
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || doc.V != 1 || len(doc.Hosts) != 4 || !doc.Hosts[1].Primary || len(doc.Hosts[1].Ports) < 3 {
		t.Errorf("%v: %+v", err, doc)
	}
}

// TestShowASavedPlan: as plan showed it, with a word when it has become stale.
func TestShowASavedPlan(t *testing.T) {
	good := sshtest.Inventory(t, "", "")
	path := filepath.Join(t.TempDir(), "site.plan")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	change := event.Change{Play: "web", Resource: "file:/etc/nginx/nginx.conf", Action: "update"}
	saved := engine.Saved{Inventory: good, Digest: "another", Limit: []string{"web1"}, Hosts: []engine.HostPlan{{Host: "web1", Changes: []event.Change{change}}}}
	if err := engine.WriteSaved(file, saved); err != nil {
		t.Fatal(err)
	}
	file.Close()
	out, said, code := foobar(t, "show", path)
	if code != 0 || !strings.Contains(out, "web1: 1 change\n") || !strings.Contains(out, "~ file:/etc/nginx/nginx.conf") || !strings.Contains(said, "saved from "+good+", for web1\nwarning: the inventory has changed") {
		t.Errorf("exit %d:\n%s%s", code, out, said)
	}
	if out, _, code := foobar(t, "show", path, "-o", "json"); code != 0 || !strings.Contains(out, `"type":"host_planned","host":"web1"`) {
		t.Errorf("exit %d: %s", code, out)
	}
	if _, said, code := foobar(t, "show", good); code != 64 || !strings.Contains(said, "not a saved plan") {
		t.Errorf("exit %d: %s", code, said)
	}
}
