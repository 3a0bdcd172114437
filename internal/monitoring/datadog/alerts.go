package datadog

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"foobar/internal/monitoring/alert"
	"foobar/internal/monitoring/datadog/objects"
	"foobar/internal/secret"
	"foobar/inventory"
)

// Objects are what a site has in its organization: monitors for the alerts of the inventory,
// the webhooks that notify, and a dashboard. The secrets are those of
// inventory.NotifySources.
func Objects(inv *inventory.Inventory, secrets map[string]secret.String) objects.Wanted {
	want := objects.Wanted{Site: inv.Site.Name, Quiet: Quiet(inv)}
	if !here(inv) {
		return want
	}
	want.Webhooks = webhooks(inv, secrets)
	for _, a := range inv.Alerts() {
		want.Monitors = append(want.Monitors, monitors(inv, a)...)
	}
	want.Dashboards = []objects.Dashboard{dashboard(inv)}
	return want
}

// Quiet reports whether Datadog tells nobody of alerts.
func Quiet(inv *inventory.Inventory) bool { return !here(inv) || len(inv.Monitoring.Notify) == 0 }

// here reports whether alerts are raised at Datadog.
func here(inv *inventory.Inventory) bool {
	return inv.Monitoring.Enabled && inv.Monitoring.Provider == inventory.Datadog
}

// condition is what raises an alert: a query that is compared with a limit in each of the
// minutes of For, or data that is missing.
type condition struct {
	what  string // of several that an alert has
	query string
	limit float64
	below bool
	// silent raises it where data is missing, too.
	silent bool
	// least is how many minutes are looked at at least: in fewer, data that come may miss.
	least int
	// delay is how many seconds the minutes are past, so that their figures are there.
	delay int
}

// monitors are an alert as Datadog raises it.
func monitors(inv *inventory.Inventory, a alert.Alert) (list []objects.Monitor) {
	for _, c := range conditions(inv, a) {
		// The least value of all must be above the limit, or the largest below it.
		least, than := "min", ">"
		if c.below {
			least, than = "max", "<"
		}
		minutes := max(1, c.least, int(a.For.Round(time.Minute).Minutes()))
		m := objects.Monitor{
			Name:  objects.MonitorName(inv.Site.Name, a.Name, c.what),
			Query: fmt.Sprintf("%s(last_%dm):%s %s %s", least, minutes, c.query, than, number(c.limit)), Message: message(inv, a),
			Tags: []string{objects.Tag(inv.Site.Name), "severity:" + string(a.Severity)}, Priority: map[alert.Severity]int{alert.Critical: 1}[a.Severity],
			Options: objects.Options{Thresholds: objects.Thresholds{Critical: c.limit}, Tags: true, Missing: objects.ShowNoData, Delay: c.delay},
		}
		if m.Priority == 0 {
			m.Priority = 3
		}
		if c.silent {
			m.Options.Missing = objects.NotifyNoData
		}
		list = append(list, m)
	}
	return list
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// conditions finds them. Names of metrics are those of docs/metrics.md, hostmetrics behind
// "otel.".
func conditions(inv *inventory.Inventory, a alert.Alert) []condition {
	in := scope(inv, a.Role)
	one := func(form string) []condition {
		return []condition{{query: strings.ReplaceAll(form, "{}", in), limit: a.Limit, below: a.Below}}
	}
	requests := func(form string) []condition {
		list := one(form)
		list[0].delay = 60
		return list
	}
	switch a.Name {
	case "requests_spike", "requests_drop":
		return requests(share(a))
	case "error_rate":
		return requests(fmt.Sprintf("clamp_min(100 * max:foobar_request_errors_ratio{}%s * %s, 0)", byMinute, moreThan(now, alert.FewNow)))
	case "latency":
		slow := "max:foobar_response_time_seconds" + strings.Replace(in, "}", " AND quantile:0.95}", 1) + byMinute
		return requests(fmt.Sprintf("clamp_min(%s * %s, 0)", slow, moreThan(now, 0)))
	case "server_out":
		return one("max:foobar_servers{} by {host} - min:foobar_servers_up{} by {host}")
	case "host_silent":
		return []condition{{query: "max:otel.system.cpu.load_average.1m" + in + " by {host}", limit: -1, below: true, silent: true, least: 2}}
	case "service_down":
		return services(inv)
	case "failed_unit":
		// The script that counts them, and all of foobar's own figures, may be the unit.
		list := one("max:foobar_failed_units{} by {host}")
		list[0].silent, list[0].least = true, 5
		return list
	case "disk":
		return one("100 * max:otel.system.filesystem.utilization{} by {host,mountpoint}")
	case "memory":
		return one("100 * max:otel.system.memory.utilization" + strings.Replace(in, "}", " AND state:used}", 1) + " by {host}")
	case "replication_lag":
		return one("max:mysql.replica.time_behind_source{} by {host}")
	case "replication_stopped":
		// A replica that has stopped says nothing. Those that follow do not speak in the same
		// second, but in the same minute.
		return []condition{{query: "count_not_null(max:mysql.replica.time_behind_source" + in + " by {host}.rollup(max, 60))", limit: float64(len(inv.Group(inventory.DB)) - 1), below: true, silent: true, least: 2}}
	case "certificate_expiry":
		return one("min:foobar_certificate_seconds_left{} by {host,name}")
	case "backup_age":
		return one("min:foobar_backup_age_seconds{}")
	}
	return nil
}

// services are a monitor for each service that each host of a role has: what was never there
// is not missed.
func services(inv *inventory.Inventory) (list []condition) {
	for _, s := range []struct{ role, what, metric string }{{inventory.LB, "haproxy", "haproxy.sessions.count"}, {inventory.Web, "nginx", "nginx.connections_current"}, {inventory.DB, "database", "mysql.threads"}} {
		if len(inv.Group(s.role)) > 0 {
			list = append(list, condition{what: s.what, query: "max:" + s.metric + scope(inv, s.role) + " by {host}", limit: -1, below: true, silent: true, least: 2})
		}
	}
	return list
}

// byMinute is for foobar's own figures, of which there is one a minute, where they are
// reckoned with: Datadog looks at parts of a minute, and in those without a figure they would
// be the limit of clamp_min, which raises nothing. The newest figure may not be there yet.
// Sources: docs.datadoghq.com/monitors/guide/monitor-arithmetic-and-sparse-metrics,
// docs.datadoghq.com/dashboards/functions/rollup (Rollups in monitors).
const byMinute = ".rollup(avg, 60).fill(last, 180)"

// now is the requests a second.
const now = "sum:foobar_requests_per_second{}" + byMinute

// share is the requests a second as a share of those in the hours before: of the average of
// some moments of that time. Where one of them has no figure, or requests are few, it is one
// that raises nothing. Without a figure a minute would not count: one busy minute among such
// would be all of them.
// Sources: docs.datadoghq.com/monitors/guide/monitor-arithmetic-and-sparse-metrics,
// docs.datadoghq.com/dashboards/functions/exclusion (clamp_min and clamp_max have their limit
// in place of what is missing).
func share(a alert.Alert) string {
	const moments = 6
	var before []string
	for i := range moments {
		back := a.For + a.Before*time.Duration(i+1)/moments
		before = append(before, fmt.Sprintf("timeshift(%s, -%d)", now, int(back.Seconds())))
	}
	average := fmt.Sprintf("(%s) / %d", strings.Join(before, " + "), moments)
	if a.Below {
		return fmt.Sprintf("100 * default_zero(%s) / clamp_min(%s, %d) + 100 * (1 - %s)", now, average, alert.FewBefore, moreThan(average, alert.FewBefore))
	}
	return fmt.Sprintf("clamp_min(100 * %s / (%s) * %s, 0)", now, average, moreThan(now, alert.FewInSpike))
}

// moreThan is 1 while a query is above a limit, and 0 while it is not or has no figure.
func moreThan(query string, limit float64) string {
	return fmt.Sprintf("clamp_max(clamp_min((%s - %s) * 1000000, 0), 1)", query, number(limit))
}

// scope chooses the site's hosts with a role, "" for all, by name: one that has left is not
// missed. Tags are in small letters.
func scope(inv *inventory.Inventory, role string) string {
	var names []string
	for _, h := range inv.Hosts {
		if role == "" || h.Has(role) {
			names = append(names, strings.ToLower(h.Name))
		}
	}
	return "{" + objects.Tag(inv.Site.Name) + " AND host IN (" + strings.Join(names, ",") + ")}"
}
