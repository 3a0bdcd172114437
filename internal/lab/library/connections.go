package library

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// connection is where notifications go, as requests describe it.
type connection struct {
	Type              string   `json:"type"`
	Name              string   `json:"name"`
	Description       string   `json:"description"`
	URL               string   `json:"url"`
	Headers           []header `json:"headers"`
	CustomHeaders     []header `json:"customHeaders"`
	DefaultPayload    string   `json:"defaultPayload"`
	WebhookType       string   `json:"webhookType"`
	ConnectionSubtype string   `json:"connectionSubtype"`
	ResolutionPayload string   `json:"resolutionPayload"`
}

type header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// webhookTypes are the kinds of connections.
const webhookTypes = "AWSLambda Azure Datadog HipChat Jira NewRelic Opsgenie PagerDuty Slack MicrosoftTeams ServiceNow SumoCloudSOAR Webhook"

// connectionShown is a connection in an answer. What authorises is masked.
func (l *Library) connectionShown(id string) map[string]any {
	c := l.connections[id]
	masked := []header{}
	for _, h := range c.Headers {
		masked = append(masked, header{h.Name, "********"})
	}
	answer := map[string]any{"type": "WebhookConnection", "id": id, "name": c.Name, "description": c.Description, "url": c.URL, "headers": masked,
		"customHeaders": append([]header{}, c.CustomHeaders...), "defaultPayload": c.DefaultPayload, "webhookType": c.WebhookType}
	if c.ResolutionPayload != "" {
		answer["resolutionPayload"] = c.ResolutionPayload
	}
	return stamp(answer)
}

// listConnections answers with a page of at most limit, and the token of the next.
func (l *Library) listConnections(r *http.Request) (any, error) {
	limit, from := 100, 0
	var err error
	if s := r.URL.Query().Get("limit"); s != "" {
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 || limit > 1000 {
			return nil, invalid("limit: %q is not a number from 1 to 1000.", s)
		}
	}
	if s := r.URL.Query().Get("token"); s != "" {
		if from, err = strconv.Atoi(s); err != nil {
			return nil, invalid("token: %q is not one.", s)
		}
	}
	page := []map[string]any{}
	ids := slices.Sorted(maps.Keys(l.connections))
	for _, id := range ids[min(from, len(ids)):min(from+limit, len(ids))] {
		brief := l.connectionShown(id) // as the schema of the list has it
		for _, key := range []string{"url", "headers", "customHeaders", "defaultPayload", "resolutionPayload", "webhookType"} {
			delete(brief, key)
		}
		page = append(page, brief)
	}
	answer := map[string]any{"data": page}
	if from+limit < len(ids) {
		answer["next"] = strconv.Itoa(from + limit)
	}
	return answer, nil
}

// known finds a connection by its identifier and its type.
func (l *Library) known(r *http.Request, typed bool) (string, error) {
	id, kind := r.PathValue("id"), r.URL.Query().Get("type")
	if typed && kind != "WebhookConnection" {
		return "", invalid("type: %q is not WebhookConnection.", kind)
	}
	if l.connections[id] == nil {
		return "", refuse(http.StatusNotFound, "connections:not_found", "Connection with given ID does not exist.")
	}
	return id, nil
}

func (l *Library) connection(r *http.Request) (any, error) {
	id, err := l.known(r, false)
	if err != nil {
		return nil, err
	}
	return l.connectionShown(id), nil
}

func (l *Library) newConnection(r *http.Request) (any, error) {
	c, err := l.readConnection(r, "")
	if err != nil {
		return nil, err
	}
	id := l.newID()
	l.connections[id] = c
	return l.connectionShown(id), nil
}

func (l *Library) changeConnection(r *http.Request) (any, error) {
	id, err := l.known(r, false)
	if err != nil {
		return nil, err
	}
	c, err := l.readConnection(r, id)
	if err != nil {
		return nil, err
	}
	l.connections[id] = c
	return l.connectionShown(id), nil
}

func (l *Library) deleteConnection(r *http.Request) (any, error) {
	id, err := l.known(r, true)
	if err != nil {
		return nil, err
	}
	delete(l.connections, id)
	return nil, nil
}

// readConnection takes the definition of a connection that has, or will have, the
// identifier.
func (l *Library) readConnection(r *http.Request, id string) (*connection, error) {
	c := &connection{WebhookType: "Webhook"}
	if err := read(r, c); err != nil {
		return nil, err
	}
	if err := name(c.Name, 128); err != nil {
		return nil, err
	}
	for other, o := range l.connections {
		if other != id && o.Name == c.Name {
			return nil, refuse(http.StatusBadRequest, "connections:duplicate_name", "A connection with that name already exists.")
		}
	}
	to, err := url.Parse(c.URL)
	switch {
	case c.Type != "WebhookDefinition":
		return nil, invalid("type: %q is not WebhookDefinition.", c.Type)
	case len(c.Description) > 1024:
		return nil, invalid("description: it has more than 1024 characters.")
	case err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https":
		return nil, invalid("url: it is not one of http or https.")
	case !slices.Contains(strings.Fields(webhookTypes), c.WebhookType):
		return nil, invalid("webhookType: %q is not known.", c.WebhookType)
	case !json.Valid([]byte(c.DefaultPayload)):
		return nil, invalid("defaultPayload: it is not JSON.")
	case c.ResolutionPayload != "" && !json.Valid([]byte(c.ResolutionPayload)):
		return nil, invalid("resolutionPayload: it is not JSON.")
	}
	return c, nil
}
