// Package providers lists the monitoring providers that foobar knows.
package providers

import (
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/datadog"
	"foobar/internal/monitoring/prometheus"
	"foobar/internal/monitoring/sumologic"
)

// All are those providers; the first is the default.
func All() []monitoring.Provider {
	return []monitoring.Provider{sumologic.Provider{}, prometheus.Provider{}, datadog.Provider{}}
}

// Named is the provider that an inventory names; "" is the default. Inventories that
// were checked name no other.
func Named(name string) monitoring.Provider {
	all := All()
	for _, p := range all {
		if p.Name() == name {
			return p
		}
	}
	return all[0]
}
