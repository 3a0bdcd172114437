// Package play says what is deployed where, and in which order between hosts.
package play

import (
	"fmt"
	"slices"
	"time"

	"foobar/internal/bundle"
	"foobar/internal/facts"
	"foobar/internal/pki"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

// Site is everything a role may look at: the inventory, the facts of every host
// that was reached, and what is derived from the master secret. Roles read it
// and return values; they never see a connection.
type Site struct {
	Inv *inventory.Inventory
	// Facts by host name; a host that was not reached has none.
	Facts map[string]facts.Facts
	// Services are what the roles of all plays bring to the hosts.
	Services Services
	// Limit names the hosts that the run is for, Roles the roles; empty means all.
	Limit, Roles []string
	// Primary names the database host that a person has just made the primary,
	// or confirmed as such; "" leaves it to what is observed.
	Primary string
	// Master derives every password that no person needs to know.
	Master *secret.Master
	// CA signs the issuing certificates of the hosts. EarlierCAs are those that it may
	// have replaced: hosts trust one of them as long as a certificate of it is in use.
	CA         *pki.CA
	EarlierCAs []*pki.CA
	// App is the application's source, packed.
	App *bundle.Bundle
	// Release is the release to go back to, which hosts have kept, in place of App's; ""
	// is App's. By is who goes back.
	Release, By string
	// Secrets holds the resolved secrets of the inventory by their key
	// ("monitoring.token", "app.secrets.NAME"), and the contents of the files
	// that roles need ("tls.acme_ca", "monitoring.ca", "monitoring.package.key").
	Secrets map[string]secret.String
	// Owned are the kinds of resource that the hosts' ledgers list, in the order in
	// which what has left the inventory is removed.
	Owned []resource.Owned
	// PublicPEM is tls.cert and tls.key joined, when the inventory names them.
	PublicPEM secret.String
}

// ReleaseID is the release that the app's hosts are to run, "" without an app.
func (s *Site) ReleaseID() string {
	if s.Release != "" || s.App == nil {
		return s.Release
	}
	return s.App.ID
}

// WorksOn reports whether the run deploys a role to a host.
func (s *Site) WorksOn(role, host string) bool {
	return s.Wants(role) && s.Selected(host)
}

// Selected reports whether the run is for a host.
func (s *Site) Selected(host string) bool {
	return len(s.Limit) == 0 || slices.Contains(s.Limit, host)
}

// Wants reports whether the run is for a role.
func (s *Site) Wants(role string) bool { return len(s.Roles) == 0 || slices.Contains(s.Roles, role) }

// Whole reports whether the run leaves out neither hosts nor roles.
func (s *Site) Whole() bool { return len(s.Limit) == 0 && len(s.Roles) == 0 }

// Role turns a host into what is wanted of it. Roles are pure.
type Role interface {
	// Name is the role's short name, as in --parts.
	Name() string
	Resources(s *Site, h *inventory.Host) ([]resource.Resource, error)
}

// Play puts a role on hosts.
type Play struct {
	// Name is what a person reads, unique within the site.
	Name  string
	Role  Role
	Hosts []*inventory.Host
	// After names plays that must have ended well on all their hosts before
	// any host begins the Converge stage of this one.
	After []string
	// Behind names plays that must only have ended there, well or not.
	Behind []string
	// Apart names plays that this one is behind only on the hosts that they take out of
	// service: what it does would put those back.
	Apart []string
	// Aside says that a host may do the play while it waits for others to begin an earlier
	// one: nothing serves by it, and of its own host it needs only what is installed.
	Aside bool
	// Same names plays that work on the same thing: where a resource of one of them must
	// not be touched, all are held back on that host.
	Same []string
	// Serial bounds how many hosts with disruptive changes are worked on at a
	// time; 0 means all at once.
	Serial int
	// Spare says that the site serves without it: where it fails on a host, all else is
	// done there, and the host is unhealthy. Packages of a host are one transaction: where
	// that fails, the others are tried without those of a spare play, which helps unless dpkg
	// is left with a broken one.
	Spare bool
	// Removes says that what the role wants is that things go: none of it counts as
	// foobar's any more, and on its hosts nothing else goes for want of a role.
	Removes bool
	// Forgets says that nothing stays there either for which the ledger would be kept.
	Forgets bool
	// Drain takes such a host out of service around its changes.
	Drain *Drain
	// Revert takes hosts back on which the play does not end well.
	Revert *Revert
	// Hide are the secrets of a host that no output of the play's steps shows; nil for none.
	Hide func(host string) []string
}

// Revert is how a play that does not end well on a host is undone: there, on the hosts
// where it had ended well, and in what it has written where it never came to its turn.
type Revert struct {
	// What is what the play brings, for the sentence that says it was taken back.
	What string
	// Hosts are those that follow, in this order.
	Hosts []*inventory.Host
	// Watch are the resources of a host whose change Script undoes.
	Watch func(host string) []resource.ID
	// Script takes a host back; what runs there only where the play had begun (ran). Its
	// last line is RevertedTo and what the host runs then, or RevertedTo alone where there
	// is nothing to go back to.
	Script func(host string, ran bool) string
	// Words is a script that prints what the host's part of the play has said last, for a
	// failure that others than the host have seen; "" for nothing, nil for none.
	Words func(host string) string
	// Within is how long the script may take.
	Within time.Duration
	// Lasts names plays whose changes are not undone, with the sentence that says so.
	Lasts map[string]string
}

// RevertedTo begins the last line of a Revert's script.
const RevertedTo = "foobar-reverted-to"

// Drain is how a host is taken out of service and put back.
type Drain struct {
	// On is the load balancer.
	On *inventory.Host
	// Out and In are scripts for On, given the name of the host to drain. Out
	// returns when no session is left or the drain time is over.
	Out, In func(host string) string
	// Both does In of one host and, once it has printed the line IsBack, Out of another; nil
	// or "" where that is just the two scripts, one after the other.
	Both func(back, out string) string
	// Away and Back are Out and In for a host that goes back to what it was before this
	// run, and is asked for what it was asked for then. Failed requests do not stop them.
	Away, Back func(host string) string
	// Count begins to count the requests that fail at the balancer, Failed prints how many
	// did since then, nothing where none were counted. Out and In fail where they are more
	// than the inventory allows.
	Count, Failed string
}

// IsBack is what a Drain prints once the first of two hosts is in service again.
const IsBack = "the one before is back"

// Check reports malformed plays: names used twice, or a play that waits for one that
// does not come before it.
func Check(plays []Play) error {
	seen := map[string]bool{}
	for _, p := range plays {
		if seen[p.Name] {
			return fmt.Errorf("play %q is named twice", p.Name)
		}
		for _, a := range slices.Concat(p.Behind, p.Apart, p.After, p.Same) {
			if !seen[a] {
				return fmt.Errorf("play %q waits for %q, which does not come before it", p.Name, a)
			}
		}
		seen[p.Name] = true
	}
	return nil
}
