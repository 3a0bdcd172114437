package preflight

import (
	"slices"
	"testing"

	"foobar/playbooks"
)

// TestPython: an app that asks for another Python than its hosts have could not be deployed.
func TestPython(t *testing.T) {
	inv := site()
	looks, services, other := looks(t, inv, "bare", nil), playbooks.Services(inv), here()
	other.Python = ">=3.99"
	got := news(Judge(inv, services, other, looks, taken), Judge(inv, services, here(), looks, taken))
	var want []string
	for _, h := range inv.Hosts {
		if h.Has("app") {
			want = append(want, h.Name+" fail app: app/pyproject.toml asks for Python >=3.99, and Debian 13 has 3.13 | correct it there if the app runs with that one, too")
		}
	}
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}
