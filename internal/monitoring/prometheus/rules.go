package prometheus

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"foobar/internal/monitoring/alert"
)

// Rates are over this time. Rules are judged as often as hosts are asked.
const (
	rateOver = time.Minute
	asked    = 15 * time.Second
)

// rate is the name of the recorded rate of the site's requests.
const rate = "site:requests:rate1m"

// What the balancer counts of the site's requests, of those with an error, and of its
// servers, as its configuration names them. Prometheus gives the jobs their names: a web
// server cannot say this in the place of the balancer.
const (
	frontend = `haproxy_frontend_http_requests_total{job="haproxy",proxy="www"}`
	errors5  = `haproxy_frontend_http_responses_total{job="haproxy",proxy="www",code="5xx"}`
	servers  = `haproxy_server_status{job="haproxy",proxy="web",state="UP"}`
)

// What alerts judge and the pictures show.
const (
	errorShare      = "100 * sum(rate(" + errors5 + "[5m])) / sum(rate(" + frontend + "[5m]))"
	times           = `foobar_response_time_seconds{group="lb"}`
	slow            = `max by (instance, group) (foobar_response_time_seconds{quantile="0.95",group="lb"})`
	serverTime      = `max by (server) (haproxy_server_response_time_average_seconds{job="haproxy",proxy="web"})`
	serverRate      = `sum by (server) (rate(haproxy_server_http_responses_total{job="haproxy",proxy="web"}[1m]))`
	answers         = `max by (instance) (up{job="node"})`
	cpuUsed         = `100 - 100 * avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))`
	inRotation      = "max by (server) (" + servers + ")"
	failedUnits     = perHost + "(foobar_failed_units)"
	memoryUsed      = perHost + "(100 - 100 * node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"
	behind          = perHost + `({__name__=~"mysql_slave_status_seconds_behind_(master|source)"})`
	certificateLeft = "min by (instance, group, name) (foobar_certificate_seconds_left)"
	backupAge       = `min(foobar_backup_age_seconds and on (instance) up{job="mysql"})`                                                                        // of the newest one, on whichever host of the database
	backupAwaited   = `max(foobar_backup_awaited_seconds and on (instance) up{job="mysql"}) unless on () count(count_over_time(foobar_backup_age_seconds[7d]))` // where no host has made one
	silentFigures   = perHost + `(time() - node_textfile_mtime_seconds{file=~"(.*/)?foobar.prom"})`

	perHost  = "max by (instance, group) "
	taken    = `(node_filesystem_size_bytes{fstype!~"tmpfs|ramfs|devtmpfs|overlay|squashfs|nsfs|iso9660"} - node_filesystem_free_bytes)`
	diskUsed = "max by (instance, group, mountpoint) (100 * " + taken + " / (" + taken + " + node_filesystem_avail_bytes) and node_filesystem_readonly == 0)"
)

// rule is an alert as Prometheus takes it; every text is YAML already.
type rule struct{ Name, Expr, For, Severity, Summary, Do string }

func rulesOf(alerts []alert.Alert) (list []rule) {
	for _, a := range alerts {
		list = append(list, rule{a.Name, strconv.Quote(expression(a)), span(a.For), string(a.Severity), strconv.Quote(summary(a)), strconv.Quote(a.Do)})
	}
	return list
}

// expression is what has a value while an alert is to be raised, one for each thing it is
// about. What no host measures has none.
func expression(a alert.Alert) string {
	over := " > "
	if a.Below {
		over = " < "
	}
	limit := over + a.Number()
	switch a.Name {
	case "requests_spike":
		return fmt.Sprintf("100 * %s / %s%s and %s > %d and %s", rate, before(a), limit, rate, alert.FewInSpike, enoughBefore(a))
	case "requests_drop":
		// No value at all is none: the balancer is gone.
		return fmt.Sprintf("100 * (%s or vector(0)) / %s%s and %s > %d and %s", rate, before(a), limit, before(a), alert.FewBefore, enoughBefore(a))
	case "error_rate":
		return fmt.Sprintf("%s%s and sum(rate(%s[5m])) > %v", errorShare, limit, frontend, alert.FewNow)
	case "latency":
		return slow + limit
	case "server_out":
		return inRotation + " == 0"
	case "host_silent":
		return perHost + `(up{job="node"}) == 0`
	case "service_down":
		// An exporter answers where what it asks does not. That an app has no metrics keeps
		// nobody from working.
		return `min by (instance, group, job) ({__name__=~"up|mysql_up|nginx_up",group!="",job!="app"}) == 0 unless on (instance) up{job="node"} == 0`
	case "failed_unit":
		// The script that counts them may be the unit: its last figures then stay.
		return failedUnits + " > 0 or " + silentFigures + " > 600"
	case "disk":
		return diskUsed + limit
	case "memory":
		return memoryUsed + limit
	case "replication_lag":
		return behind + limit
	case "replication_stopped":
		const threads = `{__name__=~"mysql_slave_status_(slave|replica)_(io|sql)_running"}`
		// A database that takes no writes and follows nobody is a replica, too.
		return "min by (instance, group) (" + threads + ") == 0 or " + perHost + "(mysql_global_variables_read_only == 1 unless on (instance) " + threads + ")"
	case "certificate_expiry":
		return certificateLeft + limit
	case "backup_age":
		return "(" + backupAge + " or " + backupAwaited + ")" + limit
	}
	return ""
}

// before is the average of the time before, without what may be the change itself.
func before(a alert.Alert) string { return "avg_over_time(" + earlier(a) + ")" }

// enoughBefore has a value where at least half of that time was measured.
func enoughBefore(a alert.Alert) string {
	return fmt.Sprintf("count_over_time(%s) >= %d", earlier(a), a.Before/asked/2)
}

func earlier(a alert.Alert) string {
	return fmt.Sprintf("%s[%s] offset %s", rate, span(a.Before), span(a.For+rateOver))
}

// span is a duration as Prometheus writes it.
func span(d time.Duration) string {
	if d = d.Round(time.Second); d%time.Minute == 0 {
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// summary says what is wrong, with which thing, and how much.
func summary(a alert.Alert) string {
	text := a.Summary
	var more []string
	switch a.Name {
	case "service_down":
		more = append(more, "{{ $labels.job }}")
	case "disk":
		more = append(more, "{{ $labels.mountpoint }}")
	case "certificate_expiry":
		more = append(more, "{{ $labels.name }}")
	}
	switch a.Unit {
	case alert.Percent:
		more = append(more, `{{ printf "%.1f" $value }}%`)
	case alert.Seconds:
		more = append(more, "{{ humanizeDuration $value }}")
	}
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	switch a.Scope {
	case alert.Host:
		return "{{ $labels.instance }}: " + text
	case alert.Server:
		return "{{ $labels.server }}: " + text
	}
	return text
}
