// Package prometheus runs Debian's Prometheus on one host of a site, and Debian's
// exporters on all of them.
//
// The exporters listen on loopback alone. One door leads to them, on every host:
// prometheus-exporter-exporter, with TLS by the host's own certificate and a bearer
// token that is derived from the master secret. The firewall opens it to the host of
// Prometheus.
package prometheus

import (
	"fmt"

	"foobar/internal/monitoring/measure"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// Ports of Prometheus, Alertmanager, the node exporter and the door to all exporters.
const (
	Port       = 9090
	alertsPort = 9093
	nodePort   = 9100
	doorPort   = 9998
)

const (
	user  = "prometheus" // of Debian's packages
	data  = "/var/lib/prometheus"
	rules = "/etc/prometheus/rules.d"
	token = "/etc/prometheus/foobar.token"
	door  = "prometheus-exporter-exporter"
	// alertsData is where Alertmanager keeps silences and its log of notifications.
	alertsData = data + "/alertmanager"
	// Data is kept for this long, or until it takes this much room.
	kept, keptSize, keptMiB = "15d", "2GB", 2048
)

// Provider is Prometheus.
type Provider struct{}

// Name is the word of monitoring.provider.
func (Provider) Name() string { return inventory.Prometheus }

// exporters are that of the host itself, and those of its services.
func exporters(services []play.Service) []play.Exporter {
	list := []play.Exporter{{Name: "node", Port: nodePort, Package: "prometheus-node-exporter", Args: fmt.Sprintf("--web.listen-address=127.0.0.1:%d --collector.textfile.directory=%s", nodePort, measure.Folders)}}
	for _, s := range services {
		if s.Exporter.Name != "" && !s.Off {
			list = append(list, s.Exporter)
		}
	}
	return list
}

// Services are the exporters with their door, and Prometheus with its Alertmanager on
// the host that runs them.
func (Provider) Services(inv *inventory.Inventory, h *inventory.Host, others []play.Service) []play.Service {
	host := inv.PrometheusHost()
	way := play.Port{Number: doorPort, For: "the exporters' door"}
	if host != nil && host != h {
		way.Open = []play.Way{play.FromHost("metrics", host)}
	}
	all := play.Service{Name: door, Layer: play.Watch, Claims: true, Off: !inv.Monitoring.Enabled, Units: []string{door + ".service"},
		Packages: []play.Package{{Name: door}}, Ports: []play.Port{way}, Journal: play.Journal{Unit: door, Kept: true},
		Health: fmt.Sprintf("http://127.0.0.1:%d/", nodePort), Disk: []play.Space{{Path: "/", MiB: 80}}}
	for _, e := range exporters(others) {
		if e.Package == "" {
			continue
		}
		all.Units, all.Packages = append(all.Units, e.Package+".service"), append(all.Packages, play.Package{Name: e.Package})
		all.Ports = append(all.Ports, play.Port{Number: e.Port, On: play.Loopback(), For: e.Package})
		all.Journal.More = append(all.Journal.More, e.Package)
	}
	list := []play.Service{all}
	if h == host {
		list = append(list, play.Service{Name: "prometheus", Layer: play.Watch, Claims: true, Data: data + "/metrics2", Arrivals: arrivals(),
			Off: !inv.Monitoring.Enabled, Units: []string{"prometheus.service", "prometheus-alertmanager.service"},
			Packages: []play.Package{{Name: "prometheus", Called: "prometheus"}, {Name: "prometheus-alertmanager"}},
			Ports:    []play.Port{{Number: Port, On: play.Loopback()}, {Number: alertsPort, On: play.Loopback(), For: "Alertmanager"}},
			Journal:  play.Journal{Unit: "prometheus", More: []string{"prometheus-alertmanager"}, Kept: true},
			Disk:     []play.Space{{Path: "/", MiB: 300}, {Path: data, MiB: keptMiB}}})
	}
	return list
}

// Servers are the door, which reads the host's certificate when it starts.
func (Provider) Servers(*inventory.Inventory, *inventory.Host) []resource.Service {
	return []resource.Service{{Unit: door + ".service", Reload: true, ReloadScript: "systemctl restart -- \"$u\"", Loads: []resource.ID{
		resource.NewID("certificate", play.LeafKey), file("/etc/default/" + door), file(doorConf), file(token)}}}
}

func file(path string) resource.ID { return resource.NewID("file", path) }
