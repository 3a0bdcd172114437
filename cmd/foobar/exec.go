package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/remote"
	"foobar/internal/sh"
	"foobar/inventory"
)

func execCommand() *cobra.Command {
	f := &runFlags{}
	var become bool
	cmd := &cobra.Command{
		Use:   "exec INVENTORY -- COMMAND...",
		Short: "Run a command on hosts side by side",
		Long: `Runs a command on all hosts, or those of --limit, and shows each line it prints
behind the host's name, as it comes. Without --become it runs as the user that logs
in; the login needs sudo all the same. Standard input is empty.

One word after -- is a command line for the host's shell; several are one command
with its arguments, whatever characters they hold.

    foobar exec inventory.toml -- uptime
    foobar exec inventory.toml -l web -b -- 'systemctl is-active nginx app | sort | uniq -c'

Exit status: 0 when the command succeeded everywhere, 1 when it failed on a host,
4 when a host was not reached.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			named, words := splitArgs(cmd, args)
			if len(named) != 1 || len(words) == 0 {
				return usage(errors.New("exec takes an inventory, and a command after --: foobar exec inventory.toml -- uptime"))
			}
			script := commandLine(words)
			if !become {
				script = asLogin(script)
			}
			return f.exec(cmd.Context(), named[0], script)
		},
		ValidArgsFunction: completeArgs(nil),
	}
	f.addFleet(cmd)
	cmd.Flags().BoolVarP(&become, "become", "b", false, "run as root")
	return cmd
}

// addFleet adds the flags of verbs that work on several hosts without a plan.
func (f *runFlags) addFleet(cmd *cobra.Command) {
	f.addConnection(cmd)
	fl := cmd.Flags()
	fl.StringSliceVarP(&f.limit, "limit", "l", nil, "only these hosts or groups (lb, web, app, db)")
	fl.IntVarP(&f.forks, "forks", "f", 0, "how many hosts at once (default: deploy.forks)")
	fl.BoolVarP(&f.askBecome, "ask-become-pass", "K", false, "ask for the sudo password")
}

// asLogin makes a script for root's shell into one that runs as the user who
// logged in, with that user's groups, home folder and environment.
func asLogin(script string) string {
	return `case ${SUDO_UID:-0} in 0) exec /bin/sh -c ` + sh.Quote(script) + ` ;; esac
exec setpriv --reuid="$SUDO_UID" --regid="$SUDO_GID" --init-groups --reset-env /bin/sh -c ` + sh.Quote("cd || exit\n"+script)
}

// exec runs a script on the hosts and shows what it prints.
func (f *runFlags) exec(ctx context.Context, path, script string) error {
	inv, hosts, err := f.fleet(path, nil)
	if err != nil {
		return err
	}
	out := newPrefixed(os.Stdout, hosts)
	_, err = f.onHosts(ctx, inv, hosts, func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		status, err := t.Run(ctx, script, func(line string) { out.line(h.Name, line) })
		switch {
		case err != nil:
			return err
		case status != 0:
			return fmt.Errorf("the command ended with status %d", status)
		}
		return nil
	})
	return err
}

// fleet reads the inventory and picks the hosts: those of --limit, or else those
// that unless says nothing against.
func (f *runFlags) fleet(path string, unless func(*inventory.Host) bool) (*inventory.Inventory, []*inventory.Host, error) {
	inv, err := inventory.Load(path)
	if err != nil {
		return nil, nil, usage(err)
	}
	limit, err := hostsOf(inv, f.limit)
	if err != nil {
		return nil, nil, usage(err)
	}
	if f.forks < 0 {
		return nil, nil, usage(fmt.Errorf("--forks %d: give a number from 1", f.forks))
	}
	hosts := slices.DeleteFunc(slices.Clone(inv.Hosts), func(h *inventory.Host) bool {
		if len(limit) > 0 {
			return !slices.Contains(limit, h.Name)
		}
		return unless != nil && unless(h)
	})
	return inv, hosts, f.readPassword()
}

// onHosts connects to hosts, as many at once as --forks says, and does the work
// on each. It says on standard error what went wrong where, and returns which
// hosts were well; its error has the exit code of the whole.
func (f *runFlags) onHosts(ctx context.Context, inv *inventory.Inventory, hosts []*inventory.Host,
	work func(context.Context, *inventory.Host, engine.Target) error) ([]string, error) {
	if err := f.allow(inv); err != nil {
		return nil, err
	}
	d := &dialer{flags: f}
	if isatty.IsTerminal(os.Stdin.Fd()) && isatty.IsTerminal(os.Stderr.Fd()) {
		d.ask = &prompter{asker: lineAsker{}}
	}
	forks := f.forks
	if forks == 0 {
		forks = inv.Deploy.Forks
	}
	ctx, interrupted := untilSignal(ctx)
	errs := make([]error, len(hosts))
	ask.Each(forks, hosts, func(i int, h *inventory.Host) { errs[i] = onHost(ctx, d, h, work) })
	if code := interrupted(); code != 0 {
		return nil, &exitError{code: code}
	}
	return verdict(hosts, errs, os.Stderr)
}

// killTime is how long an interrupted verb waits for what it has a host end.
const killTime = 5 * time.Second

// onHost connects and works. When the context ends, what runs there is ended too.
func onHost(ctx context.Context, d *dialer, h *inventory.Host, work func(context.Context, *inventory.Host, engine.Target) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t, err := d.dial(ctx, h)
	if err != nil {
		return err
	}
	defer t.Close()
	err = work(ctx, h, t)
	if ctx.Err() != nil {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), killTime)
		defer cancel()
		_ = t.Kill(end)
	}
	return err
}

// verdict says what went wrong, a line for each host.
func verdict(hosts []*inventory.Host, errs []error, w io.Writer) (well []string, err error) {
	code := engine.ExitOK
	for i, err := range errs {
		if err == nil {
			well = append(well, hosts[i].Name)
			continue
		}
		text := err.Error()
		var he *engine.HostError
		if errors.As(err, &he) && he.Hint != "" {
			text += "; " + he.Hint
		}
		fmt.Fprintf(w, "%s: error: %s\n", hosts[i].Name, withCode(printable(text), fault.Of(err)))
		if code != engine.ExitUnreachable {
			code = engine.ExitFailed
		}
		if he != nil && he.Outcome == event.Unreachable {
			code = engine.ExitUnreachable
		}
	}
	if code != engine.ExitOK {
		return well, &exitError{code: code}
	}
	return well, nil
}

// untilSignal ends the context at the first Ctrl-C or SIGTERM; the second ends
// the program at once. The returned function gives the exit code, 0 without a signal.
func untilSignal(ctx context.Context) (context.Context, func() int) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	code := 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		sig, ok := <-signals
		if !ok {
			return
		}
		if code = engine.ExitInterrupted; sig == syscall.SIGTERM {
			code = 143
		}
		signal.Stop(signals)
		fmt.Fprintln(os.Stderr, "ending what runs on the hosts; once more to end at once")
		cancel()
	}()
	return ctx, func() int {
		signal.Stop(signals)
		close(signals)
		<-done
		cancel()
		return code
	}
}

// prefixed writes the lines of several hosts, each behind its host's name.
type prefixed struct {
	mu    sync.Mutex
	out   io.Writer
	width int
}

func newPrefixed(out io.Writer, hosts []*inventory.Host) *prefixed {
	p := &prefixed{out: out}
	for _, h := range hosts {
		p.width = max(p.width, len(h.Name))
	}
	return p
}

func (p *prefixed) line(host, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf("%-*s | %s", p.width, host, printable(text)), " "))
}

// printable is a line fit to be shown; tabs stay.
func printable(line string) string { return ask.PrintableText(line, remote.MaxLine) }
