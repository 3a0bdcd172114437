// Package otelcol runs the OpenTelemetry collector on the hosts, for the providers that take
// metrics and logs from one. It is Sumo Logic's own distribution of it, which has what the
// others need, too.
package otelcol

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
	binary     = "/usr/local/bin/otelcol-sumo"
	folder     = "/etc/otelcol-sumo"
	env        = folder + "/env/token.env"
	roots      = folder + "/ca.pem"
	unit       = "otelcol-sumo.service"
	unitFile   = "/etc/systemd/system/" + unit // goes before the package's own
	user       = "otelcol-sumo"
	healthURL  = "http://127.0.0.1:13133/"
	healthPort = 13133
	ownMetrics = 13134 // port of the metrics about itself
	check      = binary + " validate --config "
)

// AskHealth is sh that succeeds while the collector's extension health_check is content. Every
// deploy asks, and bash, which each Debian has, costs a fifth of curl. Source: bash(1), REDIRECTION.
var AskHealth = `bash -c 'exec 2>/dev/null 3<>/dev/tcp/127.0.0.1/` + strconv.Itoa(healthPort) +
	` && printf "GET / HTTP/1.0\r\n\r\n" >&3 && read -r -t 5 said <&3 && [[ $said == HTTP/1.?" 200"* ]]'`

// AskSent is sh that succeeds once the service has taken metrics from the collector since
// its start.
var AskSent = "curl -q -fsS --max-time 5 --noproxy '*' " + own + " | awk '/^otelcol_exporter_sent_metric_points/ && $NF > 0 { sent = 1 } END { exit !sent }'"

// Collector is what a provider makes of the collector.
type Collector struct {
	// Provider is the word of monitoring.provider. The configuration is of the template
	// PROVIDER/PROVIDER.yaml.tmpl.
	Provider string
	// Service is what people call where it sends to, and Exporter the component that sends.
	Service, Exporter string
	// Secret is the inventory's key of what it sends with, Variable what the configuration
	// calls it, and Called what people do.
	Secret, Variable, Called string
	// Works is sh that succeeds once the collector does its work, and Working says so.
	Works, Working string
}

func (c Collector) conf() string { return folder + "/" + c.Provider + ".yaml" }

// Services are the collector.
func (c Collector) Services(inv *inventory.Inventory, h *inventory.Host) []play.Service {
	return []play.Service{{
		Name: "otelcol-sumo", Layer: play.Watch, Off: !inv.Monitoring.Enabled, Units: []string{unit}, Health: healthURL,
		Packages: []play.Package{{Name: inv.Monitoring.Package.Name, Called: "collector"}},
		Journal:  play.Journal{Unit: "otelcol-sumo", Kept: true}, Arrivals: c.arrivals(h.Name),
		Disk:    []play.Space{{Path: "/", MiB: 400}, {Path: "/var", MiB: 100}},
		Reaches: []play.Endpoint{{ID: "intake", URL: inv.Monitoring.Endpoint + "/", CA: "monitoring.ca"}},
		Ports: []play.Port{
			{Number: healthPort, On: play.Loopback(), For: "the collector's health"},
			{Number: ownMetrics, On: play.Loopback(), For: "the collector's own metrics"},
			{Number: measure.Port, On: play.Loopback(), For: "the figures of its host"},
		},
	}}
}

// Resources are the collector's package, configuration and service, and that it works.
func (c Collector) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	packages, loads, err := installed(s)
	if err != nil {
		return nil, err
	}
	last := packages[len(packages)-1].ID()
	packages = append(packages, folders(last)...)
	account := resource.User{Name: user, Home: "/var/lib/otelcol-sumo", Groups: []string{"adm", "systemd-journal"}}
	want := append([]resource.Resource{monitoring.Agent{Name: s.Inv.Monitoring.Package.Name}, account}, packages...)
	files, err := c.files(s, h, last)
	for _, f := range files {
		want, loads = append(want, f), append(loads, f.ID())
	}
	service := resource.Service{Unit: unit, Loads: loads, Check: sh.As(user, check+c.conf())}
	return append(want, service, c.health(s, service.ID()), measure.Sender(s)), err
}

// folders are made root's: the package's script gives them, and all in them, to the
// collector's user, who could then put links where root writes. It does so again with every
// version.
func folders(installed resource.ID) []resource.Resource {
	return []resource.Resource{resource.Behind(installed, resource.Dir{Path: folder}),
		resource.Behind(installed, resource.Dir{Path: path.Dir(env), Mode: 0o700})}
}

// files are what the process reads, once, at its start. Those in the package's folders are
// written after it is installed.
func (c Collector) files(s *play.Site, h *inventory.Host, installed resource.ID) ([]resource.Resource, error) {
	conf, secrets, err := c.config(s, h)
	if err != nil {
		return nil, err
	}
	ca := s.Secrets["monitoring.ca"]
	if s.Inv.Monitoring.CA != "" && ca.Empty() {
		return nil, fmt.Errorf("monitoring.ca: %s was not read, or is empty", s.Inv.Monitoring.CA)
	}
	data := map[string]string{"Site": s.Inv.Site.Name, "Config": c.conf(), "Env": env, "CA": ""}
	var files []resource.Resource
	if !ca.Empty() {
		data["CA"] = roots
		files = append(files, resource.Behind(installed, resource.File{Path: roots, Content: []byte(ca.Reveal())}))
	}
	environment, err := c.environment(s, secrets)
	if err != nil {
		return nil, err
	}
	text, err := templates.Render("otelcol/otelcol-sumo.service.tmpl", data)
	return append(files,
		resource.Behind(installed, resource.File{Path: env, Content: environment, Mode: 0o600, Secret: true}),
		resource.Behind(installed, resource.File{Path: c.conf(), Content: conf, Check: check + "%s", CheckAs: user}),
		resource.File{Path: unitFile, Content: text}), err
}

// environment holds the secrets, which systemd reads as root.
func (c Collector) environment(s *play.Site, secrets map[string]secret.String) ([]byte, error) {
	token := s.Secrets[c.Secret]
	if token.Empty() {
		return nil, fmt.Errorf("%s is empty; give it the %s of the monitoring service, or set monitoring.enabled = false", c.Secret, c.Called)
	}
	if strings.ContainsAny(token.Reveal(), "\x00\r\n") {
		return nil, fmt.Errorf("%s is more than one line; it must hold the %s and nothing else", c.Secret, c.Called)
	}
	var b strings.Builder
	b.WriteString("# Written by foobar; changes made here are undone by the next deploy.\n")
	b.WriteString(c.Variable + "=" + sh.EnvValue(token.Reveal()) + "\n")
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		b.WriteString(name + "=" + sh.EnvValue(secrets[name].Reveal()) + "\n")
	}
	return []byte(b.String()), nil
}

//go:embed wait.sh
var waiting string

// health wants the running collector at work. After a change of the service it waits for
// that again.
func (c Collector) health(s *play.Site, service resource.ID) resource.Resource {
	within, ca := s.Inv.Deploy.HealthTimeout, ""
	if !s.Secrets["monitoring.ca"].Empty() {
		ca = roots
	}
	wait := func(was string) resource.Change {
		return resource.Change{Action: resource.Act, Health: true, Fields: []resource.Field{{Name: "health", Old: was, New: c.Working}},
			Steps: []resource.Step{resource.Run{Title: "wait for the collector's health", Timeout: within + time.Minute,
				Script: sh.Set("unit", unit, "polls", strconv.Itoa(max(1, int(within.Seconds()*2))), "within", within.String(), "endpoint", s.Inv.Monitoring.Endpoint, "ca", ca) +
					sh.Func("healthy", c.Works) + sh.Func("stale", fault.Shell(fault.DataStale)) + waiting}}}
	}
	return resource.Custom{
		Name: resource.NewID("health", "collector"), In: resource.Converge, Ask: c.Works,
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
