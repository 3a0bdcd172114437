package action

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/logs"
	"foobar/internal/play"
	"foobar/inventory"
)

// follow shows the last lines of all hosts in the order of time, and then what is logged
// from then on as it comes, until it is interrupted, nobody reads any more, or no host is
// left. What a host is lost by is said at once; the others go on.
func (v *Logs) follow(ctx context.Context, inv *inventory.Inventory, services play.Services, hosts []*inventory.Host) error {
	c := &v.Common
	if err := c.allow(inv); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := onSignals(func(n int, sig os.Signal) {
		if cancel(); n > 1 {
			os.Exit(interruptedBy(sig))
		}
	})
	gone := make(chan os.Signal, 1)
	signal.Notify(gone, syscall.SIGPIPE) // a reader who has gone is seen at the next line
	defer signal.Stop(gone)

	f := &following{logs: v, services: services, hosts: hosts, answers: make([]*logs.Answer, len(hosts)), begun: make(chan struct{})}
	f.asked.Add(len(hosts))
	d, errs := c.dialer(), make([]error, len(hosts))
	var all sync.WaitGroup
	for i, h := range hosts {
		all.Go(func() {
			if errs[i] = f.host(ctx, d, i); errs[i] != nil && ctx.Err() == nil {
				sayWrong(c.Console.Err, h.Name, errs[i])
			}
		})
	}
	f.asked.Wait()
	shown := v.Query.Show(f.answers, v.JSON, c.Console.Out, c.Console.Err)
	f.stream = v.Query.NewStream(f.answers, v.JSON, c.Console.Out, cancel)
	if shown != nil {
		cancel()
	}
	close(f.begun)
	all.Wait()
	if sig := ended(); sig != nil {
		return &Exit{Code: interruptedBy(sig)}
	}
	if err := errors.Join(unlessGone(shown), f.stream.Err()); err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	if ctx.Err() != nil { // nobody reads
		return nil
	}
	fmt.Fprint(c.Console.Err, fault.See(fault.All(errors.Join(errs...))))
	return exit(exitOf(errs))
}

// following is what the hosts whose logs are followed share.
type following struct {
	logs     *Logs
	services play.Services
	hosts    []*inventory.Host
	answers  []*logs.Answer
	asked    sync.WaitGroup
	begun    chan struct{} // closed when the last lines are shown and stream is there
	stream   *logs.Stream
}

// host asks one host, waits until what all have said is shown, and follows it.
func (f *following) host(ctx context.Context, d *dialer, i int) error {
	said := sync.OnceFunc(f.asked.Done)
	defer said() // also where the host was not reached
	return onHost(ctx, d, f.hosts[i], func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		a, err := f.logs.answer(ctx, f.services, h, t)
		f.answers[i] = a
		said()
		if err != nil {
			return err
		}
		select {
		case <-f.begun:
		case <-ctx.Done():
			return ctx.Err()
		}
		long, ok := t.(interface {
			Follow(context.Context, string, func(string)) (int, error)
		})
		if !ok {
			return errors.New("the connection cannot follow")
		}
		status, err := long.Follow(ctx, a.FollowScript(f.logs.Query), f.stream.Heard(f.logs.Query, a))
		if err == nil && ctx.Err() == nil {
			err = fmt.Errorf("what followed the logs ended with status %d", status)
		}
		return err
	})
}
