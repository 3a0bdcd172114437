package action

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/monitoring/datadog"
	"foobar/internal/monitoring/datadog/api"
	dogobjects "foobar/internal/monitoring/datadog/objects"
	"foobar/internal/monitoring/sumologic"
	"foobar/internal/monitoring/sumologic/objects"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
)

// access is what the API of the monitoring service is asked with, and the roots that it must
// prove its name to, beside this machine's own.
func access(ctx context.Context, inv *inventory.Inventory) (keys map[string]secret.String, roots string, err error) {
	if keys, err = read(ctx, inv, accessSources(inv)); err != nil || inv.Monitoring.CA == "" {
		return keys, "", err
	}
	raw, err := os.ReadFile(inv.Monitoring.CA)
	if err != nil {
		return nil, "", blame(inv, "monitoring.ca", fault.Wrap(fault.LocalFile, err))
	}
	return keys, string(raw), nil
}

// account is Sumo Logic's API, with the access key of the inventory.
func account(ctx context.Context, inv *inventory.Inventory) (*registry.Service, error) {
	access, roots, err := access(ctx, inv)
	if err != nil {
		return nil, err
	}
	service, err := registry.New(inv.Monitoring.API, access["monitoring.access_id"], access["monitoring.access_key"], roots)
	if err != nil {
		return nil, blame(inv, "monitoring.api", err)
	}
	return service, nil
}

// organization is Datadog's API, with the keys of the inventory.
func organization(ctx context.Context, inv *inventory.Inventory) (*api.Service, error) {
	access, roots, err := access(ctx, inv)
	if err != nil {
		return nil, err
	}
	service, err := api.New(inv.Monitoring.API, access["monitoring.api_key"], access["monitoring.application_key"], roots)
	if err != nil {
		return nil, blame(inv, "monitoring.api", err)
	}
	return service, nil
}

// read reads secrets by their keys.
func read(ctx context.Context, inv *inventory.Inventory, sources map[string]inventory.Source) (map[string]secret.String, error) {
	values := map[string]secret.String{}
	for _, key := range slices.Sorted(maps.Keys(sources)) {
		value, err := secretOf(ctx, inv, key, sources[key])
		if err != nil {
			return nil, err
		}
		values[key] = value
	}
	return values, nil
}

// beside is what the site has in its account of the monitoring service, or nothing where
// the inventory has no key for that. Where a secret for it cannot be read, the hosts are
// deployed all the same.
func beside(ctx context.Context, inv *inventory.Inventory) play.Beside {
	switch inv.Monitoring.Account() {
	case inventory.SumoLogic:
		service, err := account(ctx, inv)
		secrets, err := notified(ctx, inv, sumologic.Quiet(inv), err)
		return objects.New(service, sumologic.Objects(inv, secrets), err)
	case inventory.Datadog:
		service, err := organization(ctx, inv)
		secrets, err := notified(ctx, inv, datadog.Quiet(inv), err)
		return dogobjects.New(service, datadog.Objects(inv, secrets), err)
	}
	return nil
}

// emptied is what the site has in its account when it is gone: nothing. A service of Sumo
// Logic that was asked before serves here, too.
func emptied(ctx context.Context, inv *inventory.Inventory, sumo *registry.Service) (play.Beside, error) {
	switch {
	case sumo != nil:
		return objects.New(sumo, objects.Wanted{Site: inv.Site.Name}, nil), nil
	case inv.Monitoring.Account() != inventory.Datadog:
		return nil, nil
	}
	service, err := organization(ctx, inv)
	if err != nil {
		return nil, err
	}
	return dogobjects.New(service, dogobjects.Wanted{Site: inv.Site.Name}, nil), nil
}

// notified are the secrets of those who are told of alerts, unless nobody is, or an error
// has come before.
func notified(ctx context.Context, inv *inventory.Inventory, quiet bool, before error) (map[string]secret.String, error) {
	if quiet || before != nil {
		return nil, before
	}
	return read(ctx, inv, inv.Monitoring.NotifySources())
}

// sayKeyless tells a person that the service raises no alert, for want of a key.
func sayKeyless(c *Common, inv *inventory.Inventory) {
	m := inv.Monitoring
	name, key := "Sumo Logic", "access_key"
	if m.Provider == inventory.Datadog {
		name, key = "Datadog", "application_key"
	}
	if m.Enabled && m.Provider != inventory.Prometheus && m.Account() == "" && len(m.Alerts) > 0 {
		fmt.Fprintf(ask.Safe(c.Console.Err), "%s raises no alerts and has no dashboard: its API takes an %s, and [monitoring] has none; foobar docs monitoring.%[3]s\n", name, strings.ReplaceAll(key, "_", " "), key)
	}
}
