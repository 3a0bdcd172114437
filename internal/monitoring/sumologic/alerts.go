package sumologic

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/monitoring/alert"
	"foobar/internal/monitoring/sumologic/objects"
	"foobar/internal/secret"
	"foobar/inventory"
)

// Objects are what a site has in its account: a monitor for each alert of the inventory, the
// connections that notify, and a dashboard. The secrets are those of inventory.NotifySources.
func Objects(inv *inventory.Inventory, secrets map[string]secret.String) objects.Wanted {
	want := objects.Wanted{Site: inv.Site.Name, Quiet: Quiet(inv)}
	if !here(inv) {
		return want
	}
	for i, n := range inv.Monitoring.Notify {
		for _, severity := range told(n) {
			if c := connection(inv, i, n, severity, secrets); c != nil {
				want.Connections = append(want.Connections, *c)
			}
		}
	}
	for _, a := range inv.Alerts() {
		want.Monitors = append(want.Monitors, monitor(inv, a))
	}
	want.Dashboards = []objects.Dashboard{dashboard(inv)}
	return want
}

// Quiet reports whether Sumo Logic tells nobody of alerts.
func Quiet(inv *inventory.Inventory) bool { return !here(inv) || len(inv.Monitoring.Notify) == 0 }

// here reports whether alerts are raised at Sumo Logic.
func here(inv *inventory.Inventory) bool {
	return inv.Monitoring.Enabled && inv.Monitoring.Provider == inventory.SumoLogic
}

// monitor is an alert as Sumo Logic raises it.
func monitor(inv *inventory.Inventory, a alert.Alert) objects.Monitor {
	r := rule{inv: inv, alert: a}
	r.write()
	m := objects.Monitor{
		Name: a.Name, AlertName: a.Summary, Description: objects.Described(inv.Site.Name, a.Summary+". "+a.Do),
		Type: r.kind, Triggers: r.triggers, Grouped: true,
	}
	for i, query := range r.queries {
		m.Queries = append(m.Queries, objects.Query{Row: string(rune('A' + i)), Query: query})
	}
	var types []string
	for _, t := range m.Triggers {
		types = append(types, t.Type)
	}
	for i, n := range inv.Monitoring.Notify {
		if n.Severity == alert.Warning || a.Severity == alert.Critical {
			m.Notifications = append(m.Notifications, objects.Notification{To: recipient(inv, i, n, a.Severity), For: types})
		}
	}
	return m
}

// rule is the queries of an alert and what is made of the result of the last one.
type rule struct {
	inv      *inventory.Inventory
	alert    alert.Alert
	kind     string // Logs or Metrics
	queries  []string
	triggers []objects.Trigger
}

// write finds the queries. The names of metrics are those of the OpenTelemetry collector's
// receivers, and of foobar's own in docs/metrics.md.
func (r *rule) write() {
	switch a := r.alert; a.Name {
	case "requests_spike", "requests_drop":
		r.requests()
	case "error_rate":
		within := r.span(a.For)
		all, _ := time.ParseDuration(strings.TrimPrefix(within, "-"))
		r.logs("percent", within, fmt.Sprintf(`| if(num(status) >= 500, 1, 0) as is_error | sum(is_error) as errors, count as requests | if(requests < %d, 0, 100 * errors / requests) as percent`,
			int(alert.FewNow*all.Seconds())))
	case "latency":
		r.logs("seconds", r.span(a.For), `| num(t_active) as ms | pct(ms, 95) as p95 | p95 / 1000 as seconds`)
	case "server_out":
		r.metrics(0, "metric=foobar_servers"+r.hosts()+" | max by _sourceHost", "metric=foobar_servers_up"+r.hosts()+" | min by _sourceHost", "#A - #B along _sourceHost")
	case "host_silent":
		r.missing("metric=system.cpu.load_average.1m" + r.hosts() + " | sum by _sourceHost")
	case "service_down":
		r.missing("(metric=haproxy.sessions.count or metric=nginx.requests or metric=mysql.uptime)" + r.hosts() + " | max by _sourceHost, metric")
	case "failed_unit":
		r.metrics(0, "metric=foobar_failed_units"+r.hosts()+" | max by _sourceHost")
		// The script that counts them, and all of foobar's own figures, may be the unit.
		r.alert.For = max(r.alert.For, 10*time.Minute)
		r.silent("AnyTimeSeries")
	case "disk":
		r.metrics(a.Limit, "metric=system.filesystem.utilization"+r.hosts()+" | eval 100 * _value | max by _sourceHost, mountpoint")
	case "memory":
		r.metrics(a.Limit, "metric=system.memory.utilization state=used"+r.hosts()+" | eval 100 * _value | max by _sourceHost")
	case "replication_lag":
		r.metrics(a.Limit, "metric=mysql.replica.time_behind_source"+r.hosts()+" | max by _sourceHost")
	case "replication_stopped":
		r.replicasStopped()
	case "certificate_expiry":
		r.metrics(a.Limit, "metric=foobar_certificate_seconds_left"+r.hosts()+" | min by _sourceHost, name")
	case "backup_age":
		// A host that has made none says since when it is to.
		r.metrics(a.Limit, "(metric=foobar_backup_age_seconds or metric=foobar_backup_awaited_seconds)"+r.hosts()+" | min")
	}
}

// logs asks the balancer's access log.
func (r *rule) logs(field, within, query string) {
	r.kind, r.queries = "Logs", []string{"_sourceCategory=" + quoted(r.inv.Site.Name+"/lb/haproxy") + " | json auto " + query}
	r.compare(objects.Trigger{Method: "LogsStaticCondition", Range: within, Field: field}, r.alert.Limit)
}

// metrics raises the alert while the limit is crossed all the time.
func (r *rule) metrics(limit float64, queries ...string) {
	r.kind, r.queries = "Metrics", queries
	r.compare(objects.Trigger{Method: "MetricsStaticCondition", Range: r.span(r.alert.For), Occurs: "Always"}, limit)
}

// missing raises it where any of the time series that were there gets no data.
func (r *rule) missing(query string) {
	r.kind, r.queries = "Metrics", []string{query}
	r.silent("AnyTimeSeries")
}

// silent raises it where time series get no data: AnyTimeSeries or AllTimeSeries.
func (r *rule) silent(which string) {
	for _, kind := range []string{"MissingData", "ResolvedMissingData"} {
		r.triggers = append(r.triggers, objects.Trigger{Method: "MetricsMissingDataCondition", Type: kind, Range: r.span(r.alert.For), Source: which})
	}
}

// compare raises it above a limit, or below, and ends it on the other side.
func (r *rule) compare(t objects.Trigger, limit float64) {
	t.Threshold, t.Type, t.Compare = limit, "Warning", "GreaterThan"
	ends := "LessThanOrEqual"
	if r.alert.Severity == alert.Critical {
		t.Type = "Critical"
	}
	if r.alert.Below {
		t.Compare, ends = "LessThan", "GreaterThanOrEqual"
	}
	over := t
	over.Type, over.Compare, over.Resolve = "Resolved"+t.Type, ends, r.span(r.alert.For)
	r.triggers = append(r.triggers, t, over)
}

// spans are the times that a condition of Sumo Logic may look back for.
func spans() []time.Duration {
	const m, h = time.Minute, time.Hour
	return []time.Duration{5 * m, 10 * m, 15 * m, 30 * m, h, 3 * h, 6 * h, 12 * h, 24 * h}
}

// span is the shortest of them that is not below a time, or the longest.
func (*rule) span(d time.Duration) string {
	all := spans()
	i := slices.IndexFunc(all, func(s time.Duration) bool { return s >= d })
	if i < 0 {
		i = len(all) - 1
	}
	if h := int(all[i].Hours()); h > 0 {
		return fmt.Sprintf("-%dh", h)
	}
	return fmt.Sprintf("-%dm", int(all[i].Minutes()))
}

// hosts chooses the metrics of the site's hosts by name: one that has left is not missed.
func (r *rule) hosts() string {
	var names []string
	for _, h := range r.inv.Hosts {
		if r.alert.Role == "" || h.Has(r.alert.Role) {
			names = append(names, "_sourceHost="+quoted(h.Name))
		}
	}
	return " _sourceCategory=" + quoted(r.inv.Site.Name+"/*/metrics") + " (" + strings.Join(names, " or ") + ")"
}

// requests compares the last requests with those before them, as a share in percent. It is
// 100 where there are too few to tell, or where the log does not reach back half of the time.
func (r *rule) requests() {
	within := r.span(max(r.alert.Before, 2*r.alert.For))
	all, _ := time.ParseDuration(strings.TrimPrefix(within, "-"))
	now := min(max(r.alert.For, time.Minute), all/2)
	few := fmt.Sprintf("rate_before < %d", alert.FewBefore)
	if !r.alert.Below {
		few = fmt.Sprintf("rate < %d", alert.FewInSpike)
	}
	r.logs("percent", within, fmt.Sprintf(`| if(_messageTime >= queryEndTime() - %d, 1, 0) as is_new | sum(is_new) as new_ones, count as all_of_them, min(_messageTime) as oldest `+
		`| new_ones / %d as rate | (all_of_them - new_ones + 1) / %d as rate_before | if(%s or queryEndTime() - oldest < %d, 100, 100 * rate / rate_before) as percent`,
		now.Milliseconds(), int(now.Seconds()), int((all-now).Seconds()), few, (all/2).Milliseconds()))
}

// replicasStopped counts the replicas that say how far behind they are: one that has
// stopped says nothing.
func (r *rule) replicasStopped() {
	r.alert.Below = true
	r.metrics(float64(len(r.inv.Group(inventory.DB))-1), "metric=mysql.replica.time_behind_source"+r.hosts()+" | count")
	r.silent("AllTimeSeries")
}

// quoted is a text in a query of Sumo Logic.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
