package otelcol

import (
	"time"

	"foobar/internal/ask"
	"foobar/internal/play"
)

// queue is where the collector keeps metrics until the service has taken them; it is
// written when some come and when some went.
func (c Collector) queue() string {
	return "/var/lib/otelcol-sumo/storage/exporter_" + c.Exporter + "__metrics"
}

// arrivals asks the collector about its own host.
func (c Collector) arrivals(host string) play.Arrivals {
	const metrics = "process_uptime|receiver_accepted_metric_points|exporter_sent_metric_points|exporter_send_failed_metric_points|exporter_queue_size"
	return play.Arrivals{Script: "stat -c 'written %Y' -- " + c.queue() + " 2>/dev/null\n" +
		"curl -sS --max-time 5 --noproxy '*' " + own + " 2>/dev/null | grep -E '^otelcol_(" + metrics + ")' | head -c 65536\n",
		Read: func(lines []string, clock time.Time) map[string]play.Arrival {
			return map[string]play.Arrival{host: arrivalOf(lines, clock)}
		}}
}

// arrivalOf works out the age of the newest metrics that the service has taken. The
// collector does not note when that was; but hosts make metrics at an even rate, so that
// those which it still holds say how long nothing was taken. Where it holds none, its queue
// was written last when the last ones went.
func arrivalOf(lines []string, clock time.Time) play.Arrival {
	c := countsOf(lines)
	written := time.Unix(ask.Number(ask.Pairs(lines)["written"]), 0)
	since := max(0, clock.Sub(written))
	a := play.Arrival{Waiting: int64(c.waiting)}
	if !c.known || c.uptime <= 0 || c.taken <= 0 || c.points <= 0 || clock.IsZero() || written.Unix() <= 0 {
		return a
	}
	held := max(0, c.taken-c.points-c.failed)
	a.Age, a.Known = max(since, time.Duration(held/c.taken*c.uptime*float64(time.Second))), true
	return a
}
