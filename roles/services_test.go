package roles

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"foobar/internal/play"
	"foobar/inventory"
)

// servicesOf are the services of a site, as package playbooks collects them.
func servicesOf(inv *inventory.Inventory) play.Services {
	return play.ServicesOf(inv, []play.Play{
		{Role: Base{}, Hosts: inv.Hosts}, {Role: Firewall{}, Hosts: inv.Hosts}, {Role: Database{}, Hosts: inv.Group(inventory.DB)},
		{Role: HAProxy{}, Hosts: inv.Group(inventory.LB)}, {Role: App{}, Hosts: inv.Group(inventory.App)}, {Role: Nginx{}, Hosts: inv.Group(inventory.Web)},
		{Role: LetsEncrypt{}, Hosts: inv.Group(inventory.LB)}, {Role: Collector{}, Hosts: inv.Hosts},
	})
}

func listenersText(inv *inventory.Inventory, host string) string {
	var parts []string
	for _, s := range servicesOf(inv).On(host) {
		for _, p := range s.Ports {
			parts = append(parts, fmt.Sprintf("%s:%d%v", s.Name, p.Number, p.On))
		}
	}
	return strings.Join(parts, " ")
}

func needsText(inv *inventory.Inventory, host string) string {
	var parts []string
	for _, n := range servicesOf(inv).Needs(inv, inv.Host(host)) {
		parts = append(parts, fmt.Sprintf("%s:%d", n.To.Name, n.Port))
	}
	return strings.Join(parts, " ")
}

// TestListeners: what each host listens on, and what it reaches on the others.
func TestListeners(t *testing.T) {
	usual, split := usualFirewallSite(t).Inv, splitFirewallSite(t).Inv
	usual.Monitoring.Enabled = true
	for _, c := range []struct {
		inv                     *inventory.Inventory
		host, listeners, needed string
	}{
		{usual, "lb1", "haproxy:80[] haproxy:443[] haproxy:8404[127.0.0.1] " +
			"otelcol-sumo:13133[127.0.0.1] otelcol-sumo:13134[127.0.0.1] otelcol-sumo:13135[127.0.0.1]", "web1:443 web2:443 web3:443"},
		{usual, "web2", "nginx:443[] nginx:8081[127.0.0.1] app:9000[127.0.0.1] mariadb:3306[127.0.0.1 10.77.0.12] " +
			"otelcol-sumo:13133[127.0.0.1] otelcol-sumo:13134[127.0.0.1] otelcol-sumo:13135[127.0.0.1]", "web1:3306 web3:3306"},
		{split, "edge", "haproxy:80[] haproxy:443[] haproxy:8404[127.0.0.1]", "front:443"},
		{split, "front", "nginx:443[] nginx:8081[127.0.0.1]", "back:9000"},
		{split, "back", "app:9000[10.77.0.12]", "store:3306 spare:3306"},
		{split, "store", "mariadb:3306[127.0.0.1 10.77.0.13]", "spare:3306"},
	} {
		if got := listenersText(c.inv, c.host); got != c.listeners {
			t.Errorf("%s listens on\n%s, not\n%s", c.host, got, c.listeners)
		}
		if got := needsText(c.inv, c.host); got != c.needed {
			t.Errorf("%s reaches %s, not %s", c.host, got, c.needed)
		}
	}
}

// TestClashes: which foreign programs keep a service from its port.
func TestClashes(t *testing.T) {
	some := play.Port{On: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("10.0.0.1")}}
	for _, c := range []struct {
		l    play.Port
		on   string
		want bool
	}{
		{play.Port{}, "127.0.0.1", true}, {play.Port{}, "::", true},
		{some, "0.0.0.0", true}, {some, "::", true}, {some, "10.0.0.1", true}, {some, "::ffff:10.0.0.1", true}, {some, "10.0.0.2", false}, {some, "::1", false},
	} {
		if got := c.l.Clashes(netip.MustParseAddr(c.on)); got != c.want {
			t.Errorf("%v and %s: %v", c.l.On, c.on, got)
		}
	}
}
