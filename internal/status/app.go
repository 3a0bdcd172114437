package status

import (
	"slices"

	"foobar/internal/fault"
)

// appUnit is the unit of the app; how long ago it may have said something that counts
// stands in askApp.
const (
	appUnit = "app.service"
	askApp  = "section app; journalctl -q -u " + appUnit + " --since -15min -n 300 --no-pager -o cat 2>/dev/null | tail -c 65536\n"
)

// bound is a bound of the app's that the app ran into, and the line that says so.
type bound struct {
	code fault.Code
	line string
}

// readBound looks for one in what the app and systemd have said lately.
func readBound(lines []string) *bound {
	code, line := fault.Classify(fault.Output{Kind: "service", Lines: lines})
	if !slices.Contains([]fault.Code{fault.NotWritable, fault.Forbidden, fault.AppMemory, fault.AppTasks}, code) {
		return nil
	}
	return &bound{code, printable(line)}
}

// app says which bound the app ran into. It may answer all the same: a request can fail
// by itself.
func (j *judge) app(h *Host) {
	if h.bound == nil {
		return
	}
	entry, _ := fault.Lookup(h.bound.code)
	severity := Notice
	if !j.up(h, appUnit) {
		severity = Problem
	}
	steps := entry.Steps(fault.Place{Inventory: j.s.Inventory, Host: h.Name, Unit: appUnit})
	j.add(severity, h.Name, steps[0], "%s: %s", entry.Title, h.bound.line)
	j.findings[len(j.findings)-1].Code = h.bound.code
}
