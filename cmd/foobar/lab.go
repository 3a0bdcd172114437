package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"foobar/examples"
	"foobar/internal/action"
	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/lab"
	"foobar/internal/lab/collector"
	"foobar/internal/lab/intake"
)

// labCommand is `foobar lab`: throw-away hosts on this machine.
func labCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Throw-away hosts on this machine to try an inventory on",
		Long: `Bare Debian hosts with real systemd and sshd in containers on this machine, in a network
without a way out, with an ACME server, a package cache and an intake for collectors.
Needs root.

    foobar lab up
    foobar lab inventory > lab.toml
    foobar deploy lab.toml
    foobar lab curl https://www.foobar.com/
    foobar lab down

FOOBAR_LAB names another lab than "lab"; labs do not see one another.

Exit status: that of the verb.`,
	}
	cmd.AddCommand(labUp(), labStatus(), labSSH(), labExec(), labInventory(), labIntake(),
		labVerb("reset", "Make every host bare again, in seconds", "foobar lab reset && foobar deploy lab.toml -y", upTo(0), func(ctx context.Context, l *lab.Lab, _ []string) error { return l.Reset(ctx) }),
		labVerb("down", "Remove the lab, whatever state it is in", "foobar lab down\nFOOBAR_LAB=second foobar lab down", upTo(0), func(_ context.Context, l *lab.Lab, _ []string) error { return l.Down() }),
		labVerb("collector", "Compile the collector's package, and bring it to the lab if that is up", "foobar lab collector &\nfoobar lab up --no-wait", upTo(0), func(ctx context.Context, l *lab.Lab, _ []string) error { return l.AddCollector(ctx, collector.Package) }),
		labVerb("kill HOST...", "Cut the power of hosts; their disks stay", "foobar lab kill web2\nfoobar status lab.toml", oneOrMore, func(_ context.Context, l *lab.Lab, args []string) error { return l.Kill(args) }),
		labVerb("start HOST...", "Boot hosts that are off, with their disks as they were", "foobar lab start web2", oneOrMore, func(ctx context.Context, l *lab.Lab, args []string) error { return l.Start(ctx, args) }),
		labVerb("dial HOST PORT", "Join stdin and stdout to a port of a host (a ProxyCommand for ssh)", "foobar lab dial web1 22\nssh -o ProxyCommand='foobar lab dial %h %p' root@web1", exactly(2), func(ctx context.Context, l *lab.Lab, args []string) error {
			return l.Dial(ctx, args[0], args[1], os.Stdin, os.Stdout)
		}))
	curl := labVerb("curl ARGS...", "curl as a client outside the hosts, who trusts the lab's ACME root", "foobar lab curl -I https://www.foobar.com/\n\nExit status: that of curl.", cobra.ArbitraryArgs, func(_ context.Context, l *lab.Lab, args []string) error { return l.Curl(args) })
	curl.DisableFlagParsing = true
	serve := labVerb("serve", "Serve the lab's hosts (started by lab up)", "foobar lab serve", upTo(0), func(ctx context.Context, l *lab.Lab, _ []string) error { return l.Serve(ctx) })
	watch := labVerb("watch", "Take the lab down when its owner has ended (started by lab up)", "foobar lab watch", upTo(0), func(ctx context.Context, l *lab.Lab, _ []string) error { return l.Watch(ctx) })
	serve.Hidden, watch.Hidden = true, true
	cmd.AddCommand(curl, serve, watch)
	return cmd
}

// labVerb is a command that works on the lab FOOBAR_LAB names. What the lab refuses
// is not a usage error. The example may end with a paragraph that says what the exit
// status means where it is another program's.
func labVerb(use, short, example string, takes cobra.PositionalArgs, do func(context.Context, *lab.Lab, []string) error) *cobra.Command {
	example, exit, _ := strings.Cut(example, "\n\n")
	if exit == "" {
		exit = "Exit status: 0 done, 1 it failed, 64 wrong usage; 130 or 143 interrupted."
	}
	long := short + ".\n\n    " + strings.ReplaceAll(example, "\n", "\n    ") + "\n\n" + exit
	return &cobra.Command{Use: use, Short: short, Long: long, Args: takes, RunE: func(_ *cobra.Command, args []string) error {
		l, err := lab.Open(os.Getenv("FOOBAR_LAB"), func(text string) { fmt.Fprintln(os.Stderr, text) })
		if errors.Is(err, lab.ErrLinux) {
			return &action.Exit{Code: engine.ExitFailed, Err: err}
		}
		if err != nil {
			return action.Usage(err)
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		switch err := do(ctx, l, args); {
		case err != nil && ctx.Err() != nil:
			return &action.Exit{Code: engine.ExitInterrupted, Err: err}
		case err != nil:
			return &action.Exit{Code: engine.ExitFailed, Err: err}
		}
		return nil
	}}
}

func labUp() *cobra.Command {
	var o lab.Options
	var early bool
	cmd := labVerb("up", "Start the lab with bare hosts; a lab of that name is removed first", "foobar lab up\nfoobar lab up --engine mysql --hosts lb1,web1,web2,web3,db1\nFOOBAR_LAB=second foobar lab up --release bookworm", upTo(0), func(ctx context.Context, l *lab.Lab, _ []string) error {
		began := time.Now()
		if err := labExtras(&o); err != nil {
			return err
		}
		if early {
			o.Collector = collector.Made
		}
		if err := l.Up(ctx, o); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "lab up in %s; next: %s > lab.toml && foobar deploy lab.toml\n", time.Since(began).Round(100*time.Millisecond), l.Command("inventory"))
		return nil
	})
	cmd.Flags().StringSliceVar(&o.Hosts, "hosts", lab.DefaultHosts(), "`NAMES` of the hosts; lb…, app…, db… and static… get only that role, others all but lb")
	cmd.Flags().StringVar(&o.Engine, "engine", "", "the database `ENGINE` of the hosts' package sources and the inventory: mariadb (default) or mysql")
	cmd.Flags().StringVar(&o.Release, "release", "", "the Debian `RELEASE` of the hosts: "+strings.Join(lab.Releases(), " or ")+" (default: the first)")
	cmd.Flags().BoolVar(&early, "no-wait", false, "do not wait until the collector's package is compiled; foobar lab collector brings it later")
	cmd.Flags().Var(number{&o.Owner, 1, 1 << 30}, "owner", "remove the lab when the process with the number `PID` has ended")
	cmd.Flags().StringSliceVar(&o.Repositories, "repository", nil, "more package `HOSTS` from which the lab's cache may fetch over http")
	return cmd
}

func labStatus() *cobra.Command {
	var asJSON bool
	cmd := labVerb("status", "Show the lab's hosts and services", "foobar lab status --json | jq -r '.[].address'", upTo(0), func(ctx context.Context, l *lab.Lab, _ []string) error {
		rows, err := l.Status(ctx)
		if err != nil {
			return err
		}
		if asJSON {
			return ask.WriteJSON(os.Stdout, rows)
		}
		t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "HOST\tADDRESS\tSTATE\tSSH")
		for _, r := range rows {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Name, r.Address, r.State, r.SSH)
		}
		return t.Flush()
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func labSSH() *cobra.Command {
	var user string
	cmd := labVerb("ssh HOST [COMMAND...]", "Log in to a host", "foobar lab ssh web1\nfoobar lab ssh -l admin web1 sudo ufw status\n\nExit status: that of ssh.", oneOrMore, func(_ context.Context, l *lab.Lab, args []string) error {
		return l.SSH(user, args[0], args[1:])
	})
	cmd.Flags().StringVarP(&user, "user", "l", "root", "log in as `USER`: root, admin, oper or nosudo")
	cmd.Flags().SetInterspersed(false)
	return cmd
}

func labExec() *cobra.Command {
	cmd := labVerb("exec HOST [-- COMMAND...]", "Run a command as root on a host, without its network or sshd", "foobar lab exec web1 -- systemctl stop nginx\n\nExit status: that of the command.", oneOrMore, func(_ context.Context, l *lab.Lab, args []string) error {
		command := args[1:]
		// With flags ending at HOST the dashes are still among the words.
		if len(command) > 0 && command[0] == "--" {
			command = command[1:]
		}
		return l.Exec(args[0], command)
	})
	cmd.Flags().SetInterspersed(false)
	return cmd
}

func labInventory() *cobra.Command {
	var user string
	cmd := labVerb("inventory", "Print an inventory that deploys to the lab", "foobar lab inventory > lab.toml\nfoobar lab inventory --user admin > sudo.toml", upTo(0), func(_ context.Context, l *lab.Lab, _ []string) error {
		text, err := l.Inventory(user)
		if err == nil {
			_, err = io.WriteString(os.Stdout, text)
		}
		return err
	})
	cmd.Flags().StringVar(&user, "user", "root", "let foobar log in as `USER`: root, admin, oper or nosudo")
	return cmd
}

func labIntake() *cobra.Command {
	var q intake.Query
	var asJSON bool
	var since time.Duration
	var outage int
	kinds := []string{"hosts", intake.Logs, intake.Metrics, intake.Registrations, intake.Heartbeats, intake.Metadata}
	var cmd *cobra.Command
	cmd = labVerb("intake ["+strings.Join(kinds, "|")+"]", "Show what the hosts' collectors have sent", "foobar lab intake\nfoobar lab intake logs --host web1 --since 5m --contains error\nfoobar lab intake --outage 503", cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs), func(_ context.Context, l *lab.Lab, args []string) error {
		if cmd.Flags().Changed("outage") {
			return l.Outage(outage)
		}
		if since > 0 {
			q.Since = time.Now().Add(-since)
		}
		if len(args) == 1 {
			q.Kind = args[0]
		}
		if q.Kind == "" || q.Kind == "hosts" {
			collectors, err := l.Collectors()
			if err != nil {
				return err
			}
			if collectors = intake.Of(collectors, q.Host); asJSON {
				return ask.WriteJSON(os.Stdout, collectors)
			}
			return intake.WriteTable(os.Stdout, collectors)
		}
		records, err := l.Records(q)
		for i := 0; i < len(records) && err == nil; i++ {
			if asJSON {
				err = ask.WriteJSON(os.Stdout, records[i])
			} else {
				_, err = fmt.Println(records[i].Text())
			}
		}
		return err
	})
	cmd.ValidArgs = kinds
	f := cmd.Flags()
	f.StringVar(&q.Host, "host", "", "only from `HOST`")
	f.StringVar(&q.Category, "category", "", "only of the _sourceCategory `NAME`")
	f.StringVar(&q.Contains, "contains", "", "only what contains `TEXT`")
	f.Var(length{&since, time.Millisecond}, "since", "only the last of it, such as 5m")
	f.BoolVar(&asJSON, "json", false, "print JSON, a record a line")
	f.Var(number{&outage, 0, 599}, "outage", "answer collectors with the HTTP `STATUS`, such as 503, from now on; 0 ends it")
	return cmd
}

// labExtras adds what a lab can do without: the demo application and the collector.
func labExtras(o *lab.Options) error {
	app, err := fs.Sub(examples.App, "app")
	o.App, o.Collector = app, collector.Package
	return err
}
