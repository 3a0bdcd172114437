package playbooks

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"foobar/internal/resource"
)

// TestEveryKindIsInTheTable: docs/drift.md says of each kind of resource that an example
// wants what of it is compared, and of no other kind.
func TestEveryKindIsInTheTable(t *testing.T) {
	text, err := os.ReadFile("../docs/drift.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z-]+):`").FindAllStringSubmatch(string(text), -1) {
		told[m[1]] = true
	}
	wanted := map[string]bool{}
	for _, file := range []string{"minimal.toml", "split.toml", "full.toml"} {
		s := SiteOf(t, file)
		plays, err := Site(s)
		if err != nil {
			t.Fatal(err)
		}
		once := map[string]resource.Resource{}
		for _, p := range plays {
			for _, h := range p.Hosts {
				want, err := p.Role.Resources(s, h)
				if err != nil {
					t.Fatalf("%s: %s: %v", file, p.Role.Name(), err)
				}
				for _, r := range want {
					wanted[r.ID().Kind()] = true
					at := h.Name + " " + string(r.ID())
					if old := once[at]; old != nil && !resource.Same(old, r) {
						t.Errorf("%s: two plays want %s, with other details", file, at)
					}
					once[at] = r
					if _, ok := resource.Unwrap(r).(resource.Finder); ok && !strings.Contains(string(text), "| `"+r.ID().Kind()+":` | what others put there | yes") {
						t.Errorf("docs/drift.md does not say that %s finds what others put there", r.ID().Kind())
					}
				}
			}
		}
	}
	for kind := range wanted {
		if !told[kind] {
			t.Errorf("docs/drift.md does not say what of %s is compared", kind)
		}
	}
	for kind := range told {
		if !wanted[kind] && !slices.Contains([]string{"link", "clock", "reader", "patience"}, kind) {
			t.Errorf("docs/drift.md tells of %s, which no example wants", kind)
		}
	}
	for i, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|")
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		if len(cells) != 4 {
			t.Errorf("line %d has %d cells", i+1, len(cells))
		} else if answer := strings.TrimSpace(cells[2]); answer != "yes" && (answer != "no" && answer != "in part" || strings.TrimSpace(cells[3]) == "") {
			t.Errorf("line %d says neither that it is compared nor why not: %s", i+1, line)
		}
	}
}
