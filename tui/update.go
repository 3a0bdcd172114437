package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"foobar/internal/event"
)

// Update takes in a message: an event, a key, a new size, the clock.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case envelope:
		m.fold(event.Envelope(msg))
		if m.done != nil {
			return m, tea.Quit
		}
	case tick:
		m.now = time.Time(msg)
		return m, every()
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case ask:
		m.question = msg
		m.input.Reset()
		m.input.EchoMode = 0
		if msg.secret {
			m.input.EchoMode = 1
		}
		m.input.Focus()
		if msg.yes {
			m.diffs = true
		}
	case tea.KeyMsg:
		return m.key(msg)
	}
	return m, nil
}

// key acts on a key.
func (m Model) key(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	if k.String() == "ctrl+c" {
		return m.interrupt(), nil
	}
	if m.question != nil && !m.question.yes {
		return m.answer(k)
	}
	if m.question != nil {
		switch k.String() {
		case "y", "Y":
			return m.reply("y"), nil
		case "n", "N", "q", "esc":
			return m.reply("n"), nil
		}
	}
	switch k.String() {
	case "?":
		m.help = !m.help
	case "tab", "right", "l":
		m.pick(m.selected + 1)
	case "shift+tab", "left", "h":
		m.pick(m.selected - 1)
	case "up", "k":
		m.scroll++
	case "down", "j":
		m.scroll = max(0, m.scroll-1)
	case "pgup":
		m.scroll += 10
	case "pgdown":
		m.scroll = max(0, m.scroll-10)
	case "d":
		m.diffs, m.scroll = !m.diffs, 0
	case "f":
		m.pickFailed()
	}
	return m, nil
}

func (m *Model) pick(i int) {
	if n := len(m.hosts); n > 0 {
		m.selected, m.scroll = (i+n)%n, 0
	}
}

func (m *Model) pickFailed() {
	for i := range m.hosts {
		at := (m.selected + 1 + i) % len(m.hosts)
		if m.hosts[at].failed {
			m.pick(at)
			return
		}
	}
}

// interrupt stops after the current steps, and at the second time at once.
func (m Model) interrupt() Model {
	m.stops++
	if m.question != nil {
		m = m.reply("n")
	}
	// In goroutines: both wait for the network, and the view must not.
	if m.stops == 1 && m.stop != nil {
		go m.stop()
	} else if m.kill != nil {
		go m.kill()
	}
	return m
}

func (m Model) answer(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	switch k.String() {
	case "enter":
		return m.reply(m.input.Value()), nil
	case "esc":
		return m.reply(""), nil
	}
	var cmd tea.Cmd
	m.input, cmd = m.input.Update(k)
	return m, cmd
}

func (m Model) reply(text string) Model {
	m.question.reply <- text // has room for one
	m.question, m.diffs, m.scroll = nil, false, 0
	m.input.Reset()
	return m
}
