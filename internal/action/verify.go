package action

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/providers"
	"foobar/internal/verify"
	"foobar/inventory"
	"foobar/playbooks"
)

// Verify sends marked requests through the site, and follows them to the monitoring.
type Verify struct {
	Common Common
	JSON   bool
	// Path is the page that is asked for.
	Path string
	// OverSSH sends the requests from the balancers themselves.
	OverSSH bool
	// Alert raises a test alert, too.
	Alert bool
	// Within bounds how long all of it may take to arrive.
	Within time.Duration

	hosts  []*inventory.Host
	dialer *dialer
	mu     sync.Mutex
	open   map[string]engine.Target
	trail  *verify.Trail
}

// Run sends, waits, and prints.
func (v *Verify) Run(ctx context.Context) error {
	c := &v.Common
	inv, err := c.load()
	if err != nil {
		return err
	}
	if _, bad := url.ParseRequestURI(v.Path); !strings.HasPrefix(v.Path, "/") || bad != nil {
		return Usage(fmt.Errorf("--path %q: give the path of a page, which begins with /", v.Path))
	}
	alarm, err := v.alarm(inv)
	if err != nil {
		return err
	}
	account, err := searcher(ctx, inv)
	if err != nil {
		return err
	}
	if err := c.readPassword(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal ends the program at once
	v.dialer, v.hosts = c.dialer(), inv.Hosts
	v.trail = &verify.Trail{Inv: inv, Services: playbooks.Services(inv), Mark: verify.NewMark(), Page: "https://" + inv.Site.Domain + v.Path, Lost: map[string]error{}}
	if inv.Monitoring.Enabled {
		v.trail.Prover = providers.Named(inv.Monitoring.Provider)
	}
	defer v.close()
	v.look(ctx, verify.Before)
	by, end, err := v.clients(ctx, inv)
	if err != nil {
		return err
	}
	begun := time.Now()
	v.trail.Replies = verify.Send(ctx, by, v.trail.Page, v.trail.Mark, 4*min(max(2, len(inv.Group(inventory.Web))), 12))
	end()
	v.look(ctx, verify.Sent)
	p := v.until(ctx, begun)
	if account != nil {
		v.search(ctx, account, begun, &p)
	}
	if alarm != nil {
		more := v.raise(ctx, alarm)
		p.Proved, p.Missing = append(p.Proved, more.Proved...), append(p.Missing, more.Missing...)
	}
	if err := cancelled(ctx); err != nil {
		return err
	}
	r := v.trail.Report(p, begun, time.Since(begun))
	if v.JSON {
		err = ask.WriteJSON(c.Console.Out, r)
	} else {
		err = unlessGone(verify.Plain(c.Console.Out, r))
	}
	return shown(err, len(v.trail.Lost) > 0, r.Arrived, engine.ExitUnhealthy)
}

// alarm is who raises a test alert, nil where none is wanted.
func (v *Verify) alarm(inv *inventory.Inventory) (monitoring.Alarmer, error) {
	if !v.Alert {
		return nil, nil
	}
	a, can := providers.Named(inv.Monitoring.Provider).(monitoring.Alarmer)
	switch {
	case !inv.Monitoring.Enabled:
		return nil, Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("--alert: %s has [monitoring] switched off, so that nothing raises alerts", inv.Path)))
	case !can:
		return nil, Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("--alert: %s raises its alerts itself, and has no way to be asked for one as a test; with provider = \"prometheus\" there is", inv.Monitoring.Provider)))
	}
	return a, nil
}

// look asks every host that is not lost; one that does not answer is.
func (v *Verify) look(ctx context.Context, when verify.When) {
	ask.Each(v.Common.forks(v.trail.Inv), v.hosts, func(_ int, h *inventory.Host) {
		v.mu.Lock()
		lost := v.trail.Lost[h.Name] != nil
		v.mu.Unlock()
		if lost {
			return
		}
		a, err := v.ask(ctx, h, v.trail.Script(h))
		v.mu.Lock()
		defer v.mu.Unlock()
		if err != nil {
			v.trail.Lost[h.Name] = err
			return
		}
		v.trail.Take(when, h.Name, a)
	})
}

// ask runs a script on a host, over a connection that stays open.
func (v *Verify) ask(ctx context.Context, h *inventory.Host, script string) (*ask.Answer, error) {
	most := v.Common.scaled(time.Minute)
	ctx, cancel := context.WithTimeoutCause(ctx, most, fault.Wrap(fault.HostSilent, fmt.Errorf("%s did not answer in %s", h.Name, most)))
	defer cancel()
	v.mu.Lock()
	t := v.open[h.Name]
	v.mu.Unlock()
	if t == nil {
		var err error
		if t, err = v.dialer.dial(ctx, h); err != nil {
			return nil, err
		}
		v.mu.Lock()
		if v.open == nil {
			v.open = map[string]engine.Target{}
		}
		v.open[h.Name] = t
		v.mu.Unlock()
	}
	a, err := v.Common.patience().Ask(ctx, t, script)
	if errors.Is(err, context.DeadlineExceeded) {
		err = context.Cause(ctx)
	}
	return a, err
}

func (v *Verify) close() {
	for t := range maps.Values(v.open) {
		_ = t.Close()
	}
}

// until looks again and again until all has arrived or the time is over.
func (v *Verify) until(ctx context.Context, begun time.Time) monitoring.Proof {
	for {
		p := v.trail.Judge()
		if len(p.Missing) == 0 || ctx.Err() != nil || time.Since(begun) > v.Within || hopeless(p, v.trail) {
			return p
		}
		pause(ctx)
		v.look(ctx, verify.Later)
	}
}

// hopeless reports whether no time mends what is missing: hosts that were not reached, and
// requests that were not answered.
func hopeless(p monitoring.Proof, t *verify.Trail) bool {
	for _, m := range p.Missing {
		if m.Code != fault.SiteSilent && t.Lost[m.Host] == nil {
			return false
		}
	}
	return true
}

// raise raises the test alert, waits until it was given out, and ends it.
func (v *Verify) raise(ctx context.Context, alarm monitoring.Alarmer) (p monitoring.Proof) {
	inv, begun := v.trail.Inv, time.Now()
	h := alarm.AlarmHost(inv)
	lost := func(err error) monitoring.Proof {
		p.Lacks(h.Name, fault.AlertLost, monitoring.LogsOf(inv, "prometheus", h.Name), "no test alert was raised: %s", ask.Printable(err.Error(), 300))
		return p
	}
	before, err := v.ask(ctx, h, alarm.AlarmQuestion()+alarm.Raise(inv, v.trail.Mark, v.Within+time.Minute))
	if err != nil {
		return lost(err)
	}
	if said := before.Lines("raised"); len(said) != 1 || said[0] != "raised" {
		return lost(errors.New(strings.Join(said, " ")))
	}
	defer func() { _, _ = v.ask(context.WithoutCancel(ctx), h, alarm.Raise(inv, v.trail.Mark, 0)) }()
	for {
		now, err := v.ask(ctx, h, alarm.AlarmQuestion())
		if err != nil {
			return lost(err)
		}
		var over bool
		if p, over = alarm.Alarmed(inv, v.trail.Mark, before, now); over || ctx.Err() != nil || time.Since(begun) > v.Within {
			return p
		}
		pause(ctx)
	}
}

// clients are those of the requests: one that goes the way of visitors; or, where hosts are
// reached by way of others or OverSSH says so, one for each balancer, through ssh.
func (v *Verify) clients(ctx context.Context, inv *inventory.Inventory) (by func(i int) http.RoundTripper, end func(), err error) {
	var ways []*http.Transport
	end = func() {
		for _, w := range ways {
			w.CloseIdleConnections()
		}
	}
	lbs := inv.Group(inventory.LB)
	over := v.OverSSH
	for _, h := range lbs {
		set := v.Common.overlay(h.SSH)
		over = over || len(set.ProxyCommand) > 0 || len(set.Jump) > 0
	}
	if !over {
		ways = append(ways, http.DefaultTransport.(*http.Transport).Clone())
		return func(int) http.RoundTripper { return ways[0] }, end, nil
	}
	v.trail.Way = "through ssh, from the balancer itself"
	for _, h := range lbs {
		tunnel, err := v.dialer.tunnel(ctx, h)
		if err != nil {
			return nil, end, &Exit{engine.ExitUnreachable, hostError(err)}
		}
		context.AfterFunc(ctx, tunnel.Close)
		w := http.DefaultTransport.(*http.Transport).Clone()
		w.Proxy = nil
		w.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return tunnel.Dial(ctx, "127.0.0.1:443") }
		ways = append(ways, w)
	}
	return func(i int) http.RoundTripper { return ways[i%len(ways)] }, end, nil
}
