package status

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/database"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/inventory"
)

// AnswerTime bounds how long a host may take over its answer, unless another
// time is given.
const AnswerTime = 45 * time.Second

// Target is one connected host with one root shell on it.
type Target interface {
	// Run gives one script to the root shell and hands on its output line by
	// line. An error means that the script was not heard to its end.
	Run(ctx context.Context, script string, line func(string)) (status int, err error)
	Close() error
}

// Gatherer asks the hosts of a site. Inv, Services and Dial are required. Connections
// stay open between two calls of Take, until Close.
type Gatherer struct {
	Inv *inventory.Inventory
	// Services are those of the site: what is to be up.
	Services play.Services
	// Limit names the hosts to ask; empty means all.
	Limit []string
	Dial  func(context.Context, *inventory.Host) (Target, error)
	// Forks bounds how many hosts are asked at once; 0 means 64.
	Forks int
	// Time bounds how long a host may take to connect and answer; 0 means AnswerTime.
	Time time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	mu     sync.Mutex
	open   map[string]Target
	tables map[string]database.Tables // by host, of its first answer as the primary
}

// Take asks all hosts at once and judges what they say. Hosts that do not
// answer are part of the result.
func (g *Gatherer) Take(ctx context.Context) Status {
	now := g.Now
	if now == nil {
		now = time.Now
	}
	asked := slices.DeleteFunc(slices.Clone(g.Inv.Hosts), func(h *inventory.Host) bool {
		return len(g.Limit) > 0 && !slices.Contains(g.Limit, h.Name)
	})
	s := Status{V: Version, Site: g.Inv.Site.Name, Domain: g.Inv.Site.Domain, Inventory: g.Inv.Path, Taken: now().UTC(),
		Partial: len(asked) < len(g.Inv.Hosts), Hosts: make([]Host, len(asked)), programs: programs(g.Services)}
	ask.Each(cmp.Or(g.Forks, 64), asked, func(i int, h *inventory.Host) { s.Hosts[i] = g.host(ctx, h) })
	Judge(g.Inv, &s)
	return s
}

// Close ends the connections.
func (g *Gatherer) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	var wg sync.WaitGroup
	for _, t := range g.open {
		wg.Go(func() { _ = t.Close() })
	}
	wg.Wait()
	g.open = nil
}

func (g *Gatherer) host(ctx context.Context, h *inventory.Host) Host {
	asked := askOf(g.Inv, g.Services, h)
	g.mu.Lock()
	known, again := g.tables[h.Name]
	g.mu.Unlock()
	asked.tables = !again
	a, err := g.answer(ctx, h, asked.script())
	if err != nil {
		return lost(h, err)
	}
	out := Read(g.Inv, g.Services, h, a)
	if d := out.Database; d != nil && d.Running {
		g.keep(h.Name, d, known, again)
	}
	return out
}

// keep remembers the tables of a server's first answer as the primary for the next ones: to look at all
// of them every two seconds would be too much of a load.
func (g *Gatherer) keep(host string, d *Database, known database.Tables, again bool) {
	if again {
		d.state.Tables = known
		return
	}
	if d.ReadOnly { // it tells of none until it is the primary
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tables == nil {
		g.tables = map[string]database.Tables{}
	}
	g.tables[host] = d.state.Tables
}

// answer gives one script to a host.
func (g *Gatherer) answer(ctx context.Context, h *inventory.Host, script string) (*ask.Answer, error) {
	most := cmp.Or(g.Time, AnswerTime)
	ctx, cancel := context.WithTimeoutCause(ctx, most, fault.Wrap(fault.HostSilent, fmt.Errorf("%s did not answer in %s", h.Name, most)))
	defer cancel()
	t, err := g.target(ctx, h)
	if err != nil {
		return nil, err
	}
	a, err := ask.Bounds{}.Ask(ctx, t, script)
	if err != nil {
		g.drop(h.Name)
		if errors.Is(err, context.DeadlineExceeded) {
			err = context.Cause(ctx)
		}
	}
	return a, err
}

func (g *Gatherer) target(ctx context.Context, h *inventory.Host) (Target, error) {
	g.mu.Lock()
	t := g.open[h.Name]
	g.mu.Unlock()
	if t != nil {
		return t, nil
	}
	t, err := g.Dial(ctx, h)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open = map[string]Target{}
	}
	g.open[h.Name] = t
	return t, nil
}

// drop ends a connection that broke, so that the next question makes another.
func (g *Gatherer) drop(name string) {
	g.mu.Lock()
	t := g.open[name]
	delete(g.open, name)
	g.mu.Unlock()
	if t != nil {
		_ = t.Close()
	}
}

// lost is a host that did not answer.
func lost(h *inventory.Host, err error) Host {
	out := blank(h)
	out.Error, out.Code = printable(err.Error()), fault.Of(err)
	var advised interface{ Advice() string }
	if errors.As(err, &advised) {
		out.Hint = printable(advised.Advice())
	}
	return out
}
