package sumologic_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/sumologic"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/playbooks"
)

func twoHosts() *inventory.Inventory {
	return &inventory.Inventory{Path: "site.toml", Site: inventory.Site{Name: "foobar", Domain: "www.foobar.com"},
		Monitoring: inventory.Monitoring{Enabled: true, Package: inventory.Package{Name: "otelcol-sumo"}}, DB: inventory.Database{Engine: "mariadb"},
		Hosts: []*inventory.Host{{Name: "lb1", Private: []netip.Addr{netip.MustParseAddr("10.0.0.1")}, Roles: []string{inventory.LB}}, {Name: "web1", Private: []netip.Addr{netip.MustParseAddr("10.0.0.2")}, Roles: []string{inventory.DB}}}}
}

// metrics are those of a collector: lines taken of HAProxy's log, lines and metrics taken
// from it, refused for good, and batches that wait.
func metrics(took, lines, points, failed, waiting int) []string {
	const more = `service_instance_id="a",service_name="otelcol-sumo",service_version="0.110.0"`
	return []string{
		fmt.Sprintf(`otelcol_exporter_queue_size{data_type="logs",exporter="sumologic",%s} %d`, more, waiting),
		fmt.Sprintf(`otelcol_exporter_send_failed_log_records{exporter="sumologic",%s} %d`, more, failed),
		fmt.Sprintf(`otelcol_exporter_sent_log_records_total{exporter="sumologic",%s} %d`, more, lines),
		fmt.Sprintf(`otelcol_exporter_sent_metric_points{exporter="sumologic",%s} %d`, more, points),
		fmt.Sprintf(`otelcol_receiver_accepted_log_records{receiver="filelog/haproxy",%s,transport=""} %d`, more, took),
		fmt.Sprintf(`otelcol_receiver_accepted_log_records{receiver="journald/units",%s,transport=""} 12`, more),
		fmt.Sprintf(`otelcol_receiver_accepted_metric_points{receiver="haproxy",%s,transport=""} 1e+03`, more),
		fmt.Sprintf(`otelcol_process_uptime{%s} 500.5`, more),
	}
}

func told(lines []string) *ask.Answer {
	return asktest.Answer(append(append([]string{"", asktest.Token + " begin collector-metrics"}, lines...), "", asktest.Token+" done")...)
}

// TestProve: what is missing until the collector has taken the lines, and Sumo Logic has
// taken as many and metrics from it.
func TestProve(t *testing.T) {
	inv := twoHosts()
	services := playbooks.Services(inv)
	var haproxy play.Service
	for _, s := range services.On("lb1") {
		if s.Name == "haproxy" {
			haproxy = s
		}
	}
	for name, c := range map[string]struct {
		now        []string
		code, want string
	}{
		"all":                     {metrics(18, 108, 600, 0, 0), "", ""},
		"not read":                {metrics(17, 108, 600, 0, 0), "MON03", "lb1: its collector has taken 7 lines of haproxy, where at least 8 came"},
		"not sent":                {metrics(18, 107, 600, 0, 2), "MON03", "has taken 7 lines from its collector, where at least 8 came; it holds "},
		"no metrics":              {metrics(18, 108, 500, 0, 1), "MON04", "has taken no metrics from its collector"},
		"refused":                 {metrics(18, 108, 600, 3, 0), "MON04", "has refused 3 lines or metrics"},
		"begun anew":              {metrics(2, 3, 4, 0, 0), "MON03", "has taken 0 lines"},
		"no answer":               {[]string{"curl: (7) Failed \x1b[31mto connect"}, "MON04", "does not tell what it has sent: curl: (7) Failed to connect"},
		"numbers that are no one": {[]string{"otelcol_exporter_sent_log_records 1e400", "otelcol_x NaN"}, "MON04", "does not tell what it has sent"},
	} {
		before := told(metrics(10, 100, 500, 0, 0))
		all := map[string]*ask.Answer{"lb1": before}
		p := sumologic.Provider{}.Prove(monitoring.Evidence{Inv: inv, Services: services, Before: all, Sent: all, Now: map[string]*ask.Answer{"lb1": told(c.now)},
			Logged: []monitoring.Logged{{Host: "lb1", Service: haproxy, Lines: 8}}})
		got := ""
		for _, m := range p.Missing {
			got += m.Host + ": " + m.Text + "\n"
			if string(m.Code) != c.code || m.Next == "" || strings.Contains(m.Text, "\x1b") {
				t.Errorf("%s: %+v", name, m)
			}
		}
		if !strings.Contains(got, c.want) || (got == "") != (c.want == "") || (c.want == "") != (len(p.Proved) == 1) && name == "all" {
			t.Errorf("%s: missing %q, proved %+v", name, got, p.Proved)
		}
	}
}

// TestArrivals: the age of the newest metrics that were taken, by when the queue was
// written, or by how many the collector still holds.
func TestArrivals(t *testing.T) {
	var ask play.Arrivals
	for _, s := range playbooks.Services(twoHosts()).On("lb1") {
		if s.Arrivals.Script != "" {
			ask = s.Arrivals
		}
	}
	clock := time.Unix(2000, 0)
	for name, c := range map[string]struct {
		lines []string
		want  play.Arrival
	}{
		"all went":        {append(metrics(0, 0, 1000, 0, 0), "written 1988"), play.Arrival{Age: 12 * time.Second, Known: true}},
		"a half is held":  {append(metrics(0, 0, 500, 0, 7), "written 1988"), play.Arrival{Age: 250250 * time.Millisecond, Known: true, Waiting: 7}},
		"of others, too":  {append(metrics(0, 0, 1500, 0, 0), "written 1988"), play.Arrival{Age: 12 * time.Second, Known: true}},
		"its clock moved": {append(metrics(0, 0, 1000, 0, 0), "written 2009"), play.Arrival{Known: true}},
		"none went yet":   {append(metrics(0, 0, 0, 0, 1), "written 1988"), play.Arrival{Waiting: 1}},
		"no queue":        {metrics(0, 0, 1000, 0, 0), play.Arrival{}},
		"no answer":       {nil, play.Arrival{}},
	} {
		if got := ask.Read(c.lines, clock)["lb1"]; got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
