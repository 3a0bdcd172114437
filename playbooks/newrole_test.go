package playbooks_test

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask/asktest"
	"foobar/internal/firewall"
	"foobar/internal/logs"
	"foobar/internal/play"
	"foobar/internal/preflight"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/internal/status"
	"foobar/inventory"
	"foobar/playbooks"
	"foobar/roles"
)

// redis is a role that foobar does not have. What it says of itself here is all
// that the verbs know of it.
type redis struct{}

func (redis) Name() string { return "redis" }

func (redis) Resources(*play.Site, *inventory.Host) ([]resource.Resource, error) {
	return []resource.Resource{resource.Packages{For: "redis", Names: []string{"redis-server"}}, resource.Service{Unit: "redis-server.service"}}, nil
}

func (redis) Services(inv *inventory.Inventory, h *inventory.Host) []play.Service {
	port := play.Port{Number: 6379, On: append(play.Loopback(), h.IP())}
	for _, app := range inv.Group(inventory.App) {
		port.Open = append(port.Open, play.FromHost("redis", app))
	}
	return []play.Service{{
		Name: "redis", Layer: play.Data, Main: true, Units: []string{"redis-server.service"}, Ports: []play.Port{port},
		Packages: []play.Package{{Name: "redis-server", Called: "redis"}},
		Journal:  play.Journal{Unit: "redis-server"}, Texts: []string{"/var/log/redis/redis.log"},
		Collected: play.Collected{Metrics: []string{"redis"}, Config: func(*play.Site) ([]byte, map[string]secret.String, error) {
			return []byte("  redis: { endpoint: \"127.0.0.1:6379\", password: \"${env:REDIS_PASSWORD}\" }\n"), map[string]secret.String{"REDIS_PASSWORD": secret.New("of redis")}, nil
		}},
		Disk:   []play.Space{{Path: "/var/lib/redis", MiB: 9_000_000}},
		Rivals: []play.Rival{{Packages: []string{"valkey-server"}, Fatal: true, Why: "it takes the port of redis", Fix: "apt-get purge %s"}},
	}}
}

// siteWithRedis is a site with the role on its balancer.
func siteWithRedis(t *testing.T) (*play.Site, *inventory.Host) {
	t.Helper()
	inv, err := playbooks.Load(filepath.Join("..", "examples", "inventories", "minimal.toml"))
	if err != nil {
		t.Fatal(err)
	}
	master, err := secret.NewMaster(bytes.Repeat([]byte{3}, 32), 1, secret.Site{Name: inv.Site.Name, Domain: inv.Site.Domain})
	if err != nil {
		t.Fatal(err)
	}
	s := &play.Site{Inv: inv, Master: master, Secrets: map[string]secret.String{"monitoring.token": secret.New("a-token")}}
	plays, err := playbooks.Site(s)
	if err != nil {
		t.Fatal(err)
	}
	h := inv.Host("lb1")
	s.Services = play.ServicesOf(inv, append(plays, play.Play{Name: "redis", Role: redis{}, Hosts: []*inventory.Host{h}}))
	return s, h
}

func has(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s lacks %q:\n%s", what, w, text)
		}
	}
}

// file is the content of a file that a role puts on a host.
func file(t *testing.T, s *play.Site, h *inventory.Host, role play.Role, path string) string {
	t.Helper()
	list, err := role.Resources(s, h)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if f, ok := resource.Unwrap(r).(resource.File); ok && f.Path == path {
			return string(f.Content)
		}
	}
	t.Fatalf("%s writes no %s", role.Name(), path)
	return ""
}

func TestANewRoleIsInTheFirewall(t *testing.T) {
	s, h := siteWithRedis(t)
	s.Inv.Firewall.Loopback = "strict"
	list, err := roles.Firewall{}.Resources(s, h)
	if err != nil {
		t.Fatal(err)
	}
	ufw := list[len(list)-1].(firewall.UFW)
	from := s.Inv.Host("web2").IP()
	if !slices.ContainsFunc(ufw.Rules, func(o firewall.Opening) bool {
		return o.Port == 6379 && o.Comment == "redis from web2" && o.From.Addr() == from
	}) {
		t.Errorf("web2 may not reach it: %v", ufw.Rules)
	}
	has(t, "before.rules", string(ufw.Before), "6379")
	if !slices.Contains(s.Services.Needs(s.Inv, s.Inv.Host("web2")), play.Need{To: h, Port: 6379}) {
		t.Error("web2 is not said to reach it")
	}
}

func TestANewRoleIsCollected(t *testing.T) {
	s, h := siteWithRedis(t)
	has(t, "the collector's configuration", file(t, s, h, roles.Collector{}, "/etc/otelcol-sumo/sumologic.yaml"),
		"units: [ ssh, ufw, unattended-upgrades, haproxy, certbot, redis-server ]", "  redis: { endpoint", "receivers: [ hostmetrics, haproxy, redis, otlp/foobar ]",
		`include: [ "/var/log/redis/redis.log" ]`)
	has(t, "its environment", file(t, s, h, roles.Collector{}, "/etc/otelcol-sumo/env/token.env"), `REDIS_PASSWORD="of redis"`)
}

// answering is a host that gives a recorded answer.
type answering struct {
	recording []string
	script    *string
}

func (a answering) Run(_ context.Context, script string, line func(string)) (int, error) {
	*a.script = script
	asktest.Play(script, a.recording, line)
	return 0, nil
}

func (answering) Close() error { return nil }

func TestANewRoleHasAStatus(t *testing.T) {
	s, h := siteWithRedis(t)
	recording := asktest.Recording(t, "../internal/status/testdata/lb1.answer",
		"tok begin units\n", "tok begin units\nId=redis-server.service\nLoadState=loaded\nActiveState=failed\nUnitFileState=enabled\n\n",
		"tok begin packages\n", "tok begin packages\nii  redis-server 5:8.0.2-3\n")
	script := ""
	g := status.Gatherer{Inv: s.Inv, Services: s.Services, Limit: []string{h.Name},
		Dial: func(context.Context, *inventory.Host) (status.Target, error) {
			return answering{recording, &script}, nil
		}}
	var out strings.Builder
	if err := status.Plain(&out, g.Take(t.Context())); err != nil {
		t.Fatal(err)
	}
	has(t, "the question", script, "redis-server.service", " redis-server ")
	has(t, "status", out.String(), "PROBLEM lb1: redis-server is failed", "redis -l lb1", "redis-server=failed", "redis 8.0.2")
}

func TestANewRoleIsChecked(t *testing.T) {
	s, h := siteWithRedis(t)
	has(t, "the question", preflight.Script(s.Inv, s.Services, h, nil), "valkey-server", "/var/lib/redis")
	answer, err := preflight.Read(asktest.Answer(asktest.Recording(t, "../internal/preflight/testdata/bare/lb1.answer",
		"tok begin packages\n", "tok begin packages\ninstalled valkey-server\n",
		"\n/tmp kib ", "\n/var/lib/redis kib /dev/vdb 1000 1 999 1% /var/lib/redis\n/tmp kib ",
		"LISTEN 0      128    0.0.0.0:22", "LISTEN 0 5 127.0.0.1:6379 0.0.0.0:* users:((\"memcached\",pid=7,fd=3))\nLISTEN 0      128    0.0.0.0:22")...))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	report := preflight.Judge(s.Inv, s.Services, preflight.Here{}, []preflight.Look{{Host: h, Answer: answer}}, time.Now())
	if err := preflight.Plain(&out, report, preflight.Shown{}); err != nil {
		t.Fatal(err)
	}
	has(t, "check", out.String(), "port 6379 is needed by redis, but memcached (pid 7) uses it on 127.0.0.1", "valkey-server is there: it takes the port of redis", "/var/lib/redis need")
}

func TestANewRoleHasLogs(t *testing.T) {
	s, h := siteWithRedis(t)
	if !slices.Contains(logs.Names(s.Services), "redis") {
		t.Errorf("logs knows %q", logs.Names(s.Services))
	}
	for _, service := range []string{"redis", ""} {
		q := logs.Query{Service: service, Lines: 5}
		a := q.On(h.Name, s.Services[h.Name])
		if a == nil {
			t.Fatalf("logs %s asks %s nothing", service, h.Name)
		}
		has(t, "logs "+service, q.Script(a), "_SYSTEMD_UNIT=redis-server.service")
	}
}

// TestNoUnitIsForgotten: what a role keeps running, one of its services names.
// Units of Debian's that it only adjusts are not services of the site.
func TestNoUnitIsForgotten(t *testing.T) {
	debian := []string{"apt-daily.timer", "apt-daily-upgrade.timer", "rsyslog.service", "systemd-journald.service", "systemd-timesyncd.service"}
	for _, file := range []string{"minimal.toml", "split.toml"} {
		s := playbooks.SiteOf(t, file)
		plays, err := playbooks.Site(s)
		if err != nil {
			t.Fatal(err)
		}
		units := 0
		for _, p := range plays {
			for _, h := range p.Hosts {
				list, err := p.Role.Resources(s, h)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range list {
					unit, ok := resource.Unwrap(r).(resource.Service)
					if !ok || slices.Contains(debian, unit.Unit) {
						continue
					}
					units++
					if !slices.ContainsFunc(play.ServicesOf(s.Inv, []play.Play{p})[h.Name], func(s play.Service) bool { return slices.Contains(s.Units, unit.Unit) }) {
						t.Errorf("%s: %s runs on %s, and no service of the role %s names it", file, unit.Unit, h.Name, p.Role.Name())
					}
				}
			}
		}
		if units < 10 {
			t.Errorf("%s: %d units are all that was seen", file, units)
		}
	}
}
