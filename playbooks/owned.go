package playbooks

import (
	"foobar/internal/database"
	"foobar/internal/monitoring"
	"foobar/internal/resource"
)

// Owned are the kinds of resource that a host's ledger lists, in the order in
// which what has left the inventory is removed: services first, so that nothing
// runs on files already gone.
func Owned() []resource.Owned {
	return []resource.Owned{
		resource.Service{},
		resource.File{},
		resource.Link{},
		database.Account{},
		monitoring.Reader{},
		monitoring.Agent{},
	}
}
