package prometheus

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/monitoring"
	"foobar/internal/monitoring/measure"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
	"foobar/templates"
)

const (
	doorConf   = "/etc/prometheus/exporter-exporter.yml"
	conf       = "/etc/prometheus/prometheus.yml"
	alertsConf = "/etc/prometheus/alertmanager.yml"
	ownRules   = rules + "/foobar.yml"
	consoles   = "/etc/prometheus/consoles" // of Debian's packages, for --web.console.templates
	page       = consoles + "/" + pageName
)

// made gathers resources, and keeps the first error.
type made struct {
	where, host string              // for what is somebody else's
	claims      []resource.Resource // of the packages, before all else
	list        []resource.Resource
	names       []string // of packages
	err         error
}

// write adds a file from a template; its mode is 0644.
func (m *made) write(path, template string, data any) resource.ID {
	return m.put(resource.File{Path: path}, template, data)
}

// put gives a file its content from a template, and adds it.
func (m *made) put(f resource.File, template string, data any) resource.ID {
	text, err := templates.Render("prometheus/"+template, data)
	if m.err == nil {
		m.err = err
	}
	f.Content = text
	m.list = append(m.list, f)
	return f.ID()
}

// secret adds a file that the daemons' user reads.
func (m *made) secret(path string, text []byte) resource.ID {
	m.list = append(m.list, resource.File{Path: path, Content: text, Mode: 0o640, Group: user, Secret: true})
	return file(path)
}

// given gives a file to the daemons' user, as a package's script does with every version
// of a daemon that takes a secret.
func (m *made) given(path string) {
	for i, r := range m.list {
		if f, ok := r.(resource.File); ok && f.Path == path {
			f.Mode, f.Owner, f.Group = 0o640, user, user
			m.list[i] = f
		}
	}
}

// program adds a package of Debian's, the arguments of its daemon, and the further files
// that are written for it.
func (m *made) program(name, args string, files ...string) resource.ID {
	m.names = append(m.names, name)
	files = append([]string{"/etc/default/" + name, "/etc/systemd/system/" + name + ".service"}, files...)
	m.claims = append(m.claims, monitoring.Agent{Name: name, Files: files, Where: m.where, Host: m.host})
	return m.write(files[0], "default.tmpl", args)
}

// Resources are the exporters and their door; and Prometheus on its host.
func (p Provider) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	key, where := s.Inv.Where("monitoring.provider")
	m := &made{where: where + ": " + key, host: h.Name, list: []resource.Resource{
		resource.User{Name: user, Home: data, Groups: []string{play.LeafGroup}, Make: []string{play.LeafGroup}},
		monitoring.Reader{Account: user}, resource.Dir{Path: data, Owner: user, Group: user}}}
	if s.Master == nil {
		return nil, fmt.Errorf("the site has no master secret")
	}
	m.secret(token, []byte(s.Master.Password("monitoring/exporters").Reveal()+"\n"))
	var units []resource.Service
	all := exporters(s.Services[h.Name])
	for _, e := range all {
		if e.Script != "" {
			m.list = append(m.list, resource.File{Path: e.Program(), Content: []byte(e.Script), Mode: 0o755, Check: "bash -n %s"})
		}
		if e.Package == "" {
			continue
		}
		var files []string
		if e.Config != nil {
			files = []string{e.Path}
		}
		unit := resource.Service{Unit: e.Package + ".service", Loads: []resource.ID{m.program(e.Package, e.Args, files...)}}
		if e.Config != nil {
			text, err := e.Config(s)
			if err != nil {
				return nil, err
			}
			unit.Loads = append(unit.Loads, m.secret(e.Path, text))
			m.given("/etc/default/" + e.Package)
		}
		units = append(units, unit)
	}
	m.write(doorConf, "exporters.yml.tmpl", all)
	m.program(door, fmt.Sprintf("-config.file %s -web.listen-address= -web.tls.listen-address :%d -web.tls.cert %s -web.tls.key %[3]s -web.bearer.token-file %[4]s",
		doorConf, doorPort, play.LeafKey, token), doorConf)
	units = append(units, p.Servers(s.Inv, h)...)
	if h == s.Inv.PrometheusHost() {
		units = append(units, m.server(s, h, receivers(s))...)
	}
	want := append(append(m.claims, m.list...), resource.Packages{For: "collector", Names: m.names})
	for _, u := range units {
		want = append(want, u)
	}
	return want, m.err
}

// server is Prometheus with its Alertmanager.
func (m *made) server(s *play.Site, h *inventory.Host, told []receiver) []resource.Service {
	args := m.program("prometheus", fmt.Sprintf("--web.listen-address=127.0.0.1:%d --storage.tsdb.retention.time=%s --storage.tsdb.retention.size=%s --web.cors.origin=none --web.config.file=%s", Port, kept, keptSize, webConf), conf, ownRules, webConf, passwordFile, clientConf, page)
	// Its log of who was told is what verify reads; it is written that often.
	alerts := m.program("prometheus-alertmanager", fmt.Sprintf("--web.listen-address=127.0.0.1:%d --cluster.listen-address= --web.config.file=%s --storage.path=%s --data.maintenance-interval=10s", alertsPort, webConf, alertsData), alertsConf)
	m.login(s.Master)
	m.list = append(m.list, resource.Dir{Path: rules}, resource.Dir{Path: consoles})
	m.page(s.Inv)
	c := m.write(conf, "prometheus.yml.tmpl", map[string]any{"Site": strconv.Quote(s.Inv.Site.Name), "Host": strconv.Quote(h.Name), "Rules": rules,
		"Port": Port, "AlertsPort": alertsPort, "Jobs": jobs(s), "Token": token, "CA": play.LeafCA, "Login": Login, "Password": passwordFile})
	r := m.put(resource.File{Path: ownRules, Check: "promtool check rules %s >/dev/null"}, "rules.yml.tmpl", map[string]any{"Interval": span(asked), "Rate": rate,
		"RateOf": strconv.Quote(fmt.Sprintf("sum(rate(%s[%s]))", frontend, span(rateOver))), "Alerts": rulesOf(s.Inv.Alerts())})
	ac := m.put(resource.File{Path: alertsConf, Mode: 0o640, Group: user, Secret: true, Check: "amtool check-config %s >/dev/null"}, "alertmanager.yml.tmpl", told)
	ready := func(port int) string {
		return asking(fmt.Sprintf("-f -o /dev/null --max-time 5 http://127.0.0.1:%d/-/ready", port))
	}
	return []resource.Service{
		{Unit: "prometheus-alertmanager.service", Loads: []resource.ID{alerts, ac}, Restarts: []resource.ID{alerts}, Reload: true,
			Check: "amtool check-config " + alertsConf + " >/dev/null", Ready: ready(alertsPort)},
		{Unit: "prometheus.service", Loads: []resource.ID{args, c, r}, Restarts: []resource.ID{args}, Reload: true,
			Check: "promtool check config " + conf + " >/dev/null", Ready: ready(Port)},
	}
}

// job is one kind of exporter, with the hosts that have it.
type job struct {
	Name    string
	Targets []target
	Foreign bool
	Samples int // of a host, at most
}

// target is a host; every value is YAML already.
type target struct{ Address, Name, Group string }

func jobs(s *play.Site) (list []job) {
	for _, h := range s.Inv.Hosts {
		t := target{strconv.Quote(netip.AddrPortFrom(h.IP().Unmap().WithZone(""), doorPort).String()), strconv.Quote(h.Name), strconv.Quote(monitoring.Group(h))}
		for _, e := range exporters(s.Services[h.Name]) {
			i := slices.IndexFunc(list, func(j job) bool { return j.Name == e.Name })
			if i < 0 {
				i, list = len(list), append(list, job{Name: e.Name, Foreign: e.Foreign, Samples: 20000})
				if e.Foreign {
					list[i].Samples = measure.AppSeries
				}
			}
			list[i].Targets = append(list[i].Targets, t)
		}
	}
	slices.SortFunc(list, func(a, b job) int { return strings.Compare(a.Name, b.Name) })
	return list
}
