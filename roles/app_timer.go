package roles

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// AppTimers are commands of the app that run at their times. Each has its units on one
// host and on no other, so that it never runs twice at a time: a lock in the database
// would end with the connection, and a command would go on without it.
type AppTimers struct{}

// Name is the role's name on the command line.
func (AppTimers) Name() string { return "app" }

func timerUnit(t inventory.Timer, kind string) string { return "app-timer-" + t.Name + "." + kind }

// timersOf are the timers of a host.
func timersOf(inv *inventory.Inventory, h *inventory.Host) []inventory.Timer {
	return slices.DeleteFunc(slices.Clone(inv.App.Timers), func(t inventory.Timer) bool { return t.Host != h.Name })
}

// TimerHosts are the hosts that have timers, in the order of the file.
func TimerHosts(inv *inventory.Inventory) []*inventory.Host {
	return slices.DeleteFunc(inv.Group(inventory.App), func(h *inventory.Host) bool { return len(timersOf(inv, h)) == 0 })
}

// Resources are the units of a host's timers.
func (AppTimers) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	var t texts
	var want []resource.Resource
	for _, timer := range timersOf(s.Inv, h) {
		if err := elsewhere(s, h, "timer "+timer.Name, timerUnit(timer, "timer")); err != nil {
			return nil, err
		}
		const dir = "/etc/systemd/system/"
		data := commandData(s, h, timer.Name, timer.Command, &t)
		data["Timeout"], data["Schedule"], data["Persistent"] = wholeSeconds(timer.Timeout), timer.Schedule, timer.Persistent
		starts, at := dir+timerUnit(timer, "service"), dir+timerUnit(timer, "timer")
		want = append(want,
			// Once the release is in use: a new command is not for the old one.
			resource.At(resource.Converge, resource.File{Path: starts, Content: t.of("app/timer.service.tmpl", data)}),
			resource.At(resource.Converge, resource.File{Path: at, Content: t.of("app/timer.timer.tmpl", data), Check: calendarCheck(timer.Schedule)}),
			// The timer loads nothing, but what it starts does.
			resource.Service{Unit: timerUnit(timer, "timer"), Loads: []resource.ID{resource.NewID("file", at), resource.NewID("file", starts)}})
	}
	return want, t.err
}

// elsewhere is an error while another host has what only one is to have (a timer, or a
// worker that has one host) and this run does not take it away there.
func elsewhere(s *play.Site, h *inventory.Host, what, unit string) error {
	id := string(resource.Service{Unit: unit}.ID())
	has := slices.Contains(s.Facts[h.Name].Owned, id)
	for _, other := range s.Inv.Hosts {
		// Only a run of all roles takes away what left the inventory.
		if other == h || len(s.Roles) == 0 && s.Selected(other.Name) {
			continue
		}
		f, seen := s.Facts[other.Name]
		if slices.Contains(f.Owned, id) || !seen && other.Has(inventory.App) && !has {
			return fault.Wrap(fault.CannotBePlanned, fmt.Errorf("%s has the %s, or may have it, and it would run twice; deploy to that host too, all roles of it, and it moves", other.Name, what))
		}
	}
	return nil
}

// Services are the timers.
func (AppTimers) Services(inv *inventory.Inventory, h *inventory.Host) (all []play.Service) {
	for _, t := range timersOf(inv, h) {
		job := timerUnit(t, "service")
		all = append(all, play.Service{Name: "timer-" + t.Name, Layer: play.App, Units: []string{timerUnit(t, "timer")}, Job: job,
			Journal: play.Journal{Unit: strings.TrimSuffix(job, ".service")}})
	}
	return all
}
