// Package datadog sends metrics and logs to Datadog: from an OpenTelemetry collector to its
// intake for OTLP, without an agent of Datadog.
//
// Source: docs.datadoghq.com/opentelemetry/setup/otlp_ingest.
package datadog

import (
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/otelcol"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// collector works once Datadog has taken metrics from it since its start: a wrong key, or
// one of another site, is refused only then.
var collector = otelcol.Collector{Provider: inventory.Datadog, Service: "Datadog", Exporter: "otlphttp",
	Secret: "monitoring.api_key", Variable: "DD_API_KEY", Called: "API key",
	Works: otelcol.AskHealth + " && " + otelcol.AskSent, Working: "collecting, and heard by Datadog"}

// Provider is Datadog.
type Provider struct{}

// Name is the word of monitoring.provider.
func (Provider) Name() string { return inventory.Datadog }

// Services are the collector.
func (Provider) Services(inv *inventory.Inventory, h *inventory.Host, _ []play.Service) []play.Service {
	return collector.Services(inv, h)
}

// Servers are none: the collector only sends.
func (Provider) Servers(*inventory.Inventory, *inventory.Host) []resource.Service { return nil }

// Resources are the collector.
func (Provider) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	return collector.Resources(s, h)
}

// Question asks the collector for its own metrics.
func (Provider) Question(*inventory.Inventory, play.Services, *inventory.Host) string {
	return collector.Question()
}

// Prove judges them.
func (Provider) Prove(e monitoring.Evidence) monitoring.Proof { return collector.Prove(e) }
