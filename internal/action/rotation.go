package action

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
	"foobar/playbooks"
	"foobar/roles"
)

// HostRotation takes a web server out of the balancer's rotation, or puts it back.
type HostRotation struct {
	Common  Common
	Host    string
	Display Display
	// Back puts it back.
	Back bool
	// Wait is how long its sessions may take to end, or it may take to be up; 0 means
	// deploy.drain_timeout or deploy.health_timeout.
	Wait time.Duration
	// Force takes it out although no other server is up.
	Force bool
	// LockWait is how long to wait for another run to end.
	LockWait time.Duration
}

func (v *HostRotation) verb() string {
	if v.Back {
		return "host undrain"
	}
	return "host drain"
}

// Run works on the balancers, and asks the server itself only whether it is the primary.
func (v *HostRotation) Run(ctx context.Context) error {
	c := &v.Common
	inv, err := c.load()
	if err != nil {
		return err
	}
	if err := v.possible(inv); err != nil {
		return Usage(err)
	}
	if err := c.readPassword(); err != nil {
		return err
	}
	lbs := inv.Group(inventory.LB)
	r := &Rollout{dialer: c.dialer()}
	r.Engine = &engine.Engine{Dial: r.dialer.dial, Forks: c.forks(inv), Patience: c.patience()}
	asked := *inv // the balancers, and where it may be the primary the server
	asked.Hosts = slices.Clone(lbs)
	h := inv.Host(v.Host)
	if h.Has(inventory.DB) && !v.Back {
		asked.Hosts = append(asked.Hosts, h)
	}
	primary := false
	role := v.role(inv)
	r.Request = engine.Request{Verb: v.verb(), Inventory: &asked, Limit: inventory.Names(lbs), Roles: []string{role.Name()}, Owner: owner(),
		Apply: true, LockWait: v.LockWait, Build: func(seen map[string]facts.Facts) (*play.Site, []play.Play, error) {
			d := seen[v.Host].Database
			primary = d.Running && !d.ReadOnly && d.Source == ""
			s := &play.Site{Inv: inv, Facts: maps.Clone(seen), Owned: playbooks.Owned()}
			return s, playbooks.Rotation(s, role), nil
		}}
	r.record = c.startRecord(inv, v.verb(), []string{v.Host}, nil)
	defer r.record.end()
	r.Request.Record = r.record.header()
	_, code := v.Display.Show(ctx, r)
	r.dialer.warned.tell(c.Console.Err)
	if code == engine.ExitOK {
		v.say(inv, primary)
	}
	return exit(code)
}

// possible refuses a host that gets no requests from a balancer.
func (v *HostRotation) possible(inv *inventory.Inventory) error {
	webs := inventory.Names(inv.Group(inventory.Web))
	switch {
	case len(inv.Group(inventory.LB)) == 0:
		return fault.Wrap(fault.Lacking, fmt.Errorf("%s: no host has the role lb, so there is no rotation to take a server out of", inv.Path))
	case !slices.Contains(webs, v.Host):
		return fault.Wrap(fault.NoSuch, fmt.Errorf("%s: no host with the role web is called %s; those are %s", inv.Path, v.Host, strings.Join(webs, ", ")))
	}
	return nil
}

func (v *HostRotation) role(inv *inventory.Inventory) roles.Rotation {
	role := roles.Rotation{Host: v.Host, Force: v.Force, Within: cmp.Or(v.Wait, inv.Deploy.DrainTimeout)}
	if v.Back {
		role.Within = cmp.Or(v.Wait, inv.Deploy.HealthTimeout)
	} else {
		role.Out = &facts.Drained{Host: v.Host, At: time.Now(), By: whoRuns()}
	}
	return role
}

// say tells what holds from now on.
func (v *HostRotation) say(inv *inventory.Inventory, primary bool) {
	out := ask.Safe(v.Common.Console.Err)
	at := sh.Join(inv.Path, v.Host)
	if v.Back {
		fmt.Fprintf(out, "%s is in the rotation\n", v.Host)
		return
	}
	fmt.Fprintf(out, "%s is out of the rotation and stays out, over deploys, reloads and reboots, until: foobar host undrain %s\n", v.Host, at)
	if primary {
		fmt.Fprintf(out, "%s is the primary of the databases, too, and still accepts their writes; to move them: foobar db switchover %s --to HOST\n", v.Host, sh.Quote(inv.Path))
	}
}

// sayDrained names the servers that a run leaves out of the rotation, because a person
// took them out.
func sayDrained(c *Common, inv *inventory.Inventory, seen map[string]facts.Facts) {
	for _, h := range inv.Group(inventory.Web) {
		for _, lb := range inv.Group(inventory.LB) {
			if d := facts.DrainedHost(seen[lb.Name].Drained, h.Name); d != nil {
				fmt.Fprintf(ask.Safe(c.Console.Err), "%s stays out of the rotation: %s; to put it back: foobar host undrain %s\n", h.Name, d, sh.Join(inv.Path, h.Name))
				break
			}
		}
	}
}
