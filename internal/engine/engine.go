// Package engine looks at hosts, plans, applies and looks again. It is the only
// package that does I/O on a host, and it does it through Target.
package engine

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/inventory"
)

// Target is one connected host with one root shell on it.
type Target interface {
	// Run gives one script to the root shell and hands on its output, both
	// streams, line by line. The status is the script's; an error means that
	// the script was not heard to its end.
	Run(ctx context.Context, script string, line func(string)) (status int, err error)
	// Upload writes a new private file as root.
	Upload(ctx context.Context, path string, mode uint32, size int64, r io.Reader) error
	// Prove opens a second connection, as somebody who has none yet, and closes it.
	Prove(ctx context.Context) error
	// Signal runs a short script beside a running Run.
	Signal(ctx context.Context, script string) error
	// Kill ends what Run runs.
	Kill(ctx context.Context) error
	// Lock takes the host for this run and holds it until the connection ends.
	Lock(ctx context.Context, wait time.Duration, owner string) error
	// RunLocked does both in one trip to the host: it takes the lock, without waiting
	// for it, and only then runs the script.
	RunLocked(ctx context.Context, owner, script string, line func(string)) (status int, err error)
	// Address is where the host answered.
	Address() string
	// Cost is how many connections were opened and scripts run.
	Cost() (connections, scripts int)
	Close() error
}

// Acquaintance is a Target that can tell by which host keys the host is known.
type Acquaintance interface{ HostKeys() facts.HostKeys }

// HostError is a failure that belongs to a host as a whole.
type HostError struct {
	Outcome event.Outcome // Unreachable, Locked, Reverted, Failed
	Code    fault.Code    // in the catalogue; empty when Err has it
	Msg     string
	Hint    string // what to do next
	Err     error
}

// Error is the message without the hint.
func (e *HostError) Error() string { return e.Msg }

// Advice is the hint.
func (e *HostError) Advice() string { return e.Hint }

// Unwrap gives the cause.
func (e *HostError) Unwrap() error { return e.Err }

// Fault is the failure's code.
func (e *HostError) Fault() fault.Code { return e.Code }

// Request is what a run is to do.
type Request struct {
	Verb      string // plan or deploy
	Inventory *inventory.Inventory
	// Limit names the hosts to change; empty means all. Facts are gathered
	// from the others too, where they answer.
	Limit []string
	// Balancers names hosts beside those of Limit at which these will most likely be drained:
	// they are locked with the first question.
	Balancers []string
	// Roles names the roles to deploy; empty means all.
	Roles []string
	// Known are facts that an earlier run found, by host. Where they still hold, a
	// host is asked in one script what it is and how it stands, else in two.
	// Learned, unless it is nil, is told those of this run.
	Known   map[string]facts.Facts
	Learned func(map[string]facts.Facts)
	// Build makes the plays once the facts are known. It may be called side by side.
	Build func(map[string]facts.Facts) (*play.Site, []play.Play, error)
	// Beside is what the site has beside its hosts and this run is about; nil for nothing.
	Beside play.Beside
	// Apply changes the hosts after planning.
	Apply bool
	// Approve is asked before the first change; nil means yes.
	Approve func(*Plan) (bool, error)
	// Begin, unless it is nil, is called once before the first change; its error ends
	// the run.
	Begin func() error
	// Expect, when given, is the plan that must still be the one found.
	Expect *Saved
	// PlanKey is the key of the digests of plans.
	PlanKey []byte
	// Owner is written beside the lock, LockWait how long to wait for it.
	Owner    string
	LockWait time.Duration
	// Record, when it has an ID, is noted on the hosts that are changed.
	Record event.RunRecorded
}

// selects reports whether the host is to be changed.
func (q *Request) selects(h *inventory.Host) bool {
	return len(q.Limit) == 0 || slices.Contains(q.Limit, h.Name)
}

// Engine runs requests. Dial and Emit are required.
type Engine struct {
	Dial func(context.Context, *inventory.Host) (Target, error)
	Emit func(event.Event)
	// Forks bounds how many hosts are dialed, and how many are looked at, at once;
	// 0 means 10.
	Forks int
	// Patience bounds a host's answers to what it is asked; its zero value means
	// ask.Patient. Steps have times of their own.
	Patience ask.Bounds
	// KillTime is how long Kill may take; 0 means 5 s.
	KillTime time.Duration

	stopping atomic.Bool
	stop     chan struct{}
	once     sync.Once
	mu       sync.Mutex
	live     hosts
	held     hosts         // those whose lock this run has
	paused   chan struct{} // closed by Resume; nil when there is no pause
}

// hosts are targets by the name of the host.
type hosts map[string]Target

// Result is how a run ended.
type Result struct {
	Exit int
	Plan *Plan
	Err  error
	// Problems and Codes are RunDone's.
	Problems []string
	Codes    []fault.Code
}

// Exit codes, as README and the interface list them.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitDiffers     = 2
	ExitUnreachable = 4
	ExitLocked      = 5
	ExitStale       = 6
	ExitReverted    = 7
	ExitUnhealthy   = 8
	ExitUsage       = 64
	ExitInterrupted = 130
)

func (e *Engine) stopped() chan struct{} {
	e.once.Do(func() { e.stop = make(chan struct{}) })
	return e.stop
}

// Stop lets every host finish the step it is at and then ends the run. It returns
// when all hosts have been told; one that hangs delays that by 10 s at the most.
func (e *Engine) Stop() {
	if !e.begin() {
		return
	}
	// Not on hosts whose lock another run has: the file would stop that run.
	e.each(&e.held, 10*time.Second, func(ctx context.Context, t Target) {
		_ = t.Signal(ctx, "mkdir -p /run/foobar && : >"+stopFile)
	})
}

// begin marks the run as stopping; false when it was that already.
func (e *Engine) begin() bool {
	ch := e.stopped()
	if !e.stopping.CompareAndSwap(false, true) {
		return false
	}
	close(ch)
	return true
}

// Kill ends the remote work at once. The next run finishes what it cut off. A
// host that does not answer is not waited for longer than KillTime.
func (e *Engine) Kill() {
	e.begin()
	most := cmp.Or(e.KillTime, 5*time.Second)
	var wg sync.WaitGroup
	wg.Go(func() {
		e.each(&e.held, most, func(ctx context.Context, t Target) {
			// The package transaction outlives connections, but not this.
			_ = t.Signal(ctx, "systemctl stop --no-block foobar-job.service 2>/dev/null || :")
		})
	})
	wg.Go(func() {
		e.each(&e.live, most, func(ctx context.Context, t Target) { _ = t.Kill(ctx) })
	})
	wg.Wait()
}

func (e *Engine) each(of *hosts, most time.Duration, do func(context.Context, Target)) {
	e.mu.Lock()
	targets := make([]Target, 0, len(*of))
	for _, t := range *of {
		targets = append(targets, t)
	}
	e.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	ask.Each(0, targets, func(_ int, t Target) { do(ctx, t) })
}

func (e *Engine) add(to *hosts, name string, t Target) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if *to == nil {
		*to = hosts{}
	}
	(*to)[name] = t
}

// stopFile is looked for between two steps of a script.
const stopFile = "/run/foobar/stop"

// errStopped ends a host's work after a finished step.
var errStopped = errors.New("stopped on request")

// Run carries out a request. It always emits RunStarted first and RunDone last.
func (e *Engine) Run(ctx context.Context, req Request) Result {
	began := time.Now()
	r := &run{eng: e, req: req, workers: map[string]*worker{}, began: began}
	r.beside = &beside{run: r, of: req.Beside}
	e.Emit(event.RunStarted{Verb: req.Verb, Inventory: req.Inventory.Path, Hosts: inventory.Names(req.Inventory.Hosts), Beside: r.beside.name()})
	r.beside.begin(ctx)
	guess := make(chan *guess, 1)
	go func() { guess <- r.guess() }()
	r.connect(ctx)
	r.guessed = <-guess
	err := r.do(ctx)
	failed := r.noteEnds(ctx)
	done := r.close(err)
	done.FailedRequests = failed
	done.Took = time.Since(began)
	e.Emit(done)
	return Result{Exit: done.Exit, Plan: r.plan, Err: err, Problems: done.Problems, Codes: done.Codes}
}
