package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/preflight"
	"foobar/internal/remote"
	"foobar/inventory"
)

// preflightTime bounds how long a host may take over its answer: each of the
// questions in it ends by itself before.
const preflightTime = 90 * time.Second

func checkCommand() *cobra.Command {
	f, offline := &runFlags{}, false
	cmd := &cobra.Command{
		Use:   "check INVENTORY",
		Short: "Say what would keep a deploy from succeeding, and how to put it right",
		Long: `Reads the inventory and what it names (secrets, app, certificates), then looks at
every host at once, with one connection and one script that changes nothing: login
and sudo, system, disk, memory, clock, ports, packages and their sources, addresses,
the DNS, the ACME server, the monitoring service, locks, and what others left there.
Each finding comes with its fix.

With --offline no host is asked, and no command of the inventory is run.

Exit status: 0 a deploy can begin (warnings allowed), 1 something would make it
fail, 4 a host was unreachable or refused, 64 the inventory is wrong. With -o json,
one document: {"v": 1, "ready": …, "findings": [{"id", "host", "level", "seen",
"fix"}, …], "hosts": […]}.`,
		Args:              cobra.ExactArgs(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return f.check(cmd.Context(), args[0], offline) },
		ValidArgsFunction: completeArgs(nil),
	}
	f.addFleet(cmd)
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "plain or json (default plain)")
	cmd.Flags().BoolVar(&offline, "offline", false, "only read the inventory and what it names")
	return cmd
}

// check looks and prints.
func (f *runFlags) check(ctx context.Context, path string, offline bool) error {
	if f.output != "" && f.output != "plain" && f.output != "json" {
		return usage(fmt.Errorf("--output %s: it is plain or json", f.output))
	}
	inv, err := inventory.Load(path)
	if err != nil {
		return usage(err)
	}
	limit, err := hostsOf(inv, f.limit)
	if err != nil {
		return usage(err)
	}
	if f.forks < 0 {
		return usage(fmt.Errorf("--forks %d: give a number from 1", f.forks))
	}
	if !offline {
		if err := f.allow(inv); err != nil {
			return err
		}
	}
	hosts := slices.DeleteFunc(slices.Clone(inv.Hosts), func(h *inventory.Host) bool { return len(limit) > 0 && !slices.Contains(limit, h.Name) })
	ctx, interrupted := untilSignal(ctx)
	here, files := checkHere(ctx, inv, offline)
	var looks []preflight.Look
	if !offline {
		if err = f.readPassword(); err == nil {
			looks = f.looks(ctx, inv, hosts, &here, files)
		}
	}
	if code := interrupted(); code != 0 {
		return &exitError{code: code}
	}
	if err != nil {
		return err
	}
	r := preflight.Judge(inv, here, looks, time.Now())
	if f.output == "json" {
		err = printJSON(r)
	} else {
		err = preflight.Plain(os.Stdout, r)
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return &exitError{engine.ExitFailed, err}
	}
	switch {
	case r.Unreachable():
		return &exitError{code: engine.ExitUnreachable}
	case !r.Ready:
		return &exitError{code: engine.ExitFailed}
	}
	return nil
}

// looks asks the hosts, and the controller's resolver beside them.
func (f *runFlags) looks(ctx context.Context, inv *inventory.Inventory, hosts []*inventory.Host, here *preflight.Here, files preflight.Files) []preflight.Look {
	d := &dialer{flags: f}
	interactive := isatty.IsTerminal(os.Stderr.Fd())
	if interactive && isatty.IsTerminal(os.Stdin.Fd()) {
		d.ask = &prompter{asker: lineAsker{}}
	}
	if interactive && f.output != "json" {
		fmt.Fprintf(os.Stderr, "looking at %s\n", strings.Join(namesOf(hosts), ", "))
	}
	forks := f.forks
	if forks == 0 {
		forks = inv.Deploy.Forks
	}
	looks := make([]preflight.Look, len(hosts))
	slots := make(chan struct{}, forks)
	var wg sync.WaitGroup
	wg.Go(func() { resolveHere(ctx, inv, here) })
	for i, h := range hosts {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			looks[i] = preflightHost(ctx, d, inv, h, files)
		})
	}
	wg.Wait()
	return looks
}

// preflightHost asks one host: one connection, one script.
func preflightHost(ctx context.Context, d *dialer, inv *inventory.Inventory, h *inventory.Host, files preflight.Files) preflight.Look {
	look := preflight.Look{Host: h}
	err := onHost(ctx, d, h, func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		if r, ok := t.(target); ok {
			look.Login = preflight.Login{Address: r.Address(), User: r.User(), Sudo: r.Sudo(), Pinned: h.HostKey != ""}
		}
		bounds := ask.Bounds{Lines: preflight.MostLines, Whole: d.flags.scaled(preflightTime)}
		heard := preflight.Heard{Token: "foobar-" + strings.ToLower(rand.Text()), Asked: time.Now()}
		clockComes := false
		_, err := bounds.Hear(ctx, t, preflight.Script(inv, h, files, heard.Token), func(l string) {
			if clockComes {
				heard.Clock, clockComes = time.Now(), false
			}
			clockComes = l == heard.Token+" begin clock"
			heard.Lines = append(heard.Lines, strings.Clone(l))
		})
		if err != nil {
			return err
		}
		look.Answer, err = preflight.Read(heard)
		return err
	})
	if err != nil {
		look.Refused = refusal(err)
	}
	return look
}

// refusal says which part of reaching a host failed.
func refusal(err error) *preflight.Refusal {
	r := &preflight.Refusal{ID: preflight.Shell, Msg: printable(err.Error())}
	var re *remote.Error
	if !errors.As(err, &re) {
		return r
	}
	r.Msg, r.Hint = printable(re.Msg), printable(re.Hint)
	switch re.Kind {
	case remote.ErrHostKeyUnknown, remote.ErrHostKeyChanged:
		r.ID = preflight.HostKey
	case remote.ErrAuth:
		r.ID = preflight.Auth
	case remote.ErrSudo:
		r.ID = preflight.Root
	case remote.ErrShell, remote.ErrOutput:
	default:
		r.ID = preflight.SSH
	}
	return r
}

// resolveHere asks the controller's resolver for the site's names.
func resolveHere(ctx context.Context, inv *inventory.Inventory, here *preflight.Here) {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	names := inv.Site.Names()
	found := make([]preflight.Resolved, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { found[i] = resolveName(ctx, name) })
	}
	for _, lb := range inv.Group(inventory.LB) {
		if _, err := netip.ParseAddr(lb.Address); err != nil {
			here.Balancer = append(here.Balancer, resolveName(ctx, lb.Address).Addresses...) // or an alias of ssh_config
		}
	}
	wg.Wait()
	here.Names = map[string]preflight.Resolved{}
	for i, name := range names {
		here.Names[name] = found[i]
	}
}

func resolveName(ctx context.Context, name string) preflight.Resolved {
	absolute := name + "." // no search domains
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", absolute)
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return preflight.Resolved{Error: "it does not resolve"}
	case err != nil:
		return preflight.Resolved{Error: "the resolver gives no answer"}
	}
	r := preflight.Resolved{Addresses: addrs}
	if cname, err := net.DefaultResolver.LookupCNAME(ctx, absolute); err == nil && cname != absolute {
		r.Canonical = printable(strings.TrimSuffix(cname, "."))
	}
	return r
}
