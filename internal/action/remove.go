package action

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/planview"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/playbooks"
	"foobar/roles"
)

// Remove takes a host out of the site, or the whole site down.
type Remove struct {
	Common Common
	// Host is the one that goes; "" is all of them.
	Host    string
	Display Display
	// What names what goes beside the services.
	What roles.Leaving
	// Sure is the name of what goes, given beforehand; without it a person types it.
	Sure string
	// LockWait is how long to wait for another run to end.
	LockWait time.Duration
}

// Run shows what goes, asks, and removes it.
func (v *Remove) Run(ctx context.Context) error {
	c := &v.Common
	if v.What.Data && !v.What.Packages {
		return Usage(errors.New("--data needs --packages: a database server that is installed does not start without its data"))
	}
	inv, err := c.load()
	if err != nil {
		return err
	}
	name, host, err := v.goes(inv)
	if err != nil {
		return err
	}
	switch {
	case v.Sure != "" && v.Sure != name:
		return Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("--yes-remove %s: what would go is called %s; nothing was changed", v.Sure, name)))
	case v.Sure == "" && !c.Console.CanAsk():
		return Usage(fault.Wrap(fault.CannotAsk, fmt.Errorf("remove asks for the name of what goes, and there is no terminal to ask at; add --yes-remove %s", name)))
	}
	if err := c.readPassword(); err != nil {
		return err
	}
	going := inv.Hosts
	if host != nil {
		going = []*inventory.Host{host}
	}
	l, err := v.collectors(ctx, inv, going)
	if err != nil {
		return err
	}
	r, err := v.rollout(ctx, inv, host)
	if err != nil {
		return err
	}
	if r.site != nil {
		defer r.site.App.Close()
	}
	if r.Request.Beside, err = l.beside(ctx, inv, host); err != nil {
		return err
	}
	r.Confirm, r.typed, r.also = v.Sure == "", name, l.question()
	r.record = c.startRecord(inv, strings.TrimSpace("remove "+v.Host), nil, nil)
	defer r.record.end()
	r.Request.Record = r.record.header()
	result, code := v.Display.Show(ctx, r)
	r.dialer.warned.tell(c.Console.Err)
	if code != engine.ExitOK {
		return exit(code)
	}
	v.say(inv, result.Plan.OnHosts().Changes())
	l.stay(ask.Safe(c.Console.Err), inv, going)
	return v.delete(ctx, l, inv, result.Plan.Changes())
}

// goes is what the command line names: the name to type, and the host unless it is the
// whole site.
func (v *Remove) goes(inv *inventory.Inventory) (string, *inventory.Host, error) {
	if v.Host == "" {
		return inv.Site.Name, nil, nil
	}
	host := inv.Host(v.Host)
	if host == nil {
		return "", nil, Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("%s has no host called %s, so nothing is left to do for it here; a host that is no longer in the inventory is forgotten by the others with: foobar deploy %s", inv.Path, v.Host, inv.Path)))
	}
	if _, err := playbooks.Without(inv, host); err != nil {
		return "", nil, Usage(err)
	}
	return v.Host, host, nil
}

// rollout is the run. Without a host it needs neither secrets nor the app: a site can be
// taken down whose master secret is lost.
func (v *Remove) rollout(ctx context.Context, inv *inventory.Inventory, host *inventory.Host) (*Rollout, error) {
	c := &v.Common
	r := &Rollout{dialer: c.dialer()}
	r.Engine = &engine.Engine{Dial: r.dialer.dial, Forks: c.forks(inv), Patience: c.patience()}
	r.Request = engine.Request{Verb: "remove", Inventory: inv, Owner: owner(), Apply: true, LockWait: v.LockWait}
	if host == nil {
		r.Request.Build = func(seen map[string]facts.Facts) (*play.Site, []play.Play, error) {
			s := &play.Site{Inv: inv, Facts: seen, Owned: playbooks.Owned()}
			return s, playbooks.RemoveSite(s, v.What), nil
		}
		return r, nil
	}
	s, k, err := c.prepare(ctx, inv)
	if err != nil {
		return nil, Usage(err)
	}
	r.site, r.Request.Begin = s, k.write
	r.Request.Build = func(seen map[string]facts.Facts) (*play.Site, []play.Play, error) {
		if err := k.judge(s, seen); err != nil {
			return nil, nil, err
		}
		full := *s
		full.Facts, full.Owned = seen, playbooks.Owned()
		plays, err := playbooks.RemoveHost(&full, host, v.What)
		return &full, plays, err
	}
	return r, nil
}

// stays names what no removal takes, or was not named.
func (v *Remove) stays() string {
	list := []string{"sshd's settings, automatic updates and the kernel's", "a firewall that lets in ssh as before and what others had opened"}
	if !v.What.Data {
		list = append(list, "the databases, what Prometheus has gathered and the certificate (--data)")
	}
	if !v.What.Backups {
		list = append(list, "backups (--backups)")
	}
	if !v.What.Packages {
		list = append(list, "packages (--packages)")
	}
	return strings.Join(list, ", ")
}

// say tells what stays, and what a person has to do now.
func (v *Remove) say(inv *inventory.Inventory, changes int) {
	out := ask.Safe(v.Common.Console.Err)
	if changes == 0 {
		fmt.Fprintln(out, "nothing of it is left")
	}
	fmt.Fprintln(out, "what stays: "+v.stays())
	if v.Host == "" {
		return
	}
	fmt.Fprintf(out, "the next deploy would bring %s back: delete its table [hosts.%s] from %s, and its name wherever else it is used there%s\n", v.Host, v.Host, inv.Path, v.named(inv))
}

// named are the keys beside the host's table that name it.
func (v *Remove) named(inv *inventory.Inventory) string {
	var keys []string
	if inv.DB.Primary == v.Host {
		keys = append(keys, "db.primary")
	}
	if inv.DB.Backup.Host == v.Host {
		keys = append(keys, "db.backup.host")
	}
	for i, rule := range inv.Firewall.Extra {
		for _, h := range rule.Hosts {
			if h == v.Host {
				keys = append(keys, fmt.Sprintf("firewall.extra %d", i+1))
			}
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return ": " + strings.Join(keys, ", ")
}

// Agree asks a person before the first change: for a yes, or for the name of what goes.
func (r *Rollout) Agree(a Asker, p *engine.Plan) (bool, error) {
	if r.typed == "" {
		return Agreed(a, "\n"+r.Question(p))
	}
	inv := r.Request.Inventory
	answer, err := a.Ask(fmt.Sprintf("\nMake %s%s, and remove %s from %s (%s)? Type its name, %s, to go on", planview.Count(p.Changes(), "change"), r.also, r.typed, inv.Site.Domain, inv.Path, r.typed), false)
	return answer == r.typed, err
}
