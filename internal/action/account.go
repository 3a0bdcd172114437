package action

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/monitoring/sumologic"
	"foobar/internal/monitoring/sumologic/objects"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
)

// account is the monitoring service's API, with the access key of the inventory.
func account(ctx context.Context, inv *inventory.Inventory) (*registry.Service, error) {
	access, err := read(ctx, inv, accessSources(inv))
	if err != nil {
		return nil, err
	}
	roots := ""
	if inv.Monitoring.CA != "" {
		raw, err := os.ReadFile(inv.Monitoring.CA)
		if err != nil {
			return nil, blame(inv, "monitoring.ca", fault.Wrap(fault.LocalFile, err))
		}
		roots = string(raw)
	}
	service, err := registry.New(inv.Monitoring.API, access["monitoring.access_id"], access["monitoring.access_key"], roots)
	if err != nil {
		return nil, blame(inv, "monitoring.api", err)
	}
	return service, nil
}

// read reads secrets by their keys.
func read(ctx context.Context, inv *inventory.Inventory, sources map[string]inventory.Source) (map[string]secret.String, error) {
	values := map[string]secret.String{}
	for _, key := range slices.Sorted(maps.Keys(sources)) {
		value, err := secret.Read(ctx, secret.Source(sources[key]))
		if err != nil {
			return nil, blame(inv, key, err)
		}
		values[key] = value
	}
	return values, nil
}

// beside is what the site has in its account of the monitoring service, or nothing where
// the inventory has no key for that. Where a secret for it cannot be read, the hosts are
// deployed all the same.
func beside(ctx context.Context, inv *inventory.Inventory) play.Beside {
	if len(accessSources(inv)) == 0 {
		return nil
	}
	service, err := account(ctx, inv)
	if err != nil {
		return objects.New(nil, objects.Wanted{Quiet: sumologic.Quiet(inv)}, err)
	}
	var secrets map[string]secret.String
	if !sumologic.Quiet(inv) {
		secrets, err = read(ctx, inv, inv.Monitoring.NotifySources())
	}
	return objects.New(service, sumologic.Objects(inv, secrets), err)
}

// sayKeyless tells a person that Sumo Logic raises no alert, for want of a key.
func sayKeyless(c *Common, inv *inventory.Inventory) {
	m := inv.Monitoring
	if m.Enabled && m.Provider == inventory.SumoLogic && len(accessSources(inv)) == 0 && len(m.Alerts) > 0 {
		fmt.Fprintln(ask.Safe(c.Console.Err), "Sumo Logic raises no alerts and has no dashboard: its API takes an access key, and [monitoring] has none; foobar docs monitoring.access_key")
	}
}
