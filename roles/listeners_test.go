package roles

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"foobar/inventory"
)

func listenersText(inv *inventory.Inventory, host string) string {
	var parts []string
	for _, l := range Listeners(inv, inv.Host(host)) {
		parts = append(parts, fmt.Sprintf("%s:%d%v", l.Units[0], l.Port, l.On))
	}
	return strings.Join(parts, " ")
}

func needsText(inv *inventory.Inventory, host string) string {
	var parts []string
	for _, n := range Needs(inv, inv.Host(host)) {
		parts = append(parts, fmt.Sprintf("%s:%d", n.To.Name, n.Port))
	}
	return strings.Join(parts, " ")
}

// TestListeners: what each host listens on, and what it reaches on the others.
func TestListeners(t *testing.T) {
	usual, split := usualFirewallSite(t).Inv, splitFirewallSite(t).Inv
	for _, c := range []struct {
		inv                     *inventory.Inventory
		host, listeners, needed string
	}{
		{usual, "lb1", "haproxy.service:80[] haproxy.service:443[] haproxy.service:8404[127.0.0.1] " +
			"otelcol-sumo.service:13133[127.0.0.1] otelcol-sumo.service:13134[127.0.0.1]", "web1:443 web2:443 web3:443"},
		{usual, "web2", "nginx.service:443[] nginx.service:8081[127.0.0.1] app.service:9000[127.0.0.1] mariadb.service:3306[127.0.0.1 10.77.0.12] " +
			"otelcol-sumo.service:13133[127.0.0.1] otelcol-sumo.service:13134[127.0.0.1]", "web1:3306 web3:3306"},
		{split, "edge", "haproxy.service:80[] haproxy.service:443[] haproxy.service:8404[127.0.0.1]", "front:443"},
		{split, "front", "nginx.service:443[] nginx.service:8081[127.0.0.1]", "back:9000"},
		{split, "back", "app.service:9000[10.77.0.12]", "store:3306 spare:3306"},
		{split, "store", "mariadb.service:3306[127.0.0.1 10.77.0.13]", "spare:3306"},
	} {
		if got := listenersText(c.inv, c.host); got != c.listeners {
			t.Errorf("%s listens on\n%s, not\n%s", c.host, got, c.listeners)
		}
		if got := needsText(c.inv, c.host); got != c.needed {
			t.Errorf("%s reaches %s, not %s", c.host, got, c.needed)
		}
	}
	usual.TLS.Cert = "own.pem"
	if got := listenersText(usual, "lb1"); strings.Contains(got, "certbot") {
		t.Errorf("with a certificate of one's own: %s", got)
	}
}

// TestClashes: which foreign programs keep a service from its port.
func TestClashes(t *testing.T) {
	some := Listener{On: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("10.0.0.1")}}
	for _, c := range []struct {
		l    Listener
		on   string
		want bool
	}{
		{Listener{}, "127.0.0.1", true}, {Listener{}, "::", true},
		{some, "0.0.0.0", true}, {some, "::", true}, {some, "10.0.0.1", true}, {some, "::ffff:10.0.0.1", true}, {some, "10.0.0.2", false}, {some, "::1", false},
	} {
		if got := c.l.Clashes(netip.MustParseAddr(c.on)); got != c.want {
			t.Errorf("%v and %s: %v", c.l.On, c.on, got)
		}
	}
}
