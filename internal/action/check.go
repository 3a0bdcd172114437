package action

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/planview"
	"foobar/internal/preflight"
	"foobar/internal/remote"
	"foobar/inventory"
	"foobar/playbooks"
)

// preflightTime bounds how long a host may take over its answer: each of the
// questions in it ends by itself before.
const preflightTime = 90 * time.Second

// Check says what would keep a deploy from succeeding.
type Check struct {
	Common Common
	JSON   bool
	// Offline asks no host, and runs no command of the inventory.
	Offline bool
	// Quiet shows people failures alone, and nothing where there are none.
	Quiet bool
	// Paint colours what people read; nil for none.
	Paint planview.Paint
}

// Run looks and prints.
func (v *Check) Run(ctx context.Context) error {
	c := &v.Common
	inv, hosts, err := c.pick(nil)
	if err != nil {
		return err
	}
	if !v.Offline {
		if err := c.allow(inv); err != nil {
			return err
		}
	}
	ctx, interrupted := c.Console.untilSignal(ctx)
	here, files := checkHere(ctx, inv, v.Offline)
	var looks []preflight.Look
	if !v.Offline {
		if err = c.readPassword(); err == nil {
			looks = v.looks(ctx, inv, hosts, &here, files)
		}
	}
	if code := interrupted(); code != 0 {
		return &Exit{Code: code}
	}
	if err != nil {
		return err
	}
	r := preflight.Judge(inv, playbooks.Services(inv), here, looks, time.Now())
	if v.JSON {
		err = ask.WriteJSON(c.Console.Out, r)
	} else {
		err = unlessGone(preflight.Plain(c.Console.Out, r, preflight.Shown{Paint: v.Paint, Quiet: v.Quiet}))
	}
	return shown(err, r.Unreachable(), r.Ready, engine.ExitFailed)
}

// looks asks the hosts, and the controller's resolver beside them.
func (v *Check) looks(ctx context.Context, inv *inventory.Inventory, hosts []*inventory.Host, here *preflight.Here, files preflight.Files) []preflight.Look {
	if v.Common.Console.Read && !v.JSON && !v.Quiet {
		fmt.Fprintf(v.Common.Console.Err, "looking at %s\n", strings.Join(inventory.Names(hosts), ", "))
	}
	d := v.Common.dialer()
	looks := make([]preflight.Look, len(hosts))
	var wg sync.WaitGroup
	wg.Go(func() { resolveHere(ctx, inv, here) })
	ask.Each(v.Common.forks(inv), hosts, func(i int, h *inventory.Host) { looks[i] = preflightHost(ctx, d, inv, h, files) })
	wg.Wait()
	return looks
}

// preflightHost asks one host: one connection, one script.
func preflightHost(ctx context.Context, d *dialer, inv *inventory.Inventory, h *inventory.Host, files preflight.Files) preflight.Look {
	look := preflight.Look{Host: h}
	err := onHost(ctx, d, h, func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		if r, ok := t.(target); ok {
			look.Login = preflight.Login{Address: r.host.Address(), User: r.host.User(), Sudo: r.host.Sudo(), Pinned: h.HostKey != "", Keys: r.HostKeys()}
		}
		said, err := ask.Bounds{Whole: d.common.scaled(preflightTime)}.Ask(ctx, t, preflight.Script(inv, playbooks.Services(inv), h, files))
		if err != nil {
			return err
		}
		look.Answer, err = preflight.Read(said)
		return err
	})
	if err != nil {
		look.Refused = refusal(err)
	}
	return look
}

// refusal says which part of reaching a host failed.
func refusal(err error) *preflight.Refusal {
	r := &preflight.Refusal{ID: preflight.Shell, Msg: printable(err.Error()), Code: fault.Of(err)}
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
	ask.Each(0, names, func(i int, name string) { found[i] = resolveName(ctx, name) })
	for _, lb := range inv.Group(inventory.LB) {
		if _, err := netip.ParseAddr(lb.Address); err != nil {
			here.Balancer = append(here.Balancer, resolveName(ctx, lb.Address).Addresses...) // or an alias of ssh_config
		}
	}
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
