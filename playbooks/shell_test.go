package playbooks

import (
	"fmt"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/resource"
	"foobar/internal/sh/shtest"
)

// TestScripts: all that a bare host of a site is asked, and all that is done to it.
func TestScripts(t *testing.T) {
	scripts, seen := map[string]string{}, map[string]bool{}
	add := func(name, script string) {
		if !seen[script] {
			seen[script] = true
			scripts[name] = script
		}
	}
	for _, file := range []string{"minimal.toml", "split.toml"} {
		s := SiteOf(t, file)
		plays, err := Site(s)
		if err != nil {
			t.Fatal(err)
		}
		probes := map[string][]resource.Probe{}
		for _, p := range plays {
			for _, h := range p.Hosts {
				want, err := p.Role.Resources(s, h)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range want {
					probes[h.Name] = append(probes[h.Name], r.Probe())
					c, err := r.Diff(resource.Observed{State: resource.Absent}.Before(func(resource.ID) bool { return true }))
					if err != nil {
						continue // it says what it lacks
					}
					for i, step := range c.Steps {
						switch step := step.(type) {
						case resource.Run:
							add(fmt.Sprintf("%s %s step %d", file, r.ID(), i), "set -eu\n"+step.Script)
						case resource.Exchange:
							add(fmt.Sprintf("%s %s step %d", file, r.ID(), i), "set -eu\n"+step.Script)
						}
					}
				}
			}
		}
		for host, list := range probes {
			add(file+" "+host+" probes", ask.Script("x", resource.Compile(list).Script()))
		}
	}
	// The position of a probe, which is unquoted, is a number.
	shtest.Check(t, scripts, "SC2086", "SC2181")
}
