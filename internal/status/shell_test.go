package status

import (
	"testing"

	"foobar/internal/sh/shtest"
)

// TestScripts are what the hosts of a site are asked.
func TestScripts(t *testing.T) {
	inv, all := site(), map[string]string{}
	for _, h := range inv.Hosts {
		all[h.Name] = askOf(inv, h).script("token")
	}
	shtest.Check(t, all)
}
