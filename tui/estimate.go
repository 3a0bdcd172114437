package tui

import (
	"fmt"
	"math"
	"time"

	"foobar/internal/event"
	"foobar/internal/planview"
)

// How the bar and the time left are computed: every planned change has a weight, the
// seconds that one of its kind took on a small machine. The bar is the weight of what
// has ended over that of all, with a share for what runs; it never runs backwards.
// The time left is the weight left on the host with the most, or that of the
// disruptive changes, which go host by host, if it is larger; times the pace of this
// run so far, in seconds for each second of weight.

// weight is how long a change of its kind takes, in seconds. All packages of a
// host go in one transaction of some twenty seconds; the rest is small.
func weight(c event.Change) float64 {
	switch c.Resource.Kind() {
	case "packages", "deb", "acme":
		return 4
	case "release", "current", "health":
		return 1.2
	case "service", "firewall", "database-replica":
		return 0.6
	}
	return 0.2
}

// share is how far a step is, from 0 to 1, that was expected to take some seconds. A
// step that takes longer comes ever closer to 0.95.
func share(ran time.Duration, expected float64) float64 {
	x := max(0, ran.Seconds()) / expected
	if x < 0.8 {
		return x
	}
	return 0.8 + 0.15*(1-math.Exp(2*(0.8-x)))
}

// reckoning is the weight of a run.
type reckoning struct {
	all, done               float64 // of all hosts
	way, gone               float64 // left on the host with the most left; done on the one with the most done
	disruptive              float64 // left of what goes host by host
	changes, ending, failed int
}

func (m *Model) reckon() reckoning {
	var r reckoning
	for _, h := range m.hosts {
		way, gone, together := 0.0, 0.0, 0.0 // what runs at once is one transaction
		for i := range h.changes {
			if h.changes[i].state == running {
				together += weight(h.changes[i].Change)
			}
		}
		for i := range h.changes {
			c := &h.changes[i]
			w, part := weight(c.Change), 1.0
			switch c.state {
			case broken:
				r.failed++
				part = 0
			case pending:
				part = 0
			case running:
				part = share(m.now.Sub(c.began), together)
			}
			r.all += w
			gone += w * part
			if h.state == ended || h.failed {
				continue // what it did not do, it will not do in this run
			}
			way += w * (1 - part)
			if c.Disrupts {
				r.disruptive += w * (1 - part)
			}
		}
		r.done += gone
		r.way, r.gone = max(r.way, way), max(r.gone, gone)
		r.changes += len(h.changes)
		r.ending += h.ended
	}
	return r
}

// progress is how much of the work is done, between 0 and 1.
func (m *Model) progress(r reckoning) float64 {
	if r.all > 0 {
		m.most = min(1, max(m.most, r.done/r.all))
	}
	return m.most
}

// left is about how long the rest takes, in words; nothing while that is not known.
func (m *Model) left(r reckoning) string {
	if m.changing.IsZero() || r.gone < 1 || m.paused || m.stops > 0 || m.done != nil {
		return ""
	}
	pace := min(5, max(0.2, m.now.Sub(m.changing).Seconds()/r.gone))
	return about(time.Duration(max(r.way, r.disruptive) * pace * float64(time.Second)))
}

// about rounds as coarsely as the guess is.
func about(d time.Duration) string {
	switch {
	case d < 5*time.Second:
		return "a few seconds left"
	case d < time.Minute:
		return fmt.Sprintf("about %.0f s left", d.Round(5*time.Second).Seconds())
	case d < 10*time.Minute:
		return "about " + clock(d.Round(30*time.Second)) + " min left"
	}
	return "about " + planview.Count(int(d.Round(time.Minute).Minutes()), "minute") + " left"
}
