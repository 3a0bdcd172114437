package roles

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

func anna() *facts.Drained {
	return &facts.Drained{Host: "web1", At: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), By: "anna@desk"}
}

// TestDrainedStaysOut: a deploy leaves out what a person took out, takes it out again, and
// waits for the others alone.
func TestDrainedStaysOut(t *testing.T) {
	s, lb := balancerSite(t)
	f := s.Facts[lb.Name]
	f.Drained = []facts.Drained{*anna()}
	s.Facts[lb.Name] = f
	out := runtime("web1 0 5 100;web2 2 0 90;web3 2 0 80", "web1,0,MAINT,;web2,0,UP,L7OK;web3,0,UP,L7OK")
	back := runtime("web1 2 0 100;web2 2 0 90;web3 2 0 80", "web1,0,UP,L7OK;web2,0,UP,L7OK;web3,0,UP,L7OK")
	have := wanted(t, BalancerHealth{}, s, lb)
	for _, id := range []resource.ID{"servers:web", "health:web"} {
		if c, err := have[id].Diff(out); err != nil || !c.Empty() {
			t.Errorf("%s of a drained server: %+v, %v", id, c, err)
		}
	}
	c, err := have["servers:web"].Diff(back)
	if err != nil || len(c.Fields) != 1 || c.Fields[0].New != "drained by anna@desk at 2026-03-04 05:06:07 UTC" || !strings.Contains(c.Steps[0].(resource.Run).Script, "set server web/web1 state maint") {
		t.Errorf("one that went back by itself: %+v, %v", c, err)
	}
	text := fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf)
	if strings.Count(text, " disabled\n") != 1 || !strings.Contains(text, "verifyhost web1.internal disabled\n") && !strings.Contains(text, " disabled\n    server web2 ") {
		t.Errorf("haproxy.cfg has %d servers disabled", strings.Count(text, " disabled\n"))
	}
	for name, script := range map[string]string{"out": HAProxyDrain(s).Out("web1"), "in": HAProxyDrain(s).In("web1")} {
		if script != ":\n" {
			t.Errorf("a rolling deploy puts it %s: %s", name, script)
		}
	}
}

// TestWordInTheConfiguration: the drain and the deploy after it write the same bytes.
func TestWordInTheConfiguration(t *testing.T) {
	s, lb := balancerSite(t)
	without := fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf)
	f := s.Facts[lb.Name]
	f.Drained = []facts.Drained{*anna()}
	s.Facts[lb.Name] = f
	with := fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf)
	dir := t.TempDir()
	conf := filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(filepath.Join(dir, "haproxy"), []byte("#!/bin/sh\ntest -s \"$4\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, out string }{{without, with, "yes"}, {with, with, "yes"}, {with, without, ""}} {
		if err := os.WriteFile(conf, []byte(c.from), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-euc", "foobar_put(){ cat >\"$3\"; }\n"+sh.Set("conf", conf, "host", "web1", "out", c.out)+rotationConf)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		if got, err := os.ReadFile(conf); err != nil || string(got) != c.to {
			t.Errorf("out=%q: another text than the role's: %v\n%s", c.out, err, got)
		}
		said, err := exec.Command("sh", "-c", sh.Set("conf", conf, "host", "web1")+rotationAsk).Output()
		if err != nil || !strings.HasPrefix(string(said), "configured ") || strings.HasSuffix(string(said), " disabled\n") != (c.out != "") {
			t.Errorf("asked: %q, %v", said, err)
		}
	}
}

// TestRotationPlans: what a drain and an undrain do, from every state that a run may have
// left, and what is refused.
func TestRotationPlans(t *testing.T) {
	const up = "web1,0,UP,L7OK;web2,0,UP,L7OK;web3,0,UP,L7OK"
	const ready = "web1 2 0 100;web2 2 0 90;web3 2 0 80"
	const out = "web1 0 1 100;web2 2 0 90;web3 2 0 80"
	const maint = "web1,0,MAINT,;web2,0,UP,L7OK;web3,0,UP,L7OK"
	for name, c := range map[string]struct {
		state, stat, conf string
		noted, drain      bool
		force             bool
		steps             string // titles, by what they begin with
		code              fault.Code
	}{
		"drain":                        {state: ready, stat: up, drain: true, steps: "note who|wait for|write it"},
		"drain, noted before":          {state: ready, stat: up, noted: true, drain: true, steps: "wait for|write it"},
		"drain, sessions ended before": {state: out, stat: maint, noted: true, drain: true, steps: "write it"},
		"drain, done before":           {state: out, stat: maint, conf: " disabled", noted: true, drain: true},
		"drain, no other is up":        {state: ready, stat: "web1,0,UP,L7OK;web2,0,DOWN,L4CON;web3,0,DOWN,L4CON", drain: true, code: "SVC13"},
		"drain, others are drained":    {state: "web1 2 0 100;web2 2 8 90;web3 2 1 80", stat: up, drain: true, code: "SVC13"},
		"drain by force":               {state: "web1 2 0 100;web2 2 8 90;web3 2 1 80", stat: up, drain: true, force: true, steps: "note who|wait for|write it"},
		"drain, unknown":               {state: "web2 2 0 90;web3 2 0 80", stat: up, drain: true, code: "SVC06"},
		"undrain":                      {state: out, stat: maint, conf: " disabled", noted: true, steps: "note that|write it|put web1|wait for"},
		"undrain, only the note went":  {state: out, stat: maint, conf: " disabled", steps: "write it|put web1|wait for"},
		"undrain, done before":         {state: ready, stat: up},
		"undrain, not up yet":          {state: ready, stat: "web1,0,UP,* INI;web2,0,UP,L7OK;web3,0,UP,L7OK", steps: "wait for"},
	} {
		s, lb := balancerSite(t)
		if c.noted {
			f := s.Facts[lb.Name]
			f.Drained = []facts.Drained{*anna()}
			s.Facts[lb.Name] = f
		}
		r := Rotation{Host: "web1", Within: time.Second, Force: c.force}
		if c.drain {
			r.Out = &facts.Drained{Host: "web1", At: time.Now(), By: "ben@desk"}
		}
		o := runtime(c.state, c.stat)
		o.Set("out", "configured 10.0.0.11:443 weight 100"+c.conf+"\n"+o.Get("out"))
		o = o.Before(func(resource.ID) bool { return false })
		list, err := r.Resources(s, lb)
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		var refused error
		for _, x := range list {
			if _, ok := x.(resource.Custom); !ok {
				continue
			}
			change, err := x.Diff(o)
			refused = errors.Join(refused, err)
			for _, step := range change.Steps {
				run := step.(resource.Run)
				words := strings.Fields(run.Title)
				steps = append(steps, strings.Join(words[:2], " "))
				if strings.HasPrefix(run.Title, "note who") && !strings.HasPrefix(string(run.Input), "web1 ") {
					t.Errorf("%s: noted %q", name, run.Input)
				}
			}
		}
		if got := strings.Join(steps, "|"); fault.Of(refused) != c.code || c.code == "" && got != c.steps {
			t.Errorf("%s: %s, %v; wanted %s %s", name, got, refused, c.steps, c.code)
		}
	}
}

// TestSessionsThatStay: no new requests, and the run fails, so that nobody reboots the
// server under its visitors.
func TestSessionsThatStay(t *testing.T) {
	const servers = "1\n# be_id\n4 web 1 web1 a 2 0 100 100\n"
	script := "( set -eu\n" + tellBalancer("take_out", "web1", "1") + put("web1", "maint") + ")\n"
	said, told, err := fakeHAProxy(t, script, servers, "3")
	if err == nil || told != "set server web/web1 state drain\n" || !strings.Contains(said, "3 sessions after 1 s") {
		t.Errorf("told %q, said %q, %v", told, said, err)
	}
	if _, told, err = fakeHAProxy(t, script, servers, "0"); err != nil || told != "set server web/web1 state drain\nset server web/web1 state maint\n" {
		t.Errorf("told %q, %v", told, err)
	}
}
