// Package objects keeps what a site has in an account of Sumo Logic: a folder of monitors,
// connections by which they notify, and a dashboard. It compares what is wanted with what is
// there, and touches nothing that is not foobar's: things in the site's own folder, and those
// whose description says that they are.
//
// Sources: api.sumologic.com/docs, the schemas of monitorsLibraryManagement,
// connectionManagement, folderManagement and dashboardManagement. What the answers to them
// leave out or put in other words is in the source of the Terraform provider
// SumoLogic/sumologic.
package objects

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"foobar/internal/fault"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/play"
)

// Name is what plans call the account.
const Name = "Sumo Logic"

// Top is the folder that has a folder for each site.
const Top = "foobar"

// Wanted is what an account is to have for a site. Without anything, what is there for the
// site goes.
type Wanted struct {
	// Site is its name.
	Site        string
	Connections []Connection
	Monitors    []Monitor
	Dashboards  []Dashboard
	// Quiet says that nobody is to be told of alerts by the account. What a key that is for
	// collectors alone may not look at, or all where it is not at hand, then stays as it is.
	Quiet bool
}

// Account is a play.Beside: what an account has for a site.
type Account struct {
	service *registry.Service
	want    Wanted
	closed  error
}

// New is what is wanted of the account that a service leads to. Where that is closed, each
// look says why.
func New(service *registry.Service, want Wanted, closed error) *Account {
	return &Account{service, want, closed}
}

// Name implements play.Beside.
func (*Account) Name() string { return Name }

// Look implements play.Beside.
func (a *Account) Look(ctx context.Context) (play.Found, error) {
	v := &visit{service: a.service, want: &a.want}
	if a.closed != nil && a.want.Quiet {
		v.unseen("alerts and the dashboard", a.closed)
		return v.found, nil
	}
	if a.closed != nil {
		return play.Found{}, a.closed
	}
	if err := v.allowed("connections", v.lookAtConnections(ctx), len(v.want.Connections)); err != nil {
		return play.Found{}, err
	}
	if err := v.allowed("monitors", v.lookAtMonitors(ctx), len(v.want.Monitors)); err != nil {
		return play.Found{}, err
	}
	if err := v.allowed("dashboards", v.lookAtDashboards(ctx), len(v.want.Dashboards)); err != nil {
		return play.Found{}, err
	}
	v.found.Errands = slices.Concat(v.first, v.then, v.last, v.unused)
	return v.found, nil
}

// allowed is the error of a look at things of which so many are wanted. Where none is, or
// nobody is told of alerts, those that the key's user may not look at are only named.
func (v *visit) allowed(what string, err error, wanted int) error {
	if errors.Is(err, registry.ErrForbidden) && (wanted == 0 || v.want.Quiet) {
		v.unseen(what, err)
		return nil
	}
	return err
}

func (v *visit) unseen(what string, err error) {
	v.found.Unmanaged = append(v.found.Unmanaged, what+", which could not be looked at: "+err.Error())
}

// visit is one look, and what follows from it.
type visit struct {
	service *registry.Service
	want    *Wanted
	found   play.Found
	// first are folders and connections, then what is in or uses them, last what goes, and
	// unused what may go after that.
	first, then, last, unused []play.Errand
	// ids are those of the connections by their names, once they are there; folder is the
	// site's folder of monitors.
	ids    map[string]string
	folder string
}

// mark is the sentence of a description that says whose a thing is.
func mark(site string) string { return "foobar keeps this for the site " + site + ":" }

// Described is a description, in one line, with that sentence.
func Described(site, text string) string {
	return text + " (" + mark(site) + " changes made here are undone by the next deploy.)"
}

// ours reports whether a description says so.
func (v *visit) ours(description string) bool {
	return strings.Contains(description, mark(v.want.Site))
}

// taken refuses something of others that has the place of something of foobar's.
func taken(what string) error {
	return fault.Wrap(fault.MonitorTaken, fmt.Errorf("Sumo Logic has %s, whose description does not say that it is foobar's, so it is left alone; rename it there, or delete it", what))
}
