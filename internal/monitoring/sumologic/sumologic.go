// Package sumologic sends metrics and logs to Sumo Logic by its OpenTelemetry collector.
package sumologic

import (
	_ "embed" // scripts
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/measure"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/internal/sh"
	"foobar/inventory"
	"foobar/templates"
)

const (
	collectorBinary     = "/usr/local/bin/otelcol-sumo"
	collectorConf       = "/etc/otelcol-sumo/sumologic.yaml"
	collectorEnv        = "/etc/otelcol-sumo/env/token.env"
	collectorCA         = "/etc/otelcol-sumo/ca.pem"
	collectorUnit       = "otelcol-sumo.service"
	collectorFile       = "/etc/systemd/system/" + collectorUnit // goes before the package's own
	collectorUser       = "otelcol-sumo"
	collectorURL        = "http://127.0.0.1:13133/" // of its health
	collectorHealthPort = 13133
	collectorOwnMetrics = 13134 // port of the metrics about itself
	collectorCheck      = collectorBinary + " validate --config "
)

// Provider is Sumo Logic.
type Provider struct{}

// Name is the word of monitoring.provider.
func (Provider) Name() string { return "sumologic" }

// Services are the collector.
func (Provider) Services(inv *inventory.Inventory, h *inventory.Host, _ []play.Service) []play.Service {
	return []play.Service{{
		Name: "otelcol-sumo", Layer: play.Watch, Off: !inv.Monitoring.Enabled, Units: []string{collectorUnit}, Health: collectorURL,
		Packages: []play.Package{{Name: inv.Monitoring.Package.Name, Called: "collector"}},
		Journal:  play.Journal{Unit: "otelcol-sumo", Kept: true}, Arrivals: arrivals(h.Name),
		Disk:    []play.Space{{Path: "/", MiB: 400}, {Path: "/var", MiB: 100}},
		Reaches: []play.Endpoint{{ID: "intake", URL: inv.Monitoring.Endpoint + "/", CA: "monitoring.ca"}},
		Ports: []play.Port{
			{Number: collectorHealthPort, On: play.Loopback(), For: "the collector's health"},
			{Number: collectorOwnMetrics, On: play.Loopback(), For: "the collector's own metrics"},
			{Number: measure.Port, On: play.Loopback(), For: "the figures of its host"},
		},
	}}
}

// Servers are none: the collector only sends.
func (Provider) Servers(*inventory.Inventory, *inventory.Host) []resource.Service { return nil }

// Resources are the collector's package, configuration and service, and its
// registration with the monitoring service.
func (Provider) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	packages, loads, err := collectorPackage(s)
	if err != nil {
		return nil, err
	}
	installed := packages[len(packages)-1].ID()
	packages = append(packages, collectorFolders(installed)...)
	account := resource.User{Name: collectorUser, Home: "/var/lib/otelcol-sumo", Groups: []string{"adm", "systemd-journal"}}
	want := append([]resource.Resource{monitoring.Agent{Name: s.Inv.Monitoring.Package.Name}, account}, packages...)
	files, err := collectorFiles(s, h, installed)
	for _, f := range files {
		want, loads = append(want, f), append(loads, f.ID())
	}
	service := resource.Service{Unit: collectorUnit, Loads: loads, Check: sh.As(collectorUser, collectorCheck+collectorConf)}
	return append(want, service, collectorHealth(s, service.ID()), measure.Sender(s)), err
}

// collectorFolders are made root's: the package's script gives them, and all in
// them, to the collector's user, who could then put links where root writes. It
// does so again with every version.
func collectorFolders(installed resource.ID) []resource.Resource {
	return []resource.Resource{resource.Behind(installed, resource.Dir{Path: path.Dir(collectorConf)}),
		resource.Behind(installed, resource.Dir{Path: path.Dir(collectorEnv), Mode: 0o700})}
}

// collectorFiles are what the process reads, once, at its start. Those in the
// package's folders are written after it is installed.
func collectorFiles(s *play.Site, h *inventory.Host, installed resource.ID) ([]resource.Resource, error) {
	conf, secrets, err := collectorConfig(s, h)
	if err != nil {
		return nil, err
	}
	ca := s.Secrets["monitoring.ca"]
	if s.Inv.Monitoring.CA != "" && ca.Empty() {
		return nil, fmt.Errorf("monitoring.ca: %s was not read, or is empty", s.Inv.Monitoring.CA)
	}
	unit := map[string]string{"Site": s.Inv.Site.Name, "Config": collectorConf, "Env": collectorEnv, "CA": ""}
	var files []resource.Resource
	if !ca.Empty() {
		unit["CA"] = collectorCA
		files = append(files, resource.Behind(installed, resource.File{Path: collectorCA, Content: []byte(ca.Reveal())}))
	}
	environment, err := collectorEnvironment(s, secrets)
	if err != nil {
		return nil, err
	}
	text, err := templates.Render("sumologic/otelcol-sumo.service.tmpl", unit)
	return append(files,
		resource.Behind(installed, resource.File{Path: collectorEnv, Content: environment, Mode: 0o600, Secret: true}),
		resource.Behind(installed, resource.File{Path: collectorConf, Content: conf, Check: collectorCheck + "%s", CheckAs: collectorUser}),
		resource.File{Path: collectorFile, Content: text}), err
}

// collectorEnvironment holds the secrets, which systemd reads as root.
func collectorEnvironment(s *play.Site, secrets map[string]secret.String) ([]byte, error) {
	token := s.Secrets["monitoring.token"]
	if token.Empty() {
		return nil, fmt.Errorf("monitoring.token is empty; give it the installation token of the monitoring service, or set monitoring.enabled = false")
	}
	if strings.ContainsAny(token.Reveal(), "\x00\r\n") {
		return nil, fmt.Errorf("monitoring.token is more than one line; it must hold the installation token and nothing else")
	}
	var b strings.Builder
	b.WriteString("# Written by foobar; changes made here are undone by the next deploy.\n")
	b.WriteString("SUMOLOGIC_INSTALLATION_TOKEN=" + sh.EnvValue(token.Reveal()) + "\n")
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		b.WriteString(name + "=" + sh.EnvValue(secrets[name].Reveal()) + "\n")
	}
	return []byte(b.String()), nil
}

//go:embed wait.sh
var collectorWait string

// collectorHealth wants the running collector registered and its pipelines up, which
// is when the extension health_check answers. After a change of the service it waits
// for that again.
func collectorHealth(s *play.Site, service resource.ID) resource.Resource {
	within, ca := s.Inv.Deploy.HealthTimeout, ""
	if !s.Secrets["monitoring.ca"].Empty() {
		ca = collectorCA
	}
	const ask = "curl -fsS -o /dev/null --max-time 5 --noproxy '*' " + collectorURL
	wait := func(was string) resource.Change {
		return resource.Change{Action: resource.Act, Health: true, Fields: []resource.Field{{Name: "health", Old: was, New: "registered and collecting"}},
			Steps: []resource.Step{resource.Run{Title: "wait for the collector's health", Timeout: within + time.Minute,
				Script: sh.Set("unit", collectorUnit, "polls", strconv.Itoa(max(1, int(within.Seconds()*2))), "within", within.String(), "endpoint", s.Inv.Monitoring.Endpoint, "ca", ca) +
					sh.Func("healthy", ask) + sh.Func("stale", fault.Shell(fault.DataStale)) + collectorWait}}}
	}
	return resource.Custom{
		Name: resource.NewID("health", "collector"), In: resource.Converge, Ask: ask,
		Compare: func(o resource.Observed) (resource.Change, error) {
			switch {
			case o.Get("rc") == "":
				return resource.Unseen(o), nil
			case o.State != resource.Present:
				return wait("none"), nil
			case o.Changes(service):
				return wait("before the change"), nil
			}
			return resource.Change{}, nil
		}}
}
