// Package ops looks at the databases of a site and moves the primary from one
// server to another. Every operation looks first and does what is left to do: a
// run that was killed is finished, or undone, by giving the same command again.
package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/database"
	"foobar/internal/fault"
	"foobar/inventory"
)

// Target is one connected host with one root shell on it.
type Target interface {
	// Run gives a script to the root shell and hands on what it prints, line by
	// line; an error means that it was not heard to its end.
	Run(ctx context.Context, script string, line func(string)) (status int, err error)
	// Lock takes the host for this run until the connection ends.
	Lock(ctx context.Context, wait time.Duration, owner string) error
}

// Site is what an operation needs to know. All fields but Owner, LockWait and
// the durations are required.
type Site struct {
	Inv     *inventory.Inventory
	Dialect database.Dialect
	// Source is what replicas log in with; its Host is filled in.
	Source database.Source
	// Logins are all that replicas may log in with, the one of Source first; a
	// server that has another one of them is followed with that.
	Logins []database.Source
	// Dial connects to a host.
	Dial func(context.Context, *inventory.Host) (Target, error)
	// Say tells a person what is being done; host is "" for the site as a whole.
	Say func(host, text string)
	// Owner is written beside the locks, LockWait how long to wait for each.
	Owner    string
	LockWait time.Duration
	// Number is the server_id that a host is to have; nil when that is not known.
	Number func(*inventory.Host) string
	// Balancer is nil where there is none.
	Balancer *Balancer
	// BackupKey is the key with which a host signs its backups; nil where the
	// master secret is not at hand, so that no signature can be verified.
	BackupKey func(host string) []byte
	// Tables says that the server that takes writes is asked for its tables, too.
	Tables bool
	// Clock is time.Now when it is nil.
	Clock func() time.Time
	// Patience bounds how long a server may take to catch up; default 30 s.
	Patience time.Duration
	// Pause is the time between two looks while waiting; default 200 ms.
	Pause time.Duration
}

// stepMost bounds a step on a host that is not told to take longer.
const stepMost = 60 * time.Second

// fenceMost is how many seconds running statements may hold up the fence.
const fenceMost = 15

func (s *Site) patience() time.Duration { return cmp.Or(s.Patience, 30*time.Second) }

func (s *Site) pause() time.Duration { return cmp.Or(s.Pause, 200*time.Millisecond) }

// send gives statements to a server on its client's standard input; they are in
// no process's arguments, and a password among them is in no error. The client
// ends at the first error. What it printed is returned.
func (s *Site) send(ctx context.Context, n *Node, flags, statements string, most time.Duration) (string, error) {
	end := ask.Token()
	secs := max(int(most/time.Second), 1)
	out, err := s.script(ctx, n, fmt.Sprintf("timeout %d %s %s 2>&1 <<'%s'\n%s%s\n", secs, s.Dialect.Words().Client, flags, end, statements, end), most+5*time.Second)
	for _, l := range slices.Concat(s.Logins, []database.Source{s.Source}) {
		if err != nil && l.Password != "" && strings.Contains(err.Error(), l.Password) {
			err = fault.Wrap(fault.Of(err), errors.New(strings.ReplaceAll(err.Error(), l.Password, "[secret]")))
		}
	}
	return out, err
}

// script runs shell on a node's host. It is not ended half way when the run is
// interrupted, only when it takes longer than most.
func (s *Site) script(ctx context.Context, n *Node, text string, most time.Duration) (string, error) {
	lines, status, err := ask.Bounds{Whole: most}.Answer(context.WithoutCancel(ctx), n.target, text)
	out := strings.Join(lines, "\n")
	switch {
	case err != nil:
		return out, err
	case status == 124:
		return out, fault.Wrap(fault.DatabaseSilent, fmt.Errorf("the database server did not answer within %s", most))
	case status != 0:
		return out, errors.New(lastLine(out, status))
	}
	return out, nil
}

func lastLine(out string, status int) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if last := clean(lines[len(lines)-1]); last != "" {
		return last
	}
	return fmt.Sprintf("a step on the host ended with status %d", status)
}
