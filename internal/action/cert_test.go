package action

import (
	"testing"

	"foobar/internal/facts"
	"foobar/internal/remote/sshtest"
	"foobar/roles"
)

// TestRenewalDoesNothingElse: the run is limited to the balancers and to its own role, so
// that nothing counts as removed from the inventory.
func TestRenewalDoesNothingElse(t *testing.T) {
	inv := reload(t, sshtest.Inventory(t, "", ""))
	v := &CertRenew{What: roles.Renewal{DryRun: true}}
	r := v.request(inv)
	if len(r.Roles) != 1 || r.Roles[0] != "renewal" || len(r.Limit) != 1 || r.Limit[0] != "lb1" || len(r.Inventory.Hosts) != 1 {
		t.Errorf("roles %v, limit %v, %d hosts", r.Roles, r.Limit, len(r.Inventory.Hosts))
	}
	_, plays, err := r.Build(map[string]facts.Facts{})
	if err != nil || len(plays) != 1 || plays[0].Name != r.Roles[0] || plays[0].Removes {
		t.Errorf("%v, %+v", err, plays)
	}
}
