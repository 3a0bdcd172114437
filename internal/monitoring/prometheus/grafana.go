package prometheus

import (
	"encoding/json"
	"slices"

	"foobar/inventory"
)

// panel is a picture of the dashboard, with what it asks.
type panel struct {
	title, unit string // the unit by Grafana's name
	most        any    // of the scale; nil for what there is
	asks        []query
}

// query is a question in PromQL, and what each of its lines is called.
type query struct{ expr, legend string }

const host, server = "{{instance}}", "{{server}}"

func panels() []panel {
	return []panel{
		{"Requests a second", "reqps", nil, []query{{rate, "all"}, {`sum by (code) (rate(haproxy_frontend_http_responses_total{proxy="www"}[1m]))`, "{{code}}"}}},
		{"Server's errors", "percent", nil, []query{{errorShare, "5xx"}}},
		{"Response time at the balancer", "s", nil, []query{{`foobar_response_time_seconds{group="lb"}`, "{{quantile}}"}}},
		{"Servers that get requests", "bool_on_off", 1, []query{{inRotation, server}}},
		{"Response time of each server", "s", nil, []query{{`max by (server) (haproxy_server_response_time_average_seconds{proxy="web"})`, server}}},
		{"Requests a second of each server", "reqps", nil, []query{{`sum by (server) (rate(haproxy_server_http_responses_total{proxy="web"}[1m]))`, server}}},
		{"Replicas behind their primary", "s", nil, []query{{behind, host}}},
		{"Database queries a second", "short", nil, []query{{"sum by (instance) (rate(mysql_global_status_queries[1m]))", host}}},
		{"Database connections", "short", nil, []query{{"max by (instance) (mysql_global_status_threads_connected)", host}}},
		{"Processors", "percent", 100, []query{{`100 - 100 * avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))`, host}}},
		{"Memory", "percent", 100, []query{{memoryUsed, host}}},
		{"File systems", "percent", 100, []query{{diskUsed, host + " {{mountpoint}}"}}},
		{"Load", "short", nil, []query{{"max by (instance) (node_load1)", host}}},
		{"Network, received and sent", "Bps", nil, []query{{`sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[1m]))`, host + " in"},
			{`- sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo"}[1m]))`, host + " out"}}},
		{"Certificates are valid for", "s", nil, []query{{certificateLeft, host + " {{name}}"}}},
		{"Age of the newest backup", "s", nil, []query{{backupAge, "backup"}}},
		{"Failed units", "short", nil, []query{{failedUnits, host}}},
		{"Hosts that answer", "bool_on_off", 1, []query{{`max by (instance) (up{job="node"})`, host}}},
	}
}

// Grafana is a dashboard of the site, as Grafana imports it; it asks for the source of the
// data when it is imported. Alerts are marks on all pictures.
// Source: grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model.
func Grafana(inv *inventory.Inventory) ([]byte, error) {
	type object = map[string]any
	source := object{"type": "prometheus", "uid": "${source}"}
	var list []object
	for i, p := range panels() {
		var targets []object
		for n, a := range p.asks {
			targets = append(targets, object{"refId": string(rune('A' + n)), "datasource": source, "expr": a.expr, "legendFormat": a.legend})
		}
		scale := object{"unit": p.unit, "custom": object{"fillOpacity": 10, "showPoints": "never"}}
		if p.most != nil {
			scale["min"], scale["max"] = 0, p.most
		}
		list = append(list, object{"id": i + 1, "type": "timeseries", "title": p.title, "datasource": source, "targets": targets,
			"gridPos": object{"x": i % 2 * 12, "y": i / 2 * 8, "w": 12, "h": 8}, "fieldConfig": object{"defaults": scale, "overrides": []any{}}})
	}
	alerts := object{"name": "Alerts", "enable": true, "iconColor": "red", "datasource": source, "expr": `ALERTS{alertstate="firing"}`, "titleFormat": "{{alertname}}", "textFormat": "{{instance}}{{server}}", "step": "15s"}
	page, err := json.MarshalIndent(object{
		"title": inv.Site.Name, "uid": "foobar-" + inv.Site.Name, "tags": []string{"foobar"}, "schemaVersion": 39, "editable": true, "refresh": "30s", "timezone": "browser",
		"time":        object{"from": "now-6h", "to": "now"},
		"templating":  object{"list": []object{{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}}},
		"annotations": object{"list": []object{alerts}}, "panels": list}, "", "  ")
	return append(slices.Clip(page), '\n'), err
}
