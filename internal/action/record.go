package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/database/ops"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/record"
	"foobar/inventory"
)

// recording is the record of a run that changes hosts. A nil one records nothing.
type recording struct {
	warn  io.Writer
	head  event.RunRecorded
	began time.Time
	store record.Store
	w     *record.Writer // nil where there is no place to write
	// stream numbers the events of an operation for its record and its display.
	stream *event.Stream
	// problems are what an operation failed with, beside its exit.
	mu       sync.Mutex
	problems []string
}

// startRecord begins the record of a run. Where it cannot be written, a warning
// says so, and the run goes on.
func (c *Common) startRecord(inv *inventory.Inventory, verb string, limit, roles []string) *recording {
	now := time.Now()
	r := &recording{warn: c.Console.Err, began: now, head: event.RunRecorded{ID: record.NewID(now), By: whoRuns(), From: cameFrom(), PID: os.Getpid(), Foobar: c.Foobar,
		Verb: verb, Site: inv.Site.Name, Domain: inv.Site.Domain, Inventory: inv.Path, Limit: limit, Roles: roles}}
	if abs, err := filepath.Abs(inv.Path); err == nil {
		r.head.Inventory = abs
	}
	var err error
	if r.store, err = RecordsOf(inv); err == nil {
		r.w, err = r.store.Create(r.head, now)
	}
	r.stream = event.NewStream(time.Now, r.sinks()...)
	if err != nil {
		r.incomplete(err)
	}
	return r
}

// recordOperation begins the record of an operation on the databases, with all that it
// says. Displays get the same events, beside what a person is told on standard error.
func (c *Common) recordOperation(inv *inventory.Inventory, verb string, line *dbLine, s *ops.Site, displays ...event.Sink) *recording {
	r := c.startRecord(inv, verb, nil, nil)
	r.stream = event.NewStream(time.Now, r.sinks(displays...)...)
	r.emit(event.RunStarted{Verb: verb, Inventory: inv.Path, Hosts: inventory.Names(inv.Hosts)})
	s.Say, line.record = r.say(s.Say), r
	return r
}

// incomplete says that the record lacks something.
func (r *recording) incomplete(err error) {
	fmt.Fprintln(ask.Safe(r.warn), "warning: this run is not, or not wholly, recorded for foobar history: "+err.Error())
}

// RecordsOf is where the runs of a site are recorded.
func RecordsOf(inv *inventory.Inventory) (record.Store, error) {
	base, err := record.Base()
	return record.Of(base, inv.Site.Name, inv.Site.Domain), fault.Or(fault.LocalFile, err)
}

// header is what the engine notes on hosts.
func (r *recording) header() event.RunRecorded {
	if r == nil {
		return event.RunRecorded{}
	}
	return r.head
}

// sinks adds the record to displays.
func (r *recording) sinks(displays ...event.Sink) []event.Sink {
	if r == nil {
		return displays
	}
	return append(displays, r.w)
}

// end closes the record; to be called when no view has the terminal any more.
func (r *recording) end() {
	if r == nil {
		return
	}
	if err := r.w.Close(); err != nil {
		r.incomplete(err)
	}
}

// here are the names of the user and the machine.
func here() (name, host string) {
	name = "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, _ = os.Hostname()
	return name, host
}

// FindHome sets HOME from the password file where nothing has set it, as systemd does not
// for a service of root. Records, ~ in an inventory, and programs that give secrets need it.
func FindHome() {
	if u, err := user.Current(); os.Getenv("HOME") == "" && err == nil && u.HomeDir != "" {
		_ = os.Setenv("HOME", u.HomeDir)
	}
}

// whoRuns is the person and the machine; behind sudo, the person before it.
func whoRuns() string {
	name, host := here()
	if before := os.Getenv("SUDO_USER"); before != "" && os.Geteuid() == 0 {
		name = before
	}
	return name + "@" + host
}

// cameFrom is the address from which that person is logged in to this machine,
// or "". Source: sshd(8), SSH_CONNECTION.
func cameFrom() string {
	from, _, _ := strings.Cut(os.Getenv("SSH_CONNECTION"), " ")
	return from
}

// emit puts an event of the operation itself into the record, and on its displays.
func (r *recording) emit(e event.Event) {
	if r != nil {
		r.stream.Emit(e)
	}
}

// say records what an operation tells a person.
func (r *recording) say(tell func(host, text string)) func(host, text string) {
	return func(host, text string) {
		tell(host, text)
		r.emit(event.Output{Host: host, Line: printable(text)})
	}
}

// problem notes why an operation failed.
func (r *recording) problem(err error) {
	if r == nil || err == nil || err.Error() == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, printable(err.Error()))
}

// locked notes the run on a host whose lock an operation has taken.
func (r *recording) locked(ctx context.Context, t engine.Target) {
	if r != nil {
		_, _, _ = ask.Bounds{Whole: time.Minute}.Answer(ctx, t, engine.HistoryScript(record.OnHost(r.head, r.began)))
	}
}

// endOperation ends the record of an operation that is more than one deploy, and
// its lines on the hosts whose locks it holds.
func (r *recording) endOperation(held map[string]engine.Target, failed error) {
	r.problem(failed)
	code, outcome := engine.ExitOK, event.OK
	if failed != nil {
		code, outcome = engine.ExitFailed, event.Failed
		var ee *Exit
		if errors.As(failed, &ee) {
			code = ee.Code
		}
	}
	if code == engine.ExitInterrupted || code == 143 {
		outcome = event.Stopped
	}
	changed, total := map[string]int{}, 0
	if sum, err := r.store.Summary(r.head.ID); err == nil {
		total = sum.Changed
		for _, h := range sum.Hosts {
			changed[h.Host] = h.Changed
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for name, t := range held {
		line := record.OnHost(r.head, r.began)
		line.Ended, line.Outcome, line.Changed = time.Now().UTC().Truncate(time.Second), outcome, changed[name]
		line.Error = strings.Join(r.problems, "; ")
		wg.Go(func() { _, _ = t.Run(ctx, engine.HistoryScript(line), func(string) {}) })
	}
	wg.Wait()
	r.emit(event.RunDone{Changed: total, Exit: code, Took: time.Since(r.began), Problems: r.problems})
	r.end()
}
