package sumologic

import (
	"encoding/json"
	"fmt"

	"foobar/internal/monitoring/alert"
	"foobar/internal/monitoring/sumologic/objects"
	"foobar/internal/secret"
	"foobar/inventory"
)

// pagerDuty is where its Events API v2 takes events.
// Source: developer.pagerduty.com, "Send an Alert Event".
const pagerDuty = "https://events.pagerduty.com/v2/enqueue"

// told are the severities that one who is told has a connection for. What a connection says
// is the same for all monitors that use it, and PagerDuty wants to be told the severity.
func told(n inventory.Notify) []alert.Severity {
	if n.Kind == inventory.PagerDuty && n.Severity == alert.Warning {
		return []alert.Severity{alert.Critical, alert.Warning}
	}
	return []alert.Severity{alert.Critical}
}

// connectionName is that of a place in [[monitoring.notify]], counted from 0.
func connectionName(inv *inventory.Inventory, i int, n inventory.Notify, severity alert.Severity) string {
	name := fmt.Sprintf("%s %s %s %d", objects.Top, inv.Site.Name, n.Kind, i+1)
	if n.Kind == inventory.PagerDuty && severity == alert.Warning {
		name += " " + string(severity)
	}
	return name
}

// kind is what Sumo Logic calls a way to notify.
func kind(n inventory.Notify) string {
	return map[string]string{inventory.Webhook: "Webhook", inventory.Slack: "Slack", inventory.PagerDuty: "PagerDuty"}[n.Kind]
}

// recipient is who a monitor tells.
func recipient(inv *inventory.Inventory, i int, n inventory.Notify, severity alert.Severity) objects.Recipient {
	if n.Kind == inventory.Email {
		return objects.Recipient{Kind: "Email", Recipients: n.To, Zone: "UTC", Subject: "{{TriggerType}}: {{Name}} of " + inv.Site.Name,
			Body: "{{Description}}\n\n{{TriggerType}} at {{TriggerTime}}: {{TriggerCondition}}\n{{AlertResponseURL}}\n"}
	}
	return objects.Recipient{Kind: kind(n), Connection: connectionName(inv, i, n, severity)}
}

// connection is where a webhook goes; nil for an e-mail, which needs none.
func connection(inv *inventory.Inventory, i int, n inventory.Notify, severity alert.Severity, secrets map[string]secret.String) *objects.Connection {
	if n.Kind == inventory.Email {
		return nil
	}
	at, key := secrets[inventory.NotifyKey(i, "url")], secrets[inventory.NotifyKey(i, "key")]
	switch {
	case n.Kind == inventory.PagerDuty:
		at = secret.New(pagerDuty)
	case n.URL != "":
		at = secret.New(n.URL)
	}
	c := &objects.Connection{Name: connectionName(inv, i, n, severity), Kind: kind(n), URL: at.Reveal(),
		Description: objects.Described(inv.Site.Name, "Where alerts of the site go."),
		Payload:     payload(inv, n, severity, key, false), Resolved: payload(inv, n, severity, key, true)}
	if c.Secrets = []secret.String{key}; n.Kind != inventory.PagerDuty {
		c.Secrets = append(c.Secrets, at)
	}
	return c
}

// payload is what is sent when an alert begins, or when it is over. What stands in {{}} is
// filled in by Sumo Logic. A webhook gets what Alertmanager sends, as far as it is known
// here, so that one receiver does for both providers.
// Sources: help.sumologic.com/docs/alerts/monitors/alert-variables,
// prometheus.io/docs/alerting/latest/configuration (webhook_config),
// api.slack.com/messaging/webhooks.
func payload(inv *inventory.Inventory, n inventory.Notify, severity alert.Severity, key secret.String, over bool) string {
	type object = map[string]any
	const summary = "{{Name}}: {{TriggerType}}"
	status, action := "firing", "trigger"
	if over {
		status, action = "resolved", "resolve"
	}
	var v any
	switch n.Kind {
	case inventory.Slack:
		v = object{"text": fmt.Sprintf("*%s* of %s: {{Description}} {{AlertResponseURL}}", summary, inv.Site.Name)}
	case inventory.PagerDuty:
		v = object{"routing_key": key.Reveal(), "event_action": action, "dedup_key": inv.Site.Name + " {{Name}}", "client": "foobar", "client_url": "{{AlertResponseURL}}",
			"payload": object{"summary": summary + " of " + inv.Site.Name, "source": inv.Site.Domain, "severity": severity, "custom_details": object{"description": "{{Description}}"}}}
	default:
		one := object{"status": status, "labels": object{"alertname": "{{Name}}", "site": inv.Site.Name, "trigger": "{{TriggerType}}"},
			"annotations": object{"summary": "{{AlertName}}", "description": "{{Description}}"}, "generatorURL": "{{AlertResponseURL}}"}
		v = object{"version": "4", "receiver": "foobar", "status": status, "groupKey": inv.Site.Name + " {{Name}}", "alerts": []object{one},
			"groupLabels": object{"alertname": "{{Name}}"}, "commonLabels": one["labels"], "commonAnnotations": one["annotations"], "externalURL": "{{AlertResponseURL}}"}
	}
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // what is made here has a JSON form
		panic(err)
	}
	return string(raw)
}
