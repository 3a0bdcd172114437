//go:build lab

package labtest

import (
	_ "embed"
	"strings"
	"testing"
)

// TestSFilesCollectorTakenBack: what the vendor's package does to the collector's
// folders is seen, and put right without a restart.
func TestSFilesCollectorTakenBack(t *testing.T) {
	// A collector that foobar has started is known to have read what it has; one that began
	// with the host is restarted when its files were touched later.
	on(t, "web1", "echo '# x' >>/etc/otelcol-sumo/sumologic.yaml")
	must(t, 0, "deploy", "-l", "web1", site)
	on(t, "web1", "chown -R otelcol-sumo:otelcol-sumo /etc/otelcol-sumo")
	show := "systemctl show -p InvocationID --value otelcol-sumo.service"
	before := on(t, "web1", show)
	r := must(t, 2, "plan", site)
	for _, part := range []string{"dir:/etc/otelcol-sumo", "file:/etc/otelcol-sumo/env/token.env", "could have root read or write something else there"} {
		if !strings.Contains(r.out, part) {
			t.Errorf("the plan does not say %q:\n%s", part, r.out)
		}
	}
	if strings.Contains(r.out, "service:otelcol-sumo") {
		t.Errorf("the plan touches the service:\n%s", r.out)
	}
	must(t, 0, "deploy", site)
	if after := on(t, "web1", show); after != before {
		t.Error("the collector was restarted")
	}
	if got := on(t, "web1", "find /etc/otelcol-sumo ! -user root ! -name conf.d; stat -c '%a %U:%G' /etc/otelcol-sumo /etc/otelcol-sumo/env"); got != "755 root:root\n700 root:root\n" {
		t.Errorf("left as %q", got)
	}
	must(t, 0, "plan", site)
}
