// Package objects keeps what a site has in an organization of Datadog: monitors, webhooks by
// which they notify, and a dashboard. It compares what is wanted with what is there, and
// touches nothing that is not foobar's.
//
// Source: docs.datadoghq.com/api/latest (Monitors, Dashboards, Webhooks Integration).
package objects

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"foobar/internal/fault"
	"foobar/internal/monitoring/compare"
	"foobar/internal/monitoring/datadog/api"
	"foobar/internal/play"
)

// Name is what plans call the organization. It has a blank, as no host's name has.
const Name = "Datadog account"

// Wanted is what an organization is to have for a site. Without anything, what is there for
// the site goes.
type Wanted struct {
	// Site is its name.
	Site       string
	Webhooks   []Webhook
	Monitors   []Monitor
	Dashboards []Dashboard
	// Quiet says that nobody is to be told of alerts. What the keys may not look at, or all
	// where they are not at hand, then stays as it is. So does what nothing is wanted of,
	// unless all is to go.
	Quiet bool
}

// Account is a play.Beside: what an organization has for a site.
type Account struct {
	service *api.Service
	want    Wanted
	closed  error
}

// New is what is wanted of the organization that a service leads to. Where that is closed,
// each look says why.
func New(service *api.Service, want Wanted, closed error) *Account {
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
	some := len(v.want.Webhooks) + len(v.want.Monitors) + len(v.want.Dashboards)
	for _, one := range []struct {
		what   string
		look   func(context.Context) error
		wanted int
	}{{"webhooks", v.lookAtWebhooks, len(v.want.Webhooks)}, {"monitors", v.lookAtMonitors, len(v.want.Monitors)}, {"dashboards", v.lookAtDashboards, len(v.want.Dashboards)}} {
		err := one.look(ctx)
		if errors.Is(err, api.ErrForbidden) && (v.want.Quiet || one.wanted == 0 && some > 0) {
			v.unseen(one.what, err)
			continue
		}
		if err != nil {
			return play.Found{}, err
		}
	}
	slices.Reverse(v.unused)
	v.found.Errands = slices.Concat(v.first, v.then, v.last, v.unused)
	return v.found, nil
}

func (v *visit) unseen(what string, err error) {
	v.found.Unmanaged = append(v.found.Unmanaged, what+", which could not be looked at: "+err.Error())
}

// visit is one look, and what follows from it: webhooks first, since monitors name them, then
// those, then what goes, and the unused webhooks after the monitors that named them.
type visit struct {
	service           *api.Service
	want              *Wanted
	found             play.Found
	first, then, last []play.Errand
	unused            []play.Errand
}

// mark is the sentence that says whose a thing is.
func mark(site string) string { return "foobar keeps this for the site " + site + ":" }

// Described is a text with that sentence.
func Described(site, text string) string {
	return text + " (" + mark(site) + " changes made here are undone by the next deploy.)"
}

func (v *visit) ours(text string) bool { return strings.Contains(text, mark(v.want.Site)) }

// taken refuses something of others that has the place of something of foobar's.
func taken(what string) error {
	return fault.Wrap(fault.MonitorTaken, fmt.Errorf("Datadog has %s, which does not say that it is foobar's, so it is left alone; rename it there, or delete it", what))
}

// send puts a question whose answer must be there. What is to be deleted may be gone.
func (v *visit) send(ctx context.Context, q api.Question, into any) error {
	there, err := v.service.Ask(ctx, q, into)
	if err == nil && !there && q.Method != http.MethodDelete {
		err = fault.Wrap(fault.MonitorAway, fmt.Errorf("Datadog does not have %s any more; somebody else changes it just now", q.Path))
	}
	return err
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

// keep compares a thing with what is there, nil where nothing is.
func keep(v *visit, kind, name string, want any, got map[string]any, do func(context.Context) error) (play.Errand, bool) {
	v.found.Seen++
	var is any
	if got != nil {
		is = got
	}
	return compare.Errand(kind, name, want, is, nil, do)
}

// Dashboard is a page of charts.
type Dashboard struct {
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Layout      string   `json:"layout_type"` // ordered
	Widgets     []Widget `json:"widgets"`
}

// Widget is one chart.
type Widget struct {
	Definition Chart `json:"definition"`
}

// Chart is lines over the time.
type Chart struct {
	Type     string    `json:"type"` // timeseries
	Title    string    `json:"title"`
	Requests []Request `json:"requests"`
}

// Request is what a chart asks.
type Request struct {
	Format   string    `json:"response_format"` // timeseries
	Display  string    `json:"display_type"`    // line
	Queries  []Query   `json:"queries"`
	Formulas []Formula `json:"formulas"`
}

// Query is one query of a request, and Formula what is made of them by their names.
type Query struct {
	Source string `json:"data_source"` // metrics
	Name   string `json:"name"`
	Query  string `json:"query"`
}

// Formula is a line of a chart.
type Formula struct {
	Formula string `json:"formula"`
}

const (
	dashboardsPath = "/api/v1/dashboard"
	rightPages     = "dashboards_write"
	// Lists come in pages.
	mostPages, perPage = 50, 100
)

// dashboards is the site's own dashboard, "" for none, and how many copies there are. A copy
// that somebody made has our description, too, and is theirs under another title; of those
// with the same title the oldest is ours.
func (v *visit) dashboards(ctx context.Context, title string) (id string, copies int, err error) {
	since := ""
	for page := range mostPages {
		var list struct {
			Dashboards []struct {
				ID, Title, Description string
				Created                string `json:"created_at"` // all in the same form
			}
		}
		q := api.Question{Path: dashboardsPath, Right: "dashboards_read", Query: url.Values{"count": {fmt.Sprint(perPage)}, "start": {fmt.Sprint(perPage * page)}}}
		if err := v.send(ctx, q, &list); err != nil {
			return "", 0, err
		}
		for _, d := range list.Dashboards {
			if !v.ours(d.Description) {
				continue
			}
			copies++
			if d.Title == title && (id == "" || d.Created < since || d.Created == since && d.ID < id) {
				id, since = d.ID, d.Created
			}
		}
		if len(list.Dashboards) < perPage {
			if id != "" {
				copies--
			}
			return id, copies, nil
		}
	}
	return "", 0, tooMany("dashboards")
}

// tooMany is for a list that has not ended: something of foobar's that was not seen would be
// made anew by every deploy.
func tooMany(what string) error {
	return fault.Wrap(fault.MonitorAway, fmt.Errorf("Datadog has %d %s or more, and foobar's may be among those that were not listed", mostPages*perPage, what))
}

// lookAtDashboards compares the site's dashboard.
func (v *visit) lookAtDashboards(ctx context.Context) error {
	title := "foobar " + v.want.Site
	id, copies, err := v.dashboards(ctx, title)
	if err != nil {
		return err
	}
	if copies > 0 {
		v.found.Unmanaged = append(v.found.Unmanaged, fmt.Sprintf("copies of the dashboard: %d", copies))
	}
	at := dashboardsPath + "/" + url.PathEscape(id)
	if id != "" && len(v.want.Dashboards) == 0 {
		v.last = append(v.last, compare.Gone("dashboard", title, func(ctx context.Context) error {
			return v.send(ctx, api.Question{Method: http.MethodDelete, Path: at, Right: rightPages}, nil)
		}))
	}
	for _, d := range v.want.Dashboards {
		q, got := api.Question{Method: http.MethodPost, Path: dashboardsPath, Body: d, Right: rightPages}, map[string]any(nil)
		if id != "" {
			if err := v.send(ctx, api.Question{Path: at, Right: "dashboards_read"}, &got); err != nil {
				return err
			}
			q.Method, q.Path = http.MethodPut, at
		}
		if e, differs := keep(v, "dashboard", d.Title, d, got, func(ctx context.Context) error { return v.send(ctx, q, nil) }); differs {
			v.then = append(v.then, e)
		}
	}
	return nil
}
