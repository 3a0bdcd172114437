package roles

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/facts"
	"foobar/internal/fault/faulttest"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// commandsSite is a site of two servers with a worker on both, one on the first, and a timer.
func commandsSite(t *testing.T) *play.Site {
	t.Helper()
	s := serverSite(t, hostText("web1", "10.0.0.11", "web", "app"), hostText("web2", "10.0.0.12", "web", "app", "db"))
	s.Inv.App.Background = []inventory.Worker{
		{Name: "mail", Command: `python -m celery worker -n "w$N@%h"`, Count: 2, Hosts: []string{"web1", "web2"}, StopTimeout: 90 * time.Second},
		{Name: "beat", Command: "python beat.py", Count: 1, Hosts: []string{"web1"}, StopTimeout: 30 * time.Second},
	}
	s.Inv.App.Timers = []inventory.Timer{{Name: "report", Command: "python report.py", Schedule: "Mon 04:00", Host: "web2", Timeout: time.Hour, Persistent: true}}
	return s
}

func TestCommandUnits(t *testing.T) {
	s := commandsSite(t)
	have, at := wanted(t, App{}, s, s.Inv.Host("web1")), wanted(t, AppTimers{}, s, s.Inv.Host("web2"))
	goldenServer(t, "app/worker.service", fileText(t, have, "/etc/systemd/system/app-worker-mail@.service"))
	goldenServer(t, "app/timer.service", fileText(t, at, "/etc/systemd/system/app-timer-report.service"))
	goldenServer(t, "app/timer.timer", fileText(t, at, "/etc/systemd/system/app-timer-report.timer"))
	s.Inv.App.Timers[0].Persistent, s.Inv.App.Sandbox = false, "strict"
	at = wanted(t, AppTimers{}, s, s.Inv.Host("web2"))
	if strings.Contains(fileText(t, at, "/etc/systemd/system/app-timer-report.timer"), "Persistent") {
		t.Error("a timer that makes up for nothing is persistent")
	}
	if !strings.Contains(fileText(t, at, "/etc/systemd/system/app-timer-report.service"), "\nMemoryDenyWriteExecute=yes\n") {
		t.Error("a timer has another sandbox than the app")
	}
}

// TestWorkersRestartWithTheRelease: they load what the app does, after it, and nobody
// is drained for them. Each process is a unit of its own.
func TestWorkersRestartWithTheRelease(t *testing.T) {
	s := commandsSite(t)
	list, err := App{}.Resources(s, s.Inv.Host("web1"))
	if err != nil {
		t.Fatal(err)
	}
	var units []string
	var app resource.Service
	for _, r := range list {
		service, ok := resource.Unwrap(r).(resource.Service)
		if !ok {
			continue
		}
		units = append(units, service.Unit)
		if service.Unit == "app.service" {
			app = service
		}
		if strings.HasPrefix(service.Unit, "app-worker-") {
			if want := len(app.Loads); len(service.Loads) != want || slices.Contains(service.Loads, resource.NewID("file", appUnit)) {
				t.Errorf("%s loads %v, the app %v", service.Unit, service.Loads, app.Loads)
			}
			if service.Disruptive || service.Reload {
				t.Errorf("%s: %+v", service.Unit, service)
			}
		}
	}
	if want := []string{"app.socket", "app.service", "app-worker-mail@1.service", "app-worker-mail@2.service", "app-worker-beat@1.service"}; !slices.Equal(units, want) {
		t.Errorf("the order is %v, not %v", units, want)
	}
	if have := wanted(t, App{}, s, s.Inv.Host("web2")); have["service:app-worker-beat@1.service"] != nil || have["file:/etc/systemd/system/app-worker-beat@.service"] != nil {
		t.Error("web2 has a worker of web1 alone")
	}
}

// TestCommandLine: what a shell gets from the words of a unit is the command as it was
// written, with python in reach.
func TestCommandLine(t *testing.T) {
	const command = "printf '%s|' \"a  b\" '$HOME' \"100%\" \"back\\\\slash\" &&\n\tcommand -v python\n"
	line := commandLine(command)
	read := func(w string) string { // as systemd.service(5) says
		return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `%%`, `%`, `$$`, `$`, `\n`, "\n", `\t`, "\t").Replace(w[1 : len(w)-1])
	}
	words := regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).FindAllString(strings.TrimPrefix(line, "/bin/sh -ec "), -1)
	if len(words) != 2 || strings.Contains(line, "\n") {
		t.Fatalf("%d words: %s", len(words), line)
	}
	find := strings.ReplaceAll(read(words[0]), "/tmp/.python", t.TempDir())
	if got := read(words[1]); got != command {
		t.Errorf("the command is %s", got)
	}
	out, err := exec.Command("/bin/sh", "-ec", find, read(words[1])).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), `a  b|$HOME|100%|back\slash|`) || !strings.HasSuffix(string(out), "/python\n") {
		t.Errorf("%v: %s", err, out)
	}
	for _, last := range []string{"grep ^Pid: /proc/self/status", "true && SITE=x grep ^Pid: /proc/self/status\n", "true\ngrep ^Pid: /proc/self/status # it\n"} {
		cmd := exec.Command("/bin/sh", "-ec", find, last)
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != fmt.Sprintf("Pid:\t%d\n", cmd.Process.Pid) {
			t.Errorf("%q does not take the place of the shell, which systemd asks to end: %v: %s", last, err, out)
		}
	}
}

// TestATimerIsOnOneHost: it is not started while another host keeps it.
func TestATimerIsOnOneHost(t *testing.T) {
	s := commandsSite(t)
	web1, web2 := s.Inv.Host("web1"), s.Inv.Host("web2")
	if hosts := TimerHosts(s.Inv); !slices.Equal(hosts, []*inventory.Host{web2}) {
		t.Errorf("timers are on %v", inventory.Names(hosts))
	}
	s.Facts["web1"] = facts.Facts{Owned: []string{"service:app-timer-report.timer"}}
	if _, err := (AppTimers{}).Resources(s, web2); err != nil {
		t.Errorf("a run for both hosts: %v", err)
	}
	s.Limit = []string{"web2"}
	_, err := AppTimers{}.Resources(s, web2)
	faulttest.Wants(t, err, "RUN12")
	s.Limit, s.Inv.App.Timers[0].Host = []string{"web1"}, "web1"
	if _, err := (AppTimers{}).Resources(s, web1); err != nil {
		t.Errorf("the host that has it: %v", err)
	}
}

// TestAWorkerOfOneHost: nor does such a worker run on two hosts; a release takes nothing away.
func TestAWorkerOfOneHost(t *testing.T) {
	s := commandsSite(t)
	web1, web2 := s.Inv.Host("web1"), s.Inv.Host("web2")
	s.Facts["web2"] = facts.Facts{Owned: []string{"service:app-worker-beat@1.service", "service:app-worker-mail@1.service"}}
	for _, c := range []struct {
		limit, roles string
		refused      bool
	}{{"", "", false}, {"", "nginx", false}, {"", "app", true}, {"web1", "", true}, {"web2", "", false}} {
		s.Limit, s.Roles = strings.Fields(c.limit), strings.Fields(c.roles)
		if _, err := (App{}).Resources(s, web1); (err != nil) != c.refused || c.refused && !strings.Contains(err.Error(), "web2 has the worker beat") {
			t.Errorf("-l %q -r %q: %v", c.limit, c.roles, err)
		}
		if _, err := (App{}).Resources(s, web2); err != nil {
			t.Errorf("the other host, -l %q -r %q: %v", c.limit, c.roles, err)
		}
	}
}

// TestARestartWaitsForWhatHasBegun: requests and tasks may take as long as the inventory says.
func TestARestartWaitsForWhatHasBegun(t *testing.T) {
	s := commandsSite(t)
	s.Inv.App.Timeout, s.Inv.App.Background[0].StopTimeout = 40*time.Minute, 50*time.Minute
	have := wanted(t, App{}, s, s.Inv.Host("web1"))
	for unit, least := range map[string]time.Duration{"app.service": 41 * time.Minute, "app.socket": 41 * time.Minute, "app-worker-mail@1.service": 51 * time.Minute} {
		c, err := have["service:"+resource.ID(unit)].Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{"load": "loaded", "active": "active", "enabled": "enabled"}})
		if err != nil || len(c.Steps) != 1 || c.Steps[0].(resource.Run).Timeout < least {
			t.Errorf("%s: %v: %+v", unit, err, c.Steps)
		}
	}
}

// TestMigrationsSayWhatEndedThem: systemd ends them without a word.
func TestMigrationsSayWhatEndedThem(t *testing.T) {
	s := commandsSite(t)
	s.Inv.App.Migrate, s.Inv.App.StepTimeout = []string{"true"}, 5*time.Second
	list, err := AppMigrate{}.Resources(s, s.Inv.Host("web1"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := list[0].Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": ""}})
	if err != nil {
		t.Fatal(err)
	}
	for takes, want := range map[string]bool{"0": false, "6": true} {
		bin := t.TempDir()
		for name, text := range map[string]string{"systemctl": "", "systemd-run": "sleep " + takes + "\nexit 1\n"} {
			if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("sh", "-euc", c.Steps[0].(resource.Run).Script)
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if err == nil || strings.Contains(string(out), "ended after 5 seconds, which is as long as they may take (app.step_timeout)") != want {
			t.Errorf("after %s s: %v: %s", takes, err, out)
		}
	}
}

// TestCommandsAreServices: the verbs know workers and timers.
func TestCommandsAreServices(t *testing.T) {
	s := commandsSite(t)
	var got []string
	for _, service := range append(App{}.Services(s.Inv, s.Inv.Host("web1")), AppTimers{}.Services(s.Inv, s.Inv.Host("web2"))...) {
		if strings.Contains(service.Name, "-") {
			got = append(got, service.Name+" "+strings.Join(service.Units, ",")+" "+strings.Join(append([]string{service.Journal.Unit}, service.Journal.More...), ",")+" "+service.Job)
		}
	}
	want := []string{
		"worker-mail app-worker-mail@1.service,app-worker-mail@2.service app-worker-mail@1,app-worker-mail@2 ",
		"worker-beat app-worker-beat@1.service app-worker-beat@1 ",
		"timer-report app-timer-report.timer app-timer-report app-timer-report.service",
	}
	if !slices.Equal(got, want) {
		t.Errorf("services are %q", got)
	}
}
