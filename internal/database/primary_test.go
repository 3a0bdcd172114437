package database

import (
	"net/netip"
	"slices"
	"testing"

	"foobar/inventory"
)

func hosts(n int) []*inventory.Host {
	var all []*inventory.Host
	for i := range n {
		all = append(all, &inventory.Host{Name: "db" + string(rune('1'+i)), Address: "203.0.113.1",
			Private: []netip.Addr{netip.MustParseAddr("10.0.0." + string(rune('1'+i))), netip.MustParseAddr("fd77::" + string(rune('1'+i)))}})
	}
	return all
}

func TestSee(t *testing.T) {
	for name, c := range map[string]struct {
		sources []string
		root    []int
		leader  int
		tie     bool
	}{
		"as deployed":            {[]string{"", "10.0.0.1", "10.0.0.1"}, []int{Nowhere, 0, 0}, 0, false},
		"by names and IPv6":      {[]string{"db2", "", "db2.internal", "fd77:0:0::2"}, []int{1, Nowhere, 1, 1}, 1, false},
		"a chain":                {[]string{"10.0.0.2", "10.0.0.3", ""}, []int{2, 2, Nowhere}, 2, false},
		"one led astray":         {[]string{"", "192.0.2.1", "10.0.0.1"}, []int{Nowhere, Outside, 0}, 0, false},
		"a chain that leads out": {[]string{"192.0.2.1", "10.0.0.1"}, []int{Outside, Outside}, -1, false},
		"a ring":                 {[]string{"10.0.0.2", "10.0.0.1", "10.0.0.1"}, []int{Ring, Ring, Ring}, -1, false},
		"itself":                 {[]string{"10.0.0.1", ""}, []int{Outside, Nowhere}, -1, false},
		"two of four":            {[]string{"", "", "10.0.0.1", "10.0.0.2"}, []int{Nowhere, Nowhere, 0, 1}, 0, true},
		"two against one":        {[]string{"", "", "10.0.0.1", "10.0.0.2", "10.0.0.2"}, []int{Nowhere, Nowhere, 0, 1, 1}, 1, false},
		"nobody":                 {[]string{"", ""}, []int{Nowhere, Nowhere}, -1, false},
		"a gateway for all":      {[]string{"203.0.113.1", ""}, []int{Outside, Nowhere}, -1, false},
	} {
		v := See(hosts(len(c.sources)), c.sources)
		leader, tie := v.Leader()
		if !slices.Equal(v.Root, c.root) || leader != c.leader || tie != c.tie {
			t.Errorf("%s: roots %v, leader %d, tie %v; not %v, %d, %v", name, v.Root, leader, tie, c.root, c.leader, c.tie)
		}
	}
}
