package preflight

import (
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/firewall"
	"foobar/inventory"
	"foobar/playbooks"
)

// TestWords: what is seen and what to do about it, word for word.
func TestWords(t *testing.T) {
	fetch := func(id string, f fetched) func(*inventory.Inventory, *Look) {
		return func(_ *inventory.Inventory, l *Look) { l.Answer.Fetched[id] = f }
	}
	answer := func(do func(*Answer)) func(*inventory.Inventory, *Look) {
		return func(_ *inventory.Inventory, l *Look) { do(&l.Answer) }
	}
	for name, c := range map[string]struct {
		host     string
		do       func(*inventory.Inventory, *Look)
		id, want string
	}{
		"no processor": {"web1", answer(func(a *Answer) { a.Facts.Arch = "" }), "arch",
			"warn: unknown; foobar is tested only on amd64 | make sure that the collector's package is for this architecture"},
		"no init": {"web1", answer(func(a *Answer) { a.Init = "" }), "systemd",
			"fail: process 1 is unknown, and services need systemd | install and boot it: foobar exec 'my site.toml' -b -l web1 -- 'apt-get install -y systemd-sysv && reboot'"},
		"no mirrors": {"web1", answer(func(a *Answer) { a.Mirrors = nil }), "apt-mirror",
			"warn: not checked: no package source has the usual form | foobar exec 'my site.toml' -b -l web1 -- 'apt-get update'"},
		"an intake that says no": {"web1", fetch(intakeID, fetched{status: 401, said: "401"}), intakeID,
			"ok: https://10.77.0.1:8088 answers, with a valid certificate; the token is not tried | "},
		"data of MySQL": {"web1", answer(func(a *Answer) { a.Facts.Database = facts.Database{Engine: "mysql", Schemas: 1} }), "database-data",
			"warn: the database server holds 1 database already, which a deploy keeps; its configuration is replaced | back it up first: foobar exec 'my site.toml' -b -l web1 -- 'mysqldump --all-databases'"},
		"a program without a name at a port": {"lb1", answer(func(a *Answer) {
			at, _ := firewall.Endpoint("0.0.0.0:80")
			a.Ports = append(a.Ports, listening{at: at, pid: 7})
		}), "port-80",
			"fail: port 80 is needed by haproxy, but a program that could not be named (pid 7) uses it on 0.0.0.0 | foobar exec 'my site.toml' -b -l lb1 -- 'kill 7', and find out what started it"},
	} {
		inv := site()
		inv.Path = "my site.toml"
		list := looks(t, inv, "bare", nil)
		for i := range list {
			if list[i].Host.Name == c.host {
				c.do(inv, &list[i])
			}
		}
		var got []string
		for _, f := range Judge(inv, playbooks.Services(inv), here(), list, taken).Findings {
			if f.Host == c.host && f.ID == c.id {
				got = append(got, f.Level+": "+f.Seen+" | "+f.Fix)
			}
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), c.want)
		}
	}
}
