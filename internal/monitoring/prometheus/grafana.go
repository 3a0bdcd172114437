package prometheus

import (
	"encoding/json"
	"slices"

	"foobar/inventory"
)

// Grafana is a dashboard of the site, as Grafana imports it; it asks for the source of the
// data when it is imported. Alerts and runs of foobar are marks on all pictures.
// Source: grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model.
func Grafana(inv *inventory.Inventory) ([]byte, error) {
	type object = map[string]any
	source := object{"type": "prometheus", "uid": "${source}"}
	var list []object
	for i, p := range panels() {
		var targets []object
		for n, a := range p.Asks {
			targets = append(targets, object{"refId": string(rune('A' + n)), "datasource": source, "expr": a.Expr, "legendFormat": a.Legend})
		}
		scale := object{"unit": p.Unit, "custom": object{"fillOpacity": 10, "showPoints": "never"}}
		if p.Most != nil {
			scale["min"], scale["max"] = 0, p.Most
		}
		list = append(list, object{"id": i + 1, "type": "timeseries", "title": p.Title, "datasource": source, "targets": targets,
			"gridPos": object{"x": i % 2 * 12, "y": i / 2 * 8, "w": 12, "h": 8}, "fieldConfig": object{"defaults": scale, "overrides": []any{}}})
	}
	alerts := object{"name": "Alerts", "enable": true, "iconColor": "red", "datasource": source, "expr": `ALERTS{alertstate="firing"}`, "titleFormat": "{{alertname}}", "textFormat": "{{instance}}{{server}}", "step": "15s"}
	marks := object{"name": "Deploys, switchovers, backups, renewals", "enable": true, "iconColor": "blue", "datasource": source, "expr": "min by (event) (time() - foobar_event_timestamp_seconds) < 120", "titleFormat": "{{event}}", "step": "60s"}
	page, err := json.MarshalIndent(object{
		"title": inv.Site.Name, "uid": "foobar-" + inv.Site.Name, "tags": []string{"foobar"}, "schemaVersion": 39, "editable": true, "refresh": "30s", "timezone": "browser",
		"time":        object{"from": "now-6h", "to": "now"},
		"templating":  object{"list": []object{{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}}},
		"annotations": object{"list": []object{alerts, marks}}, "panels": list}, "", "  ")
	return append(slices.Clip(page), '\n'), err
}
