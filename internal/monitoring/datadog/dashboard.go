package datadog

import (
	"strings"

	"foobar/internal/monitoring/datadog/objects"
	"foobar/inventory"
)

// chart is lines over the time, one for each formula, in which the queries are a, b and so on.
type chart struct {
	title    string
	queries  []string
	formulas []string
}

// dashboard is the site at a glance.
func dashboard(inv *inventory.Inventory) objects.Dashboard {
	d := objects.Dashboard{Title: "foobar " + inv.Site.Name, Layout: "ordered",
		Description: objects.Described(inv.Site.Name, "The site "+inv.Site.Domain+" at a glance.")}
	for _, c := range charts(inv) {
		r := objects.Request{Format: "timeseries", Display: "line"}
		for i, q := range c.queries {
			r.Queries = append(r.Queries, objects.Query{Source: "metrics", Name: string(rune('a' + i)), Query: q})
		}
		for _, f := range c.formulas {
			r.Formulas = append(r.Formulas, objects.Formula{Formula: f})
		}
		d.Widgets = append(d.Widgets, objects.Widget{Definition: objects.Chart{Type: "timeseries", Title: c.title, Requests: []objects.Request{r}}})
	}
	return d
}

// charts are what the dashboard shows: the site first, then its hosts.
func charts(inv *inventory.Inventory) []chart {
	all, lb, dbs := scope(inv, ""), scope(inv, inventory.LB), scope(inv, inventory.DB)
	and := func(scope, tag string) string { return strings.Replace(scope, "}", " AND "+tag+"}", 1) }
	single := func(title, query, formula string) chart { return chart{title, []string{query}, []string{formula}} }
	list := []chart{
		single("Requests a second", "sum:foobar_requests_per_second"+lb, "a"),
		single("Answers with an error (5xx), %", "max:foobar_request_errors_ratio"+lb, "100 * a"),
		single("Response time, ms", "max:foobar_response_time_seconds"+lb+" by {quantile}", "1000 * a"),
		single("Answers by status", "sum:foobar_requests_total"+lb+" by {class}.as_count()", "a"),
		{"Servers in service", []string{"min:foobar_servers_up" + lb, "max:foobar_servers" + lb}, []string{"a", "b"}},
		single("Load", "max:otel.system.cpu.load_average.1m"+all+" by {host}", "a"),
		single("Memory in use, %", "max:otel.system.memory.utilization"+and(all, "state:used")+" by {host}", "100 * a"),
		single("Processors that services use", "max:foobar_unit_cpu_cores"+all+" by {unit}", "a"),
		single("Memory of services, MiB", "max:foobar_unit_memory_bytes"+all+" by {unit}", "a / 1048576"),
		single("Fullest file system, %", "max:otel.system.filesystem.utilization"+all+" by {host}", "100 * a"),
		single("Certificates: days left", "min:foobar_certificate_seconds_left"+all+" by {name}", "a / 86400"),
		single("Units that have failed", "max:foobar_failed_units"+all+" by {host}", "a"),
		single("Hosts that ask for a restart", "max:foobar_reboot_pending"+all+" by {host}", "a"),
		single("When foobar last changed a host, seconds since 1970, to about two minutes", "max:foobar_event_timestamp_seconds"+all+" by {event}", "a"),
	}
	if len(inv.Group(inventory.DB)) > 0 {
		list = append(list, single("Replicas behind the primary, s", "max:mysql.replica.time_behind_source"+dbs+" by {host}", "a"),
			single("Newest backup: hours ago", "min:foobar_backup_age_seconds"+dbs, "a / 3600"))
	}
	return list
}
