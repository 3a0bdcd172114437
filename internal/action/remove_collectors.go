package action

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/planview"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/playbooks"
)

// listed are the collectors that the monitoring service lists for hosts that leave.
type listed struct {
	service *registry.Service // nil without an access key
	found   []registry.Collector
	// others have the name of such a host, and are somebody else's.
	others []registry.Collector
	// account is what is kept beside the hosts, where that was looked at before.
	account play.Beside
}

// collectors asks the monitoring service, where the inventory has a key for that. It is
// asked before anything is changed, so that a key which it does not take is no surprise
// when the host is gone.
func (v *Remove) collectors(ctx context.Context, inv *inventory.Inventory, hosts []*inventory.Host) (*listed, error) {
	switch inv.Monitoring.Account() {
	case inventory.Datadog:
		return v.looked(ctx, inv)
	case "":
		return &listed{}, nil
	}
	service, err := account(ctx, inv)
	if err != nil {
		return nil, Usage(err)
	}
	l := &listed{service: service}
	ctx, interrupted := v.Common.Console.untilSignal(ctx)
	for _, h := range hosts {
		if err = l.find(ctx, inv.Site.Name, h.Name); err != nil {
			err = &Exit{engine.ExitFailed, fmt.Errorf("nothing was changed: %w", err)}
			break
		}
	}
	if code := interrupted(); code != 0 {
		err = &Exit{Code: code}
	}
	return l, err
}

// looked is without collectors, which Datadog does not list. What is kept there is looked at,
// as it is again by the run: alerts of hosts that are gone would be raised.
func (v *Remove) looked(ctx context.Context, inv *inventory.Inventory) (*listed, error) {
	l := &listed{}
	of, err := l.beside(ctx, inv, inv.Host(v.Host))
	if err != nil {
		return nil, Usage(err)
	}
	l.account = of
	ctx, interrupted := v.Common.Console.untilSignal(ctx)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err = of.Look(ctx); err != nil {
		err = &Exit{engine.ExitFailed, fmt.Errorf("nothing was changed: %w", err)}
	}
	if code := interrupted(); code != 0 {
		err = &Exit{Code: code}
	}
	return l, err
}

// find looks for a host's collector. One that another site, or something else than a
// deploy, registered by the same name has another category, and is left alone.
func (l *listed) find(ctx context.Context, site, host string) error {
	c, err := l.service.Find(ctx, host)
	switch {
	case err != nil || c == nil:
		return err
	case c.Kind == "Installable" && strings.HasPrefix(c.Category, site+"/"):
		l.found = append(l.found, *c)
	default:
		l.others = append(l.others, *c)
	}
	return nil
}

// names are those of collectors.
func names(list []registry.Collector) string {
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	return planview.Names(names)
}

// question is what a person agrees to beside the changes on the hosts.
func (l *listed) question() string {
	if len(l.found) == 0 {
		return ""
	}
	return fmt.Sprintf(", take %s %s out of Sumo Logic", collectorWord(len(l.found)), names(l.found))
}

func collectorWord(n int) string {
	if n == 1 {
		return "the collector"
	}
	return "the collectors"
}

// beside is what the account keeps: nothing of a site that goes, and of one that a host
// leaves what is not about that host. Nobody is to be told that it is silent.
func (l *listed) beside(ctx context.Context, inv *inventory.Inventory, host *inventory.Host) (play.Beside, error) {
	if l.account != nil {
		return l.account, nil
	}
	if host == nil {
		return emptied(ctx, inv, l.service)
	}
	rest, err := playbooks.Without(inv, host)
	if err != nil {
		return nil, err
	}
	return beside(ctx, rest), nil
}

// delete takes them out of the service, now that none of them runs: a running one would
// register again. Where a person has not agreed to it with the other changes, because
// there were none, that is asked for.
func (v *Remove) delete(ctx context.Context, l *listed, inv *inventory.Inventory, changes int) error {
	if len(l.found) == 0 {
		return nil
	}
	c := v.Common.Console
	if v.Sure == "" && changes == 0 {
		yes, err := Agreed(c.Asker, fmt.Sprintf("Take %s %s out of Sumo Logic", collectorWord(len(l.found)), names(l.found)))
		if err != nil || !yes {
			return err
		}
	}
	ctx, interrupted := c.untilSignal(ctx)
	var gone []registry.Collector
	var err error
	for _, one := range l.found {
		if err = l.deleteOne(ctx, inv.Site.Name, one); err != nil {
			err = fmt.Errorf("the hosts are removed, but the collector %s is still listed: %w", one.Name, err)
			break // the others would fare alike
		}
		gone = append(gone, one)
	}
	if len(gone) > 0 {
		fmt.Fprintf(ask.Safe(c.Err), "Sumo Logic no longer lists %s %s; what was sent stays there\n", collectorWord(len(gone)), names(gone))
	}
	if code := interrupted(); code != 0 {
		return &Exit{Code: code}
	}
	if err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	return nil
}

// deleteOne deletes a collector. One that has registered anew since it was found has
// another number.
func (l *listed) deleteOne(ctx context.Context, site string, one registry.Collector) error {
	there, err := l.service.Delete(ctx, one)
	if there || err != nil {
		return err
	}
	again := &listed{service: l.service}
	if err := again.find(ctx, site, one.Name); err != nil || len(again.found) == 0 {
		return err
	}
	_, err = l.service.Delete(ctx, again.found[0])
	return err
}

// stay says which collectors the service still lists, and how they go.
func (l *listed) stay(out io.Writer, inv *inventory.Inventory, hosts []*inventory.Host) {
	if len(l.others) > 0 {
		fmt.Fprintf(out, "Sumo Logic lists %s %s with another category than %s/…, so it is not this site's, and stays\n", collectorWord(len(l.others)), names(l.others), inv.Site.Name)
	}
	if l.service == nil && inv.Monitoring.Enabled && inv.Monitoring.Provider == inventory.SumoLogic {
		fmt.Fprintf(out, "Sumo Logic still lists %s %s, as stopped: delete them there under Collection, or let remove do it with an access key, for which the same command can run again: foobar docs monitoring.access_key\n",
			collectorWord(len(hosts)), planview.Names(inventory.Names(hosts)))
	}
}
