package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/report"
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
	// JSON prints events, one a line.
	JSON bool
}

// Run runs the command, and prefixes each line with its host's name.
func (v *Exec) Run(ctx context.Context) error {
	inv, hosts, err := v.Common.fleet(nil)
	if err != nil {
		return err
	}
	script := commandLine(v.Words)
	if !v.Become {
		script = asLogin(script)
	}
	c := &v.Common
	out := newPrefixed(c.Console.Out, hosts, " | ")
	show, ended := out.line, func(string, error) {}
	code := engine.ExitOK
	if v.JSON {
		stream := event.NewStream(time.Now, report.JSON{Out: c.Console.Out})
		began := time.Now()
		stream.Emit(event.RunStarted{Verb: "exec", Inventory: inv.Path, Hosts: inventory.Names(hosts)})
		show = func(host, line string) { stream.Emit(event.Output{Host: host, Line: printable(line)}) }
		var mu sync.Mutex
		var bad []string
		ended = func(host string, err error) {
			stream.Emit(execDone(host, err))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				bad = append(bad, host)
			}
		}
		defer func() { stream.Emit(event.RunDone{Failed: bad, Exit: code, Took: time.Since(began)}) }()
	}
	err = c.onHosts(ctx, inv, hosts, func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		status, err := t.Run(ctx, script, func(line string) { show(h.Name, line) })
		if err == nil && status != 0 {
			err = fmt.Errorf("the command ended with status %d", status)
		}
		return err
	}, ended)
	var ee *Exit
	if errors.As(err, &ee) {
		code = ee.Code
	}
	return err
}

// execDone is how a command ended on a host.
func execDone(host string, err error) event.HostDone {
	done := event.HostDone{Host: host, Outcome: event.OK}
	if err == nil {
		return done
	}
	done.Outcome, done.Error, done.Code = event.Failed, printable(err.Error()), fault.Of(err)
	var he *engine.HostError
	if errors.As(err, &he) {
		done.Outcome, done.Hint = he.Outcome, he.Hint
	}
	return done
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
