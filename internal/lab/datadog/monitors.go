package datadog

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// monitor is what the schema of a metric monitor has, as far as it is used here.
type monitor struct {
	ID       int64    `json:"id,omitempty"`
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Query    string   `json:"query"`
	Message  string   `json:"message"`
	Tags     []string `json:"tags"`
	Priority *int     `json:"priority"`
	Options  options  `json:"options"`
	State    string   `json:"overall_state,omitempty"`
}

type options struct {
	Thresholds        map[string]float64 `json:"thresholds"`
	OnMissingData     string             `json:"on_missing_data,omitempty"`
	NotifyNoData      *bool              `json:"notify_no_data,omitempty"` // of old: the one or the other
	NoDataTimeframe   *int               `json:"no_data_timeframe,omitempty"`
	RequireFullWindow bool               `json:"require_full_window"`
	IncludeTags       *bool              `json:"include_tags"`
	NotifyAudit       bool               `json:"notify_audit"`
	RenotifyInterval  *int               `json:"renotify_interval"`
	NewGroupDelay     *int               `json:"new_group_delay,omitempty"`
	EvaluationDelay   *int               `json:"evaluation_delay"`
	Silenced          map[string]any     `json:"silenced"`
	Locked            bool               `json:"locked,omitempty"`
}

var (
	metricQuery = regexp.MustCompile(`^(avg|sum|min|max)\(last_(\d+)(m|h|d)\):(.+) (>|>=|<|<=) (-?[0-9.]+)$`)
	oneMetric   = regexp.MustCompile(`\b(avg|sum|min|max):[a-zA-Z][a-zA-Z0-9_.]*\{[^{}]+\}( by \{[a-zA-Z0-9_.,/-]+\})?(\.as_count\(\)|\.as_rate\(\))?(\.rollup\((avg|sum|min|max|count), [0-9]+\))?(\.fill\((linear|last|zero|null), [0-9]+\))?`)
	functions   = regexp.MustCompile(`\b(timeshift|cutoff_min|cutoff_max|clamp_min|clamp_max|default_zero|count_not_null|count_nonzero|abs)\(`)
	arithmetic  = regexp.MustCompile(`^[-+*/(), 0-9.m]+$`)
)

// wrong refuses a query that is not one, and options that do not fit it.
func (m *monitor) wrong() error {
	parts := metricQuery.FindStringSubmatch(m.Query)
	switch {
	case m.Type != "query alert" && m.Type != "metric alert":
		return invalid("Invalid monitor type: %s", m.Type)
	case parts == nil:
		return invalid("The value provided for parameter 'query' is invalid: %s", m.Query)
	case m.Name == "" || m.Message == "":
		return invalid("name and message are required")
	case m.Priority != nil && (*m.Priority < 1 || *m.Priority > 5):
		return invalid("priority must be from 1 to 5")
	}
	body := functions.ReplaceAllString(oneMetric.ReplaceAllString(parts[4], "m"), "(")
	if !arithmetic.MatchString(body) || strings.Count(body, "(") != strings.Count(body, ")") || !strings.Contains(body, "m") {
		return invalid("The value provided for parameter 'query' is invalid: unable to parse %s", body)
	}
	limit, _ := strconv.ParseFloat(parts[6], 64)
	if got, has := m.Options.Thresholds["critical"]; has && got != limit {
		return invalid("Alert threshold (%v) does not match that used in the query (%v).", got, limit)
	}
	n, _ := strconv.Atoi(parts[2])
	minutes := n * map[string]int{"m": 1, "h": 60, "d": 1440}[parts[3]]
	o := m.Options
	switch {
	case !slices.Contains([]string{"", "default", "show_no_data", "show_and_notify_no_data", "resolve"}, o.OnMissingData):
		return invalid("Invalid on_missing_data %q", o.OnMissingData)
	case o.EvaluationDelay != nil && *o.EvaluationDelay < 0:
		return invalid("Invalid evaluation_delay %d", *o.EvaluationDelay)
	case o.OnMissingData != "" && (o.NotifyNoData != nil || o.NoDataTimeframe != nil):
		return invalid("on_missing_data cannot be used with notify_no_data or no_data_timeframe")
	case o.NotifyNoData != nil && *o.NotifyNoData && (o.NoDataTimeframe == nil || *o.NoDataTimeframe < 2*minutes):
		return invalid("no_data_timeframe must be at least twice the evaluation period")
	}
	for _, t := range m.Tags {
		if len(t) > 200 || t == "" {
			return invalid("Invalid tag %q", t)
		}
	}
	return nil
}

func (o *Organization) listMonitors(r *http.Request) (any, error) {
	q := r.URL.Query()
	list := []*monitor{}
	for _, id := range slices.Sorted(maps.Keys(o.monitors)) {
		m := o.monitors[id]
		tagged := true
		for _, t := range strings.Split(q.Get("monitor_tags"), ",") {
			tagged = tagged && (t == "" || slices.Contains(m.Tags, t))
		}
		if tagged && strings.Contains(m.Name, q.Get("name")) {
			list = append(list, m)
		}
	}
	size, _ := strconv.Atoi(q.Get("page_size"))
	page, _ := strconv.Atoi(q.Get("page"))
	if size > 1000 || size < 0 || page < 0 {
		return nil, invalid("page_size must be at most 1000")
	}
	if size > 0 {
		list = list[min(page*size, len(list)):min((page+1)*size, len(list))]
	}
	return list, nil
}

// monitorOf is the one that a request names.
func (o *Organization) monitorOf(r *http.Request) (*monitor, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if m := o.monitors[id]; err == nil && m != nil {
		return m, nil
	}
	return nil, missing("Monitor")
}

func (o *Organization) oneMonitor(r *http.Request) (any, error) { return o.monitorOf(r) }

func (o *Organization) newMonitor(r *http.Request) (any, error) {
	m := &monitor{}
	if err := read(r, m); err != nil {
		return nil, err
	}
	if err := m.wrong(); err != nil {
		return nil, err
	}
	for id, other := range o.monitors {
		if other.Query == m.Query && other.Message == m.Message && other.Name == m.Name {
			return nil, invalid("Duplicate of an existing monitor_id:%d", id)
		}
	}
	o.last++
	m.ID, m.State = o.last, "No Data"
	if m.Type == "query alert" && !strings.ContainsAny(m.Query, "*+/") { // as the service does
		m.Type = "metric alert"
	}
	o.monitors[m.ID] = m
	return m, nil
}

func (o *Organization) changeMonitor(r *http.Request) (any, error) {
	before, err := o.monitorOf(r)
	if err != nil {
		return nil, err
	}
	m := *before
	m.Options = options{}
	if err := read(r, &m); err != nil {
		return nil, err
	}
	if m.Type != before.Type || m.ID != before.ID {
		return nil, invalid("the type and the id of a monitor do not change")
	}
	if err := m.wrong(); err != nil {
		return nil, err
	}
	o.monitors[m.ID] = &m
	return &m, nil
}

func (o *Organization) deleteMonitor(r *http.Request) (any, error) {
	m, err := o.monitorOf(r)
	if err != nil {
		return nil, err
	}
	delete(o.monitors, m.ID)
	return map[string]int64{"deleted_monitor_id": m.ID}, nil
}
