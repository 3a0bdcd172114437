package status

import (
	"testing"

	"foobar/internal/ask"
	"foobar/internal/sh/shtest"
	"foobar/playbooks"
)

// TestScripts are what the hosts of a site are asked.
func TestScripts(t *testing.T) {
	inv, all := site(), map[string]string{}
	for _, h := range inv.Hosts {
		all[h.Name] = ask.Script("x", askOf(inv, playbooks.Services(inv), h).script())
	}
	shtest.Check(t, all)
}
