package action

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/planview"
	"foobar/internal/status"
	"foobar/inventory"
	"foobar/playbooks"
)

// Status says how the site is.
type Status struct {
	Common Common
	JSON   bool
	// Watch looks again and again; without JSON, View shows it.
	Watch bool
	View  func() Watching
	// Paint colours what people read; nil for none.
	Paint planview.Paint
}

// Run asks once and prints, or watches.
func (v *Status) Run(ctx context.Context) error {
	c := &v.Common
	inv, err := c.load()
	if err != nil {
		return err
	}
	limit, err := hostsOf(inv, c.Limit)
	if err != nil {
		return Usage(err)
	}
	if err := c.readPassword(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal ends the program at once
	var quiet atomic.Bool
	g := &status.Gatherer{Inv: inv, Services: playbooks.Services(inv), Limit: limit, Dial: c.statusDial(&quiet), Forks: c.Forks, Time: c.scaled(status.AnswerTime)}
	defer g.Close()
	switch {
	case v.Watch && v.JSON:
		return v.watchJSON(ctx, g)
	case v.Watch:
		return v.watch(ctx, g, &quiet)
	}
	s := g.Take(ctx)
	if err := cancelled(ctx); err != nil {
		return err
	}
	if v.JSON {
		err = ask.WriteJSON(c.Console.Out, s)
	} else {
		err = unlessGone(status.Plain(planview.Painted(c.Console.Out, v.Paint), s))
	}
	return shown(err, s.Unreachable(), s.Healthy, engine.ExitUnhealthy)
}

// statusDial connects as the other verbs do. It asks a person only on a
// terminal, and nothing while quiet is set.
func (c *Common) statusDial(quiet *atomic.Bool) func(context.Context, *inventory.Host) (status.Target, error) {
	d := c.dialer()
	if d.ask != nil {
		d.ask.asker = quietAsker{c.Console.Asker, quiet}
	}
	return func(ctx context.Context, h *inventory.Host) (status.Target, error) { return d.dial(ctx, h) }
}
