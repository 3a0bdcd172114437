package status

import (
	"maps"
	"slices"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/play"
)

// Arrived is about the newest data of a host that came in at the monitoring.
type Arrived struct {
	// Age is how old they are, in seconds; null where nobody could tell.
	Age *float64 `json:"age_seconds"`
	// Waiting is how many batches the host still holds, By the host that was asked.
	Waiting int64  `json:"waiting"`
	By      string `json:"by"`

	service string
	dropped int64
}

// arrivalProblem is from when on data that did not come are a problem.
const arrivalProblem = 5 * time.Minute

// askArrivals asks the services that know.
func (a questions) askArrivals() string {
	script := ""
	for _, s := range a.services {
		if s.Arrivals.Script != "" {
			script += "section arrivals " + s.Name + "\n" + s.Arrivals.Script
		}
	}
	return script
}

// readArrivals is what a host said of its own data, or of those of all.
func readArrivals(a *ask.Answer, host string, services []play.Service) map[string]Arrived {
	all := map[string]Arrived{}
	for _, s := range services {
		if s.Arrivals.Script == "" {
			continue
		}
		clock, _, _ := strings.Cut(a.Text("clock"), ".")
		for of, seen := range s.Arrivals.Read(a.Lines("arrivals "+s.Name), unixTime(clock)) {
			arrived := Arrived{Waiting: seen.Waiting, By: host, service: s.Name, dropped: seen.Dropped}
			if seen.Known {
				age := seen.Age.Seconds()
				arrived.Age = &age
			}
			all[of] = arrived
		}
	}
	return all
}

// arrivals gives each host what was said of it, and judges how old that is. Where the
// service that knows is not well, that is a finding already.
func (j *judge) arrivals() {
	said, ofAll := map[string]Arrived{}, Arrived{}
	for _, h := range j.s.Hosts {
		maps.Copy(said, h.arrived)
		for of, a := range h.arrived {
			if of != h.Name {
				ofAll = a
			}
		}
	}
	for i := range j.s.Hosts {
		h := &j.s.Hosts[i]
		a, ok := said[h.Name]
		if ok {
			h.Data = &a
		}
		down := slices.ContainsFunc(h.Services, func(u Service) bool { return u.watch && !u.Up() })
		switch c := h.Collector; {
		case !h.Reached || down || c != nil && !c.Healthy:
		case !ok && ofAll.By != "":
			j.add(Problem, h.Name, j.logs(ofAll.service, ofAll.By), "the monitoring has no data of it")
		case a.dropped > 0:
			j.add(Problem, h.Name, j.logs(a.service, a.By), "the monitoring refuses what it sends: %d batches were dropped in the last 5 minutes", a.dropped)
		case ok && a.Age != nil && seconds(*a.Age) >= arrivalProblem:
			j.add(Problem, h.Name, j.logs(a.service, a.By), "the newest data that the monitoring has of it are %s old", age(seconds(*a.Age)))
		}
	}
}

// newest is the age of a host's data as the table of hosts has it.
func newest(a *Arrived) string {
	switch {
	case a == nil:
		return ""
	case a.Age == nil:
		return "unknown"
	}
	return age(seconds(*a.Age))
}
