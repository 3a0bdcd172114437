package datadog

import (
	"encoding/json"
	"fmt"
	"strings"

	"foobar/internal/monitoring/alert"
	"foobar/internal/monitoring/datadog/objects"
	"foobar/internal/secret"
	"foobar/inventory"
)

// pagerDuty is where its Events API v2 takes events.
// Source: developer.pagerduty.com, "Send an Alert Event".
const pagerDuty = "https://events.pagerduty.com/v2/enqueue"

// webhooks are two for each webhook, Slack and PagerDuty of the inventory: what is sent when
// an alert begins, and when it is over. Slack and PagerDuty as Datadog knows them take a
// connection that only a person can make.
func webhooks(inv *inventory.Inventory, secrets map[string]secret.String) (list []objects.Webhook) {
	for i, n := range inv.Monitoring.Notify {
		if n.Kind == inventory.Email {
			continue
		}
		at, key := secrets[inventory.NotifyKey(i, "url")], secrets[inventory.NotifyKey(i, "key")]
		switch {
		case n.Kind == inventory.PagerDuty:
			at = secret.New(pagerDuty)
		case n.URL != "":
			at = secret.New(n.URL)
		}
		hide := []secret.String{key}
		if n.Kind != inventory.PagerDuty {
			hide = append(hide, at)
		}
		for _, over := range []bool{false, true} {
			list = append(list, objects.Webhook{Name: objects.WebhookName(inv.Site.Name, len(list)+1), URL: at.Reveal(),
				Payload: payload(inv, n, key, over), Headers: objects.Header(inv.Site.Name), Encode: "json", Secrets: hide})
		}
	}
	return list
}

// message is what a monitor tells, and whom.
// Source: docs.datadoghq.com/monitors/notify/variables.
func message(inv *inventory.Inventory, a alert.Alert) string {
	var begins, ends []string
	n := 0
	for _, to := range inv.Monitoring.Notify {
		var first, last []string
		if to.Kind == inventory.Email {
			for _, address := range to.To {
				first, last = append(first, "@"+address), append(last, "@"+address)
			}
		} else {
			first = []string{"@webhook-" + objects.WebhookName(inv.Site.Name, n+1)}
			last = []string{"@webhook-" + objects.WebhookName(inv.Site.Name, n+2)}
			n += 2
		}
		if to.Severity == alert.Warning || a.Severity == alert.Critical {
			begins, ends = append(begins, first...), append(ends, last...)
		}
	}
	text := objects.Described(inv.Site.Name, a.Summary+". "+a.Do)
	if len(begins) > 0 {
		who := strings.Join(begins, " ")
		text += "\n{{#is_alert}}" + who + "{{/is_alert}}{{#is_no_data}}" + who + "{{/is_no_data}}{{#is_recovery}}" + strings.Join(ends, " ") + "{{/is_recovery}}"
	}
	return text
}

// payload is what is sent when an alert begins, or when it is over. Words that begin with $
// are filled in by Datadog. A webhook gets what Alertmanager sends, as far as it is known
// here, so that one receiver does for all providers.
// Sources: docs.datadoghq.com/integrations/webhooks (Variables),
// prometheus.io/docs/alerting/latest/configuration (webhook_config),
// api.slack.com/messaging/webhooks.
func payload(inv *inventory.Inventory, n inventory.Notify, key secret.String, over bool) string {
	type object = map[string]any
	status, action := "firing", "trigger"
	if over {
		status, action = "resolved", "resolve"
	}
	var v any
	switch n.Kind {
	case inventory.Slack:
		v = object{"text": fmt.Sprintf("*$EVENT_TITLE* of %s: $ALERT_SCOPE $LINK", inv.Site.Name)}
	case inventory.PagerDuty:
		v = object{"routing_key": key.Reveal(), "event_action": action, "dedup_key": inv.Site.Name + " $ALERT_CYCLE_KEY", "client": "foobar", "client_url": "$LINK",
			"payload": object{"summary": "$EVENT_TITLE of " + inv.Site.Name, "source": inv.Site.Domain, "severity": "critical", "custom_details": object{"description": "$TEXT_ONLY_MSG"}}}
	default:
		one := object{"status": status, "labels": object{"alertname": "$ALERT_TITLE", "site": inv.Site.Name, "scope": "$ALERT_SCOPE"},
			"annotations": object{"summary": "$EVENT_TITLE", "description": "$TEXT_ONLY_MSG"}, "generatorURL": "$LINK"}
		v = object{"version": "4", "receiver": "foobar", "status": status, "groupKey": inv.Site.Name + " $ALERT_CYCLE_KEY", "alerts": []object{one},
			"groupLabels": object{"alertname": "$ALERT_TITLE"}, "commonLabels": one["labels"], "commonAnnotations": one["annotations"], "externalURL": "$LINK"}
	}
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // what is made here has a JSON form
		panic(err)
	}
	return string(raw)
}
