package resource

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDropInsOfOthers: what others put under a unit is known by its place; what came
// after foobar goes, with a restart, and nothing else is touched.
func TestDropInsOfOthers(t *testing.T) {
	s := Service{Unit: "x.timer", Loads: []ID{"file:/etc/systemd/system/x.timer.d/own.conf"}, Disruptive: true}
	o := Observed{State: Present, Attrs: map[string]string{"load": "loaded", "active": "active", "enabled": "enabled", "start": "10",
		"sum /etc/systemd/system/x.timer.d/own.conf": "s", "ctime /etc/systemd/system/x.timer.d/own.conf": "5",
		"dropins": "/usr/lib/systemd/system/x.timer.d/vendor.conf /etc/systemd/system/x.timer.d/own.conf /etc/systemd/system/x.timer.d/eve.conf /run/systemd/system/service.d/lxc.conf",
		"others": "/etc/systemd/system/x.timer.d/eve.conf\n/etc/systemd/system/x.timer.d/foobar.conf\n/run/systemd/system.control/x.service.d/50-CPU.conf\n/etc/systemd/system/x.timer\n" +
			"/etc/passwd\n/etc/systemd/system/../../passwd\n/etc/systemd/system/y.service.d/a.conf\n/etc/systemd/system/x.timer.d/../a.conf\n"}}
	want := []string{"/etc/systemd/system/x.timer", "/etc/systemd/system/x.timer.d/eve.conf", "/run/systemd/system.control/x.service.d/50-CPU.conf"}
	found, ok := s.Found(o)
	if !ok || strings.Join(found, " ") != strings.Join(want, " ") {
		t.Errorf("found %q, %v", found, ok)
	}
	if c, err := s.Diff(o); err != nil || !c.Empty() || len(s.Unmanaged(o)) != 3 {
		t.Errorf("without a record: %q, %v", show(c), err)
	}
	o = o.With(func(f string) bool { return strings.HasSuffix(f, "eve.conf") })
	c, err := s.Diff(o)
	if err != nil || show(c) != "drop-in=/etc/systemd/system/x.timer.d/eve.conf>removed" || !c.Disrupts || len(s.Unmanaged(o)) != 2 {
		t.Errorf("%q, %v, %q", show(c), err, s.Unmanaged(o))
	}
	if script := c.Steps[0].(Run).Script; !strings.HasPrefix(script, "rm -f -- /etc/systemd/system/x.timer.d/eve.conf\n") || strings.Count(script, "rm -f -- /etc") != 1 || !strings.Contains(script, "verb=restart") {
		t.Error(script)
	}
	o.Attrs["active"] = "inactive"
	if c, err := s.Diff(o); err != nil || c.Disrupts || !strings.Contains(c.Steps[0].(Run).Script, "verb=start") {
		t.Errorf("a unit that does not run: %+v, %v", c, err)
	}
}

// TestDropInsOfInstances: those of a template change each of its instances.
func TestDropInsOfInstances(t *testing.T) {
	s := Service{Unit: "x-y@2.service"}
	for f, want := range map[string]bool{
		"/etc/systemd/system/x-y@2.service.d/a.conf":      true,
		"/etc/systemd/system/x-y@.service.d/a.conf":       true,
		"/run/systemd/system.control/x-y@2.service.d/b":   true,
		"/etc/systemd/system/x-y@1.service.d/a.conf":      false,
		"/etc/systemd/system/x-y.service.d/a.conf":        false,
		"/etc/systemd/system/x-y@.service.d/../../passwd": false,
	} {
		if got := s.changedBy(f); got != want {
			t.Errorf("%s: %v", f, got)
		}
	}
}

// TestProbeForOthers runs the shell that looks for drop-ins below a folder.
func TestProbeForOthers(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"x@.service.d/a.conf", "x@1.service.d/b.conf", "x@2.service.d/c.conf", "x.service.d/d.conf", "t.timer.d/e.conf", "t.service.d/f.conf", "own.service", "control.control/own.service"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, f)), 0o755), os.WriteFile(filepath.Join(dir, f), nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	probe := strings.NewReplacer("/etc/systemd/system ", dir+" ", "/etc/systemd/system.control", dir+"/control.control").Replace(othersProbe)
	for unit, want := range map[string]string{"x@1.service": "b.conf a.conf", "x.service": "d.conf", "t.timer": "e.conf f.conf", "t.service": "f.conf", "none@1.service": "", "own.service": "own.service"} {
		cmd := exec.Command("/bin/sh", "-euc", "v(){ printf '%s' \"$3\"; }\n"+probe+"others 0 "+unit)
		out, err := cmd.Output()
		var got []string
		for _, f := range strings.Fields(string(out)) {
			got = append(got, filepath.Base(f))
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v", unit, got, err)
		}
	}
}

// TestTimerTakesItsJobAlong: what a timer that goes has started ends, too.
func TestTimerTakesItsJobAlong(t *testing.T) {
	o := Observed{State: Present, Attrs: map[string]string{"load": "loaded", "active": "active", "enabled": "enabled"}}
	for unit, want := range map[string]string{"x.timer": "systemctl disable --now -- x.timer\nsystemctl stop -- x.service\nsystemctl reset-failed -- x.service 2>/dev/null || :", "x.service": "systemctl disable --now -- x.service"} {
		c, err := Service{}.Removed(unit).Diff(o)
		if err != nil || len(c.Steps) != 1 || c.Steps[0].(Run).Script != want {
			t.Errorf("%s: %+v, %v", unit, c.Steps, err)
		}
	}
}
