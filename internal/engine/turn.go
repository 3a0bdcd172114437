package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"foobar/internal/event"
	"foobar/internal/play"
)

// turn is a host that waits for a serial place. The host before it, when it goes back into
// service, may take it out of service in the same trip to the balancer, and hand on its place.
type turn struct {
	host  string
	drain *play.Drain // nil where it is not to be taken out
	given chan handed // has room for one
}

// handed is what a host got from the one before it: the place, and what went wrong as it was
// taken out of service. Without either that one did not get well.
type handed struct {
	place bool
	err   error
}

// queue has a host wait for a place of a play.
func (g *gates) queue(name, host string, drain *play.Drain) *turn {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := &turn{host, drain, make(chan handed, 1)}
	g.turns[g.group[name]] = append(g.turns[g.group[name]], t)
	return t
}

// unqueue ends that. It reports false where the host before it has begun to take it out.
func (g *gates) unqueue(name string, t *turn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := g.turns[g.group[name]]
	i := slices.Index(list, t)
	if i >= 0 {
		g.turns[g.group[name]] = slices.Delete(list, i, i+1)
	}
	return i >= 0
}

// await blocks until a host has a place, or was handed one; see enter.
func (g *gates) await(ctx context.Context, stop <-chan struct{}, name string, t *turn) (leave func(), given bool, err error) {
	places := g.serial[name]
	var has, claimed bool
	var got handed
	select {
	case places <- struct{}{}:
		has = true
	case got = <-t.given:
		claimed = true
	case <-stop:
		err = errStopped
	case <-ctx.Done():
		err = ctx.Err()
	}
	if !claimed && !g.unqueue(name, t) {
		got, claimed = <-t.given, true // it may be out of service by now
	}
	given = got.place || got.err != nil
	switch {
	case has && got.place:
		<-places
	case !has && !given && err == nil:
		return g.await(ctx, stop, name, g.queue(name, t.host, t.drain))
	}
	if has || got.place {
		leave = func() { <-places }
	}
	if got.err != nil {
		err = got.err
	}
	return leave, given, err
}

// next takes over the first host that waits to be taken out at a balancer, nil where none
// does or the play does not go on.
func (g *gates) next(name string, at *play.Drain) *turn {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := g.turns[g.group[name]]
	i := slices.IndexFunc(list, func(t *turn) bool { return t.drain != nil && t.drain.On == at.On })
	if i < 0 || g.broken[g.group[name]] != "" {
		return nil
	}
	t := list[i]
	g.turns[g.group[name]] = slices.Delete(list, i, i+1)
	return t
}

// handOn puts the host back into service, and takes out the next one that waits, to
// which it gives its place.
func (w *worker) handOn(ctx context.Context, name string, d *play.Drain) error {
	eng := w.run.eng
	var next *turn
	if eng.pause() == nil && !eng.stopping.Load() {
		next = w.run.gates.next(name, d)
	}
	if next == nil {
		return w.atBalancer(ctx, d.In(w.host.Name))
	}
	w.emit(event.Waiting{Host: next.host, For: sessionsAt(d)})
	lines, status, err := w.askBalancer(ctx, both(next.drain, w.host.Name, next.host))
	if err != nil { // nobody knows how far that came; it is the balancer that was lost, not the next host
		next.given <- handed{err: cmp.Or(ctx.Err(), drainFault(fmt.Errorf("it may be out of service at %s: %v", d.On.Name, err)))}
		return err
	}
	back := slices.Index(lines, play.IsBack)
	err = w.succeeded(lines[back+1:], status, nil)
	if back < 0 {
		w.emit(event.Waiting{Host: next.host, For: "its turn in " + name})
		next.given <- handed{}
		return err
	}
	w.leave = nil
	if err != nil {
		err = drainFault(fmt.Errorf("drain at %s: %w", d.On.Name, err))
	}
	next.given <- handed{true, err}
	return nil
}

// both is shell that puts a host back into service and then takes out another.
func both(d *play.Drain, back, out string) string {
	if d.Both != nil {
		if script := d.Both(back, out); script != "" {
			return script
		}
	}
	return d.In(back) + "\nr=$?; [ $r -eq 0 ] || exit $r\necho '" + play.IsBack + "'\n" + d.Out(out)
}

func sessionsAt(d *play.Drain) string { return "its sessions to end at " + d.On.Name }
