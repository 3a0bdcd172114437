// Package tui is the view of a rollout on a terminal: a fold over the event
// stream. It knows nothing of connections; what it is asked to do besides
// showing (stop, answer a question) goes through functions given to it.
package tui

import (
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// keepLines bounds what is remembered of a host's output.
const keepLines = 500

// Model is the state of the view.
type Model struct {
	verb, inventory string
	hosts           []*host
	byName          map[string]*host
	began, now      time.Time
	done            *event.RunDone

	width, height int
	selected      int
	scroll        int // lines up from the end of the lower pane
	help          bool
	diffs         bool // the lower pane shows the plan in place of the output
	stops         int  // how often the person asked to stop
	style         styles
	stop, kill    func()
	question      *question
	input         textinput.Model
}

// host is one row.
type host struct {
	name    string
	state   state
	detail  string // what it does now, or waits for, or failed with
	play    string
	planned int
	ended   int // changes
	failed  bool
	changes []event.Change
	marks   map[resource.ID]bool // changes done
	lines   []string
	looked  int
	outcome event.HostDone
}

type state int

const (
	connecting state = iota
	looking
	planned
	waiting
	working
	ended
)

// question is something only a person can answer.
type question struct {
	text   string
	secret bool
	yes    bool // y or n, answered by one key
	reply  chan string
}

// envelope and ask are the messages from outside; tick moves the clock.
type (
	envelope event.Envelope
	ask      *question
	tick     time.Time
)

// newModel is the view before the first event.
func newModel(o Options) Model {
	in := textinput.New()
	in.Prompt = ""
	return Model{byName: map[string]*host{}, width: 80, height: 24, style: newStyles(o), stop: o.Stop, kill: o.Kill, input: in}
}

// Init starts the clock.
func (m Model) Init() tea.Cmd { return every() }

func every() tea.Cmd {
	return tea.Tick(200*time.Millisecond, func(t time.Time) tea.Msg { return tick(t) })
}

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
		m.verb, m.inventory = e.Verb, e.Inventory
		for _, name := range e.Hosts {
			h := &host{name: name, detail: "connecting", marks: map[resource.ID]bool{}}
			m.hosts, m.byName[name] = append(m.hosts, h), h
		}
	case event.RunDone:
		m.done = &e
	default:
		m.foldHost(env.Event)
	}
}

func (m *Model) foldHost(ev event.Event) {
	switch e := ev.(type) {
	case event.HostConnected:
		m.set(e.Host, looking, "asking for facts")
	case event.FactsGathered:
		m.set(e.Host, looking, "looking at everything")
	case event.HostPlanned:
		if h := m.set(e.Host, planned, "as wanted"); h != nil {
			h.changes, h.planned, h.looked = e.Changes, len(e.Changes), e.Resources
			if h.planned > 0 {
				h.detail = count(h.planned, "change") + " planned"
			}
		}
	case event.ChangeStarted:
		if h := m.set(e.Host, working, e.Title); h != nil {
			h.play = e.Play
			h.say("> " + e.Title)
		}
	case event.Output:
		if h := m.byName[e.Host]; h != nil {
			h.say("  " + e.Line)
		}
	case event.ChangeDone:
		if h := m.byName[e.Host]; h != nil {
			h.finish(e)
		}
	case event.Waiting:
		if h := m.set(e.Host, waiting, "waits for "+e.For); h != nil {
			h.say("… waits for " + e.For)
		}
	case event.HostDone:
		if h := m.set(e.Host, ended, ""); h != nil {
			h.outcome = e
			h.failed = e.Outcome != event.OK
			h.detail = endText(e)
		}
	}
}

func (m *Model) set(name string, s state, detail string) *host {
	h := m.byName[name]
	if h != nil {
		h.state, h.detail = s, detail
	}
	return h
}

func (h *host) say(line string) {
	if n := len(h.lines); n > 0 && h.lines[n-1] == line && strings.HasPrefix(line, "> ") {
		return // one step for several changes
	}
	if len(h.lines) >= keepLines {
		h.lines = append(h.lines[:0], h.lines[keepLines/5:]...)
	}
	h.lines = append(h.lines, line)
}

func (h *host) finish(e event.ChangeDone) {
	if !h.marks[e.Resource] {
		h.marks[e.Resource] = true
		h.ended++
	}
	switch {
	case e.Error != "":
		h.failed = true
		h.say("FAILED " + string(e.Resource) + ": " + e.Error)
	case e.Changed:
		h.say("changed " + string(e.Resource))
	}
}

func endText(e event.HostDone) string {
	switch {
	case e.Outcome == event.OK && e.Changed == 0:
		return "as wanted"
	case e.Outcome == event.OK:
		return count(e.Changed, "change") + " made"
	case e.Error != "":
		return string(e.Outcome) + ": " + e.Error
	}
	return string(e.Outcome)
}

// progress is how much of the planned work is done, between 0 and 1.
func (m *Model) progress() float64 {
	total, ended := 0, 0
	for _, h := range m.hosts {
		total += h.planned
		ended += min(h.ended, h.planned)
	}
	if total == 0 {
		return 0
	}
	return float64(ended) / float64(total)
}
