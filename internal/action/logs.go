package action

import (
	"context"
	"errors"
	"slices"

	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/logs"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/playbooks"
)

// Logs shows the logs of services from all hosts, merged by time.
type Logs struct {
	Common Common
	JSON   bool
	Query  logs.Query
}

// Run gathers and shows.
func (v *Logs) Run(ctx context.Context) error {
	c := &v.Common
	inv, hosts, err := c.pick(nil)
	if err != nil {
		return err
	}
	services := playbooks.Services(inv)
	if err := v.Query.Check(services); err != nil {
		return Usage(fault.Wrap(fault.NoSuch, err))
	}
	if err := c.readPassword(); err != nil {
		return err
	}
	hosts = slices.DeleteFunc(hosts, func(h *inventory.Host) bool { return v.Query.On(h.Name, services[h.Name]) == nil })
	if v.Query.Follow {
		return v.follow(ctx, inv, services, hosts)
	}
	answers := make([]*logs.Answer, len(hosts))
	err = c.onHosts(ctx, inv, hosts, func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		a, err := v.answer(ctx, services, h, t)
		answers[slices.Index(hosts, h)] = a
		return err
	})
	var ee *Exit
	if errors.As(err, &ee) && ee.Code >= engine.ExitInterrupted {
		return err
	}
	if shown := v.Query.Show(answers, v.JSON, c.Console.Out, c.Console.Err); shown != nil {
		return &Exit{engine.ExitFailed, shown}
	}
	return err
}

// answer asks one host for the last lines of its logs; nil where it gave none.
func (v *Logs) answer(ctx context.Context, services play.Services, h *inventory.Host, t engine.Target) (*logs.Answer, error) {
	a := v.Query.On(h.Name, services[h.Name])
	said, err := v.Common.patience().Ask(ctx, t, v.Query.Script(a))
	if err != nil {
		return nil, err
	}
	a.Read(said)
	return a, nil
}
