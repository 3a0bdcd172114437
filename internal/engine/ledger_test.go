package engine

import (
	"os"
	"strings"
	"testing"

	"foobar/internal/resource"
	"foobar/inventory"
)

// TestTheLedgerComesFirst: what a run that is killed at its first step has put on the host
// is in the ledger by then; where that cannot be written, nothing is changed.
func TestTheLedgerComesFirst(t *testing.T) {
	for name, writable := range map[string]bool{"writable": true, "not writable": false} {
		b := newBench(t, "a")
		b.one(func(*inventory.Host) []resource.Resource {
			return []resource.Resource{b.file("a", "x", "hello"), resource.At(resource.Converge, b.file("a", "y", "hello")), step("custom:z", resource.Prepare,
				resource.Run{Title: "z", Script: "grep -q '\"file:" + b.path("a", "y") + "\"' /var/lib/foobar/owned.json"})}
		})
		b.approve = func(*Plan) (bool, error) {
			if writable {
				return true, nil
			}
			return true, os.MkdirAll(b.path("a", "lib/owned.json/folder"), 0o700)
		}
		r := b.run("deploy")
		_, err := os.Stat(b.path("a", "x"))
		switch {
		case writable && !strings.Contains(b.problems(), "did not converge"), writable && err != nil:
			t.Errorf("%s: exit %d, %v: %s", name, r.Exit, err, b.problems())
		case !writable && (r.Exit != ExitFailed || err == nil || !strings.Contains(b.problems(), "owned.json")):
			t.Errorf("%s: exit %d, changed %v: %s", name, r.Exit, err == nil, b.problems())
		}
	}
}
