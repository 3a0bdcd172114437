//go:build lab && gauntlet

package labtest

import "testing"

// TestD2Reset: hosts that are bare again get all of the site in one run.
func TestD2Reset(t *testing.T) {
	must(t, 0, "lab", "reset")
	must(t, 0, "deploy", site)
	converged(t, site, 4)
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
	TestA4WriteIsReadBackFromAReplica(t)
}
