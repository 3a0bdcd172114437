// Package measure has every host count, once a minute, what no monitoring agent gives:
// requests, errors and response times out of the access logs, how long the public
// certificate is still good, how old the newest backup is, and the like. The figures are
// for any provider: they lie in a file as Prometheus' exporters read it, and go to an
// OpenTelemetry collector where the provider has one.
package measure

import (
	_ "embed" // scripts
	"errors"
	"net"
	"strconv"
	"strings"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/internal/sh"
	"foobar/inventory"
	"foobar/templates"
)

const (
	// Folder has a file foobar.prom with the figures of the last minute, in Prometheus'
	// text format. Everybody may read it. Debian's node exporter reads Folders, of which
	// its own is one, where the operator's scripts write.
	Folder  = "/var/lib/prometheus-foobar/node-exporter"
	Folders = "/var/lib/prometheus*/node-exporter"
	// Port is where an OpenTelemetry collector takes the figures, on the loopback.
	Port = 13135
	// Account has no right of its own; its unit lets it read the logs.
	Account = "foobar-metrics"

	script  = "/usr/local/sbin/foobar-metrics"
	sender  = "/etc/foobar/metrics.curl"
	service = "/etc/systemd/system/foobar-metrics.service"
	timer   = "/etc/systemd/system/foobar-metrics.timer"

	// key is the variable with the secret path under which the collector takes figures.
	key = "FOOBAR_METRICS_KEY"
	// piece is how many bytes of a log awk is given at once.
	piece = 8 << 20
	// AppBytes and AppSeries are how much is taken of an application's metrics. One that
	// tells more is not heard at all.
	AppBytes, AppSeries = 4 << 20, 5000
)

// Times is awk's functions for percentiles, to go before a program that calls them.
//
//go:embed times.awk
var Times string

//go:embed measure.awk
var program string

//go:embed app.awk
var application string

//go:embed measure.sh
var text string

// Service is the timer, and what a collector needs to take the figures.
func Service(inv *inventory.Inventory) play.Service {
	return play.Service{
		Name: "metrics", Layer: play.Watch, Off: !inv.Monitoring.Enabled, Units: []string{"foobar-metrics.timer"},
		Journal: play.Journal{Unit: "foobar-metrics", Kept: true},
		Collected: play.Collected{Metrics: []string{"otlp/foobar"}, Config: func(s *play.Site) ([]byte, map[string]secret.String, error) {
			if s.Master == nil {
				return nil, nil, errors.New("the site has no master secret")
			}
			yaml, err := templates.Render("metrics/receivers.yaml.tmpl", map[string]any{"Port": Port, "Key": key})
			return yaml, map[string]secret.String{key: secretPath(s)}, err
		}},
	}
}

func secretPath(s *play.Site) secret.String { return s.Master.Password("monitoring/metrics") }

// Balancer is where a balancer's own HAProxy lists its servers.
type Balancer struct {
	Port    int    // of its statistics, on the loopback
	Backend string // with the web servers
}

// Resources are the script and its timer. A host that is to make backups has the file
// scheduled since then.
func Resources(s *play.Site, h *inventory.Host, b Balancer, scheduled string) ([]resource.Resource, error) {
	unit, err := templates.Render("metrics/foobar-metrics.service.tmpl", map[string]any{"Script": script, "User": Account, "Folder": strings.TrimPrefix(Folder, "/var/lib/")})
	if err != nil {
		return nil, err
	}
	when, err := templates.Render("metrics/foobar-metrics.timer.tmpl", nil)
	return []resource.Resource{
		resource.User{Name: Account, Own: true},
		resource.Dir{Path: play.Events},
		resource.File{Path: script, Content: scriptOf(s, h, b, scheduled), Mode: 0o755, Check: "bash -n %s"},
		resource.File{Path: service, Content: unit},
		resource.File{Path: timer, Content: when},
		// The timer loads nothing, but what it starts does.
		resource.Service{Unit: "foobar-metrics.timer", Loads: []resource.ID{resource.NewID("file", timer), resource.NewID("file", service)}},
	}, err
}

// scriptOf is bash, with awk's program in it.
func scriptOf(s *play.Site, h *inventory.Host, b Balancer, scheduled string) []byte {
	var q questions
	for _, service := range s.Services[h.Name] {
		for _, unit := range service.Units {
			if !service.Off && strings.HasSuffix(unit, ".service") {
				q.services = append(q.services, unit)
			}
		}
		format := map[play.Layer]string{play.Edge: "haproxy", play.Web: "nginx"}[service.Layer]
		for _, f := range service.Files {
			if f.Format == play.Requests && format != "" {
				q.log, q.format = f.Path, format
			}
		}
	}
	if h.Has(inventory.DB) && s.Inv.DB.Backup.Enabled {
		q.backup, q.scheduled = play.BackupEvent, scheduled
	}
	switch {
	case h.Has(inventory.LB):
		q.stats, q.backend = "http://127.0.0.1:"+strconv.Itoa(b.Port)+"/stats;csv", b.Backend
		q.name = s.Inv.Site.Domain
	case h.Has(inventory.Web):
		q.name = h.Internal()
	}
	if a := s.Inv.App; a.MetricsPath != "" && h.Has(inventory.App) {
		q.app, q.domain = AppURL(s.Inv, h), s.Inv.Site.Domain
	}
	return q.script(sender)
}

// AppURL is where the application of a host tells its own metrics: it listens on the
// loopback where the web server is beside it.
func AppURL(inv *inventory.Inventory, h *inventory.Host) string {
	on := "127.0.0.1"
	if !h.Has(inventory.Web) {
		on = h.IP().String()
	}
	return "http://" + net.JoinHostPort(on, strconv.Itoa(inv.App.Port)) + inv.App.MetricsPath
}

// questions are what the script is to find out; what is "" it does not ask.
type questions struct {
	services       []string // the units of which it tells what they take
	log, format    string   // the access log, and whose it is
	backup         string   // the event that makes the newest backup
	scheduled      string   // a file that is there since this host is to make backups
	name           string   // whose certificate port 443 shows
	stats, backend string   // URL of HAProxy's statistics, and of what in them
	app, domain    string   // URL of the application's metrics, and by what name it is asked
}

func (q questions) script(sender string) []byte {
	return []byte("#!/bin/bash\n# Written by foobar; changes made here are undone by the next deploy.\n" +
		sh.Set("log", q.log, "format", q.format, "events", play.Events, "made", q.backup, "scheduled", q.scheduled, "services", strings.Join(q.services, " "), "name", q.name, "stats", q.stats, "backend", q.backend,
			"sender", sender, "piece", strconv.Itoa(piece), "program", Times+program,
			"app", q.app, "domain", q.domain, "most", strconv.Itoa(AppBytes), "many", strconv.Itoa(AppSeries), "application", application) + text)
}

// Sender says where the collector takes the figures: without it they stay on the host.
// Source: curl(1), --config.
func Sender(s *play.Site) resource.File {
	return resource.File{Path: sender, Content: []byte("url = \"http://127.0.0.1:" + strconv.Itoa(Port) + "/" + secretPath(s).Reveal() + "\"\n"),
		Mode: 0o640, Group: Account, Secret: true}
}
