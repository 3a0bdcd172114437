//go:build lab && gauntlet

package labtest

import (
	"strings"
	"testing"
)

// TestSFilesDatabaseUnderAttack: the same loops against a restore, a switchover
// and the way back. A service user may make a verb fail, not have root write.
func TestSFilesDatabaseUnderAttack(t *testing.T) {
	must(t, 0, "deploy", site)
	b := backup(t)
	a := siege(t, "true", "marks")
	for _, args := range [][]string{
		{"db", "restore", site, b.name(), "--yes-destroy", "foobar"},
		{"db", "switchover", site, "--to", "web2", "-y"},
		{"db", "switchover", site, "--to", "web1", "-y"},
	} {
		r := foobar(args...)
		t.Logf("under attack: foobar %s: exit %d\n%s", strings.Join(args, " "), r.code, tail(r.err, 12))
	}
	a.end()
	// What the attack cut off is finished, and the site is as it was.
	if r := foobar("db", "status", site); strings.Contains(r.out, "cut off") {
		must(t, 0, "db", "restore", site, b.name())
	}
	if r := foobar("db", "switchover", site, "--to", "web1", "-y"); r.code != 0 {
		t.Logf("back to web1: exit %d\n%s", r.code, tail(r.err, 5))
	}
	a.lift()
	onSite().primaryIs(t, "web1")
}
