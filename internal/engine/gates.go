package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"foobar/internal/play"
	"foobar/inventory"
)

// gates keep the order between hosts: a play on a host begins when the plays it
// names have ended well on all their hosts.
type gates struct {
	mu     sync.Mutex
	done   map[gateKey]chan struct{}
	drains map[gateKey]bool   // where a play may take a host out of service
	bad    map[gateKey]string // why a play did not end well on a host
	byName map[string]play.Play
	serial map[string]chan struct{} // by play; plays drained at one balancer share their places
	group  map[string]string        // the name of those that share, by play
	broken map[string]string        // a group stops at its first failure
	turns  map[string][]*turn       // who waits for a place, by group
}

// takenBack is why a play did not end well whose change was taken back. Then plays that
// are only behind it do not begin either: something is wrong with what the inventory says.
const takenBack = "was taken back"

type gateKey struct{ play, host string }

func newGates(plays []play.Play, takesPart func(*inventory.Host) bool, drains map[gateKey]bool) *gates {
	g := &gates{done: map[gateKey]chan struct{}{}, drains: drains, bad: map[gateKey]string{}, byName: map[string]play.Play{},
		serial: map[string]chan struct{}{}, group: map[string]string{}, broken: map[string]string{}, turns: map[string][]*turn{}}
	shared := map[string]chan struct{}{}
	for _, p := range plays {
		g.byName[p.Name] = p
		if p.Serial > 0 {
			g.group[p.Name] = p.Name
			if p.Drain != nil {
				g.group[p.Name] = "drained at " + p.Drain.On.Name
			}
			if shared[g.group[p.Name]] == nil {
				shared[g.group[p.Name]] = make(chan struct{}, p.Serial)
			}
			g.serial[p.Name] = shared[g.group[p.Name]]
		}
		for _, h := range p.Hosts {
			ch := make(chan struct{})
			g.done[gateKey{p.Name, h.Name}] = ch
			if !takesPart(h) {
				close(ch)
			}
		}
	}
	return g
}

// end closes a play on a host; why is empty when it ended well. It may be
// called again: the first call counts.
func (g *gates) end(name, host, why string) { g.close(name, host, why, why != "") }

// hold closes a play that is not worked on where it stands: those after it wait in
// vain, but its other hosts may go on, for nothing broke.
func (g *gates) hold(name, host, why string) { g.close(name, host, why, false) }

func (g *gates) close(name, host, why string, breaks bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	k := gateKey{name, host}
	ch := g.done[k]
	if ch == nil {
		return
	}
	select {
	case <-ch:
		return
	default:
	}
	if why != "" {
		g.bad[k] = why
		if breaks && g.serial[name] != nil && g.broken[g.group[name]] == "" {
			g.broken[g.group[name]] = host
		}
	}
	close(ch)
}

// gate is one thing that a play waits for. It must have ended well, or only ended.
type gate struct {
	gateKey
	well bool
}

// before are the gates of a play.
func (g *gates) before(name string) (list []gate) {
	p := g.byName[name]
	for i, after := range slices.Concat(p.After, p.Behind, p.Apart) {
		for _, h := range g.byName[after].Hosts {
			k := gateKey{after, h.Name}
			if i < len(p.After)+len(p.Behind) || g.drains[k] {
				list = append(list, gate{k, i < len(p.After)})
			}
		}
	}
	return list
}

// wait blocks until the plays that name waits for have ended on all hosts. It
// returns a reason when one of them did not end well.
func (g *gates) wait(ctx context.Context, stop <-chan struct{}, name string, waiting func(forWhat string)) (why string, err error) {
	for _, k := range g.before(name) {
		if err := await(ctx, stop, g.done[k.gateKey], func() { waiting(fmt.Sprintf("%s on %s", k.play, k.host)) }); err != nil {
			return "", err
		}
		g.mu.Lock()
		bad, failed := g.bad[k.gateKey]
		g.mu.Unlock()
		if failed && (k.well || bad == takenBack) {
			return fmt.Sprintf("%s waits for %s on %s: %s", name, k.play, k.host, bad), nil
		}
	}
	return "", nil
}

// await blocks until done is closed; waiting is called first where it is not yet.
func await(ctx context.Context, stop, done <-chan struct{}, waiting func()) error {
	select {
	case <-done:
		return nil
	default:
		waiting()
	}
	select {
	case <-done:
		return nil
	case <-stop:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// open reports whether nothing keeps a play from beginning now.
func (g *gates) open(name string) bool {
	return !slices.ContainsFunc(g.before(name), func(k gate) bool {
		select {
		case <-g.done[k.gateKey]:
			return false
		default:
			return true
		}
	})
}

// enter takes one of the play's serial places; leave gives it back. By then the host may have
// been taken out of service by drain: given says so, also beside an error.
func (g *gates) enter(ctx context.Context, stop <-chan struct{}, name, host string, drain *play.Drain, waiting func(string)) (leave func(), given bool, why string, err error) {
	places := g.serial[name]
	if places == nil {
		return func() {}, false, "", nil
	}
	select {
	case places <- struct{}{}:
		leave = func() { <-places }
	default:
		waiting("its turn in " + name)
		leave, given, err = g.await(ctx, stop, name, g.queue(name, host, drain))
	}
	if given || err != nil {
		return leave, given, "", err
	}
	if why = g.stuck(name); why != "" {
		leave()
		return nil, false, why, nil
	}
	return leave, false, "", nil
}

// stuck says why a play that goes host by host does not go on, or nothing.
func (g *gates) stuck(name string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if broken := g.broken[g.group[name]]; broken != "" {
		return fmt.Sprintf("%s is done one host at a time and failed on %s", name, broken)
	}
	return ""
}
