package remote

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
)

// lockFunctions are the part of shellProgram that takes the host's lock. The shell
// holds it by its descriptor 9. The status is 1, and the output who holds the lock,
// when another run has it; it is 3 when the folder of the lock is not root's alone.
// Earlier versions of foobar lock $2/lock/foobar.lock alone, in a folder that is open
// to all. To keep them out that file is locked, too, by descriptor 7, if it is root's
// and nobody else can open it.
//
// A shell whose connection is gone keeps the lock until another run wants it. That
// run sees it from the shell's parent processes, which are noted beside the lock and
// no longer the same, and ends the shell with its script.
//
//go:embed lock.sh
var lockFunctions string

// lockTurn is how long the host waits for the lock before it answers.
const lockTurn = 2 * time.Second

// lockEnding is how long it waits at the least. The run before may be over for whoever
// started it, and its shell about to hear of that: Close does not wait for the host.
const lockEnding = time.Second

// Lock takes the host for this run: /run/foobar/lock, held by the root
// shell until Close or until the connection and the script it runs have ended.
// It waits for another run up to the given time, but a second at least, then fails with
// ErrLocked and says who holds the host. The info names this run to others: user,
// machine and time.
func (h *Host) Lock(ctx context.Context, wait time.Duration, info string) error {
	until := time.Now().Add(wait)
	for {
		turn := max(min(time.Until(until), lockTurn), lockEnding)
		info := clean(info) + "\n"
		j := &job{token: ask.Token()}
		err := h.shell.start(ctx, j, request("lock", j.token, info, waiting(turn))+info)
		if err != nil {
			return err
		}
		said, status, err := h.hearLock(ctx, j, turn+6*h.settings.timeout)
		if err != nil {
			return err
		}
		if err = h.lockError(status, said); err == nil || !errors.Is(err, ErrLocked) || time.Until(until) <= 0 {
			return err
		}
		select { // a host that does not wait as it was told is not asked without a pause
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// waiting is the option of flock that waits for so long.
func waiting(d time.Duration) string { return fmt.Sprintf("-w%.2f", d.Seconds()) }

// lockError is what the status of taking the lock means; nil where it was taken.
func (h *Host) lockError(status int, said []string) error {
	text := clean(strings.Join(said, "\n"))
	switch status {
	case 0:
		return nil
	case 1:
		return h.settings.fail(ErrLocked, nil, "wait for it to end, or have this run wait with --lock-wait", "another run holds the host: %s", cmp.Or(text, "somebody unnamed"))
	case 3:
		return h.settings.fail(ErrShell, nil, "see who made it; root runs what is in it, so remove it: rm -r "+h.runDir()+"/foobar", "cannot take the host's lock: %s", text).as(fault.UnsafeFolder)
	}
	return h.settings.fail(ErrShell, nil, "look at that file there", "cannot take the host's lock: %s", text)
}

// hearLock waits for the answer of one turn at the lock.
func (h *Host) hearLock(ctx context.Context, j *job, most time.Duration) (said []string, status int, err error) {
	turn, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	status, err = j.follow(turn, func(l string) {
		if len(said) < 100 {
			said = append(said, l)
		}
	})
	if err != nil && turn.Err() != nil && ctx.Err() == nil {
		err = h.silent("asking for its lock", most)
	}
	return said, status, err
}

// RunLocked takes the host for this run, as Lock does with no time to wait, and then does
// what Run does, in one trip to the host and back. Where the lock was not to be had,
// the script has not run.
func (h *Host) RunLocked(ctx context.Context, info, script string, line func(string)) (status int, err error) {
	token := ask.Token()
	script = h.shell.braced(token, script)
	j := &job{token: token, script: true}
	if err := h.shell.start(ctx, j, request("hold", token, script, waiting(lockEnding))+clean(info)+"\n"+script); err != nil {
		return 0, err
	}
	h.counter.scripts.Add(1)
	turn, cancel := context.WithCancel(ctx)
	defer cancel()
	most := 6 * h.settings.timeout
	late := time.AfterFunc(most, cancel)
	defer late.Stop()
	held := false
	var said []string
	status, err = j.follow(turn, func(l string) {
		switch {
		case held:
			line(l)
		case l == token+" held":
			held = true
			late.Stop()
		case len(said) < 100:
			said = append(said, l)
		}
	})
	switch {
	case err != nil && !held && turn.Err() != nil && ctx.Err() == nil:
		return 0, h.silent("asking for its lock", most)
	case err != nil || held:
		return status, err
	case status == 0: // a shell that says it has the lock, and ran nothing
		return 0, h.settings.fail(ErrTransport, nil, "", "the host's answer to asking for its lock makes no sense")
	}
	return 0, h.lockError(status, said)
}
