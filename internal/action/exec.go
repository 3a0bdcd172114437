package action

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"foobar/internal/engine"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Exec runs a command on hosts side by side.
type Exec struct {
	Common Common
	// Words are the command: one is a line for the host's shell, several are a
	// command with its arguments.
	Words []string
	// Become runs it as root, and not as the user that logs in.
	Become bool
}

// Run runs the command, and shows each line behind its host's name.
func (v *Exec) Run(ctx context.Context) error {
	inv, hosts, err := v.Common.fleet(nil)
	if err != nil {
		return err
	}
	script := commandLine(v.Words)
	if !v.Become {
		script = asLogin(script)
	}
	out := newPrefixed(v.Common.Console.Out, hosts, " | ")
	return v.Common.onHosts(ctx, inv, hosts, func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		status, err := t.Run(ctx, script, func(line string) { out.line(h.Name, line) })
		switch {
		case err != nil:
			return err
		case status != 0:
			return fmt.Errorf("the command ended with status %d", status)
		}
		return nil
	})
}

// asLogin makes a script for root's shell into one that runs as the user who
// logged in, with that user's groups, home folder and environment.
func asLogin(script string) string {
	return `case ${SUDO_UID:-0} in 0) exec /bin/sh -c ` + sh.Quote(script) + ` ;; esac
exec setpriv --reuid="$SUDO_UID" --regid="$SUDO_GID" --init-groups --reset-env /bin/sh -c ` + sh.Quote("cd || exit\n"+script)
}

// prefixed writes the lines of several hosts, each behind its host's name.
type prefixed struct {
	mu      sync.Mutex
	out     io.Writer
	width   int
	between string
}

func newPrefixed(out io.Writer, hosts []*inventory.Host, between string) *prefixed {
	p := &prefixed{out: out, between: between}
	for _, h := range hosts {
		p.width = max(p.width, len(h.Name))
	}
	return p
}

func (p *prefixed) line(host, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf("%-*s%s%s", p.width, host, p.between, printable(text)), " "))
}
