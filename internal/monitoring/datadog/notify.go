package datadog

import (
	"fmt"
	"strings"

	"foobar/internal/monitoring/alert"
	"foobar/internal/monitoring/compare"
	"foobar/internal/monitoring/datadog/objects"
	"foobar/internal/secret"
	"foobar/inventory"
)

// pagerDuty is where its Events API v2 takes events.
// Source: developer.pagerduty.com, "Send an Alert Event".
const pagerDuty = "https://events.pagerduty.com/v2/enqueue"

// way is by what one who is told is told of alerts of a severity, "" for all: two webhooks.
type way struct {
	notify   int // the place in [[monitoring.notify]]
	severity alert.Severity
}

// ways are all but e-mail, which needs none. What a webhook says is the same for all monitors
// that name it, and PagerDuty wants to be told the severity.
func ways(inv *inventory.Inventory) (list []way) {
	for i, n := range inv.Monitoring.Notify {
		switch {
		case n.Kind == inventory.Email:
		case n.Kind != inventory.PagerDuty:
			list = append(list, way{notify: i})
		case n.Severity == alert.Warning:
			list = append(list, way{i, alert.Critical}, way{i, alert.Warning})
		default:
			list = append(list, way{i, alert.Critical})
		}
	}
	return list
}

// webhooks are two for each way: what is sent when an alert begins, and when it is over.
// Slack and PagerDuty as Datadog knows them take a connection that only a person can make.
func webhooks(inv *inventory.Inventory, secrets map[string]secret.String) (list []objects.Webhook) {
	for _, w := range ways(inv) {
		n := inv.Monitoring.Notify[w.notify]
		at, key := secrets[inventory.NotifyKey(w.notify, "url")], secrets[inventory.NotifyKey(w.notify, "key")]
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
				Payload: payload(inv, n, w.severity, key, over), Headers: objects.Header(inv.Site.Name), Encode: "json", Secrets: hide})
		}
	}
	return list
}

// message is what a monitor tells, and whom: names with blanks around them.
// Sources: docs.datadoghq.com/monitors/notify, docs.datadoghq.com/monitors/notify/variables.
func message(inv *inventory.Inventory, a alert.Alert) string {
	var begins, ends []string
	told := func(n inventory.Notify) bool { return n.Severity == alert.Warning || a.Severity == alert.Critical }
	for _, n := range inv.Monitoring.Notify {
		if n.Kind == inventory.Email && told(n) {
			for _, address := range n.To {
				begins, ends = append(begins, "@"+address), append(ends, "@"+address)
			}
		}
	}
	for i, w := range ways(inv) {
		if told(inv.Monitoring.Notify[w.notify]) && (w.severity == "" || w.severity == a.Severity) {
			begins = append(begins, "@webhook-"+objects.WebhookName(inv.Site.Name, 2*i+1))
			ends = append(ends, "@webhook-"+objects.WebhookName(inv.Site.Name, 2*i+2))
		}
	}
	text := objects.Described(inv.Site.Name, a.Summary+". "+a.Do)
	if len(begins) > 0 {
		who := strings.Join(begins, " ")
		text += "\n{{#is_alert}} " + who + " {{/is_alert}}{{#is_no_data}} " + who + " {{/is_no_data}}{{#is_recovery}} " + strings.Join(ends, " ") + " {{/is_recovery}}"
	}
	return text
}

// payload is what is sent when an alert begins, or when it is over. Words that begin with $
// are filled in by Datadog. A webhook gets what Alertmanager sends, as far as it is known
// here, so that one receiver does for all providers.
// Sources: docs.datadoghq.com/integrations/webhooks (Variables),
// prometheus.io/docs/alerting/latest/configuration (webhook_config),
// api.slack.com/messaging/webhooks.
func payload(inv *inventory.Inventory, n inventory.Notify, severity alert.Severity, key secret.String, over bool) string {
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
			"payload": object{"summary": "$EVENT_TITLE of " + inv.Site.Name, "source": inv.Site.Domain, "severity": severity, "custom_details": object{"description": "$TEXT_ONLY_MSG"}}}
	default:
		one := object{"status": status, "labels": object{"alertname": "$ALERT_TITLE", "site": inv.Site.Name, "scope": "$ALERT_SCOPE"},
			"annotations": object{"summary": "$EVENT_TITLE", "description": "$TEXT_ONLY_MSG"}, "generatorURL": "$LINK"}
		v = object{"version": "4", "receiver": "foobar", "status": status, "groupKey": inv.Site.Name + " $ALERT_CYCLE_KEY", "alerts": []object{one},
			"groupLabels": object{"alertname": "$ALERT_TITLE"}, "commonLabels": one["labels"], "commonAnnotations": one["annotations"], "externalURL": "$LINK"}
	}
	return strings.TrimSpace(compare.Text(v))
}
