package roles

import (
	"strings"
	"testing"
	"time"

	"foobar/internal/facts"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// waiting notes what nginx on the web servers, and HAProxy, give a request now.
func waiting(s *play.Site, web, balancer time.Duration) {
	for name := range s.Facts {
		f := s.Facts[name]
		f.Patience = facts.Patience{}
		if name == "lb1" {
			f.Patience.Balancer = balancer
		} else {
			f.Patience.Web = web
		}
		s.Facts[name] = f
	}
}

// TestBalancerPatience: HAProxy waits for the longer of the old time and the new one while
// the web servers change, and for the new one alone after them. Where no time-out of the
// app changes, there is one configuration.
func TestBalancerPatience(t *testing.T) {
	s, lb := balancerSite(t)
	for _, name := range []string{"web1", "web2", "web3"} {
		s.Facts[name] = facts.Facts{}
	}
	s.Inv.App.Timeout, s.Inv.LB.TimeoutServer = 10*time.Second, 30*time.Second
	for _, c := range []struct {
		name          string
		web, balancer time.Duration
		first         string // what HAProxy waits before the web servers change
		then          bool   // it changes again after them
	}{
		{"bare hosts", 0, 0, "30000ms", false},
		{"as before", 10 * time.Second, 30 * time.Second, "30000ms", false},
		{"longer", 5 * time.Second, 25 * time.Second, "30000ms", false},
		{"shorter", time.Minute, 80 * time.Second, "80000ms", true},
		{"shorter, and the balancer's own before", time.Minute, 30 * time.Second, "30000ms", false},
		{"of the balancer alone", 10 * time.Second, 80 * time.Second, "30000ms", false},
	} {
		waiting(s, c.web, c.balancer)
		if conf := fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf); !strings.Contains(conf, "    timeout server "+c.first+"\n") {
			t.Errorf("%s: HAProxy does not wait for %s first", c.name, c.first)
		}
		if conf := fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf); !strings.Contains(conf, "    hard-stop-after 10m\n") {
			t.Errorf("%s: earlier workers have another time", c.name)
		}
		last := wanted(t, BalancerPatience{}, s, lb)
		if (len(last) > 0) != c.then {
			t.Errorf("%s: at the end %v", c.name, last)
		}
	}
}

// TestEarlierWorkers: what a worker of HAProxy has begun may take as long as it says.
func TestEarlierWorkers(t *testing.T) {
	s, lb := balancerSite(t)
	s.Inv.LB.TimeoutServer = time.Hour
	if conf := fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf); !strings.Contains(conf, "    hard-stop-after 3600000ms\n") {
		t.Errorf("workers that a reload has replaced end before their requests:\n%s", conf)
	}
}

// TestEndOfPatience: the last change is shown as what it is, is done by the reload that is
// guarded, and is none where the file is as it is to be.
func TestEndOfPatience(t *testing.T) {
	s, lb := balancerSite(t)
	s.Facts["web2"] = facts.Facts{Patience: facts.Patience{Web: time.Minute}}
	waiting(s, time.Minute, 80*time.Second)
	s.Inv.App.Timeout, s.Inv.LB.TimeoutServer = 10*time.Second, 30*time.Second
	r := wanted(t, BalancerPatience{}, s, lb)["patience:haproxy.service"]
	first := fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf)
	see := func(text string) resource.Observed {
		return resource.Observed{State: resource.Present, Attrs: map[string]string{"type": "regular file", "mode": "0644", "owner": "root:root",
			"sum": resource.Digest([]byte(text)), "content": text}}
	}
	c, err := r.Diff(see(first))
	if err != nil || len(c.Fields) != 1 || c.Fields[0] != (resource.Field{Name: "timeout server", Old: "80000ms", New: "30000ms"}) || len(c.Steps) != 3 {
		t.Fatalf("%+v, %v", c, err)
	}
	put, turn := c.Steps[1].(resource.Put), c.Steps[2].(resource.Run)
	want := strings.Replace(first, "timeout server 80000ms", "timeout server 30000ms", 1)
	if string(put.Content) != want || put.Check == "" || !strings.Contains(turn.Script, "verb=reload") || !strings.Contains(turn.Script, "guarded "+haproxyConf) {
		t.Errorf("it writes\n%s\nand runs\n%s", put.Content, turn.Script)
	}
	if c, err := r.Diff(see(want)); err != nil || !c.Empty() {
		t.Errorf("of the file as it is to be: %+v, %v", c, err)
	}
}

// TestEndsPatience: where a run leaves out a web server that waits for longer, the balancer
// goes on waiting for it.
func TestEndsPatience(t *testing.T) {
	s, _ := balancerSite(t)
	s.Inv.App.Timeout = 10 * time.Second
	s.Facts["web1"], s.Facts["web2"] = facts.Facts{}, facts.Facts{}
	for _, c := range []struct {
		web          time.Duration
		limit, roles []string
		less, ends   bool
	}{
		{time.Minute, nil, nil, true, true},
		{10 * time.Second, nil, nil, false, false},
		{time.Minute, []string{"lb1", "web1"}, nil, true, false},
		{time.Minute, []string{"lb1", "web1", "web2"}, nil, true, true},
		{time.Minute, nil, []string{"haproxy"}, true, false},
		{time.Minute, nil, []string{"haproxy", "nginx"}, true, true},
	} {
		waiting(s, c.web, 80*time.Second)
		s.Limit, s.Roles = c.limit, c.roles
		if LessPatience(s) != c.less || EndsPatience(s) != c.ends || MorePatience(s) {
			t.Errorf("%+v: less %v, ends %v, more %v", c, LessPatience(s), EndsPatience(s), MorePatience(s))
		}
	}
}

// TestAppPatience: a run that leaves out the nginx that asks an app, as a release does,
// leaves the app as patient as that is.
func TestAppPatience(t *testing.T) {
	joint, h := allInOne(t)
	apart, _, app := split(t)
	for _, s := range []*play.Site{joint, apart} {
		s.Inv.App.Timeout = 10 * time.Second
		if s == apart {
			h = app
		}
		for _, c := range []struct {
			now          time.Duration
			limit, roles []string
			want         time.Duration
		}{
			{time.Minute, nil, nil, 10 * time.Second}, {time.Minute, nil, []string{"app"}, time.Minute}, {5 * time.Second, nil, []string{"app"}, 10 * time.Second},
			{time.Minute, []string{h.Name}, nil, map[bool]time.Duration{true: time.Minute, false: 10 * time.Second}[s == apart]},
		} {
			waiting(s, c.now, 0)
			s.Limit, s.Roles = c.limit, c.roles
			if got := appPatience(s, h); got != c.want {
				t.Errorf("%s, %+v: %v", h.Name, c, got)
			}
		}
	}
}

// TestWebPatience: a run that leaves out a balancer or an app which gives up sooner leaves
// nginx as it is, and one that leaves out none, or only what is as patient already, does not.
func TestWebPatience(t *testing.T) {
	const m = time.Minute
	site := func(kind string) (*play.Site, *inventory.Host, string) {
		switch kind {
		case "joint":
			s, _ := balancerSite(t)
			for _, name := range []string{"web1", "web2", "web3"} {
				s.Facts[name] = facts.Facts{}
			}
			return s, s.Inv.Host("web1"), "web1"
		default:
			s, web, app := split(t)
			return s, web, app.Name
		}
	}
	for _, c := range []struct {
		kind               string
		web, balancer, app time.Duration // now
		limit, roles       []string
		want               time.Duration
	}{
		{"joint", 30 * time.Second, 50 * time.Second, 30 * time.Second, nil, nil, m},
		{"joint", 30 * time.Second, 50 * time.Second, 30 * time.Second, []string{"web1"}, nil, 30 * time.Second},
		{"joint", 30 * time.Second, 50 * time.Second, 30 * time.Second, []string{"lb1", "web1"}, nil, m},
		{"joint", 30 * time.Second, 50 * time.Second, 30 * time.Second, nil, []string{"nginx"}, 30 * time.Second},
		{"joint", 30 * time.Second, 80 * time.Second, 30 * time.Second, nil, []string{"nginx"}, 30 * time.Second},
		{"joint", 30 * time.Second, 80 * time.Second, m, nil, []string{"nginx"}, m},
		{"joint", 30 * time.Second, 80 * time.Second, 30 * time.Second, nil, []string{"nginx", "app"}, m},
		{"joint", 30 * time.Second, 50 * time.Second, 30 * time.Second, nil, []string{"nginx", "app"}, 30 * time.Second},
		{"joint", 0, 50 * time.Second, 0, []string{"web1"}, nil, 30 * time.Second}, // a new server
		{"joint", 0, 10 * time.Second, 0, []string{"web1"}, nil, 5 * time.Second},
		{"joint", 0, 0, 0, []string{"web1"}, nil, m}, // and no balancer yet
		{"joint", 0, 1500 * time.Millisecond, 0, []string{"web1"}, nil, time.Second},
		{"joint", 2 * m, 140 * time.Second, 2 * m, []string{"web1"}, nil, m},
		{"split", 30 * time.Second, 0, 30 * time.Second, nil, []string{"nginx"}, 30 * time.Second},
		{"split", 30 * time.Second, 0, 30 * time.Second, []string{"front"}, nil, 30 * time.Second},
		{"split", 30 * time.Second, 0, 30 * time.Second, nil, nil, m},
		{"split", 2 * m, 0, 2 * m, []string{"front"}, nil, m},
	} {
		s, h, app := site(c.kind)
		s.Inv.App.Timeout, s.Inv.LB.TimeoutServer = m, 80*time.Second
		waiting(s, c.web, c.balancer)
		f := s.Facts[app]
		f.Patience.App = c.app
		s.Facts[app] = f
		s.Limit, s.Roles = c.limit, c.roles
		if got := webPatience(s, h); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	s, h, _ := site("joint")
	s.Inv.App.Timeout, s.Inv.LB.TimeoutServer, s.Limit = m, 80*time.Second, []string{"web1"}
	waiting(s, 30*time.Second, 50*time.Second)
	delete(s.Facts, "lb1")
	if got := webPatience(s, h); got != 30*time.Second {
		t.Errorf("behind a balancer that does not answer: %v", got)
	}
}

// TestPatienceOfPartialRuns: after any run for some of the hosts or roles, whatever
// app.timeout was and becomes, nobody gives up a request sooner than nginx, which waits
// for it.
func TestPatienceOfPartialRuns(t *testing.T) {
	times := []time.Duration{10 * time.Second, 30 * time.Second, time.Minute}
	hosts, all := [][]string{nil, {"lb1"}, {"web1"}, {"web2"}, {"lb1", "web1"}, {"web1", "web2", "web3"}}, []string{"haproxy", "nginx", "app"}
	var roles [][]string
	for bits := range 8 {
		var some []string
		for i, r := range all {
			if bits&(1<<i) != 0 {
				some = append(some, r)
			}
		}
		roles = append(roles, some)
	}
	s, lb := balancerSite(t)
	webs := s.Inv.Group(inventory.Web)
	for _, from := range times {
		for _, to := range times {
			for _, limit := range hosts {
				for _, some := range roles {
					for _, h := range webs {
						s.Facts[h.Name] = facts.Facts{Patience: facts.Patience{Web: from, App: from}}
					}
					s.Facts[lb.Name] = facts.Facts{Patience: facts.Patience{Balancer: from + 20*time.Second}}
					s.Inv.App.Timeout, s.Inv.LB.TimeoutServer, s.Limit, s.Roles = to, to+20*time.Second, limit, some
					balancer := from + 20*time.Second
					if s.WorksOn("haproxy", lb.Name) {
						if balancer = balancerPatience(s, lb); EndsPatience(s) {
							balancer = s.Inv.LB.TimeoutServer
						}
					}
					for _, h := range webs {
						web, app := from, from
						if s.WorksOn("nginx", h.Name) {
							web = webPatience(s, h)
						}
						if s.WorksOn("app", h.Name) {
							app = appPatience(s, h)
						}
						if balancer <= web || app < web || s.Whole() && web != to {
							t.Errorf("from %v to %v, hosts %v, roles %v: the balancer waits %v, nginx on %s %v, the app %v", from, to, limit, some, balancer, h.Name, web, app)
						}
					}
				}
			}
		}
	}
}
