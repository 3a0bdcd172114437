package action

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/planview"
	"foobar/internal/play"
	"foobar/internal/status"
	"foobar/inventory"
	"foobar/playbooks"
	"foobar/roles"
)

// CertStatus says how the public certificate is, and its renewal.
type CertStatus struct {
	Common Common
	JSON   bool
	// Paint colours what people read; nil for none.
	Paint planview.Paint
}

// Run asks the balancers once and prints.
func (v *CertStatus) Run(ctx context.Context) error {
	c := &v.Common
	inv, err := c.balanced()
	if err != nil {
		return err
	}
	if err := c.readPassword(); err != nil {
		return err
	}
	ctx, interrupted := c.Console.untilSignal(ctx)
	g := &status.Gatherer{Inv: inv, Dial: c.statusDial(&atomic.Bool{}), Forks: c.Forks, Time: c.scaled(status.AnswerTime)}
	defer g.Close()
	s := g.Certificates(ctx)
	if code := interrupted(); code != 0 {
		return &Exit{Code: code}
	}
	if v.JSON {
		err = ask.WriteJSON(c.Console.Out, s)
	} else {
		err = unlessGone(s.Plain(planview.Painted(c.Console.Out, v.Paint)))
	}
	return shown(err, s.Unreachable(), s.Healthy, engine.ExitUnhealthy)
}

// balanced is the inventory of a site that serves a public certificate.
func (c *Common) balanced() (*inventory.Inventory, error) {
	inv, err := c.load()
	if err == nil && len(inv.Group(inventory.LB)) == 0 {
		err = Usage(fault.Wrap(fault.Lacking, fmt.Errorf("%s: no host has the role lb, so no public certificate is served", inv.Path)))
	}
	return inv, err
}

// CertRenew has certbot renew the public certificate now.
type CertRenew struct {
	Common  Common
	Display Display
	// What says how: a trial, or although it is not due.
	What roles.Renewal
	// LockWait is how long to wait for another run to end.
	LockWait time.Duration
}

// Run works on the balancers alone.
func (v *CertRenew) Run(ctx context.Context) error {
	c := &v.Common
	inv, err := c.balanced()
	switch {
	case err != nil:
		return err
	case v.What.DryRun && v.What.Force:
		return Usage(errors.New("--dry-run and --force cannot be given together: a trial does not look at the date"))
	case inv.TLS.Cert != "":
		return Usage(blame(inv, "tls.cert", errors.New("the certificate is your own, which foobar does not renew; put the new one into its files, then deploy")))
	}
	if err := c.readPassword(); err != nil {
		return err
	}
	r := &Rollout{dialer: c.dialer(), Request: v.request(inv)}
	r.Engine = &engine.Engine{Dial: r.dialer.dial, Forks: c.forks(inv), Patience: c.patience()}
	r.record = c.startRecord(inv, "cert renew"+map[bool]string{true: " --dry-run"}[v.What.DryRun], nil, nil)
	defer r.record.end()
	r.Request.Record = r.record.header()
	_, code := v.Display.Show(ctx, r)
	r.dialer.warned.tell(c.Console.Err)
	return exit(code)
}

// request is of one role alone: a run of all of them would remove what this one does not
// want.
func (v *CertRenew) request(inv *inventory.Inventory) engine.Request {
	asked := *inv
	asked.Hosts = inv.Group(inventory.LB)
	return engine.Request{Verb: "cert renew", Inventory: &asked, Limit: inventory.Names(asked.Hosts), Roles: []string{v.What.Name()}, Owner: owner(), Apply: true, LockWait: v.LockWait,
		Build: func(seen map[string]facts.Facts) (*play.Site, []play.Play, error) {
			s := &play.Site{Inv: inv, Facts: seen, Owned: playbooks.Owned()}
			return s, playbooks.Renewal(s, v.What), nil
		}}
}
