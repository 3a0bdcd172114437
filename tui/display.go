package tui

import (
	"errors"
	"fmt"
	"io"
	"os"

	tea "github.com/charmbracelet/bubbletea"

	"foobar/internal/event"
	_ "foobar/tui/quiet" // before bubbletea
)

// Options say how to look and what the keys do.
type Options struct {
	In    *os.File // nil for no keys
	Out   io.Writer
	Stop  func()     // ctrl-c: finish the current steps
	Kill  func()     // ctrl-c again
	Pause func(bool) // p: begin no play until it is called with false; nil for none. It must not block.
	// NoColor as NO_COLOR; ASCII for a locale without UTF-8.
	NoColor, ASCII bool
}

// Display shows a rollout. It is an event.Sink.
type Display struct {
	p    *tea.Program
	m    *Model
	out  io.Writer
	feed *feed
	over chan struct{}
}

// ErrGone says that the view or the run was ended before a question was answered.
var ErrGone = errors.New("the question was not answered")

// New makes a display; Run shows it.
func New(o Options) *Display { return show(newModel(o), o) }

func show(m *Model, o Options) *Display {
	var in io.Reader // not a file that is nil
	if o.In != nil {
		in = o.In
	}
	p := tea.NewProgram(m, tea.WithInput(in), tea.WithOutput(o.Out), tea.WithAltScreen(), tea.WithoutSignalHandler())
	return &Display{p: p, m: m, out: o.Out, feed: newFeed(), over: make(chan struct{})}
}

// Receive shows one event. It never waits for the terminal: when that does not
// keep up, lines of output are left out.
func (d *Display) Receive(e event.Envelope) { d.feed.put(envelope(e)) }

// Run draws until RunDone has been received and read, or drawing fails, and
// leaves the result on the terminal.
func (d *Display) Run() error {
	defer close(d.over)
	go d.feed.pump(d.p.Send, d.over)
	if _, err := d.p.Run(); err != nil {
		return err
	}
	_, err := fmt.Fprint(d.out, d.m.result())
	return err
}

// Stopping says that the run was told to stop by other means than a key. An open
// question ends without an answer.
func (d *Display) Stopping() { d.feed.put(signal{}) }

// Quit ends the view early.
func (d *Display) Quit() { d.p.Quit() }

// Ask asks a person; secret answers are not shown.
func (d *Display) Ask(text string, secret bool) (string, error) {
	return d.ask(&question{text: text, secret: secret})
}

// Confirm asks for y or n, with the plan in view.
func (d *Display) Confirm(text string) (bool, error) {
	answer, err := d.ask(&question{text: text, yes: true})
	return answer == "y", err
}

func (d *Display) ask(q *question) (string, error) {
	q.reply = make(chan string, 1)
	d.feed.put(ask(q)) // behind the events that it is about
	select {
	case answer, given := <-q.reply:
		if !given {
			return "", ErrGone
		}
		return answer, nil
	case <-d.over:
		return "", ErrGone
	}
}
