// Package alert is the list of what an alert is raised for, in foobar's own terms. The
// inventory changes its limits, and each monitoring provider renders it in its own way.
package alert

import (
	"strconv"
	"time"
)

// Severity says how soon a person is needed.
type Severity string

// Critical is for now: the site fails, or is about to. Warning is for the day's work.
const (
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Severities are those words, the mildest first.
func Severities() []string { return []string{string(Warning), string(Critical)} }

// Scope says what an alert is raised about, each by itself.
type Scope string

// The site as a whole, as its balancer sees it; a server of the balancer; a host.
const (
	Site   Scope = "site"
	Server Scope = "server"
	Host   Scope = "host"
)

// Unit is what a limit counts.
type Unit int

// An alert without a limit is raised by a state. Percent are of a whole, or of the time
// before; Seconds are a length of time.
const (
	State Unit = iota
	Percent
	Seconds
)

// Alert is one entry of the list.
type Alert struct {
	// Name is its key in [monitoring.alerts], and its name at every provider. It never changes.
	Name string
	// Summary says what is wrong, and Do what to do about it, in a sentence each.
	Summary, Do string
	Severity    Severity
	Scope       Scope
	// Role is that of the hosts it is about; "" for all.
	Role string
	Unit Unit
	// Limit is in Unit, and crossed upwards, or downwards where Below is set.
	Limit float64
	Below bool
	// Before is how far back the time reaches that the limit is a share of; 0 for none.
	Before time.Duration
	// For is how long the limit must be crossed, or the state last, without a break.
	For time.Duration
	// Least and Most bound what an inventory may write as Limit.
	Least, Most float64
}

// Time is a limit in Seconds.
func (a Alert) Time() time.Duration { return time.Duration(a.Limit * float64(time.Second)) }

// Number is the limit as programs read it: percent, or seconds.
func (a Alert) Number() string { return strconv.FormatFloat(a.Limit, 'f', -1, 64) }

// The bounds of Before and For.
const (
	LeastBefore, MostBefore = 2 * time.Minute, 7 * 24 * time.Hour
	MostFor                 = 7 * 24 * time.Hour
)

// What few requests say is no alert: requests a second on average before a drop, now in a
// spike, and now where errors are counted.
const FewBefore, FewInSpike, FewNow = 1, 5, 0.1

const (
	hour = 3600.0
	day  = 24 * hour
)
