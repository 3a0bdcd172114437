package resource

import (
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
