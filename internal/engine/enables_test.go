package engine

import (
	"os"
	"strings"
	"testing"

	"foobar/internal/resource"
	"foobar/inventory"
)

// TestStepsKnowWhatTheyEnable: each step of a script finds the units that all of them
// enable, so that the first can enable them at once.
func TestStepsKnowWhatTheyEnable(t *testing.T) {
	b := newBench(t, "a")
	out := b.path("a", "enables")
	b.one(func(*inventory.Host) []resource.Resource {
		var all []resource.Resource
		for _, unit := range []string{"one.timer", "", "two.socket"} {
			mark := b.path("a", "mark-"+unit)
			all = append(all, resource.Custom{Name: resource.NewID("custom", unit), In: resource.Converge, Ask: "test -e " + mark + " || exit 3",
				Compare: func(o resource.Observed) (resource.Change, error) {
					if o.State == resource.Present {
						return resource.Change{}, nil
					}
					return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}},
						Steps: []resource.Step{resource.Run{Title: "step", Script: "echo \"$enables\" >>" + out + "; touch " + mark, Enables: unit}}}, nil
				}})
		}
		return all
	})
	if r := b.run("deploy"); r.Exit != 0 {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	if got, _ := os.ReadFile(out); string(got) != strings.Repeat("one.timer two.socket\n", 3) {
		t.Errorf("they found %q", got)
	}
}
