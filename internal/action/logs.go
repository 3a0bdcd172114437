package action

import (
	"context"
	"errors"
	"slices"

	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/logs"
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
	answers := make([]*logs.Answer, len(hosts))
	err = c.onHosts(ctx, inv, hosts, func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		a := v.Query.On(h.Name, services[h.Name])
		said, err := c.patience().Ask(ctx, t, v.Query.Script(a))
		if err != nil {
			return err
		}
		a.Read(said)
		answers[slices.Index(hosts, h)] = a
		return nil
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
