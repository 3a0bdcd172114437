package preflight

import (
	"testing"

	"foobar/internal/ask"
	"foobar/internal/sh/shtest"
	"foobar/inventory"
	"foobar/playbooks"
)

// TestScripts are what the hosts of an example are asked.
func TestScripts(t *testing.T) {
	inv, err := inventory.Load("../../examples/inventories/split.toml")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, h := range inv.Hosts {
		all[h.Name] = ask.Script("x", Script(inv, playbooks.Services(inv), h, nil))
	}
	// $as is a program and its options, or nothing.
	shtest.Check(t, all, "SC2086")
}
