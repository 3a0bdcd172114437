package roles

// Names of the provider sumologic on the hosts, as its service and its files have them.
const (
	collectorConf = "/etc/otelcol-sumo/sumologic.yaml"
	datadogConf   = "/etc/otelcol-sumo/datadog.yaml"
	collectorEnv  = "/etc/otelcol-sumo/env/token.env"
	collectorCA   = "/etc/otelcol-sumo/ca.pem"
	collectorFile = "/etc/systemd/system/otelcol-sumo.service"
	collectorUser = "otelcol-sumo"
)
