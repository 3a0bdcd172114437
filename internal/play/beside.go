package play

import (
	"context"

	"foobar/internal/resource"
)

// Beside is what a site has beside its hosts, at a service that only the controller asks,
// such as the alerts of a monitoring service. It is planned as hosts are, and changed
// after them.
type Beside interface {
	// Name stands where the name of a host does. It is none that a host can have: it has
	// a blank.
	Name() string
	// Look finds what differs from what is wanted, and changes nothing.
	Look(context.Context) (Found, error)
}

// Found is what a look found.
type Found struct {
	// Seen is how many things were looked at.
	Seen int
	// Errands are to be done in their order.
	Errands []Errand
	// Unmanaged is what is there, is not foobar's and stays.
	Unmanaged []string
}

// Errand is one change beside the hosts.
type Errand struct {
	ID     resource.ID
	Action resource.Action
	// Fields are what a person reads; secrets are already hidden.
	Fields []resource.Field
	// Digest tells apart what reads alike, because secrets are hidden. It is not shown.
	Digest string
	// Do makes the change.
	Do func(context.Context) error
}
