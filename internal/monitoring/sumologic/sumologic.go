// Package sumologic sends metrics and logs to Sumo Logic by its OpenTelemetry collector.
package sumologic

import (
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/otelcol"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// collector is registered with the service once its health is answered.
var collector = otelcol.Collector{Provider: inventory.SumoLogic, Service: "Sumo Logic", Exporter: "sumologic",
	Secret: "monitoring.token", Variable: "SUMOLOGIC_INSTALLATION_TOKEN", Called: "installation token",
	Works: otelcol.AskHealth, Working: "registered and collecting"}

// Provider is Sumo Logic.
type Provider struct{}

// Name is the word of monitoring.provider.
func (Provider) Name() string { return inventory.SumoLogic }

// Services are the collector.
func (Provider) Services(inv *inventory.Inventory, h *inventory.Host, _ []play.Service) []play.Service {
	return collector.Services(inv, h)
}

// Servers are none: the collector only sends.
func (Provider) Servers(*inventory.Inventory, *inventory.Host) []resource.Service { return nil }

// Resources are the collector, and its registration with the monitoring service.
func (Provider) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	return collector.Resources(s, h)
}

// Question asks the collector for its own metrics.
func (Provider) Question(*inventory.Inventory, play.Services, *inventory.Host) string {
	return collector.Question()
}

// Prove judges them.
func (Provider) Prove(e monitoring.Evidence) monitoring.Proof { return collector.Prove(e) }
