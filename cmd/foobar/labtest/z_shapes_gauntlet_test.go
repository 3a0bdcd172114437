//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"testing"
)

// TestZ1RolesOnHostsOfTheirOwn deploys another shape: web, app and database
// servers apart, under other names. It comes last, because it takes the four
// hosts of the others away.
func TestZ1RolesOnHostsOfTheirOwn(t *testing.T) {
	inv := filepath.Join(work, "split.toml")
	if err := os.WriteFile(inv, []byte(otherLab(t, "--hosts", "lb9,www1,app1,app2,db1,db2")), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", inv)
	converged(t, inv, 6)
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
	TestA4WriteIsReadBackFromAReplica(t)
}
