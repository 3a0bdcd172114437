package tui

import (
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/charmbracelet/bubbles/textinput"
)

// press acts on the keys of a message. It has several when they were read at once,
// because of a fast hand or a slow line. What is pasted is text, not keys.
func (m *Model) press(k tea.KeyMsg) (cmd tea.Cmd) {
	if k.Type != tea.KeyRunes || k.Paste {
		return m.key(k)
	}
	for _, r := range k.Runes {
		if c := m.key(tea.KeyMsg{Type: k.Type, Runes: []rune{r}, Alt: k.Alt}); c != nil {
			cmd = c
		}
	}
	return cmd
}

// key acts on a key.
func (m *Model) key(k tea.KeyMsg) tea.Cmd {
	name := k.String()
	switch {
	case name == "ctrl+c":
		return m.interrupt()
	case m.typing:
		m.typeFilter(k)
	case m.question != nil && !m.question.yes:
		m.answer(k)
	case m.help:
		m.help = false // by any key
	case m.question != nil && (name == "y" || name == "Y"):
		m.reply("y")
	case m.question != nil && (name == "n" || name == "N" || name == "q"):
		m.reply("n")
	case name == "q" && m.done != nil:
		return m.interrupt()
	default:
		m.look(name)
	}
	return m.end()
}

// look acts on the keys that only change what is seen, and on pause.
func (m *Model) look(name string) {
	if m.scroll(name) {
		return
	}
	switch name {
	case "?":
		m.help = true
	case "tab", "right", "l":
		m.pick(m.selected + 1)
	case "shift+tab", "left", "h":
		m.pick(m.selected - 1)
	case "enter":
		switch {
		case m.pane.changes && (m.pane.open || m.pane.all):
			m.expand()
		default:
			m.pane.open, m.pane.changes, m.pane.cursor = true, true, 0
		}
	case "esc", "backspace", "q":
		switch {
		case m.filter != "":
			m.filter, m.pane.cursor, m.pane.back = "", 0, 0
		case m.question != nil && name == "esc":
			m.reply("n")
		default:
			m.pane.open, m.pane.all = false, m.pane.all && m.question != nil
		}
	case "d":
		if !m.pane.all {
			m.pane.changes, m.pane.cursor, m.pane.back = !m.pane.changes, 0, 0
		}
	case "e":
		m.expandAll()
	case "/":
		m.typing = true
		m.input.Reset()
		m.input.EchoMode = textinput.EchoNormal
		m.input.SetValue(m.filter)
		m.input.CursorEnd()
		m.input.Focus()
	case "f":
		m.followFailures()
	case "p":
		m.togglePause()
	}
}

// steps is how many lines a key goes up, below zero, or down; 0 for any other key.
func steps(name string, page int) int {
	switch name {
	case "up", "k":
		return -1
	case "down", "j":
		return 1
	case "pgup":
		return -page
	case "pgdown", " ":
		return page
	case "home", "g":
		return -1 << 20
	case "end", "G":
		return 1 << 20
	}
	return 0
}

// scroll acts on the keys that move within the pane, or choose a host.
func (m *Model) scroll(name string) bool {
	by := steps(name, m.page())
	if by == 0 {
		return false
	}
	if (by == 1 || by == -1) && !m.pane.open && !m.pane.all {
		m.pick(m.beside(by))
		return true
	}
	m.pane.cursor = max(0, m.pane.cursor+by) // the upper bounds are View's: it knows how much there is
	m.pane.back = max(0, m.pane.back-by)
	return true
}

func (m *Model) pick(i int) {
	if n := len(m.hosts); n > 0 {
		m.selected, m.follow, m.steered = (i+n)%n, false, true
		m.pane.cursor, m.pane.back = 0, 0
		if m.pane.all {
			m.pane.cursor = m.rowOf(m.hosts[m.selected])
		}
	}
}

// followFailures goes to the next host that failed, and follows failures to come. When
// no other host has failed it stops following, or begins.
func (m *Model) followFailures() {
	for i := range m.hosts {
		at := (m.selected + 1 + i) % len(m.hosts)
		if m.hosts[at].failed && (at != m.selected || !m.follow) {
			m.pick(at)
			m.follow = true
			return
		}
	}
	m.follow = !m.follow
}

// onFailure is called when a host has failed.
func (m *Model) onFailure(h *host) {
	if !m.follow || m.question != nil || m.hosts[m.selected].failed {
		return
	}
	m.pick(slices.Index(m.hosts, h))
	m.follow = true
}

func (m *Model) togglePause() {
	if m.pause == nil || m.done != nil || m.stops > 0 {
		return
	}
	m.paused = !m.paused
	m.pause(m.paused)
}

// interrupt stops after the current steps, and at the second time at once.
func (m *Model) interrupt() tea.Cmd {
	if m.done != nil {
		m.pane.open, m.quit = false, true
		return tea.Quit
	}
	m.stopping()
	// In goroutines, because both wait for the network and the view must not.
	if m.stops == 1 && m.stop != nil {
		go m.stop()
	} else if m.kill != nil {
		go m.kill()
	}
	return nil
}

// stopping notes that the run was told to stop, by a key or by a signal.
func (m *Model) stopping() {
	m.stops++
	m.typing = false
	switch {
	case m.question == nil:
	case m.question.yes:
		m.reply("n")
	default:
		close(m.question.reply) // no answer is not an answer
		m.question = nil
	}
}

func (m *Model) typeFilter(k tea.KeyMsg) {
	switch k.String() {
	case "enter":
		m.typing = false
	case "esc":
		m.typing, m.filter = false, ""
	default:
		m.input, _ = m.input.Update(k)
		m.filter = strings.ToLower(m.input.Value())
	}
	m.pane.cursor, m.pane.back = 0, 0
}

func (m *Model) answer(k tea.KeyMsg) {
	switch k.String() {
	case "enter":
		m.reply(m.input.Value())
	case "esc":
		m.reply("")
	default:
		m.input, _ = m.input.Update(k)
	}
}

func (m *Model) reply(text string) {
	m.question.reply <- text // has room for one
	m.question, m.pane, m.filter = nil, pane{}, ""
	m.input.Reset()
}
