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
	"fmt"
	"slices"
	"strings"

	"foobar/internal/fault"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
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
}

// Open leads to an account, and says what it is to have.
type Open func(context.Context) (*registry.Service, Wanted, error)

// Account is a play.Beside: what an account has for a site.
type Account struct {
	open    Open
	service *registry.Service // once it is open
	want    Wanted
}

// New is the account that open leads to. It is opened by the first look.
func New(open Open) *Account { return &Account{open: open} }

// Name implements play.Beside.
func (*Account) Name() string { return Name }

// Look implements play.Beside.
func (a *Account) Look(ctx context.Context) (play.Found, error) {
	if a.service == nil {
		service, want, err := a.open(ctx)
		if err != nil {
			return play.Found{}, err
		}
		a.service, a.want = service, want
	}
	v := &visit{service: a.service, want: &a.want}
	if err := v.lookAtConnections(ctx); err != nil {
		return play.Found{}, err
	}
	if err := v.lookAtMonitors(ctx); err != nil {
		return play.Found{}, err
	}
	v.found.Errands = slices.Concat(v.first, v.then, v.last, v.unused)
	return v.found, nil
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

// errand compares a thing with what is there; nil where nothing is. What is hidden from
// people is in hide: texts that are secrets.
func errand(kind, name string, want, got any, hide []secret.String, do func(context.Context) error) (play.Errand, bool) {
	w, g := plain(want), plain(got)
	if got != nil && same(w, g) {
		return play.Errand{}, false
	}
	e := play.Errand{ID: resource.NewID(kind, name), Action: resource.Create, Digest: text(w), Do: do}
	field := resource.Field{Name: "content", New: hidden(text(w), hide), Text: true}
	if got != nil {
		e.Action, field.Old = resource.Update, hidden(text(as(w, g)), hide)
		if len(hide) > 0 { // nor what somebody else wrote in the place of a secret
			e.Fields = differing(w, g)
			return e, true
		}
	}
	e.Fields = []resource.Field{field}
	return e, true
}

// differing names the fields that differ, and shows none.
func differing(w, g any) (fields []resource.Field) {
	want, got := w.(map[string]any), g.(map[string]any)
	for _, key := range sorted(want) {
		if !same(want[key], got[key]) {
			fields = append(fields, resource.Field{Name: key, Old: "another", New: "correct"})
		}
	}
	return fields
}

// hidden is a text without secrets.
func hidden(s string, hide []secret.String) string {
	for _, one := range hide {
		quoted := strings.TrimSpace(text(one.Reveal())) // as it stands in JSON
		for _, form := range []string{quoted[1 : len(quoted)-1], one.Reveal()} {
			if form != "" {
				s = strings.ReplaceAll(s, form, one.String())
			}
		}
	}
	return s
}

// gone is the errand of a thing that goes.
func gone(kind, name string, do func(context.Context) error) play.Errand {
	return play.Errand{ID: resource.NewID(kind, name), Action: resource.Remove, Do: do,
		Fields: []resource.Field{{Name: "state", Old: "present", New: "absent"}}}
}
