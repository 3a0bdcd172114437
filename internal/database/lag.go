package database

import (
	_ "embed" // the script that waits
	"fmt"
	"time"

	"foobar/internal/fault"
	"foobar/internal/resource"
)

// From how many seconds on a replica that is behind is worth a notice, and from how
// many it is a problem.
const (
	LagNotice  = 10
	LagProblem = 60
)

//go:embed lag.sh
var lagScript string

// Lag is a replica that is not far behind. It changes nothing: it waits.
type Lag struct {
	Dialect Dialect
	// Patience is how long to wait.
	Patience time.Duration
}

// ID is "database-lag:replica".
func (Lag) ID() resource.ID { return resource.NewID("database-lag", "replica") }

// Stage is Converge.
func (Lag) Stage() resource.Stage { return resource.Converge }

// Probe asks for the threads and their lag.
func (l Lag) Probe() resource.Probe { return probe(l.Dialect) }

// Diff waits where the replica does not run or lags. Where something is about to
// change that starts it, the look after that decides.
func (l Lag) Diff(o resource.Observed) (resource.Change, error) {
	c := later(o, resource.Act, resource.Field{Name: "lag", New: fmt.Sprintf("under %d s", LagProblem)})
	c.Health = true
	s, silent, err := read(l.Dialect, o, c)
	if s == nil {
		return silent, err
	}
	if o.Changes(unit(l.Dialect)) || o.Changes(Replica{}.ID()) {
		c.Reason = "the replica is about to be started"
		return c, nil
	}
	if len(s.Sources) == 1 && near(s.Sources[0]) {
		return resource.Change{}, nil
	}
	c.Provisional, c.Reason = false, ""
	c.Fields[0].Old = lagOf(*s)
	n := max(int(l.Patience/(500*time.Millisecond)), 1)
	c.Steps = []resource.Step{resource.Run{Title: "wait until the replica has caught up", Timeout: l.Patience + time.Minute,
		Script: watching(l.Dialect, fault.ReplicaBehind) + fmt.Sprintf("most=%d times=%d\n", LagProblem, n) + lagScript}}
	return c, nil
}

func near(c Connection) bool {
	return c.Reading == "Yes" && c.Applying == "Yes" && c.Behind >= 0 && c.Behind < LagProblem
}

func lagOf(s State) string {
	switch {
	case len(s.Sources) == 0:
		return "no source"
	case s.Sources[0].Behind < 0:
		return "unknown"
	}
	return fmt.Sprintf("%d s", s.Sources[0].Behind)
}
