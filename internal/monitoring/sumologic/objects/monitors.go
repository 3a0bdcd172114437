package objects

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/monitoring/compare"
	"foobar/internal/monitoring/sumologic/registry"
)

// manageMonitors is the capability that all about monitors takes.
const manageMonitors = "Manage Monitors"

const monitorsPath = "/api/v1/monitors"

// Monitor is a monitor. All fields are compared, empty ones too: what somebody adds by hand
// is a difference.
type Monitor struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Type is Logs or Metrics.
	Type    string  `json:"monitorType"`
	Queries []Query `json:"queries"`
	// Triggers have no two of a type, and each its counterpart that ends it.
	Triggers      []Trigger      `json:"triggers"`
	Notifications []Notification `json:"notifications"`
	// AlertName heads an alert in place of Name.
	AlertName string `json:"alertName"`
	Playbook  string `json:"playbook"`
	Disabled  bool   `json:"isDisabled"`
	// Grouped says that all that meets a condition at once is told of at once.
	Grouped bool `json:"groupNotifications"`
}

// Query is one row of a monitor's queries.
type Query struct {
	Row   string `json:"rowId"` // A to F
	Query string `json:"query"`
}

// Trigger is a condition. Which fields it needs follows from Method.
type Trigger struct {
	Method    string  `json:"detectionMethod"` // LogsStaticCondition, MetricsMissingDataCondition …
	Type      string  `json:"triggerType"`     // Critical, ResolvedCritical …
	Range     string  `json:"timeRange"`       // "-15m"
	Threshold float64 `json:"threshold"`
	Compare   string  `json:"thresholdType,omitempty"`  // GreaterThan …
	Field     string  `json:"field,omitempty"`          // of the result of a query of logs
	Occurs    string  `json:"occurrenceType,omitempty"` // Always or AtLeastOnce, of metrics
	Source    string  `json:"triggerSource,omitempty"`  // AnyTimeSeries or AllTimeSeries, of missing metrics
	// Resolve is for how long the counterpart must hold.
	Resolve string `json:"resolutionWindow,omitempty"`
}

// Notification is who is told when triggers of those types run.
type Notification struct {
	To  Recipient `json:"notification"`
	For []string  `json:"runForTriggerTypes"`
}

// Recipient is an e-mail, or a connection by its name: its identifier takes the place of
// that when a monitor is sent.
type Recipient struct {
	Kind       string   `json:"connectionType"`
	Recipients []string `json:"recipients,omitempty"`
	Subject    string   `json:"subject,omitempty"`
	Body       string   `json:"messageBody,omitempty"`
	Zone       string   `json:"timeZone,omitempty"`
	Connection string   `json:"connectionId,omitempty"`
}

// folder is a folder of monitors, as it is wanted and compared.
type folder struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// entry is a monitor or a folder, as the service lists it.
type entry struct {
	ID, Name, Description, ContentType string
	Version                            int
	Children                           []entry
}

// lookAtMonitors compares the site's folder and what is in it.
func (v *visit) lookAtMonitors(ctx context.Context) error {
	path := "/Monitor/" + Top + "/" + v.want.Site
	site, err := v.entryAt(ctx, path)
	if err != nil {
		return err
	}
	if site != nil && (site.ContentType != "Folder" || !v.ours(site.Description)) {
		return taken("something called " + path)
	}
	if site == nil && len(v.want.Monitors) == 0 {
		return nil
	}
	children := []entry{}
	if site != nil {
		children, v.folder = site.Children, site.ID
	}
	if len(v.want.Monitors) > 0 {
		v.wantFolders(site)
	}
	if err := v.compareMonitors(ctx, children); err != nil {
		return err
	}
	if len(v.want.Monitors) == 0 && !slices.ContainsFunc(children, func(c entry) bool { return !v.isOurMonitor(c) }) {
		v.last = append(v.last, compare.Gone("monitor-folder", Top+"/"+v.want.Site, func(ctx context.Context) error { return v.deleteFolders(ctx, site.ID) }))
	}
	return nil
}

// entryAt is what is at a path, nil for nothing.
func (v *visit) entryAt(ctx context.Context, path string) (*entry, error) {
	var e entry
	there, err := v.service.Ask(ctx, registry.Question{Path: monitorsPath + "/path", Query: url.Values{"path": {path}}, Right: manageMonitors}, &e)
	if err != nil || !there {
		return nil, err
	}
	return &e, nil
}

// isOurMonitor reports whether something in the site's folder is foobar's: a monitor that
// says so, or that has the name of one.
func (v *visit) isOurMonitor(e entry) bool {
	return e.ContentType == "Monitor" && (v.ours(e.Description) || slices.ContainsFunc(v.want.Monitors, func(m Monitor) bool { return m.Name == e.Name }))
}

// wantFolders has the site's folder made, or described as foobar's.
func (v *visit) wantFolders(site *entry) {
	v.found.Seen++
	want := folder{v.want.Site, Described(v.want.Site, "Alerts of the site.")}
	var got any
	do := v.makeFolders(want)
	if site != nil {
		got = folder{site.Name, site.Description}
		do = func(ctx context.Context) error {
			return v.send(ctx, http.MethodPut, monitorsPath+"/"+site.ID, nil, manageMonitors, compare.With(want, "type", "MonitorsLibraryFolderUpdate", "version", site.Version), nil)
		}
	}
	if e, differs := compare.Errand("monitor-folder", Top+"/"+v.want.Site, want, got, nil, do); differs {
		v.first = append(v.first, e)
	}
}

// makeFolders makes the folder of a site, and the one that it is in where that is missing.
func (v *visit) makeFolders(want folder) func(context.Context) error {
	return func(ctx context.Context) error {
		top, err := v.entryAt(ctx, "/Monitor/"+Top)
		if err != nil {
			return err
		}
		if top == nil {
			var root entry
			if err := v.send(ctx, http.MethodGet, monitorsPath+"/root", nil, manageMonitors, nil, &root); err != nil {
				return err
			}
			top = &entry{}
			all := folder{Top, topMark}
			if err := v.send(ctx, http.MethodPost, monitorsPath, url.Values{"parentId": {root.ID}}, manageMonitors, compare.With(all, "type", "MonitorsLibraryFolder"), top); err != nil {
				return err
			}
		}
		var made entry
		err = v.send(ctx, http.MethodPost, monitorsPath, url.Values{"parentId": {top.ID}}, manageMonitors, compare.With(want, "type", "MonitorsLibraryFolder"), &made)
		v.folder = made.ID
		return err
	}
}

// topMark is the description of Top, by which it is known as foobar's.
const topMark = "foobar made this: a folder for each site."

// compareMonitors compares what is in the site's folder with what is wanted.
func (v *visit) compareMonitors(ctx context.Context, children []entry) error {
	var ours []string
	for _, c := range children {
		if v.isOurMonitor(c) {
			ours = append(ours, c.ID)
		} else {
			v.found.Unmanaged = append(v.found.Unmanaged, strings.ToLower(ask.Printable(c.ContentType, 40))+" "+ask.Printable(c.Name, 200)+" in "+Top+"/"+v.want.Site)
		}
	}
	there, err := v.monitorsByID(ctx, ours)
	if err != nil {
		return err
	}
	for _, m := range v.want.Monitors {
		v.wantMonitor(m, there[m.Name])
		delete(there, m.Name)
	}
	for _, name := range compare.Sorted(there) {
		id := there[name].(map[string]any)["id"].(string)
		v.last = append(v.last, compare.Gone("monitor", name, func(ctx context.Context) error {
			return v.send(ctx, http.MethodDelete, monitorsPath+"/"+id, nil, manageMonitors, nil, nil)
		}))
	}
	return nil
}

// most is how many monitors are asked for at once.
const most = 50

// monitorsByID are monitors by their names, each with an identifier.
func (v *visit) monitorsByID(ctx context.Context, ids []string) (map[string]any, error) {
	by := map[string]any{}
	for some := range slices.Chunk(ids, most) {
		var answer map[string]map[string]any
		if _, err := v.service.Ask(ctx, registry.Question{Path: monitorsPath, Query: url.Values{"ids": {strings.Join(some, ",")}}, Right: manageMonitors}, &answer); err != nil {
			return nil, err
		}
		for _, id := range some {
			m := answer[id]
			name, ok := m["name"].(string)
			if !ok || m["id"] != id {
				continue // it went meanwhile
			}
			by[name] = m
		}
	}
	return by, nil
}

// wantMonitor has a monitor made, or changed. Connections stand in it by their names.
func (v *visit) wantMonitor(m Monitor, there any) {
	v.found.Seen++
	got, has := there.(map[string]any)
	do := func(ctx context.Context) error {
		return v.send(ctx, http.MethodPost, monitorsPath, url.Values{"parentId": {v.folder}}, manageMonitors, compare.With(v.addressed(m), "type", "MonitorsLibraryMonitor"), nil)
	}
	if has {
		do = func(ctx context.Context) error {
			return v.send(ctx, http.MethodPut, monitorsPath+"/"+fmt.Sprint(got["id"]), nil, manageMonitors,
				compare.With(v.addressed(m), "type", "MonitorsLibraryMonitorUpdate", "version", got["version"]), nil)
		}
		v.nameConnections(got)
	}
	var is any
	if has {
		is = got
	}
	if e, differs := compare.Errand("monitor", m.Name, m, is, nil, do); differs {
		v.then = append(v.then, e)
	}
}

// nameConnections puts the names of the site's connections in the place of their
// identifiers.
func (v *visit) nameConnections(got map[string]any) {
	list, _ := got["notifications"].([]any)
	for _, n := range list {
		outer, _ := n.(map[string]any)
		to, _ := outer["notification"].(map[string]any)
		for name, id := range v.ids {
			if id != "" && to["connectionId"] == id {
				to["connectionId"] = name
			}
		}
	}
}

// addressed is a monitor with the identifiers of its connections.
func (v *visit) addressed(m Monitor) Monitor {
	m.Notifications = slices.Clone(m.Notifications)
	for i, n := range m.Notifications {
		if n.To.Connection != "" {
			m.Notifications[i].To.Connection = v.ids[n.To.Connection]
		}
	}
	return m
}

// deleteFolders takes away the site's folder, and the one above it when it is foobar's and
// has nothing else. It looks again first: what is in a folder goes with it.
func (v *visit) deleteFolders(ctx context.Context, id string) error {
	for _, path := range []string{"/Monitor/" + Top + "/" + v.want.Site, "/Monitor/" + Top} {
		e, err := v.entryAt(ctx, path)
		switch {
		case err != nil:
			return err
		case e == nil:
			continue
		case len(e.Children) > 0 || e.ContentType != "Folder" || e.ID != id && e.Description != topMark:
			return nil
		}
		if err := v.send(ctx, http.MethodDelete, monitorsPath+"/"+e.ID, nil, manageMonitors, nil, nil); err != nil {
			return err
		}
	}
	return nil
}
