package otelcol

import (
	"time"

	"foobar/internal/ask"
	"foobar/internal/play"
	"foobar/internal/sh"
)

// queue is where the collector keeps metrics until the service has taken them; it is
// written when some come and when some went.
func (c Collector) queue() string {
	return "/var/lib/otelcol-sumo/storage/exporter_" + c.Exporter + "__metrics"
}

// arrivals asks the collector about its own host. Its counters tell of what was ever dropped,
// and its journal of what was of late, which is read where there was any at all.
func (c Collector) arrivals(host string) play.Arrivals {
	const metrics = "process_uptime|receiver_accepted_metric_points|exporter_sent_metric_points|exporter_send_failed_metric_points|exporter_queue_size"
	const dropped = "printf 'dropped '; journalctl -q -u " + unit + " --since -5min --no-pager -o cat 2>/dev/null | grep -cF 'Dropping data'"
	return play.Arrivals{Script: "stat -c 'written %Y' -- " + c.queue() + " 2>/dev/null\n" +
		"curl -q -sS --max-time 5 --noproxy '*' " + own + " 2>/dev/null | awk -v dropped=" + sh.Quote(dropped) + " '/^otelcol_(" + metrics + ")/ { print } /^otelcol_exporter_send_failed_/ && $NF > 0 { any = 1 } " +
		"END { if (any) { fflush(); system(dropped) } }' | head -c 65536\n",
		Read: func(lines []string, clock time.Time) map[string]play.Arrival {
			return map[string]play.Arrival{host: arrivalOf(lines, clock)}
		}}
}

// arrivalOf works out the age of the newest metrics that the service has taken. The
// collector does not note when that was; but hosts make metrics at an even rate, so that
// those which it still holds say how long nothing was taken. Where it holds none, its queue
// was written last when the last ones went.
func arrivalOf(lines []string, clock time.Time) play.Arrival {
	c, said := countsOf(lines), ask.Pairs(lines)
	written := time.Unix(ask.Number(said["written"]), 0)
	since := max(0, clock.Sub(written))
	a := play.Arrival{Waiting: int64(c.waiting), Dropped: ask.Number(said["dropped"])}
	if !c.known || c.uptime <= 0 || c.taken <= 0 || c.points <= 0 || clock.IsZero() || written.Unix() <= 0 {
		return a
	}
	held := max(0, c.taken-c.points-c.failed)
	a.Age, a.Known = max(since, time.Duration(held/c.taken*c.uptime*float64(time.Second))), true
	return a
}
