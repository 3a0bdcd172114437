package objects

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"foobar/internal/monitoring/compare"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/secret"
)

// manageConnections is the capability that all about connections takes.
const manageConnections = "Manage Connections"

const connectionsPath = "/api/v1/connections"

// Connection is where notifications go. An account's connections are in no folder: foobar's
// have names that begin with Top and the site's, and say in their descriptions whose they are.
type Connection struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Kind is Webhook, Slack or PagerDuty.
	Kind string `json:"webhookType"`
	URL  string `json:"url"`
	// Payload and Resolved are what is sent when an alert begins and when it ends, as JSON
	// in which the service fills in what stands in {{}}.
	Payload  string `json:"defaultPayload"`
	Resolved string `json:"resolutionPayload"`
	// Headers and Custom are never set: what somebody adds is a difference.
	Headers []struct{} `json:"headers"`
	Custom  []struct{} `json:"customHeaders"`
	// Secrets are texts within the fields above that nobody is shown.
	Secrets []secret.String `json:"-"`
}

// lookAtConnections compares the connections of the site. Where none is wanted and the
// account has none of the site's, that is one question.
func (v *visit) lookAtConnections(ctx context.Context) error {
	there, err := v.connections(ctx)
	if err != nil {
		return err
	}
	v.ids = map[string]string{}
	for _, c := range v.want.Connections {
		got, has := there[c.Name].(map[string]any)
		delete(there, c.Name)
		if has && !v.ours(str(got["description"])) {
			return taken("a connection called " + c.Name)
		}
		if v.ids[c.Name] = str(got["id"]); has { // a list need not say all
			if err := v.send(ctx, http.MethodGet, connectionsPath+"/"+v.ids[c.Name], webhook(), manageConnections, nil, &got); err != nil {
				return err
			}
		}
		v.wantConnection(c, got)
	}
	for _, name := range compare.Sorted(there) {
		got, _ := there[name].(map[string]any)
		// A copy that somebody made has our description, and a name of theirs.
		if id := str(got["id"]); v.ours(str(got["description"])) && strings.HasPrefix(name, Top+" "+v.want.Site+" ") {
			v.unused = append(v.unused, compare.Gone("connection", name, func(ctx context.Context) error {
				return v.send(ctx, http.MethodDelete, connectionsPath+"/"+id, webhook(), manageConnections, nil, nil)
			}))
		}
	}
	return nil
}

// webhook is the query that names the type of a connection.
func webhook() url.Values { return url.Values{"type": {"WebhookConnection"}} }

func str(v any) string {
	s, _ := v.(string)
	return s
}

// mostPages bounds how much of an account's list is read, 100 a page.
const mostPages = 50

// connections are those of the account by their names.
func (v *visit) connections(ctx context.Context) (map[string]any, error) {
	by := map[string]any{}
	query := url.Values{"limit": {"100"}}
	for range mostPages {
		var page struct {
			Data []map[string]any
			Next string
		}
		if err := v.send(ctx, http.MethodGet, connectionsPath, query, manageConnections, nil, &page); err != nil {
			return nil, err
		}
		for _, c := range page.Data {
			by[str(c["name"])] = c
		}
		if page.Next == "" {
			break
		}
		query.Set("token", page.Next)
	}
	return by, nil
}

// wantConnection has a connection made, or changed.
func (v *visit) wantConnection(c Connection, got map[string]any) {
	v.found.Seen++
	send := func(ctx context.Context, method, path string, into any) error {
		return v.ask(ctx, registry.Question{Method: method, Path: path, Body: compare.With(c, "type", "WebhookDefinition"), Secret: true, Right: manageConnections}, into)
	}
	do := func(ctx context.Context) error {
		var made struct{ ID string }
		err := send(ctx, http.MethodPost, connectionsPath, &made)
		v.ids[c.Name] = made.ID
		return err
	}
	var is any
	if got != nil {
		is = got
		do = func(ctx context.Context) error {
			return send(ctx, http.MethodPut, connectionsPath+"/"+str(got["id"]), nil)
		}
	}
	if e, differs := compare.Errand("connection", c.Name, c, is, c.Secrets, do); differs {
		v.first = append(v.first, e)
	}
}
