package prometheus

import (
	"strings"
	"time"

	"foobar/internal/play"
)

// lastGood has the age, in seconds, of the last look at each host that succeeded within a
// day, by any of its exporters; Prometheus' look at itself does not count.
// Source: Prometheus' "Querying basics", subqueries.
const lastGood = `time() - (max by (instance) (timestamp(` + looks + `) and ` + looks + ` == 1)` +
	` or max by (instance) (max_over_time((timestamp(` + looks + `) and ` + looks + ` == 1)[1d:1m])))`

const looks = `up{job!~"prometheus|alertmanager"}`

// arrivals asks Prometheus about all hosts.
func arrivals() play.Arrivals {
	return play.Arrivals{Script: fetch(lastGood), Read: func(lines []string, _ time.Time) map[string]play.Arrival {
		list, err := read(strings.Join(lines, ""))
		if err != nil {
			return nil
		}
		all := map[string]play.Arrival{}
		for _, v := range list {
			all[v.Instance] = play.Arrival{Age: time.Duration(max(v.Value, 0) * float64(time.Second)), Known: v.Value < mostAge}
		}
		return all
	}}
}

// mostAge is more than a look back takes in, in seconds.
const mostAge = 1e6
