package datadog

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dashboard is what the schema has, as far as it is used here.
type dashboard struct {
	ID          string   `json:"id,omitempty"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Layout      string   `json:"layout_type"`
	Widgets     []widget `json:"widgets"`
	URL         string   `json:"url,omitempty"`
	Handle      string   `json:"author_handle,omitempty"`
	Created     string   `json:"created_at,omitempty"`
}

type widget struct {
	ID         int64      `json:"id,omitempty"`
	Definition definition `json:"definition"`
}

type definition struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Requests []chartRequest `json:"requests"`
}

type chartRequest struct {
	Format  string `json:"response_format"`
	Display string `json:"display_type"`
	Queries []struct {
		Source string `json:"data_source"`
		Name   string `json:"name"`
		Query  string `json:"query"`
	} `json:"queries"`
	Formulas []struct {
		Formula string `json:"formula"`
	} `json:"formulas"`
}

func (d *dashboard) wrong() error {
	if d.Title == "" || d.Layout != "ordered" && d.Layout != "free" || len(d.Widgets) == 0 {
		return invalid("title, layout_type and widgets are required")
	}
	for _, w := range d.Widgets {
		if w.Definition.Type != "timeseries" || len(w.Definition.Requests) == 0 {
			return invalid("Invalid widget definition of type %q", w.Definition.Type)
		}
		for _, r := range w.Definition.Requests {
			for _, q := range r.Queries {
				if whole := oneMetric.FindString(q.Query); r.Format != "timeseries" || q.Source != "metrics" || q.Name == "" || whole != q.Query {
					return invalid("Invalid query %q", q.Query)
				}
			}
			if len(r.Queries) == 0 || len(r.Formulas) == 0 {
				return invalid("a request has queries and formulas")
			}
		}
	}
	return nil
}

func (o *Organization) listDashboards(r *http.Request) (any, error) {
	type summary struct {
		ID          string `json:"id"`
		Title       string `json:"title"`
		Description string `json:"description"`
		Layout      string `json:"layout_type"`
		Created     string `json:"created_at"`
	}
	list := []summary{}
	for _, id := range slices.Sorted(maps.Keys(o.dashboards)) {
		d := o.dashboards[id]
		list = append(list, summary{id, d.Title, d.Description, d.Layout, d.Created})
	}
	start, _ := strconv.Atoi(r.URL.Query().Get("start"))
	count, err := strconv.Atoi(r.URL.Query().Get("count"))
	if err != nil {
		count = 100
	}
	start = min(max(0, start), len(list))
	return map[string]any{"dashboards": list[start:min(start+max(0, count), len(list))]}, nil
}

func (o *Organization) dashboardOf(r *http.Request) (*dashboard, error) {
	if d := o.dashboards[r.PathValue("id")]; d != nil {
		return d, nil
	}
	return nil, missing("Dashboard with ID " + r.PathValue("id"))
}

func (o *Organization) oneDashboard(r *http.Request) (any, error) { return o.dashboardOf(r) }

func (o *Organization) newDashboard(r *http.Request) (any, error) {
	o.last++ // as a time, too, since two may be made within a moment
	return o.keep(r, strings.ToLower(rand.Text()[:11]), time.Unix(o.last, 0).UTC().Format(time.RFC3339))
}

func (o *Organization) changeDashboard(r *http.Request) (any, error) {
	d, err := o.dashboardOf(r)
	if err != nil {
		return nil, err
	}
	return o.keep(r, d.ID, d.Created)
}

func (o *Organization) keep(r *http.Request, id, created string) (any, error) {
	d := &dashboard{}
	if err := read(r, d); err != nil {
		return nil, err
	}
	if err := d.wrong(); err != nil {
		return nil, err
	}
	d.ID, d.URL, d.Handle, d.Created = id, "/dashboard/"+id, "ops@example.com", created
	for i := range d.Widgets {
		o.last++
		d.Widgets[i].ID = o.last
	}
	o.dashboards[id] = d
	return d, nil
}

func (o *Organization) deleteDashboard(r *http.Request) (any, error) {
	d, err := o.dashboardOf(r)
	if err != nil {
		return nil, err
	}
	delete(o.dashboards, d.ID)
	return map[string]string{"deleted_dashboard_id": d.ID}, nil
}

// webhook is what the schema has.
type webhook struct {
	Name    string  `json:"name"`
	URL     string  `json:"url"`
	Payload *string `json:"payload"`
	Headers *string `json:"custom_headers"`
	Encode  string  `json:"encode_as"`
}

var webhookName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (w *webhook) wrong() error {
	u, err := url.Parse(w.URL)
	switch {
	case !webhookName.MatchString(w.Name):
		return invalid("Invalid webhook name")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return invalid("Invalid webhook URL")
	case w.Encode != "json" && w.Encode != "form":
		return invalid("Invalid encode_as")
	}
	for _, text := range []*string{w.Payload, w.Headers} {
		var object map[string]any
		if text != nil && json.Unmarshal([]byte(*text), &object) != nil {
			return invalid("payload and custom_headers must be JSON")
		}
	}
	return nil
}

func (o *Organization) webhookOf(r *http.Request) (*webhook, error) {
	if w := o.webhooks[r.PathValue("name")]; w != nil {
		return w, nil
	}
	return nil, missing("Webhook")
}

func (o *Organization) oneWebhook(r *http.Request) (any, error) { return o.webhookOf(r) }

func (o *Organization) newWebhook(r *http.Request) (any, error) {
	w := &webhook{}
	if err := read(r, w); err != nil {
		return nil, err
	}
	if o.webhooks[w.Name] != nil {
		return nil, invalid("Webhook already exists")
	}
	return o.hook(w)
}

func (o *Organization) changeWebhook(r *http.Request) (any, error) {
	before, err := o.webhookOf(r)
	if err != nil {
		return nil, err
	}
	w := *before
	if err := read(r, &w); err != nil {
		return nil, err
	}
	if w.Name != before.Name {
		return nil, invalid("a webhook is not renamed here")
	}
	return o.hook(&w)
}

func (o *Organization) hook(w *webhook) (any, error) {
	if err := w.wrong(); err != nil {
		return nil, err
	}
	o.webhooks[w.Name] = w
	return w, nil
}

func (o *Organization) deleteWebhook(r *http.Request) (any, error) {
	w, err := o.webhookOf(r)
	if err != nil {
		return nil, err
	}
	delete(o.webhooks, w.Name)
	return nil, nil
}
