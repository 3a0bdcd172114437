package tui

import (
	"errors"
	"io"
	"os"

	tea "github.com/charmbracelet/bubbletea"

	"foobar/internal/event"
)

// Options say how to look and what the keys do.
type Options struct {
	In   *os.File
	Out  io.Writer
	Stop func() // ctrl-c: finish the current steps
	Kill func() // ctrl-c again
	// NoColor as NO_COLOR; ASCII for a locale without UTF-8.
	NoColor, ASCII bool
}

// Display shows a rollout. It is an event.Sink.
type Display struct {
	p    *tea.Program
	over chan struct{}
}

// ErrGone says that the view ended before a question was answered.
var ErrGone = errors.New("the question was not answered")

// New makes a display; Run shows it.
func New(o Options) *Display {
	return &Display{over: make(chan struct{}),
		p: tea.NewProgram(newModel(o), tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithoutSignalHandler())}
}

// Receive shows one event. It does not block once the view has ended.
func (d *Display) Receive(e event.Envelope) { d.p.Send(envelope(e)) }

// Run draws until RunDone has been received, or drawing fails.
func (d *Display) Run() error {
	defer close(d.over)
	_, err := d.p.Run()
	return err
}

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
	d.p.Send(ask(q))
	select {
	case answer := <-q.reply:
		return answer, nil
	case <-d.over:
		return "", ErrGone
	}
}
