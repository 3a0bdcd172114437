package engine

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// TestHostThatLeaves: on it goes what the play says and nothing for want of a role, the
// others lose nothing, and its ledger ends with the last thing in it.
func TestHostThatLeaves(t *testing.T) {
	b := newBench(t, "a", "b")
	b.one(func(h *inventory.Host) []resource.Resource {
		return []resource.Resource{b.file(h.Name, "goes", "1"), b.file(h.Name, "stays", "1")}
	})
	if r := b.run("deploy"); r.Exit != 0 {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	both := b.plays
	leaving := func(*inventory.Host) []resource.Resource {
		return []resource.Resource{resource.At(resource.Converge, resource.File{Path: b.path("b", "goes"), Absent: true})}
	}
	b.plays = func() []play.Play {
		first := both()[0]
		first.Hosts = b.inv.Hosts[:1]
		return []play.Play{first, {Name: "removal", Role: fixed{"removal", leaving}, Hosts: b.inv.Hosts[1:], After: []string{"one"}, Removes: true}}
	}
	if r := b.run("plan"); r.Plan.Changes() != 1 {
		t.Errorf("%d changes are planned, not 1", r.Plan.Changes())
	}
	if r := b.run("deploy"); r.Exit != 0 || b.there("b", "goes") || !b.there("b", "stays") || !b.there("a", "goes") {
		t.Errorf("exit %d: %s", r.Exit, b.problems())
	}
	if b.there("b", "lib/owned.json") {
		t.Error("the ledger of a host that has left is still there")
	}
	var l facts.Ledger
	raw, err := os.ReadFile(b.path("a", "lib/owned.json"))
	if err != nil || json.Unmarshal(raw, &l) != nil || !strings.Contains(strings.Join(l.Owned, " "), "goes") {
		t.Errorf("the ledger of the host that stays: %s, %v", raw, err)
	}
	if r := b.run("deploy"); r.Exit != 0 || len(b.changed()) != 0 || b.there("b", "lib/owned.json") {
		t.Errorf("again: exit %d, changed %v", r.Exit, b.changed())
	}
	// What a ledger lists that never goes keeps it, unless nothing is to stay.
	kept := `{"version": 1, "site": "foobar", "owned": ["account:foobar_x@h"]}`
	for _, forgets := range []bool{false, true} {
		if err := os.WriteFile(b.path("b", "lib/owned.json"), []byte(strings.Replace(kept, "foobar", b.inv.Site.Name, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		before := b.plays
		b.plays = func() []play.Play {
			list := before()
			list[1].Forgets = forgets
			return list
		}
		if r := b.run("deploy"); r.Exit != 0 || b.there("b", "lib/owned.json") == forgets {
			t.Errorf("forgets %v: exit %d, the ledger is there: %v: %s", forgets, r.Exit, b.there("b", "lib/owned.json"), b.problems())
		}
	}
}
