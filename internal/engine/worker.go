package engine

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/facts"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// worker is one host within a run.
type worker struct {
	run       *run
	host      *inventory.Host
	selected  bool // to be changed, not only asked for facts
	target    Target
	facts     facts.Facts
	items     []*item
	byID      map[resource.ID]*item
	unmanaged []string
	early     *ask.Answer         // to what was guessed, with the facts
	set       *resource.ProbeSet  // what was guessed, where all hosts are as they were known to be
	held      map[int]resource.ID // plays by index that are held back, and by what
	changed   int
	err       error // why the host is out
	// leave gives back the host's place among those that may be disrupted at once;
	// drainedBy is how it was taken out of service meanwhile.
	leave     func()
	drainedBy *play.Drain
	// risky is the play whose changes may be taken back, until the host is found well;
	// watched are the plays of whose Revert.Watch something is to change here, ended those
	// that ended well.
	risky          *play.Play
	watched, ended map[string]bool
	hide           *strings.Replacer // of its secrets; nil without any
	unwell         error             // converged but unhealthy
	ill            *item             // where it became so, where that is known
	broke          *item             // where it failed, likewise
	spoiled        map[int]bool      // plays by index that failed here and are spared
	skipped        string
	// opening is the line of history.go that the next script is to write; ledger notes that
	// the ledger gets written and returns the shell for that, nil where nothing is to write.
	opening      string
	ledger       func() string
	noted, begun bool
	locked       bool          // with its first question, as one of the request's balancers
	counts       bool          // it has begun to count failed requests
	counting     chan struct{} // nil, or closed once it has
	history      sync.Mutex
	told         *event.HostDone // how the host ended, once that has been said
}

// item is one resource wanted of the host.
type item struct {
	res     resource.Resource
	id      resource.ID
	play    string
	index   int  // of the play
	goes    bool // its absence is wanted
	stage   resource.Stage
	seen    resource.Observed
	change  resource.Change
	began   time.Time
	also    []int         // further plays that want it
	asked   []resource.ID // whose changes its diff asked about
	refused error         // why it must not be touched
	held    resource.ID   // the refused resource that holds it back
	// strange tells what of others came after foobar; nil is nothing.
	strange func(name string) bool
	// others are the things of others that were seen last, where they were.
	others      []string
	othersKnown bool
}

func (w *worker) emit(e event.Event) { w.run.eng.Emit(e) }

// takesPart reports whether the host is to be changed and nothing is wrong with it.
func (w *worker) takesPart() bool { return w.selected && w.err == nil }

// fail takes the host out of the run; a nil error does nothing.
func (w *worker) fail(err error) {
	if err != nil && w.err == nil {
		w.err = err
	}
}

// untilStopped ends a context when the run is told to stop: what only looks need
// not come to its end.
func (w *worker) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-w.run.eng.stopped():
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (w *worker) connect(ctx context.Context) {
	ctx, cancel := w.untilStopped(ctx)
	defer cancel()
	began := time.Now()
	t, err := w.run.eng.Dial(ctx, w.host)
	if err != nil {
		w.fail(err)
		return
	}
	w.target = t
	w.run.eng.add(&w.run.eng.live, w.host.Name, t)
	w.emit(event.HostConnected{Host: w.host.Name, Address: clean(t.Address()), Took: time.Since(began)})
}

// lock takes the host, and says so when it has to wait for it.
func (w *worker) lock(ctx context.Context) error {
	return w.lockAfter(ctx, w.target.Lock(ctx, 0, w.run.req.Owner))
}

// lockAfter waits for the lock where the first attempt at it found another run.
func (w *worker) lockAfter(ctx context.Context, err error) error {
	var he *HostError
	if w.run.req.LockWait <= 0 || !errors.As(err, &he) || he.Outcome != event.Locked {
		return err
	}
	w.emit(event.Waiting{Host: w.host.Name, For: clean(he.Msg)})
	return w.target.Lock(ctx, w.run.req.LockWait, w.run.req.Owner)
}

// locking is a target whose script takes the lock first. Held is called when it runs.
type locking struct {
	target Target
	owner  string
	held   func()
}

// Run implements ask.Host.
func (l locking) Run(ctx context.Context, script string, line func(string)) (int, error) {
	var once sync.Once
	return l.target.RunLocked(ctx, l.owner, script, func(text string) {
		once.Do(l.held)
		line(text)
	})
}

// Kill ends the script.
func (l locking) Kill(ctx context.Context) error { return l.target.Kill(ctx) }

// prepareScript makes foobar's own folders, forgets an earlier request to stop,
// and waits, for at most six hours, for a package transaction or a copy of a
// database that an interrupted run left behind. It says so again and again, which
// tells a host that waits from one that hangs. Folders that were somebody
// else's are not taken back: what lies in them would be believed and run.
//
//go:embed prepare.sh
var prepareScript string

// prepareTime is how long prepareScript waits at the most.
const prepareTime = 6 * time.Hour

func (w *worker) gather(ctx context.Context) {
	script := facts.Script()
	if w.run.req.Apply && w.selected {
		script = "stop=" + stopFile + "\n" + sh.Files + prepareScript + script
	}
	script = w.run.guessed.around(script, w.host.Name)
	ctx, cancel := w.untilStopped(ctx)
	defer cancel()
	bounds := w.patience()
	if w.run.req.Apply && w.selected {
		bounds.Whole += prepareTime
	}
	a, err := w.first(ctx, bounds, script)
	if err == nil {
		w.facts, err = facts.Read(a)
	}
	if err != nil {
		w.fail(unanswered(a, err))
		return
	}
	w.early = a
	if t, ok := w.target.(Acquaintance); ok {
		w.facts.HostKeys = t.HostKeys()
	}
	f := w.facts
	w.emit(event.FactsGathered{Host: w.host.Name, OS: clean(f.Pretty), Arch: clean(f.Arch), CPUs: f.CPUs, Memory: f.Memory})
}

// first runs the first script on the host. That of a run that changes the host takes its
// lock on the way.
func (w *worker) first(ctx context.Context, bounds ask.Bounds, script string) (*ask.Answer, error) {
	tok, waits := ask.Token(), false
	a := ask.NewAnswer(tok)
	hear := func(host ask.Host) (err error) {
		a.Status, err = bounds.Hear(ctx, host, ask.Script(tok, script), func(line string) {
			a.Line(line)
			if !waits && a.Has("waiting") {
				w.emit(event.Waiting{Host: w.host.Name, For: "work that an earlier run began and that still runs: packages, or a copy of a database"})
				waits = true
			}
		})
		return err
	}
	if !w.run.req.Apply || !w.selected {
		return a, w.firstOfOthers(hear)
	}
	held := func() { w.run.eng.add(&w.run.eng.held, w.host.Name, w.target) }
	err := hear(locking{w.target, w.run.req.Owner, held})
	var he *HostError
	if !errors.As(err, &he) || he.Outcome != event.Locked {
		return a, err
	}
	if err = w.lockAfter(ctx, err); err != nil {
		w.fail(err)
		w.tell() // now: the others may be at it for long
		return a, err
	}
	held()
	return a, hear(w.target)
}

// firstOfOthers asks a host that the run does not change. A balancer that is most likely
// needed is locked on the way; where another run has it, that is tried again once it is needed.
func (w *worker) firstOfOthers(hear func(ask.Host) error) error {
	if w.run.req.Apply && slices.Contains(w.run.req.Balancers, w.host.Name) {
		err := hear(locking{w.target, w.run.req.Owner, func() {}})
		var he *HostError
		if w.locked = err == nil; w.locked || !errors.As(err, &he) || he.Outcome != event.Locked {
			return err
		}
	}
	return hear(w.target)
}

// tell says how the host ended, once.
func (w *worker) tell() event.HostDone {
	if w.told == nil {
		d := w.done()
		w.told = &d
		w.emit(d)
	}
	return *w.told
}

// done is how the host ended.
func (w *worker) done() event.HostDone {
	d := event.HostDone{Host: w.host.Name, Outcome: event.OK, Changed: w.changed}
	if w.target != nil {
		d.Connections, d.Scripts = w.target.Cost()
	}
	var he *HostError
	refusal := w.refusal()
	switch {
	case errors.Is(w.err, errStopped):
		d.Outcome = event.Stopped
	case errors.As(w.err, &he):
		d.Outcome, d.Error, d.Hint = he.Outcome, clean(he.Msg), ask.Printable(he.Hint, 4*maxLine) // a host key of the longest kind fits
	case errors.Is(w.err, context.Canceled):
		d.Outcome = event.Stopped
	case w.err != nil:
		if d.Outcome, d.Error = event.Failed, cleanText(w.err.Error()); codeOf(w.err).Reverted() {
			d.Outcome = event.Reverted
		}
	case refusal != nil:
		d.Outcome, d.Error = event.Failed, cleanText(refusal.Error())
	case w.skipped != "":
		d.Outcome, d.Error = event.Skipped, w.skipped
	case w.unwell != nil:
		d.Outcome, d.Error = event.Unhealthy, cleanText(w.unwell.Error())
	}
	if d.Error != "" {
		w.explain(&d)
	}
	return d
}

// planned is the host's plan as displays see it.
func (w *worker) planned() event.HostPlanned {
	p := event.HostPlanned{Host: w.host.Name, Resources: len(w.items), Unmanaged: w.unmanaged}
	for _, a := range w.host.Private {
		p.Addresses = append(p.Addresses, a.Unmap().String())
	}
	for _, it := range w.items {
		if !it.change.Empty() && it.held == "" {
			p.Changes = append(p.Changes, it.describe())
		}
	}
	p.Refused, p.Held = w.refusals()
	return p
}

// describe is the change as people see it, free of control characters.
func (it *item) describe() event.Change {
	c := event.Change{Play: it.play, Resource: it.id, Action: it.change.Action, Reason: clean(it.change.Reason),
		Provisional: it.change.Provisional, Disrupts: it.change.Disrupts}
	for _, f := range it.change.Fields {
		if f.Text {
			f.Old = hideOld(f.Old, f.New)
		}
		f.Old, f.New = cleanText(f.Old), cleanText(f.New)
		if !f.Text {
			f.Old, f.New = clean(f.Old), clean(f.New)
		}
		c.Fields = append(c.Fields, f)
	}
	return c
}
