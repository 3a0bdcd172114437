package tui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// keepSamples bounds what the charts remember.
const keepSamples = 300

// Sample is one look at a site, for Watch.
type Sample struct {
	Time time.Time
	// Text is the status as lines of printable text; the first is the verdict.
	Text string
	// Healthy says that there is no problem in it.
	Healthy bool
	// Counted says that a balancer gave the counters below, which grow until it
	// restarts.
	Counted          bool
	Requests, Errors int64
	// ResponseTime is the mean of the last requests, in milliseconds.
	ResponseTime int64
}

// Watch shows a site's status again and again.
type Watch struct{ p *tea.Program }

// NewWatch makes the view; Run shows it. Of the options Stop and Kill are not used.
func NewWatch(o Options) *Watch {
	m := watchModel{width: 80, height: 24, style: newStyles(o), levels: []rune("▁▂▃▄▅▆▇█")}
	if o.ASCII {
		m.levels = []rune("_.-=+*%#")
	}
	return &Watch{p: tea.NewProgram(m, tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithAltScreen(), tea.WithoutSignalHandler())}
}

// Receive shows one look. It does not block once the view has ended.
func (w *Watch) Receive(s Sample) { w.p.Send(s) }

// Run draws until a person quits, or Quit is called.
func (w *Watch) Run() error {
	_, err := w.p.Run()
	return err
}

// Quit ends the view.
func (w *Watch) Quit() { w.p.Quit() }

// watchModel is the state of the view.
type watchModel struct {
	last          *Sample
	now           time.Time
	rates         []point // one a look, the newest last
	width, height int
	scroll        int
	style         styles
	levels        []rune
}

// point is what happened between two looks; known is false where that cannot be told.
type point struct {
	known            bool
	requests, errors float64 // a second
	response         float64 // milliseconds
}

// Init starts the clock.
func (m watchModel) Init() tea.Cmd { return every() }

// Update takes in a look, a key or a size.
func (m watchModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case Sample:
		m.take(msg)
	case tick:
		m.now = time.Time(msg)
		return m, every()
	case tea.WindowSizeMsg:
		m.width, m.height = max(1, msg.Width), max(1, msg.Height)
		m.move(0)
	case tea.KeyMsg:
		switch name := msg.String(); name {
		case "q", "esc", "ctrl+c":
			return m, tea.Quit
		default:
			m.move(steps(name, m.room()))
		}
	}
	return m, nil
}

// take compares a look with the one before it. A counter that shrank was restarted.
func (m *watchModel) take(s Sample) {
	p := point{}
	if m.last != nil && s.Counted && m.last.Counted && s.Requests >= m.last.Requests && s.Errors >= m.last.Errors {
		if took := s.Time.Sub(m.last.Time).Seconds(); took > 0 {
			p = point{known: true, requests: float64(s.Requests-m.last.Requests) / took, errors: float64(s.Errors-m.last.Errors) / took,
				response: float64(s.ResponseTime)}
		}
	}
	m.rates = append(m.rates, p)
	if len(m.rates) > keepSamples {
		m.rates = append([]point{}, m.rates[len(m.rates)-keepSamples:]...)
	}
	m.last = &s
	m.now = s.Time
	m.move(0)
}

func (m *watchModel) move(by int) {
	m.scroll = max(0, min(m.scroll+by, len(m.body())-m.room()))
}

func (m watchModel) body() []string {
	if m.last == nil {
		return nil
	}
	return strings.Split(strings.TrimRight(m.last.Text, "\n"), "\n")
}

// charts is how many lines the charts take, none on a small terminal.
func (m watchModel) charts() int {
	if m.height < 12 {
		return 0
	}
	return 4
}

// room is how many lines are left for the status.
func (m watchModel) room() int { return max(1, m.height-m.charts()-1) }

// View draws the screen: never wider or higher than the terminal.
func (m watchModel) View() string {
	if m.last == nil {
		return "asking the hosts" + m.style.more
	}
	var lines []string
	if m.charts() > 0 {
		lines = append(lines,
			m.chart("requests/s", "%.1f", func(p point) float64 { return p.requests }, m.style.good),
			m.chart("errors/s", "%.1f", func(p point) float64 { return p.errors }, m.style.bad),
			m.chart("response ms", "%.0f", func(p point) float64 { return p.response }, m.style.busy), "")
	}
	body := m.body()
	to := min(len(body), m.scroll+m.room())
	for i := m.scroll; i < to; i++ {
		lines = append(lines, m.paint(i, body[i]))
	}
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	foot := fmt.Sprintf("q quit  up/down scroll  seen %s ago", max(0, m.now.Sub(m.last.Time)).Round(time.Second))
	if to < len(body) {
		foot += fmt.Sprintf("  %d more lines below", len(body)-to)
	}
	lines = append(lines, m.style.dim(foot))
	for i, l := range lines {
		lines[i] = ansi.Truncate(l, m.width, m.style.more)
	}
	return strings.Join(lines[max(0, len(lines)-m.height):], "\n")
}

// paint colours the verdict and the lines that say what is wrong.
func (m watchModel) paint(at int, line string) string {
	switch {
	case at == 0 && m.last.Healthy:
		return m.style.good(line)
	case at == 0:
		return m.style.bad(line)
	case strings.HasPrefix(line, "PROBLEM"):
		return m.style.bad(line)
	case strings.HasPrefix(line, "notice"):
		return m.style.busy(line)
	}
	return line
}

// chart is a line: a name, the newest value, the highest, and the course of it.
func (m watchModel) chart(name, form string, of func(point) float64, paint func(string) string) string {
	wide := max(1, min(keepSamples, m.width-40))
	points := m.rates[max(0, len(m.rates)-wide):]
	most, newest := 0.0, "-"
	for _, p := range points {
		if p.known {
			most = max(most, of(p))
		}
	}
	var b strings.Builder
	for _, p := range points {
		switch {
		case !p.known:
			b.WriteByte(' ')
		case most == 0:
			b.WriteRune(m.levels[0])
		default:
			b.WriteRune(m.levels[min(len(m.levels)-1, int(of(p)/most*float64(len(m.levels))))])
		}
	}
	if p := points[len(points)-1]; p.known {
		newest = fmt.Sprintf(form, of(p))
	}
	return fmt.Sprintf("%-12s %8s  most %-8s %s", name, newest, fmt.Sprintf(form, most), paint(b.String()))
}
