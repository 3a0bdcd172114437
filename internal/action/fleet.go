package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/inventory"
	"foobar/playbooks"
)

// pick reads the inventory, whose commands may not be run yet, and picks hosts: those
// of Limit or, without one, all for which unless is false.
func (c *Common) pick(unless func(*inventory.Host) bool) (*inventory.Inventory, []*inventory.Host, error) {
	inv, err := playbooks.Load(c.Inventory)
	if err != nil {
		return nil, nil, Usage(err)
	}
	limit, err := hostsOf(inv, c.Limit)
	if err != nil {
		return nil, nil, Usage(err)
	}
	hosts := slices.DeleteFunc(slices.Clone(inv.Hosts), func(h *inventory.Host) bool {
		if len(limit) > 0 {
			return !slices.Contains(limit, h.Name)
		}
		return unless != nil && unless(h)
	})
	return inv, hosts, nil
}

// fleet is pick, with the sudo password.
func (c *Common) fleet(unless func(*inventory.Host) bool) (*inventory.Inventory, []*inventory.Host, error) {
	inv, hosts, err := c.pick(unless)
	if err != nil {
		return nil, nil, err
	}
	return inv, hosts, c.readPassword()
}

// onHosts connects to hosts, as many at once as Forks says, and does the work
// on each; ended is told how, as each host ends. It says on standard error what went
// wrong where; its error has the exit code of the whole.
func (c *Common) onHosts(ctx context.Context, inv *inventory.Inventory, hosts []*inventory.Host,
	work func(context.Context, *inventory.Host, engine.Target) error, ended ...func(host string, err error)) error {
	if err := c.allow(inv); err != nil {
		return err
	}
	d := c.dialer()
	ctx, interrupted := c.Console.untilSignal(ctx)
	errs := make([]error, len(hosts))
	ask.Each(c.forks(inv), hosts, func(i int, h *inventory.Host) {
		errs[i] = onHost(ctx, d, h, work)
		for _, tell := range ended {
			tell(h.Name, errs[i])
		}
	})
	if code := interrupted(); code != 0 {
		return &Exit{Code: code}
	}
	return verdict(hosts, errs, c.Console.Err)
}

// killTime is how long an interrupted verb waits for what it has a host end.
const killTime = 5 * time.Second

// onHost connects and works. When the context ends, what runs there is ended too.
func onHost(ctx context.Context, d *dialer, h *inventory.Host, work func(context.Context, *inventory.Host, engine.Target) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t, err := d.dial(ctx, h)
	if err != nil {
		return err
	}
	defer t.Close()
	err = work(ctx, h, t)
	if ctx.Err() != nil {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), killTime)
		defer cancel()
		_ = t.Kill(end)
	}
	return err
}

// verdict says what went wrong, a line for each host.
func verdict(hosts []*inventory.Host, errs []error, w io.Writer) error {
	for i, err := range errs {
		sayWrong(w, hosts[i].Name, err)
	}
	fmt.Fprint(w, fault.See(fault.All(errors.Join(errs...))))
	return exit(exitOf(errs))
}

// sayWrong says what went wrong on a host, if anything did.
func sayWrong(w io.Writer, host string, err error) {
	if err == nil {
		return
	}
	text := err.Error()
	var he *engine.HostError
	if errors.As(err, &he) && he.Hint != "" {
		text += "; " + he.Hint
	}
	fmt.Fprintf(w, "%s: error: %s\n", host, fault.Of(err).After(printable(text)))
}

// exitOf is the exit code of a verb that failed on hosts as the errors say.
func exitOf(errs []error) int {
	code := engine.ExitOK
	for _, err := range errs {
		var he *engine.HostError
		switch {
		case err == nil:
		case errors.As(err, &he) && he.Outcome == event.Unreachable:
			return engine.ExitUnreachable
		default:
			code = engine.ExitFailed
		}
	}
	return code
}
