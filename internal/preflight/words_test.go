package preflight

import (
	"strings"
	"testing"

	"foobar/internal/facts"
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
		state, host string
		do          func(*inventory.Inventory, *Look)
		id, want    string
	}{
		"refused, without a hint": {"bare", "web1", func(_ *inventory.Inventory, l *Look) {
			l.Refused = &Refusal{ID: HostKey, Msg: "web1: its key has changed"}
		}, HostKey,
			"fail: its key has changed | foobar ssh 'my site.toml' web1"},
		"refused, with one": {"bare", "web1", func(_ *inventory.Inventory, l *Look) { l.Refused = &Refusal{ID: Auth, Msg: "no key", Hint: "name one"} }, Auth,
			"fail: no key | name one"},
		"no addresses": {"bare", "web1", answer(func(a *Answer) { a.Facts.Addresses = nil }), "address",
			"warn: not proven which addresses it has: it named none | foobar exec 'my site.toml' -b -l web1 -- 'ip addr'"},
		"no processor": {"bare", "web1", answer(func(a *Answer) { a.Facts.Arch = "" }), "arch",
			"warn: unknown; foobar is tested on amd64 alone | see that the collector's package is for it"},
		"no init": {"bare", "web1", answer(func(a *Answer) { a.Init = "" }), "systemd",
			"fail: process 1 is unknown, and services need systemd | install and boot it: foobar exec 'my site.toml' -b -l web1 -- 'apt-get install -y systemd-sysv && reboot'"},
		"not asked": {"bare", "web1", answer(func(a *Answer) { a.Reach = map[string]string{"10.77.0.14:3306": "refused"} }), "reach",
			"warn: 10.77.0.13:3306 of web2 cannot be reached: not asked | foobar exec 'my site.toml' -b -l web1 -- 'ip route get 10.77.0.13'\nok: web3:3306 can be reached | "},
		"no sources": {"bare", "web1", answer(func(a *Answer) { a.Sources.count = 0 }), "apt-sources",
			"fail: there are no package sources | write Debian's into /etc/apt/sources.list.d/debian.sources there"},
		"sources, later": {"deployed", "web1", answer(func(a *Answer) { a.Sources.status = 100 }), "apt-sources",
			"warn: apt cannot read its sources: status 100 | foobar exec 'my site.toml' -b -l web1 -- 'apt-get update'"},
		"no mirrors": {"bare", "web1", answer(func(a *Answer) { a.Mirrors = nil }), "apt-mirror",
			"warn: not proven that package sources answer: none is of the usual form | foobar exec 'my site.toml' -b -l web1 -- 'apt-get update'"},
		"a CD-ROM": {"bare", "web1", answer(func(a *Answer) { a.Mirrors = []mirror{{uri: "cdrom:[Debian]/dists/trixie/InRelease", status: 100}} }), "apt-mirror",
			`fail: a CD-ROM of the installer is still a package source | foobar exec 'my site.toml' -b -l web1 -- 'sed -i '"'"'s/^deb cdrom:/# &/'"'"' /etc/apt/sources.list'`},
		"a source that is gone": {"bare", "web1", answer(func(a *Answer) {
			a.Mirrors = []mirror{{uri: "http://x/debian/dists/trixie/InRelease", status: 100, said: "404 Not Found"}}
		}), "apt-mirror",
			"fail: http://x/debian (trixie) gives no packages: 404 Not Found | correct it where it stands: foobar exec 'my site.toml' -b -l web1 -- 'grep -rnF x /etc/apt/sources.list /etc/apt/sources.list.d'"},
		"ACME says no": {"bare", "lb1", fetch(acmeID, fetched{status: 503, said: "503 Busy"}), acmeID,
			"fail: https://10.77.0.1:14000/dir answers HTTP 503 Busy | see tls.acme_directory"},
		"nobody to ask with": {"bare", "lb1", fetch(acmeID, fetched{tcp: "open"}), acmeID,
			"warn: https://10.77.0.1:14000/dir takes connections; not proven that it answers well: there is no /usr/lib/apt/apt-helper to ask with | a deploy proves the rest"},
		"another authority": {"bare", "web1", fetch(intakeID, fetched{tcp: "open", helper: true, said: "Certificate unknown"}), intakeID,
			"fail: https://10.77.0.1:8088 has no certificate that this host trusts: Certificate unknown | monitoring.ca names a private authority's roots; or see what stands in between"},
		"no way out": {"bare", "web1", fetch(intakeID, fetched{tcp: "timeout"}), intakeID,
			"fail: https://10.77.0.1:8088 cannot be reached: timeout | let the host out to 10.77.0.1:8088 over TCP, and see its DNS"},
		"an intake that says no": {"bare", "web1", fetch(intakeID, fetched{status: 401, said: "401"}), intakeID,
			"ok: https://10.77.0.1:8088 answers, with a valid certificate; the token is not tried | "},
		"another site's": {"bare", "web1", answer(func(a *Answer) { a.Facts.OwnedBy = "other" }), "site",
			`fail: it belongs to the site "other", and what that one put there would be removed | name = "other" under [site], or to take it over: foobar exec 'my site.toml' -b -l web1 -- 'rm /var/lib/foobar/owned.json'`},
		"data of MySQL": {"bare", "web1", answer(func(a *Answer) { a.Facts.Database = facts.Database{Engine: "mysql", Schemas: 1} }), "database-data",
			"warn: the database server holds 1 database already, which a deploy keeps; its configuration is replaced | back it up first: foobar exec 'my site.toml' -b -l web1 -- 'mysqldump --all-databases'"},
		"a kernel and more": {"bare", "web1", answer(func(a *Answer) { a.Reboot, a.RebootFor = true, []string{"a", "b", "c", "d"} }), "reboot",
			"warn: it waits for a reboot for a, b, c | foobar exec 'my site.toml' -b -l web1 -- 'systemctl reboot'"},
		"a program without a name at a port": {"bare", "lb1", answer(func(a *Answer) {
			at, _ := endpoint("0.0.0.0:80")
			a.Ports = append(a.Ports, listening{at: at, pid: 7})
		}), "port-80",
			"fail: a program that could not be named (pid 7) listens on 0.0.0.0:80, where haproxy is to | foobar exec 'my site.toml' -b -l lb1 -- 'kill 7', and see what started it"},
	} {
		inv := site()
		inv.Path = "my site.toml"
		list := looks(t, inv, c.state, nil)
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
