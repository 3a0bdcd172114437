package sumologic

import (
	"encoding/json"
	"fmt"

	"foobar/internal/monitoring/sumologic/objects"
	"foobar/inventory"
)

// chart is a panel of the dashboard: lines over the time.
type chart struct {
	title, unit string
	logs        bool
	queries     []string
}

// dashboard is the site at a glance.
func dashboard(inv *inventory.Inventory) objects.Dashboard {
	d := objects.Dashboard{
		Title: objects.Top + " " + inv.Site.Name, Description: objects.Described(inv.Site.Name, "The site "+inv.Site.Domain+" at a glance."),
		Refresh: 120, Theme: "Light", Range: objects.Since("-3h"), Layout: objects.Layout{Type: "Grid"},
	}
	for i, c := range charts(inv) {
		p := objects.Panel{Key: fmt.Sprintf("panel-%02d", i+1), Title: c.title, Type: "SumoSearchPanel", Settings: settings(c), Keep: true}
		for n, query := range c.queries {
			q := objects.PanelQuery{Query: query, Type: "Metrics", Key: string(rune('A' + n)), Mode: "Advanced"}
			if c.logs {
				q.Type, q.Mode, q.Parse = "Logs", "", "Manual"
			}
			p.Queries = append(p.Queries, q)
		}
		d.Panels = append(d.Panels, p)
		d.Layout.Places = append(d.Layout.Places, objects.Place{Key: p.Key, Where: place(i)})
	}
	return d
}

// charts are what the dashboard shows: the site first, then its hosts.
func charts(inv *inventory.Inventory) []chart {
	r := rule{inv: inv}
	balancer := "_sourceCategory=" + quoted(inv.Site.Name+"/lb/haproxy") + " | json auto | timeslice 1m "
	// A run has a line where it changed something, on each host, and a renewal has one.
	marks := "_sourceCategory=" + quoted(inv.Site.Name+"/*/audit") + ` foobar verb | json "SYSLOG_IDENTIFIER", "MESSAGE" as who, said | where who = "foobar" | json field=said "verb" as verb | timeslice 1m ` +
		`| count_distinct(_sourceHost) as hosts by _timeslice, verb | transpose row _timeslice column verb`
	all, dbs := r.hosts(), rule{inv: inv}
	dbs.alert.Role = inventory.DB
	return []chart{
		{"Requests a second", "", true, []string{balancer + `| count by _timeslice | _count / 60 as requests | fields _timeslice, requests`}},
		{"Answers with an error (5xx)", "%", true, []string{balancer + `| if(num(status) >= 500, 1, 0) as is_error | sum(is_error) as errors, count as requests by _timeslice | 100 * errors / requests as percent | fields _timeslice, percent`}},
		{"Response time", "ms", true, []string{balancer + `| num(t_active) as ms | pct(ms, 50) as p50, pct(ms, 95) as p95, pct(ms, 99) as p99 by _timeslice`}},
		{"Requests of each server", "", true, []string{balancer + `| count by _timeslice, srv | transpose row _timeslice column srv`}},
		{"Answers by status", "", true, []string{balancer + `| concat(substring(status, 0, 1), "xx") as class | count by _timeslice, class | transpose row _timeslice column class`}},
		{"Deploys, switchovers, renewals: hosts that they changed", "", true, []string{marks}},
		{"Servers in service", "", false, []string{"metric=foobar_servers_up" + all + " | min", "metric=foobar_servers" + all + " | max"}},
		{"Load", "", false, []string{"metric=system.cpu.load_average.1m" + all + " | max by _sourceHost"}},
		{"Memory in use", "%", false, []string{"metric=system.memory.utilization state=used" + all + " | eval 100 * _value | max by _sourceHost"}},
		{"Processors that services use", "", false, []string{"metric=foobar_unit_cpu_cores" + all + " | max by unit"}},
		{"Memory of services", "MiB", false, []string{"metric=foobar_unit_memory_bytes" + all + " | eval _value / 1048576 | max by unit"}},
		{"Fullest file system", "%", false, []string{"metric=system.filesystem.utilization" + all + " | eval 100 * _value | max by _sourceHost"}},
		{"Replicas behind the primary", "s", false, []string{"metric=mysql.replica.time_behind_source" + dbs.hosts() + " | max by _sourceHost"}},
		{"Certificates: days left", "", false, []string{"metric=foobar_certificate_seconds_left" + all + " | eval _value / 86400 | min by name"}},
		{"Newest backup: hours ago", "", false, []string{"metric=foobar_backup_age_seconds" + dbs.hosts() + " | eval _value / 3600 | min"}},
		{"Units that have failed", "", false, []string{"metric=foobar_failed_units" + all + " | max by _sourceHost"}},
		{"Hosts that ask for a restart", "", false, []string{"metric=foobar_reboot_pending" + all + " | max by _sourceHost"}},
	}
}

// place puts two panels in a row of 24 columns.
func place(i int) string {
	const height, width = 8, 12
	return fmt.Sprintf(`{"height":%d,"width":%d,"x":%d,"y":%d}`, height, width, i%2*width, i/2*height)
}

// settings has a chart drawn as lines.
func settings(c chart) string {
	type object = map[string]any
	raw, err := json.Marshal(object{"general": object{"mode": "timeSeries", "type": "line", "displayType": "default", "lineThickness": 1, "markerSize": 0},
		"title": object{"fontSize": 14}, "axes": object{"axisY": object{"title": c.unit}}, "legend": object{"enabled": true, "verticalAlign": "bottom", "fontSize": 12}})
	if err != nil { // what is made here has a JSON form
		panic(err)
	}
	return string(raw)
}
