package objects

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"foobar/internal/monitoring/compare"
	"foobar/internal/monitoring/datadog/api"
	"foobar/internal/secret"
)

// Webhook is where a notification goes. The organization lists none of them: a site's have
// names with consecutive numbers, and a header that says whose they are.
type Webhook struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	// Payload is JSON in which the service fills in words that begin with $.
	Payload string `json:"payload"`
	Headers string `json:"custom_headers"`
	Encode  string `json:"encode_as"` // json
	// Secrets are texts within the fields above that nobody is shown.
	Secrets []secret.String `json:"-"`
}

// WebhookName is that of the site's nth webhook, from 1.
func WebhookName(site string, n int) string { return fmt.Sprintf("foobar-%s-%d", site, n) }

// Header is what its requests have.
func Header(site string) string {
	raw, err := json.Marshal(map[string]string{"X-Foobar": mark(site) + " changes are undone by the next deploy."})
	if err != nil { // a map of texts has a JSON form
		panic(err)
	}
	return string(raw)
}

const (
	webhooksPath  = "/api/v1/integration/webhooks/configuration/webhooks"
	rightWebhooks = "manage_integrations"
	mostWebhooks  = 100
)

// lookAtWebhooks compares the site's webhooks. Those that are not wanted go from the last one
// on, after the monitors that named them were changed, so that those left are found again.
func (v *visit) lookAtWebhooks(ctx context.Context) error {
	for i := range mostWebhooks {
		name := WebhookName(v.want.Site, i+1)
		at := webhooksPath + "/" + name
		var got map[string]any
		there, err := v.service.Ask(ctx, api.Question{Path: at, Right: "integrations_read"}, &got)
		switch {
		case err != nil:
			return err
		case i < len(v.want.Webhooks):
			if err := v.wantWebhook(v.want.Webhooks[i], got); err != nil {
				return err
			}
		case !there || !v.ours(str(got["custom_headers"])):
			return nil
		default:
			v.unused = append(v.unused, compare.Gone("webhook", name, func(ctx context.Context) error {
				return v.send(ctx, api.Question{Method: http.MethodDelete, Path: at, Right: rightWebhooks}, nil)
			}))
		}
	}
	return nil
}

func (v *visit) wantWebhook(w Webhook, got map[string]any) error {
	v.found.Seen++
	q := api.Question{Method: http.MethodPost, Path: webhooksPath, Body: w, Secret: true, Right: "create_webhooks"}
	var is any
	if got != nil {
		if !v.ours(str(got["custom_headers"])) {
			return taken("a webhook called " + w.Name)
		}
		is, q.Method, q.Path, q.Right = got, http.MethodPut, webhooksPath+"/"+w.Name, rightWebhooks
	}
	if e, differs := compare.Errand("webhook", w.Name, w, is, w.Secrets, func(ctx context.Context) error { return v.send(ctx, q, nil) }); differs {
		v.first = append(v.first, e)
	}
	return nil
}
