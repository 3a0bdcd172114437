package roles

import (
	"strings"
	"testing"
	"time"

	"foobar/internal/facts"
	"foobar/internal/play"
	"foobar/internal/resource"
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
