package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/inventory"
)

// runFlags are common to the verbs that connect.
type runFlags struct {
	limit, roles   []string
	forks, verbose int
	yes, askBecome bool
	jump, identity string
	output         string
	timeout        time.Duration
	lockWait       time.Duration
	noColor        bool
	discard        bool // of db rejoin
	out, plan      string
	becomePassword func() (string, error)
	record         *recording
}

func (f *runFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringSliceVarP(&f.limit, "limit", "l", nil, "only these hosts or groups (lb, web, app, db)")
	fl.StringSliceVarP(&f.roles, "roles", "r", nil, "only these roles")
	fl.IntVarP(&f.forks, "forks", "f", 0, "how many hosts to connect to at once (default: deploy.forks)")
	fl.BoolVarP(&f.askBecome, "ask-become-pass", "K", false, "ask for the sudo password")
	fl.StringVarP(&f.jump, "jump", "J", "", "jump host, as for ssh -J")
	fl.StringVarP(&f.identity, "identity", "i", "", "private key file")
	fl.StringVarP(&f.output, "output", "o", "", "tui, plain or json (default: tui for deploy on a terminal, else plain)")
	fl.CountVarP(&f.verbose, "verbose", "v", "show the output of steps; twice: what each host cost")
	f.addTimeout(cmd)
	fl.BoolVar(&f.noColor, "no-color", false, "no colours (as NO_COLOR)")
}

// addTimeout adds --timeout of verbs that ask hosts.
func (f *runFlags) addTimeout(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "time to connect (default 10s); more of it gives more time for answers, too")
}

// patience bounds the answers of hosts.
func (f *runFlags) patience() ask.Bounds { return ask.Patient(f.timeout) }

// scaled is a time of a verb's own, for the --timeout that was given.
func (f *runFlags) scaled(usual time.Duration) time.Duration {
	return time.Duration(float64(usual) * max(1, f.timeout.Seconds()/10))
}

func planCommand() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "plan INVENTORY",
		Short: "Show what deploy would change; exit 2 when there is something",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), "plan", args[0])
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.out, "out", "", "save the plan to a file for deploy --plan")
	return cmd
}

func deployCommand() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "deploy INVENTORY | deploy --plan FILE",
		Short: "Change what differs; a second run changes nothing",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.plan != "" && len(args) == 0:
				return f.run(cmd.Context(), "deploy", "")
			case f.plan == "" && len(args) == 1:
				return f.run(cmd.Context(), "deploy", args[0])
			}
			return usage(errors.New("deploy takes an inventory, or --plan FILE with a saved plan, not both"))
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.plan, "plan", "", "deploy exactly this saved plan, or nothing")
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask before the first change")
	cmd.Flags().DurationVar(&f.lockWait, "lock-wait", 0, "how long to wait for another run to end")
	return cmd
}

// run carries out plan or deploy.
func (f *runFlags) run(ctx context.Context, verb, path string) error {
	if !slices.Contains([]string{"", "tui", "plain", "json"}, f.output) {
		return usage(fmt.Errorf("--output %s: it is tui, plain or json", f.output))
	}
	saved, err := f.saved()
	if err != nil {
		return err
	}
	if saved != nil {
		path, f.limit, f.roles = saved.Inventory, saved.Limit, saved.Roles
	}
	inv, err := f.load(path)
	if err != nil {
		return err
	}
	digest, err := digestOf(path)
	if err != nil {
		return usage(fault.As(fault.InventoryUnread, err))
	}
	if saved != nil && saved.Digest != digest {
		return &exitError{engine.ExitStale, fault.As(fault.PlanInventory, fmt.Errorf("%s changed since the plan was saved; make a new one with foobar plan --out", path))}
	}
	limit, err := hostsOf(inv, f.limit)
	if err != nil {
		return usage(err)
	}
	if err := knownRoles(f.roles); err != nil {
		return usage(err)
	}
	if !f.wantsTUI(verb, onTerminal()) { // the view asks in its own way
		if err := f.readPassword(); err != nil {
			return err
		}
	}
	site, err := prepare(ctx, inv)
	if err != nil {
		return usage(err)
	}
	defer site.close()
	site.base.Limit, site.base.Roles = limit, f.roles

	if verb == "deploy" {
		f.record = startRecord(inv, verb, limit, f.roles)
		defer f.record.end()
	}
	req := engine.Request{Verb: verb, Inventory: inv, Limit: limit, Roles: f.roles, Build: site.build,
		Apply: verb == "deploy", Expect: saved, PlanKey: site.base.Master.Seed("plan"), Owner: owner(), LockWait: f.lockWait, Record: f.record.header()}
	result, code := f.show(ctx, req)
	if f.out != "" && result.Plan != nil && (code == engine.ExitOK || code == engine.ExitDiffers) {
		if err := f.keep(path, digest, result.Plan); err != nil {
			return err
		}
	}
	if code != 0 {
		return &exitError{code: code}
	}
	return nil
}

func (f *runFlags) saved() (*engine.Saved, error) {
	if f.plan == "" {
		return nil, nil
	}
	file, err := os.Open(f.plan)
	if err != nil {
		return nil, usage(fault.As(fault.PlanUnreadable, err))
	}
	defer file.Close()
	s, err := engine.ReadSaved(file)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", f.plan, err))
	}
	return s, nil
}

// save writes a plan, which may show configuration, for its owner alone.
func save(path string, s engine.Saved) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(0o600), engine.WriteSaved(file, s), file.Close()) // it may have been there
}

// readPassword asks for the sudo password once, before anything is shown, or
// reads it from standard input where there is no terminal.
func (f *runFlags) readPassword() error {
	if !f.askBecome {
		return nil
	}
	var password string
	if isatty.IsTerminal(os.Stdin.Fd()) {
		var err error
		if password, err = (&lineAsker{}).Ask("sudo password", true); err != nil {
			return err
		}
	} else {
		raw, err := io.ReadAll(io.LimitReader(os.Stdin, 4096))
		if err != nil {
			return fmt.Errorf("read the sudo password from standard input: %w", err)
		}
		password = strings.TrimRight(string(raw), "\r\n")
	}
	f.becomePassword = func() (string, error) { return password, nil }
	return nil
}

// keep saves a plan for a later deploy.
func (f *runFlags) keep(inventory, digest string, plan *engine.Plan) error {
	abs, err := filepath.Abs(inventory)
	if err != nil {
		return err
	}
	if err := save(f.out, engine.Saved{Inventory: abs, Digest: digest, Limit: f.limit, Roles: f.roles, Hosts: plan.Hosts}); err != nil {
		return &exitError{engine.ExitFailed, fault.As(fault.LocalFile, err)}
	}
	return nil
}

func owner() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, _ := os.Hostname()
	return fmt.Sprintf("%s@%s pid %d since %s", name, host, os.Getpid(), time.Now().UTC().Format(time.RFC3339))
}

func digestOf(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// hostsOf turns host and group names into host names.
func hostsOf(inv *inventory.Inventory, names []string) ([]string, error) {
	var list []string
	for _, n := range names {
		if inv.Host(n) != nil {
			list = append(list, n)
			continue
		}
		group := inv.Group(n)
		if len(group) == 0 {
			return nil, fault.As(fault.NoSuch, fmt.Errorf("--limit %s: %s has no host or role of that name", n, inv.Path))
		}
		for _, h := range group {
			list = append(list, h.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}
