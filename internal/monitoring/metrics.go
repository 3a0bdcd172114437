package monitoring

import (
	"fmt"
	"strings"
)

// Source is who measures, and on which hosts.
type Source struct {
	// Name is that of what measures: foobar's own script, or a receiver of the
	// OpenTelemetry collector, whose documentation has all that it sends.
	Name string
	// On says of which hosts.
	On string
	// Metrics are those that charts and alerts are made of.
	Metrics []Metric
}

// Metric is one name under which figures arrive.
type Metric struct {
	Name string
	// Unit is a UCUM code: "s", "By", "1" for a share or a plain number, "{request}".
	Unit string
	// Counter says that it counts since a time that is sent with it.
	Counter bool
	// Meaning is a phrase; words in backquotes are attributes, or labels.
	Meaning string
}

// Metrics are what arrives at a monitoring service, foobar's own figures first. Those have
// the same names, which are Prometheus', wherever they arrive; the others are called so by
// the OpenTelemetry collector.
func Metrics() []Source {
	return []Source{
		{"foobar", "the balancers and the web servers", []Metric{
			{"foobar_requests_total", "{request}", true, "requests that were answered, by `class` of the status: 1xx to 5xx, and other where the visitor left before one was sent"},
			{"foobar_requests_per_second", "{request}/s", false, "requests per second in the last minute; 0 without any"},
			{"foobar_request_errors_ratio", "1", false, "share of 5xx in the last minute, from 0 to 1; 0 without requests"},
			{"foobar_response_time_seconds", "s", false, "percentiles of the time from the first byte of the request to the last one of the answer in the last minute, to within 5 % or a millisecond, by `quantile`: 0.5, 0.95 and 0.99; absent without requests"},
			{"foobar_certificate_seconds_left", "s", false, "until the certificate ends that is shown on port 443, by `name`: the site's domain at the balancer, the host's internal name elsewhere; looked at every ten minutes"},
		}},
		{"foobar", "the balancers", []Metric{
			{"foobar_servers", "{server}", false, "web servers that HAProxy knows"},
			{"foobar_servers_up", "{server}", false, "those of them that get requests"},
		}},
		{"foobar", "the database hosts that have made a backup", []Metric{{"foobar_backup_age_seconds", "s", false, "since this host has made and checked one: the least of all hosts is the age of the site's newest, whichever made it"}}},
		{"foobar", "the database hosts that have made none", []Metric{{"foobar_backup_awaited_seconds", "s", false, "since this host is to make backups"}}},
		{"foobar", "every host", []Metric{
			{"foobar_event_timestamp_seconds", "s", false, "when each kind of `event` was last, in seconds since 1970, for marks in charts: the verb of a run of foobar that changed this host (deploy, rollback, db-switchover and so on; touched when it begins and when it has ended), `backup`, and `renewal` of the public certificate"},
			{"foobar_reboot_pending", "1", false, "1 when the system asks for a restart, as after a new kernel, else 0"},
			{"foobar_failed_units", "{unit}", false, "systemd units that have failed"},
			{"foobar_unit_cpu_cores", "{cpu}", false, "processors that each `unit` of the stack has used in the last minute, on average: 0.5 is half of one"},
			{"foobar_unit_memory_bytes", "By", false, "memory of its processes, and of files that they have read lately, where systemd counts it (control groups of version 2)"},
			{"foobar_unit_tasks", "{task}", false, "its processes and threads, where systemd counts them"},
			{"foobar_unit_restarts", "{restart}", false, "how often systemd has restarted it by itself, since somebody last started it"},
		}},
		{"foobar", "the hosts that run an app with app.metrics_path", []Metric{{"foobar_app_series", "{series}", false, "series of the app's own metrics that were taken; 0 where it gave no answer, or told too many. Prometheus asks the app itself"}}},
		{"hostmetrics", "every host", hostMetrics()},
		{"haproxy", "the balancers", haproxyMetrics()},
		{"nginx", "the web servers", []Metric{
			{"nginx.requests", "requests", true, "requests, health checks of the balancer with them"},
			{"nginx.connections_accepted", "connections", true, "accepted connections"},
			{"nginx.connections_handled", "connections", true, "connections that were not refused for want of room"},
			{"nginx.connections_current", "connections", false, "open connections by `state`: active, reading, writing, waiting"},
		}},
		{"mysql", "the database hosts", databaseMetrics()},
	}
}

func hostMetrics() []Metric {
	return []Metric{
		{"system.cpu.utilization", "1", false, "share of the time that each `cpu` spent in each `state`"},
		{"system.cpu.time", "s", true, "the same as time"},
		{"system.cpu.load_average.1m", "{thread}", false, "load, over one minute"},
		{"system.cpu.load_average.5m", "{thread}", false, "over five minutes"},
		{"system.cpu.load_average.15m", "{thread}", false, "over fifteen"},
		{"system.memory.utilization", "1", false, "share of memory by `state`"},
		{"system.memory.usage", "By", false, "the same in bytes"},
		{"system.paging.usage", "By", false, "swap by `state`"},
		{"system.filesystem.utilization", "1", false, "share of each file system in use"},
		{"system.filesystem.usage", "By", false, "bytes of each file system by `state`"},
		{"system.filesystem.inodes.usage", "{inodes}", false, "inodes of each file system by `state`"},
		{"system.disk.io", "By", true, "bytes read and written by `device`"},
		{"system.disk.operations", "{operations}", true, "reads and writes by `device`"},
		{"system.disk.operation_time", "s", true, "time that they took"},
		{"system.network.io", "By", true, "bytes by `device` and `direction`"},
		{"system.network.packets", "{packets}", true, "packets by the same"},
		{"system.network.dropped", "{packets}", true, "packets dropped"},
		{"system.network.errors", "{errors}", true, "errors"},
		{"system.network.connections", "{connections}", false, "connections by `protocol` and `state`"},
	}
}

func haproxyMetrics() []Metric {
	return []Metric{
		{"haproxy.sessions.count", "{sessions}", false, "open sessions, of HAProxy's frontends, backends and servers, as all that follows"},
		{"haproxy.sessions.rate", "{sessions}", false, "new sessions in the last second"},
		{"haproxy.sessions.average", "ms", false, "time of a session, over the last 1024 requests"},
		{"haproxy.connections.rate", "{connections}", false, "new connections in the last second"},
		{"haproxy.connections.errors", "{errors}", true, "connections to a server that failed"},
		{"haproxy.connections.retries", "{retries}", true, "connections to a server that were tried again"},
		{"haproxy.requests.total", "{requests}", true, "requests by `status_code`: 1xx to 5xx, other"},
		{"haproxy.requests.rate", "{requests}", false, "requests in the last second"},
		{"haproxy.requests.queued", "{requests}", false, "requests that wait for a server"},
		{"haproxy.requests.denied", "{requests}", true, "requests refused by a rule, such as the limit per address"},
		{"haproxy.requests.errors", "{errors}", true, "requests that were not HTTP, or not whole"},
		{"haproxy.requests.redispatched", "{requests}", true, "requests sent to another server after the first failed"},
		{"haproxy.responses.errors", "{errors}", true, "answers that were not whole"},
		{"haproxy.server_selected.total", "{selections}", true, "how often a server was chosen"},
		{"haproxy.bytes.input", "by", true, "bytes received"},
		{"haproxy.bytes.output", "by", true, "bytes sent"},
	}
}

func databaseMetrics() []Metric {
	return []Metric{
		{"mysql.query.count", "1", true, "statements that the server has run"},
		{"mysql.query.slow.count", "1", true, "those that took longer than long_query_time"},
		{"mysql.threads", "1", false, "sessions by `kind`: connected, running, cached, created"},
		{"mysql.connection.errors", "1", true, "sessions that could not begin or were cut, by `error`"},
		{"mysql.buffer_pool.usage", "By", false, "InnoDB's buffer pool in use, by `status`: clean, dirty"},
		{"mysql.buffer_pool.limit", "By", false, "its size"},
		{"mysql.buffer_pool.operations", "1", true, "reads and writes of it by `operation`; of `reads` each went to the disk"},
		{"mysql.row_locks", "1", true, "waits for row locks, and their time in milliseconds, by `kind`"},
		{"mysql.tmp_resources", "1", true, "temporary tables and files, on the disk and not, by `resource`"},
		{"mysql.uptime", "s", true, "since the server started"},
		{"mysql.replica.time_behind_source", "s", false, "on replicas: how far behind the primary"},
		{"mysql.replica.running", "1", false, "on replicas of MariaDB: 1 when both threads of replication run"},
	}
}

// Document is the list as docs/metrics.md has it.
func Document() string {
	var b strings.Builder
	b.WriteString("| Name | Unit | What it says | Measured by | On |\n|---|---|---|---|---|\n")
	for _, s := range Metrics() {
		for _, m := range s.Metrics {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", m.Name, m.Unit, m.Meaning, s.Name, s.On)
		}
	}
	return b.String()
}
