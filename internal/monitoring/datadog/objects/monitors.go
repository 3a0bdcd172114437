package objects

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/monitoring/alert"
	"foobar/internal/monitoring/compare"
	"foobar/internal/monitoring/datadog/api"
)

// Monitor is an alert as it is wanted and compared.
type Monitor struct {
	Name     string   `json:"name"`
	Query    string   `json:"query"`
	Message  string   `json:"message"`
	Tags     []string `json:"tags"`
	Priority int      `json:"priority"` // 1 is the highest
	Options  Options  `json:"options"`
}

// Options are those of a monitor.
type Options struct {
	Thresholds Thresholds `json:"thresholds"`
	Missing    string     `json:"on_missing_data"` // ShowNoData or NotifyNoData
	Full       bool       `json:"require_full_window"`
	Tags       bool       `json:"include_tags"`
	Delay      int        `json:"evaluation_delay"` // seconds
}

// What comes of a monitor where there was no data in all the time that its query is of.
// Source: docs.datadoghq.com/monitors/guide/on_missing_data.
const (
	ShowNoData   = "show_no_data"
	NotifyNoData = "show_and_notify_no_data"
)

// Thresholds repeat the limit of the query.
type Thresholds struct {
	Critical float64 `json:"critical"`
}

// MonitorName is that of an alert of a site. One alert may take several monitors, which
// differ in the word of what they watch.
func MonitorName(site, alert, what string) string {
	name := "foobar " + site + ": " + alert
	if what != "" {
		name += " (" + what + ")"
	}
	return name
}

// parts are the words for what one of several monitors of an alert watches. Another word in
// their place is somebody's own: it may be a copy.
func parts() []string { return []string{"haproxy", "nginx", "database"} }

// Tag is what all monitors of a site have.
func Tag(site string) string { return "foobar_site:" + site }

const (
	monitorsPath  = "/api/v1/monitor"
	rightMonitors = "monitors_write"
)

// lookAtMonitors compares the monitors of the site: those that have its tag, and those that
// have the names that its own have.
func (v *visit) lookAtMonitors(ctx context.Context) error {
	byName := map[string]map[string]any{}
	seen := map[float64]bool{}
	for _, by := range []url.Values{{"monitor_tags": {Tag(v.want.Site)}}, {"name": {MonitorName(v.want.Site, "", "")}}} {
		list, err := v.monitors(ctx, by)
		if err != nil {
			return err
		}
		for _, m := range list {
			id, _ := m["id"].(float64)
			if !seen[id] {
				seen[id] = true
				v.sort(byName, m)
			}
		}
	}
	for _, m := range v.want.Monitors {
		if err := v.wantMonitor(m, byName[m.Name]); err != nil {
			return err
		}
		delete(byName, m.Name)
	}
	maps.DeleteFunc(byName, func(_ string, m map[string]any) bool { return !v.oursToo(m) })
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		at := monitorPath(byName[name])
		v.last = append(v.last, compare.Gone("monitor", name, func(ctx context.Context) error {
			return v.send(ctx, api.Question{Method: http.MethodDelete, Path: at, Right: rightMonitors}, nil)
		}))
	}
	return nil
}

func monitorPath(m map[string]any) string {
	id, _ := m["id"].(float64)
	return monitorsPath + "/" + strconv.FormatFloat(id, 'f', 0, 64)
}

// oursToo reports whether a monitor says that it is foobar's.
func (v *visit) oursToo(m map[string]any) bool {
	tags, _ := m["tags"].([]any)
	return v.ours(str(m["message"])) || slices.Contains(tags, any(Tag(v.want.Site)))
}

// sort keeps the first monitor of each name that an alert of the site can have. A copy under
// another name is somebody's own.
func (v *visit) sort(byName map[string]map[string]any, m map[string]any) {
	name := str(m["name"])
	rest, has := strings.CutPrefix(name, MonitorName(v.want.Site, "", ""))
	first, part, split := strings.Cut(rest, " (")
	known := has && (!split || slices.Contains(parts(), strings.TrimSuffix(part, ")"))) && slices.ContainsFunc(alert.All(), func(a alert.Alert) bool { return a.Name == first })
	before, twice := byName[name]
	id, _ := m["id"].(float64)
	earlier, _ := before["id"].(float64)
	switch {
	case known && !twice:
		byName[name] = m
		return
	case known && v.oursToo(m) && earlier > id:
		byName[name] = m
	}
	if v.oursToo(m) {
		v.found.Unmanaged = append(v.found.Unmanaged, "monitor "+ask.Printable(name, 200)+", a copy")
	}
}

// monitors are those that a filter chooses.
func (v *visit) monitors(ctx context.Context, by url.Values) (all []map[string]any, err error) {
	for page := range mostPages {
		by.Set("page", fmt.Sprint(page))
		by.Set("page_size", fmt.Sprint(perPage))
		var list []map[string]any
		if err := v.send(ctx, api.Question{Path: monitorsPath, Query: by, Right: "monitors_read"}, &list); err != nil {
			return nil, err
		}
		all = append(all, list...)
		if len(list) < perPage {
			return all, nil
		}
	}
	return nil, tooMany("monitors of one name or tag")
}

// wantMonitor has a monitor made, or changed.
func (v *visit) wantMonitor(m Monitor, got map[string]any) error {
	q := api.Question{Method: http.MethodPost, Path: monitorsPath, Body: compare.With(m, "type", "query alert"), Right: rightMonitors}
	if got != nil {
		if !v.oursToo(got) {
			return taken("a monitor called " + m.Name)
		}
		q.Method, q.Path, q.Body = http.MethodPut, monitorPath(got), compare.With(m)
	}
	if e, differs := keep(v, "monitor", m.Name, m, got, func(ctx context.Context) error { return v.send(ctx, q, nil) }); differs {
		v.then = append(v.then, e)
	}
	return nil
}
