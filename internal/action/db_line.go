package action

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/database/ops"
	"foobar/internal/engine"
	"foobar/inventory"
)

// dbLine keeps one connection to each host for the whole of an operation, and
// remembers which host could not be reached.
type dbLine struct {
	dialer *dialer
	mu     sync.Mutex
	live   map[string]engine.Target
	locked map[string]bool
	errs   map[string]error
	record *recording // of the operation, noted on hosts that are locked for it
	keep   *keeping   // the master secret of an operation that changes hosts
}

func (c *Common) dbLine() *dbLine {
	return &dbLine{dialer: c.dialer(), live: map[string]engine.Target{}, locked: map[string]bool{}, errs: map[string]error{}}
}

// dial makes a new connection.
func (l *dbLine) dial(ctx context.Context, h *inventory.Host) (ops.Target, error) {
	t, err := l.dialer.dial(ctx, h)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.errs[h.Name] = err
		return nil, err
	}
	if old := l.live[h.Name]; old != nil {
		_ = old.Close()
	}
	l.live[h.Name], l.locked[h.Name] = t, false
	delete(l.errs, h.Name)
	return dbTarget{t, h.Name, l}, nil
}

// reuse gives a deploy the connection there is, whose lock is held already.
func (l *dbLine) reuse(ctx context.Context, h *inventory.Host) (engine.Target, error) {
	l.mu.Lock()
	t, locked, err := l.live[h.Name], l.locked[h.Name], l.errs[h.Name]
	l.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case t == nil:
		return l.dialer.dial(ctx, h)
	}
	return heldTarget{t, locked}, nil
}

// held are the hosts whose locks are held.
func (l *dbLine) held() map[string]engine.Target {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := map[string]engine.Target{}
	for name, t := range l.live {
		if l.locked[name] {
			held[name] = t
		}
	}
	return held
}

func (l *dbLine) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	ask.Each(0, slices.Collect(maps.Values(l.live)), func(_ int, t engine.Target) { _ = t.Close() })
}

// dbTarget is a connection as operations use it; the line notes its lock.
type dbTarget struct {
	host engine.Target
	name string
	line *dbLine
}

func (t dbTarget) Run(ctx context.Context, script string, line func(string)) (int, error) {
	return t.host.Run(ctx, script, line)
}

func (t dbTarget) Upload(ctx context.Context, path string, mode uint32, size int64, r io.Reader) error {
	return t.host.Upload(ctx, path, mode, size, r)
}

// Download fails where the connection carries no files.
func (t dbTarget) Download(ctx context.Context, path string, most int64, w io.Writer) (int64, error) {
	if d, ok := t.host.(ops.Files); ok {
		return d.Download(ctx, path, most, w)
	}
	return 0, fmt.Errorf("%s: files cannot be copied over this connection", t.name)
}

// Lock takes the host's lock, unless the host is another master secret's.
func (t dbTarget) Lock(ctx context.Context, wait time.Duration, owner string) error {
	err := t.host.Lock(ctx, wait, owner)
	if err == nil {
		err = t.line.keep.deployed(ctx, t.name, t.host)
	}
	if err == nil {
		t.line.mu.Lock()
		t.line.locked[t.name] = true
		t.line.mu.Unlock()
		t.line.record.locked(ctx, t.host)
	}
	return err
}

// heldTarget is a target lent to a deploy: it stays open, and its lock is not taken
// twice.
type heldTarget struct {
	engine.Target
	locked bool
}

// Lock takes the host's lock where it is not held.
func (t heldTarget) Lock(ctx context.Context, wait time.Duration, owner string) error {
	if t.locked {
		return nil
	}
	return t.Target.Lock(ctx, wait, owner)
}

// Close leaves the connection to its owner.
func (heldTarget) Close() error { return nil }
