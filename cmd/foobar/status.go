package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"foobar/internal/engine"
	"foobar/internal/status"
	"foobar/inventory"
)

func statusCommand() *cobra.Command {
	f, watch := &runFlags{}, false
	cmd := &cobra.Command{
		Use:   "status INVENTORY",
		Short: "Show how the site is, and what to do about what is wrong",
		Long: `Asks every host at once how it is, and changes nothing: the balancer and its
servers, the certificate that visitors see, releases, replication, firewalls,
collectors and the machines. What is wrong comes first, each with the command to
run next.

Exit status: 0 healthy, 4 a host did not answer, 8 unhealthy. Notices are not
problems. With -o json, one document: {"v": 1, "healthy": …, "findings": […],
"hosts": […]}; with --watch too, one a line.`,
		Args:              cobra.ExactArgs(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return f.status(cmd.Context(), args[0], watch) },
		ValidArgsFunction: completeArgs(nil),
	}
	f.addFleet(cmd)
	fl := cmd.Flags()
	fl.Lookup("forks").Usage = "how many hosts to ask at once (default 64)"
	fl.StringVarP(&f.output, "output", "o", "", "plain or json (default plain)")
	fl.BoolVarP(&watch, "watch", "w", false, "look again every 2 s, with charts; q ends it")
	fl.BoolVar(&f.noColor, "no-color", false, "no colours (as NO_COLOR)")
	return cmd
}

// status asks once and prints, or watches.
func (f *runFlags) status(ctx context.Context, path string, watch bool) error {
	if f.output != "" && f.output != "plain" && f.output != "json" {
		return usage(fmt.Errorf("--output %s: it is plain or json", f.output))
	}
	if watch && f.output != "json" && !terminal() {
		return usage(errNoWatch)
	}
	inv, err := f.load(path)
	if err != nil {
		return err
	}
	limit, err := hostsOf(inv, f.limit)
	if err != nil {
		return usage(err)
	}
	if err := f.readPassword(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal ends the program at once
	var quiet atomic.Bool
	g := &status.Gatherer{Inv: inv, Limit: limit, Dial: f.statusDial(&quiet), Forks: f.forks, Time: f.scaled(status.AnswerTime)}
	defer g.Close()
	if watch {
		return f.watch(ctx, g, &quiet)
	}
	s := g.Take(ctx)
	if ctx.Err() != nil {
		return &exitError{code: engine.ExitInterrupted}
	}
	if f.output == "json" {
		err = printJSON(s)
	} else {
		err = status.Plain(os.Stdout, s)
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return &exitError{engine.ExitFailed, err}
	}
	return statusExit(s)
}

// statusDial connects as the other verbs do. It asks a person only on a
// terminal, and nothing while quiet is set.
func (f *runFlags) statusDial(quiet *atomic.Bool) func(context.Context, *inventory.Host) (status.Target, error) {
	d := &dialer{flags: f}
	if isatty.IsTerminal(os.Stdin.Fd()) && isatty.IsTerminal(os.Stderr.Fd()) {
		d.ask = &prompter{asker: quietAsker{quiet: quiet}}
	}
	return func(ctx context.Context, h *inventory.Host) (status.Target, error) {
		t, err := d.dial(ctx, h)
		if err != nil {
			return nil, statusError(err)
		}
		return statusTarget{t}, nil
	}
}

// statusTarget gives the errors of a connection the form that package status knows.
type statusTarget struct{ engine.Target }

// Run translates a lost connection.
func (t statusTarget) Run(ctx context.Context, script string, line func(string)) (int, error) {
	code, err := t.Target.Run(ctx, script, line)
	return code, statusError(err)
}

func statusError(err error) error {
	var he *engine.HostError
	if errors.As(err, &he) {
		return &status.Unreached{Msg: he.Msg, Hint: he.Hint}
	}
	return err
}

// statusExit says how the site is: unreachable hosts come first, because of
// them less is known.
func statusExit(s status.Status) error {
	switch {
	case s.Unreachable():
		return &exitError{code: engine.ExitUnreachable}
	case !s.Healthy:
		return &exitError{code: engine.ExitUnhealthy}
	}
	return nil
}
