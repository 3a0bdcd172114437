package monitoring

import (
	"slices"
	"strings"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// Reader notes in a host's ledger that an account is in play.LeafGroup for the monitoring's
// sake, and so reads the host's private key: when it leaves the inventory, the account
// leaves the group. A resource.User puts it there.
type Reader struct {
	Account string
	gone    bool
}

// ID is "reader:" and the account.
func (r Reader) ID() resource.ID { return resource.NewID("reader", r.Account) }

// Probe asks for the account and its groups.
func (r Reader) Probe() resource.Probe { return resource.User{Name: r.Account}.Probe() }

// Removed wants the account out of the group.
func (Reader) Removed(account string) resource.Resource { return Reader{account, true} }

// Diff takes one out of the group that is to leave it.
func (r Reader) Diff(o resource.Observed) (resource.Change, error) {
	switch {
	case !r.gone:
		return resource.Change{}, nil
	case o.State == resource.Unknown:
		return resource.Unseen(o), nil
	case !slices.Contains(strings.Fields(o.Get("groups")), play.LeafGroup):
		return resource.Change{}, nil
	}
	return resource.Change{Action: resource.Remove, Fields: []resource.Field{{Name: "group", Old: play.LeafGroup, New: "none"}},
		Steps: []resource.Step{resource.Run{Title: "take " + r.Account + " out of the group " + play.LeafGroup,
			Script: "gpasswd -d " + sh.Join(r.Account, play.LeafGroup) + " >/dev/null\n"}}}, nil
}
