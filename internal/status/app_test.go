package status

import (
	"strings"
	"testing"
)

// TestBoundsOfTheApp: what the app met is said with the key that lifts it, whether it is
// up or not.
func TestBoundsOfTheApp(t *testing.T) {
	for said, want := range map[string]string{
		"RuntimeError: can't start new thread":                                    "app.tasks_max",
		"app.service: Failed with result 'oom-kill'.":                             "app.memory_max",
		"FileNotFoundError: [Errno 2] No such file or directory: '/proc/meminfo'": `sandbox = "normal"`,
		"OSError: [Errno 30] Read-only file system: 'media/x.png'":                "/var/lib/foobar-app",
		"ModuleNotFoundError: No module named 'flask'":                            "",
	} {
		for active, severity := range map[string]string{"active": Notice, "activating": Problem} {
			h := Host{Name: "web1", Services: []Service{{Unit: appUnit, Active: active}}, bound: readBound([]string{said, "[INFO] Booting worker"})}
			j := &judge{s: &Status{Inventory: "site.toml"}}
			j.app(&h)
			if want == "" {
				if len(j.findings) > 0 {
					t.Errorf("%s: %+v", said, j.findings)
				}
				continue
			}
			if f := j.findings; len(f) != 1 || f[0].Severity != severity || !strings.Contains(f[0].Text, said) || !strings.Contains(f[0].Next, want) || f[0].Code == "" {
				t.Errorf("%s, %s: %+v", said, active, f)
			}
		}
	}
}
