//go:build lab

package labtest

import (
	"strings"
	"testing"
)

// TestK8Contents: what is in the databases and would not survive is named by the verbs
// that look, until it is mended.
func TestK8Contents(t *testing.T) {
	s := onSite()
	s.fragile(t)
	s.lostView(t)
}

// fragile: tables of other engines, and those without a key or with a FLOAT, are notices at the primary,
// and what is said to do about one helps.
func (s *scene) fragile(t *testing.T) {
	t.Helper()
	s.ask(t, "web1", "CREATE TABLE foobar.cache (id INT PRIMARY KEY) ENGINE=MEMORY; CREATE TABLE foobar.`odd ``name` (t TEXT); CREATE TABLE foobar.whole (id INT NOT NULL, UNIQUE (id)); CREATE TABLE foobar.place (id INT PRIMARY KEY, lat FLOAT)")
	for _, verb := range [][]string{{"status"}, {"db", "status"}} {
		r := must(t, 0, append(verb, s.site)...)
		for _, want := range []string{"notice  web1: tables that do not use InnoDB: foobar.cache (MEMORY) [DB25]\n        next: foobar exec " + s.site + " -b -l web1 -- " + s.engine + " -e 'ALTER TABLE `foobar`.`cache` ENGINE=InnoDB'\n",
			"notice  web1: tables without a primary key: foobar.odd `name [DB25]\n", "notice  web1: tables with a FLOAT, of which a backup keeps six digits: foobar.place (lat) [DB25]\n"} {
			if !strings.Contains(r.out, want) {
				t.Errorf("%v does not say %q:\n%s", verb, want, r.out)
			}
		}
		if strings.Contains(r.out, "foobar.whole") {
			t.Errorf("%v names a table with a unique key:\n%s", verb, r.out)
		}
	}
	must(t, 0, "exec", s.site, "-b", "-l", "web1", "--", s.engine, "-e", "ALTER TABLE `foobar`.`cache` ENGINE=InnoDB")
	if r := must(t, 0, "db", "status", s.site); strings.Contains(r.out, "foobar.cache") || !strings.Contains(r.out, "odd") {
		t.Errorf("after a table was converted:\n%s", r.out)
	}
	s.ask(t, "web1", "DROP TABLE foobar.cache, foobar.`odd ``name`, foobar.whole, foobar.place")
}

// lostView: a backup of a view that cannot be made again says so, until there is another.
func (s *scene) lostView(t *testing.T) {
	t.Helper()
	s.ask(t, "web1", "CREATE TABLE foobar.lost (id INT PRIMARY KEY, n INT, KEY n (n)); CREATE VIEW foobar.loses AS SELECT id FROM foobar.lost FORCE INDEX (n); DROP TABLE foobar.lost")
	s.level(t, "web1")
	const says = " has views as text only, because something that they name is gone: foobar.loses [DB26]\n"
	if r := must(t, 0, "db", "backup", s.site); !strings.Contains(r.err, says) {
		t.Errorf("the backup says\n%s", r.err)
	}
	if r := must(t, 0, "db", "backups", s.site); !strings.Contains(r.err, says) {
		t.Errorf("the list says\n%s", r.err)
	}
	for _, verb := range [][]string{{"status"}, {"db", "status"}} {
		if r := must(t, 8, append(verb, s.site)...); !strings.Contains(r.out, says) || strings.Count(r.out, "PROBLEM") != 1 {
			t.Errorf("%v says\n%s", verb, r.out)
		}
	}
	s.ask(t, "web1", "DROP VIEW foobar.loses")
	s.level(t, "web1")
	must(t, 0, "db", "backup", s.site)
	for _, verb := range [][]string{{"status"}, {"db", "status"}} {
		if r := must(t, 0, append(verb, s.site)...); strings.Contains(r.out, "foobar.loses") {
			t.Errorf("%v says\n%s", verb, r.out)
		}
	}
}
