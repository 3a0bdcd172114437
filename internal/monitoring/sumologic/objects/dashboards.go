package objects

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"foobar/internal/ask"
	"foobar/internal/monitoring/compare"
)

const (
	dashboardsPath   = "/api/v2/dashboards"
	manageDashboards = "that dashboards take"
)

// Dashboard is a page of charts. It begins in the personal folder of the key's user and may
// be moved from there: it is found by its title and description. A copy that somebody made
// has our description, too, and is theirs under another title.
type Dashboard struct {
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Refresh     int       `json:"refreshInterval"` // seconds
	Theme       string    `json:"theme"`
	Range       TimeRange `json:"timeRange"`
	Panels      []Panel   `json:"panels"`
	Layout      Layout    `json:"layout"`
	Variables   []string  `json:"variables"` // none: one that somebody adds is a difference
}

// TimeRange is what charts show at first.
type TimeRange struct {
	Type string   `json:"type"`
	From Boundary `json:"from"`
}

// Boundary is its beginning, such as -3h.
type Boundary struct {
	Type     string `json:"type"`
	Relative string `json:"relativeTime"`
}

// Since is the time from so long ago until now.
func Since(span string) TimeRange {
	return TimeRange{"BeginBoundedTimeRange", Boundary{"RelativeTimeRangeBoundary", span}}
}

// Panel is one chart, whose place the layout knows by its key.
type Panel struct {
	Key      string       `json:"key"`
	Title    string       `json:"title"`
	Type     string       `json:"panelType"`
	Settings string       `json:"visualSettings"` // JSON
	Keep     bool         `json:"keepVisualSettingsConsistentWithParent"`
	Queries  []PanelQuery `json:"queries"`
}

// PanelQuery is a query of a panel.
type PanelQuery struct {
	Query string `json:"queryString"`
	Type  string `json:"queryType"` // Logs or Metrics
	Key   string `json:"queryKey"`
	Mode  string `json:"metricsQueryMode,omitempty"` // Advanced, of metrics
	Parse string `json:"parseMode,omitempty"`        // Manual, of logs
}

// Layout is the places of the panels in a grid of 24 columns.
type Layout struct {
	Type   string  `json:"layoutType"`
	Places []Place `json:"layoutStructures"`
}

// Place is that of one panel, as JSON: height, width, x and y.
type Place struct {
	Key   string `json:"key"`
	Where string `json:"structure"`
}

// lookAtDashboards compares the site's dashboards, among all that the key's user has made.
func (v *visit) lookAtDashboards(ctx context.Context) error {
	ids, err := v.dashboards(ctx)
	if err != nil {
		return err
	}
	for _, d := range v.want.Dashboards {
		if err := v.wantDashboard(ctx, d, ids[d.Title]); err != nil {
			return err
		}
		delete(ids, d.Title)
	}
	for _, title := range compare.Sorted(compare.Plain(ids).(map[string]any)) {
		id := ids[title]
		v.last = append(v.last, compare.Gone("dashboard", ask.Printable(title, 200), func(ctx context.Context) error {
			return v.send(ctx, http.MethodDelete, dashboardsPath+"/"+id, nil, manageDashboards, nil, nil)
		}))
	}
	return nil
}

// dashboards are the identifiers of the site's, by their titles.
func (v *visit) dashboards(ctx context.Context) (map[string]string, error) {
	ids, n := map[string]string{}, 0
	query := url.Values{"limit": {"100"}, "mode": {"createdByUser"}}
	for range mostPages {
		var page struct {
			Dashboards []struct{ ID, Title, Description string }
			Next       string
		}
		if err := v.send(ctx, http.MethodGet, dashboardsPath, query, manageDashboards, nil, &page); err != nil {
			return nil, err
		}
		for _, d := range page.Dashboards {
			if !v.ours(d.Description) {
				continue
			}
			if first, more := ids[d.Title]; d.Title == Top+" "+v.want.Site && (!more || d.ID < first) {
				ids[d.Title] = d.ID
			}
			n++
		}
		if page.Next == "" {
			break
		}
		query.Set("token", page.Next)
	}
	if n -= len(ids); n > 0 {
		v.found.Unmanaged = append(v.found.Unmanaged, fmt.Sprintf("copies of the dashboard: %d", n))
	}
	return ids, nil
}

// wantDashboard has a dashboard made, or changed where it is.
func (v *visit) wantDashboard(ctx context.Context, d Dashboard, id string) error {
	v.found.Seen++
	var got map[string]any
	do := func(ctx context.Context) error {
		return v.send(ctx, http.MethodPost, dashboardsPath, nil, manageDashboards, compare.With(d), nil)
	}
	var is any
	if id != "" {
		if err := v.send(ctx, http.MethodGet, dashboardsPath+"/"+id, nil, manageDashboards, nil, &got); err != nil {
			return err
		}
		is = got
		do = func(ctx context.Context) error {
			return v.send(ctx, http.MethodPut, dashboardsPath+"/"+id, nil, manageDashboards, compare.With(d, "folderId", got["folderId"]), nil)
		}
	}
	if e, differs := compare.Errand("dashboard", d.Title, d, is, nil, do); differs {
		v.then = append(v.then, e)
	}
	return nil
}
