package remote

import (
	"context"
	_ "embed"
	"errors"
	"io"

	"golang.org/x/crypto/ssh"

	"foobar/internal/ask"
	"foobar/internal/sh"
)

// signalProgram runs one short script from standard input.
//
//go:embed signal.sh
var signalProgram string

// Signal runs a short script as root in a session of its own, beside whatever
// Run runs. It waits for its end; a status other than 0 is an error that holds
// what the script printed.
func (h *Host) Signal(ctx context.Context, script string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// The mark at the end proves that the script came whole.
	mark := "# " + ask.Token()
	r, err := h.openRoot(ctx, h.conn, environment+signalProgram, mark)
	if err != nil {
		return err
	}
	// Closing the session waits for a host that reads nothing, and ends nothing
	// where the host does not close its side.
	defer func() { go r.close() }()
	said, err := within(ctx, func() ([]byte, error) { return r.finish(script + "\n" + mark) }, func([]byte) {})
	var exit *ssh.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &exit):
		return h.settings.fail(ErrShell, err, "", "a short script ended with status %d%s", exit.ExitStatus(), quoteSaid(string(said)))
	}
	return h.lost("running a short script", err)
}

// finish gives the program its input, and returns the beginning of what it says
// and how it ended.
func (r *rootSession) finish(input string) (said []byte, err error) {
	if _, err = io.WriteString(r.in, input); err == nil {
		err = r.in.Close()
	}
	said, _ = io.ReadAll(io.LimitReader(r.out, 64<<10))
	_, _ = io.Copy(io.Discard, r.out)
	if wait := r.session.Wait(); err == nil {
		err = wait
	}
	return said, err
}

// killScript ends a process group: it asks first, and insists after three seconds.
// A script that has only just been sent may not have noted its group yet, or may
// still be on its way.
//
//go:embed kill.sh
var killScript string

// Kill ends the script that Run runs, with all that it started in its process
// group: SIGTERM, then SIGKILL. Run then returns the script's status. Without
// a running script it does nothing.
func (h *Host) Kill(ctx context.Context) error {
	j := h.shell.job.Load()
	if j == nil || !j.script {
		return nil
	}
	return h.kill(ctx, j)
}

// kill ends one script, and never the one after it.
func (h *Host) kill(ctx context.Context, j *job) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // there may be nothing left to wait for
		select {
		case <-j.done:
			cancel()
		case <-inner.Done():
		}
	}()
	err := h.Signal(inner, "f="+sh.Quote(h.shell.pidFile(j.token))+"\n"+killScript)
	if err != nil && ctx.Err() == nil && inner.Err() != nil {
		return nil
	}
	return err
}
