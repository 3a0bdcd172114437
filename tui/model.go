// Package tui is the view of a rollout on a terminal: a fold over the event
// stream. It knows nothing of connections; what it is asked to do besides
// showing (stop, pause, answer a question) goes through functions given to it.
package tui

import (
	"time"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"foobar/internal/event"
	"foobar/internal/planview"
)

// Model is the state of the view.
type Model struct {
	verb, inventory string
	hosts           []*host
	byName          map[string]*host
	plays           []string // those with a change, in order
	total           planview.Total
	began, now      time.Time
	changing        time.Time // when the first change began
	most            float64   // of the bar, which never runs backwards
	done            *event.RunDone

	width, height int
	selected      int
	steered       bool // a person has chosen a host
	pane          pane
	quit          bool // the program has been told to end
	help          bool
	question      *question
	input         textinput.Model // of a question, or of the filter
	typing        bool            // the filter is being typed
	filter        string          // lower case; empty shows all
	stops         int             // how often the person asked to stop
	paused        bool
	follow        bool // failures

	style      styles
	stop, kill func()
	pause      func(bool)
}

// question is something only a person can answer.
type question struct {
	text   string
	secret bool
	yes    bool // y or n, answered by one key
	reply  chan string
}

// The messages from outside; tick moves the clock.
type (
	envelope event.Envelope
	batch    []tea.Msg
	ask      *question
	signal   struct{} // a signal has stopped the run
	tick     time.Time
)

// newModel is the view before the first event.
func newModel(o Options) *Model {
	in := textinput.New()
	in.Prompt = ""
	return &Model{byName: map[string]*host{}, width: 80, height: 24, style: newStyles(o), stop: o.Stop, kill: o.Kill, pause: o.Pause, input: in}
}

// Init starts the clock.
func (m *Model) Init() tea.Cmd { return every() }

func every() tea.Cmd {
	return tea.Tick(200*time.Millisecond, func(t time.Time) tea.Msg { return tick(t) })
}

// Update takes in a message: events, a question, a key, a new size, the clock.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case batch:
		for _, one := range msg {
			m.take(one)
		}
	case tick:
		m.now = time.Time(msg)
		m.lead()
		return m, every()
	case tea.WindowSizeMsg:
		m.width, m.height = max(1, msg.Width), max(1, msg.Height)
	case tea.KeyMsg:
		return m, m.press(msg)
	default:
		m.take(msg)
	}
	return m, m.end()
}

func (m *Model) take(msg tea.Msg) {
	switch msg := msg.(type) {
	case envelope:
		m.fold(event.Envelope(msg))
	case ask:
		m.ask(msg)
	case signal:
		m.stopping()
		m.pane.open, m.help = false, false // who reads may be gone, and the terminal too
	}
}

// end quits after the last event, unless the person is in the middle of reading.
func (m *Model) end() tea.Cmd {
	if m.done == nil || m.quit || m.pane.open || m.help || m.typing {
		return nil
	}
	m.quit = true
	return tea.Quit
}

// ask puts a question; the plan is in view while it is about the plan.
func (m *Model) ask(q *question) {
	m.question, m.typing, m.help = q, false, false
	m.input.Reset()
	m.input.EchoMode = textinput.EchoNormal
	if q.secret {
		m.input.EchoMode = textinput.EchoNone
	}
	m.input.Focus()
	if q.yes {
		m.filter = ""
		m.showPlan()
	}
}

// showPlan gives the screen to the plan of all hosts.
func (m *Model) showPlan() {
	m.pane = pane{changes: true, all: true}
	plans := m.plans()
	for _, g := range planview.Groups(plans, planview.Whole) {
		first := m.hosts[g[0]]
		first.alike, first.same = nil, true
		for _, i := range g {
			m.hosts[i].told = i != g[0]
			first.alike = append(first.alike, m.hosts[i].name)
			first.same = first.same && planview.Same(plans[i], plans[g[0]])
		}
	}
	for _, h := range m.hosts {
		for i := range h.changes {
			h.changes[i].open = h.changes[i].worth()
		}
	}
}

func (m *Model) host() *host {
	if m.selected < len(m.hosts) {
		return m.hosts[m.selected]
	}
	return nil
}
