package action

import (
	"testing"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/inventory"
)

// TestTheQuestionNamesTheSite: what is agreed to is how much, where, and by which file.
func TestTheQuestionNamesTheSite(t *testing.T) {
	r := &Rollout{Request: engine.Request{Inventory: &inventory.Inventory{Path: "prod.toml", Site: inventory.Site{Domain: "www.example.com"}}}}
	one := engine.HostPlan{Host: "web1", Changes: make([]event.Change, 1)}
	many := engine.HostPlan{Host: "web2", Changes: make([]event.Change, 186)}
	for want, hosts := range map[string][]engine.HostPlan{
		"Make this change to www.example.com (1 host, prod.toml)?":        {one, {Host: "lb1"}},
		"Make these 187 changes to www.example.com (2 hosts, prod.toml)?": {one, many, {Host: "lb1"}},
	} {
		if got := r.Question(&engine.Plan{Hosts: hosts}); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}
