package tui

import (
	"slices"
	"strings"
	"time"

	"foobar/internal/event"
	"foobar/internal/planview"
	"foobar/internal/resource"
)

// host is what is known of one host.
type host struct {
	name      string
	state     state
	doing     string // what it does now, or waits for, or failed with
	play      string // the one it works on
	changes   []change
	index     map[resource.ID]int
	cells     map[string]*cell // by play
	ended     int              // changes
	failed    bool
	addresses []string
	unmanaged []string
	refused   []event.Refusal
	held      []event.Change
	out       output
	outcome   event.HostDone
	alike     []string // the hosts whose plan reads as this one's does, itself the first
	same      bool     // to the letter
	told      bool     // another host's plan, seen with all others, stands for its own
	tail      []string // what the step that failed said last
}

// change is one planned change and how far it is.
type change struct {
	event.Change
	state stage
	error string
	began time.Time
	took  time.Duration
	open  bool // its details are shown
	body  []string
	text  string // lower case, what the filter looks at
}

// cell is one play on one host, in changes; those that failed have not ended.
type cell struct{ total, ended, failed, running int }

// state is how far a host is.
type state int

const (
	connecting state = iota
	looking
	planned // has something to do
	clean   // has nothing to do
	waiting
	changing
	verifying
	ended
)

func (s state) String() string {
	return [...]string{"connecting", "looking", "planned", "unchanged", "waiting", "changing", "verifying", "done"}[s]
}

// stage is how far a change is.
type stage int

const (
	pending stage = iota
	running
	changed
	unneeded // another look found it as wanted
	broken
)

// fold takes in one event.
func (m *Model) fold(env event.Envelope) {
	if m.began.IsZero() {
		m.began = env.Time
	}
	if env.Time.After(m.now) {
		m.now = env.Time
	}
	switch e := env.Event.(type) {
	case event.RunStarted:
		m.verb, m.inventory, m.total.Beside = e.Verb, e.Inventory, e.Beside
		for _, name := range e.All() {
			h := &host{name: name, doing: "connecting", index: map[resource.ID]int{}, cells: map[string]*cell{}}
			m.hosts, m.byName[name] = append(m.hosts, h), h
		}
	case event.Planned:
		m.plays = slices.DeleteFunc(slices.Clone(e.Plays), func(play string) bool {
			return !slices.ContainsFunc(m.hosts, func(h *host) bool { return h.cells[play] != nil })
		})
		if m.verb == "plan" && m.total.Changes()+m.total.Refused > 0 { // it is what was asked for
			m.showPlan()
			m.pane.open = true
		}
	case event.RunDone:
		m.done = &e
	default:
		m.foldHost(env)
	}
}

func (m *Model) foldHost(env event.Envelope) {
	switch e := env.Event.(type) {
	case event.HostConnected:
		m.set(e.Host, looking, "asking for facts")
	case event.FactsGathered:
		m.set(e.Host, looking, "looking at everything")
	case event.HostPlanned:
		if h := m.set(e.Host, clean, ""); h != nil {
			h.plan(e)
			m.total.Add(e)
			for _, c := range e.Changes { // until Planned tells the order
				if !slices.Contains(m.plays, c.Play) {
					m.plays = append(m.plays, c.Play)
				}
			}
		}
	case event.ChangeStarted:
		if m.changing.IsZero() {
			m.changing = env.Time
		}
		if h := m.byName[e.Host]; h != nil {
			several := h.state == changing && h.doing == e.Title && h.play != e.Play // plays share a package transaction
			m.set(e.Host, changing, e.Title)
			h.start(e, env.Time)
			if several {
				h.play = ""
			}
		}
	case event.Output:
		if h := m.byName[e.Host]; h != nil {
			h.out.say(said, e.Line)
		}
	case event.Verifying:
		m.set(e.Host, verifying, "looking again at what was changed")
	case event.ChangeDone:
		if h := m.byName[e.Host]; h != nil {
			h.finish(e)
			if h.failed {
				m.onFailure(h)
			}
		}
	case event.Waiting:
		if h := m.set(e.Host, waiting, e.For); h != nil {
			h.out.say(noted, "waits for "+e.For)
		}
	case event.HostDone:
		if h := m.set(e.Host, ended, endText(e)); h != nil {
			h.outcome = e
			h.failed = e.Outcome != event.OK
			if h.failed && e.Outcome != event.Stopped && e.Outcome != event.Skipped {
				m.onFailure(h)
			}
		}
	}
}

func (m *Model) set(name string, s state, doing string) *host {
	h := m.byName[name]
	if h != nil {
		h.state, h.doing = s, doing
	}
	return h
}

// plan takes in what is to be done.
func (h *host) plan(e event.HostPlanned) {
	h.addresses, h.unmanaged, h.refused, h.held = e.Addresses, e.Unmanaged, e.Refused, e.Held
	for i, c := range e.Changes {
		h.changes = append(h.changes, change{Change: c, text: textOf(c)})
		h.index[c.Resource] = i
		if h.cells[c.Play] == nil {
			h.cells[c.Play] = &cell{}
		}
		h.cells[c.Play].total++
	}
	if n := len(h.changes); n+len(e.Refused) > 0 {
		h.state, h.doing = planned, planview.Title(n, len(e.Refused), len(e.Held))
	}
}

// textOf is what a filter finds a change by.
func textOf(c event.Change) string {
	parts := []string{c.Play, string(c.Resource), c.Reason}
	for _, f := range c.Fields {
		parts = append(parts, f.Name, f.Old, f.New)
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}

func (h *host) start(e event.ChangeStarted, now time.Time) {
	h.play = e.Play
	if i, ok := h.index[e.Resource]; ok && h.changes[i].state == pending {
		h.changes[i].state, h.changes[i].began = running, now
		h.cells[e.Play].running++
	}
	h.out.say(step, e.Title)
}

func (h *host) finish(e event.ChangeDone) {
	if i, ok := h.index[e.Resource]; ok {
		c, at := &h.changes[i], h.cells[h.changes[i].Play]
		if c.state == running {
			at.running--
		}
		if c.state <= running && e.Error == "" {
			at.ended++
			h.ended++
		}
		c.state, c.took, c.error = unneeded, e.Took, e.Error
		switch {
		case e.Error != "":
			c.state, c.open, c.body = broken, true, nil
			at.failed++
		case e.Changed:
			c.state = changed
		}
	}
	switch {
	case e.Error != "":
		h.failed, h.doing = true, string(e.Resource)+": "+e.Error
		h.tail = h.out.last(said, 8)
		h.out.say(bad, "FAILED "+string(e.Resource)+": "+strings.TrimSuffix(e.Error+" ["+string(e.Code)+"]", " []"))
	case e.Changed:
		h.out.say(good, "changed "+string(e.Resource))
	}
}

func endText(e event.HostDone) string {
	switch {
	case e.Outcome == event.OK && e.Changed == 0:
		return "unchanged"
	case e.Outcome == event.OK:
		return planview.Count(e.Changed, "change") + " made"
	case e.Error != "":
		return e.Error
	case e.Outcome == event.Stopped && e.Changed > 0:
		return "after " + planview.Count(e.Changed, "change")
	}
	return ""
}

// worth reports whether a change's details are shown when the plan is first seen: a
// difference, a reason or a doubt is; the content of a new file is not.
func (c *change) worth() bool {
	if c.Action != resource.Create || c.Provisional || c.Disrupts || c.Reason != "" {
		return true
	}
	return slices.ContainsFunc(c.Fields, func(f resource.Field) bool { return !f.Text && f.Name != "mode" && f.Name != "owner" })
}

// details are the lines below a change, made once.
func (c *change) details(s *styles) []string {
	if c.body == nil {
		c.body = planview.Body(s.paint, c.Change, planview.Whole)
		if c.error != "" {
			c.body = append([]string{"      " + s.bad("FAILED: "+c.error)}, c.body...)
		}
	}
	return c.body
}
