package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
)

// besidePlay is the play of what a site has beside its hosts.
const besidePlay = "alerts"

// beside is the part of a run that no host has: see play.Beside. It goes on where hosts
// fail, and its own failure changes nothing for them: the site is then unhealthy.
type beside struct {
	run     *run
	of      play.Beside // nil where the site has nothing there, or the run is not about it
	looked  chan struct{}
	cancel  context.CancelFunc // of the look
	found   play.Found
	changed int
	err     error
	told    *event.HostDone
}

// lookTime bounds one look.
const lookTime = time.Minute

// begin looks while the hosts are dialed.
func (b *beside) begin(ctx context.Context) {
	b.looked = make(chan struct{})
	if b.of == nil {
		close(b.looked)
		return
	}
	ctx, b.cancel = context.WithTimeout(ctx, lookTime)
	go func() {
		select {
		case <-b.run.eng.stopped():
			b.cancel()
		case <-ctx.Done():
		}
	}()
	go func() {
		defer close(b.looked)
		defer b.cancel()
		b.found, b.err = b.of.Look(ctx)
	}()
}

// name is what the run calls it, "" for nothing.
func (b *beside) name() string {
	if b.of == nil {
		return ""
	}
	return b.of.Name()
}

// plan waits for the look, tells what it found and adds it to a plan.
func (b *beside) plan(p *Plan) {
	if b.of == nil {
		return
	}
	<-b.looked
	told := event.HostPlanned{Host: b.of.Name(), Resources: b.found.Seen}
	for _, text := range b.found.Unmanaged {
		told.Unmanaged = append(told.Unmanaged, clean(text))
	}
	sum := hmac.New(sha256.New, b.run.req.PlanKey)
	for _, e := range b.found.Errands {
		told.Changes = append(told.Changes, describe(e))
		fmt.Fprintf(sum, "%s %s %v %q\n", e.ID, e.Action, e.Fields, e.Digest)
	}
	p.Hosts = append(p.Hosts, HostPlan{Host: b.of.Name(), Beside: true, Unseen: b.err != nil, Digest: hex.EncodeToString(sum.Sum(nil)), Changes: told.Changes})
	if b.err == nil {
		b.run.eng.Emit(told)
	}
}

// describe is an errand as people see it.
func describe(e play.Errand) event.Change {
	it := item{id: e.ID, play: besidePlay, change: resource.Change{Action: e.Action, Fields: e.Fields}}
	return it.describe()
}

// apply does the errands, one after the other, looks again, and counts what that second
// look agrees with.
func (b *beside) apply(ctx context.Context) {
	if b.of == nil || b.err != nil || len(b.found.Errands) == 0 {
		return
	}
	began := map[resource.ID]time.Time{}
	var done []play.Errand
	for _, e := range b.found.Errands {
		if b.run.eng.stopping.Load() {
			b.err = errStopped
			break
		}
		began[e.ID] = time.Now()
		b.run.eng.Emit(event.ChangeStarted{Host: b.of.Name(), Play: besidePlay, Resource: e.ID, Title: string(e.Action) + " " + clean(e.ID.Kind()+" "+e.ID.Name())})
		if err := e.Do(ctx); err != nil {
			b.failed(e.ID, began[e.ID], err)
			break // the others may build on it
		}
		done = append(done, e)
	}
	if len(done) == 0 {
		return
	}
	b.run.eng.Emit(event.Verifying{Host: b.of.Name()})
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	again, err := b.of.Look(ctx)
	for _, e := range done {
		still := slices.ContainsFunc(again.Errands, func(o play.Errand) bool { return o.ID == e.ID })
		switch {
		case err != nil:
			b.failed(e.ID, began[e.ID], fmt.Errorf("it was changed, and could not be looked at again: %w", err))
		case still:
			b.failed(e.ID, began[e.ID], errors.New("it was changed, and another look finds it as before"))
		default:
			b.changed++
			b.run.eng.Emit(event.ChangeDone{Host: b.of.Name(), Play: besidePlay, Resource: e.ID, Changed: true, Took: time.Since(began[e.ID])})
		}
	}
}

// failed tells of an errand that failed; the first counts for the whole.
func (b *beside) failed(id resource.ID, began time.Time, err error) {
	err = fault.Or(fault.MonitorAway, err)
	b.run.eng.Emit(event.ChangeDone{Host: b.of.Name(), Play: besidePlay, Resource: id, Error: cleanText(err.Error()), Code: fault.Of(err), Took: time.Since(began)})
	if b.err == nil {
		b.err = fmt.Errorf("%s: %w", id, err)
	}
}

// tell says how it ended, once. A run that only looks has failed where it could not.
func (b *beside) tell() *event.HostDone {
	if b.of == nil || b.told != nil {
		return b.told
	}
	b.cancel()
	<-b.looked
	d := event.HostDone{Host: b.of.Name(), Outcome: event.OK, Changed: b.changed}
	switch {
	case b.run.plan == nil:
		d.Outcome, d.Error = event.Skipped, "nothing was planned"
	case errors.Is(b.err, errStopped), b.err != nil && b.run.eng.stopping.Load():
		d.Outcome = event.Stopped
	case b.err != nil:
		d.Outcome, d.Error, d.Code = event.Unhealthy, cleanText(b.err.Error()), fault.Of(fault.Or(fault.MonitorAway, b.err))
		if !b.run.req.Apply {
			d.Outcome = event.Failed
		}
		if entry, known := fault.Lookup(d.Code); known {
			d.Hint = entry.Hint(fault.Place{Inventory: b.run.req.Inventory.Path})
			d.Key, d.Where = b.run.req.Inventory.Where(entry.Blamed("")...)
		}
	}
	b.told = &d
	b.run.eng.Emit(d)
	return b.told
}
