package library

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// personal is the folder of the one who asks.
const personal = "0000000000000002"

// dashboard is a dashboard as requests describe it.
type dashboard struct {
	Title               string          `json:"title"`
	Description         string          `json:"description"`
	FolderID            string          `json:"folderId"`
	TopologyLabelMap    json.RawMessage `json:"topologyLabelMap"`
	Domain              string          `json:"domain"`
	Hierarchies         []string        `json:"hierarchies"`
	RefreshInterval     int             `json:"refreshInterval"`
	TimeRange           *timeRange      `json:"timeRange"`
	Panels              []panel         `json:"panels"`
	Layout              *layout         `json:"layout"`
	Variables           []any           `json:"variables"`
	Theme               string          `json:"theme"`
	IsPublic            bool            `json:"isPublic"`
	HighlightViolations bool            `json:"highlightViolations"`
}

type timeRange struct {
	Type string    `json:"type"`
	From *boundary `json:"from,omitempty"`
	To   *boundary `json:"to"`
}

type boundary struct {
	Type         string `json:"type"`
	RelativeTime string `json:"relativeTime,omitempty"`
	RangeName    string `json:"rangeName,omitempty"`
}

type panel struct {
	ID               string       `json:"id"`
	Key              string       `json:"key"`
	Title            string       `json:"title"`
	VisualSettings   string       `json:"visualSettings"`
	Consistent       bool         `json:"keepVisualSettingsConsistentWithParent"`
	PanelType        string       `json:"panelType"`
	Text             string       `json:"text,omitempty"`
	Queries          []panelQuery `json:"queries,omitempty"`
	Description      string       `json:"description,omitempty"`
	TimeRange        *timeRange   `json:"timeRange"`
	ColoringRules    []any        `json:"coloringRules"`
	LinkedDashboards []any        `json:"linkedDashboards"`
}

type panelQuery struct {
	QueryString            string `json:"queryString"`
	QueryType              string `json:"queryType"`
	QueryKey               string `json:"queryKey"`
	MetricsQueryMode       string `json:"metricsQueryMode,omitempty"`
	ParseMode              string `json:"parseMode,omitempty"`
	TimeSource             string `json:"timeSource,omitempty"`
	Transient              bool   `json:"transient,omitempty"`
	OutputCardinalityLimit int    `json:"outputCardinalityLimit,omitempty"`
}

type layout struct {
	Type       string      `json:"layoutType"`
	Structures []structure `json:"layoutStructures"`
}

type structure struct {
	Key       string `json:"key"`
	Structure string `json:"structure"`
}

// dashboardShown is a dashboard in an answer; whole says that it is not in a list.
func (l *Library) dashboardShown(id string, whole bool) map[string]any {
	raw, _ := json.Marshal(l.dashboards[id])
	var answer map[string]any
	_ = json.Unmarshal(raw, &answer)
	if !whole {
		for _, key := range []string{"panels", "layout", "variables"} {
			delete(answer, key)
		}
	}
	answer["id"], answer["contentId"], answer["scheduleId"] = id, id[len(id)-16:], nil
	return answer
}

// listDashboards answers with a page of at most limit.
func (l *Library) listDashboards(r *http.Request) (any, error) {
	limit, from := 50, 0
	var err error
	if s := r.URL.Query().Get("limit"); s != "" {
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 || limit > 100 {
			return nil, invalid("limit: %q is not a number from 1 to 100.", s)
		}
	}
	if s := r.URL.Query().Get("token"); s != "" {
		if from, err = strconv.Atoi(s); err != nil {
			return nil, invalid("token: %q is not one.", s)
		}
	}
	if mode := r.URL.Query().Get("mode"); !slices.Contains([]string{"", "createdByUser", "allViewableByUser"}, mode) {
		return nil, invalid("mode: %q is neither createdByUser nor allViewableByUser.", mode)
	}
	page := []map[string]any{}
	ids := slices.Sorted(maps.Keys(l.dashboards))
	for _, id := range ids[min(from, len(ids)):min(from+limit, len(ids))] {
		page = append(page, l.dashboardShown(id, false))
	}
	var next any
	if from+limit < len(ids) {
		next = strconv.Itoa(from + limit)
	}
	return map[string]any{"dashboards": page, "next": next}, nil
}

func (l *Library) knownDashboard(r *http.Request) (string, error) {
	id := r.PathValue("id")
	if l.dashboards[id] == nil {
		return "", refuse(http.StatusNotFound, "dashboard:not_found", "Dashboard does not exist.")
	}
	return id, nil
}

func (l *Library) dashboard(r *http.Request) (any, error) {
	id, err := l.knownDashboard(r)
	if err != nil {
		return nil, err
	}
	return l.dashboardShown(id, true), nil
}

func (l *Library) newDashboard(r *http.Request) (any, error) {
	d, err := l.readDashboard(r, "")
	if err != nil {
		return nil, err
	}
	id := "lab0dashboard0" + l.newID()
	l.dashboards[id] = d
	return l.dashboardShown(id, true), nil
}

func (l *Library) changeDashboard(r *http.Request) (any, error) {
	id, err := l.knownDashboard(r)
	if err != nil {
		return nil, err
	}
	d, err := l.readDashboard(r, id)
	if err != nil {
		return nil, err
	}
	l.dashboards[id] = d
	return l.dashboardShown(id, true), nil
}

func (l *Library) deleteDashboard(r *http.Request) (any, error) {
	id, err := l.knownDashboard(r)
	delete(l.dashboards, id)
	return nil, err
}

// readDashboard takes the definition of a dashboard that has, or will have, the identifier.
func (l *Library) readDashboard(r *http.Request, id string) (*dashboard, error) {
	d := &dashboard{}
	if err := read(r, d); err != nil {
		return nil, err
	}
	d.FolderID = cmp.Or(d.FolderID, personal)
	for other, o := range l.dashboards {
		if other != id && o.Title == d.Title && o.FolderID == d.FolderID {
			return nil, refuse(http.StatusBadRequest, "content:duplicate_content", "The content with same name already exists.")
		}
	}
	refresh := []int{0, 30, 60, 120, 300, 900, 1800, 3600, 7200, 86400}
	switch {
	case d.Title == "":
		return nil, invalid("title: it is missing.")
	case d.TimeRange == nil || d.TimeRange.Type != "BeginBoundedTimeRange" && d.TimeRange.Type != "CompleteLiteralTimeRange":
		return nil, invalid("timeRange: it is missing, or of a type that is not known.")
	case !slices.Contains(refresh, d.RefreshInterval):
		return nil, invalid("refreshInterval: %d is not one of %v.", d.RefreshInterval, refresh)
	case !slices.Contains([]string{"", "Light", "Dark"}, d.Theme):
		return nil, invalid("theme: %q is neither Light nor Dark.", d.Theme)
	}
	return d, l.readPanels(d)
}

// readPanels checks what is in a dashboard: each panel once, and in the layout.
func (l *Library) readPanels(d *dashboard) error {
	placed := map[string]int{}
	if d.Layout != nil {
		if d.Layout.Type != "Grid" {
			return invalid("layout: layoutType: %q is not Grid.", d.Layout.Type)
		}
		for _, s := range d.Layout.Structures {
			var at struct{ Height, Width, X, Y *int }
			if json.Unmarshal([]byte(s.Structure), &at) != nil || at.Height == nil || at.Width == nil || at.X == nil || at.Y == nil || *at.X+*at.Width > 24 {
				return invalid("layout: structure: %q is not a place in a grid of 24 columns.", s.Structure)
			}
			placed[s.Key]++
		}
	}
	for i, p := range d.Panels {
		if placed[p.Key]--; p.Key == "" || placed[p.Key] != 0 {
			return invalid("panels: %q is not once in the layout.", p.Key)
		}
		if p.PanelType != "SumoSearchPanel" && p.PanelType != "TextPanel" || p.PanelType == "SumoSearchPanel" && len(p.Queries) == 0 {
			return invalid("panels: panelType: %q is not known, or lacks queries.", p.PanelType)
		}
		for _, q := range p.Queries {
			if !slices.Contains([]string{"Logs", "Metrics"}, q.QueryType) || q.QueryKey == "" || q.QueryString == "" || (q.MetricsQueryMode != "") != (q.QueryType == "Metrics") {
				return invalid("panels: queries: %q lacks something, or its metricsQueryMode is not for it.", q.QueryString)
			}
		}
		if p.VisualSettings != "" && !json.Valid([]byte(p.VisualSettings)) {
			return invalid("panels: visualSettings: they are not JSON.")
		}
		d.Panels[i].ID = l.newID()
	}
	return nil
}
