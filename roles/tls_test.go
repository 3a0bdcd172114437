package roles

import (
	"os/exec"
	"strings"
	"testing"

	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

func TestCertificateGolden(t *testing.T) {
	s := databaseSite(t)
	have := wanted(t, Nginx{}, s, s.Inv.Host("web1"))
	script := strings.Replace(fileText(t, have, leafScript), sh.Files, "# (the functions of sh.Files)\n", 1)
	goldenServer(t, "tls/certificate.sh", script)
	goldenServer(t, "tls/certificate.service", fileText(t, have, leafService))
	goldenServer(t, "tls/certificate.timer", fileText(t, have, leafTimer))
	if strings.Contains(script, "read_only") {
		t.Error("the renewal of a certificate opens a database")
	}
	if got := have[resource.NewID("service", leafUnit)]; got == nil {
		t.Error("nothing starts the renewal")
	}
}

// TestCertificatesAreLoaded: each service that shows or checks certificates takes
// in new ones without a restart, at a deploy and without one.
func TestCertificatesAreLoaded(t *testing.T) {
	s := databaseSite(t, hostText("web1", "10.77.0.11", "web", "app", "db"), hostText("app1", "10.77.0.12", "app"))
	lb := s.Inv.Group(inventory.LB)[0]
	for host, units := range map[*inventory.Host][]string{s.Inv.Host("web1"): {"nginx.service", "mariadb.service"}, s.Inv.Host("app1"): nil, lb: {"haproxy.service"}} {
		loads, err := tlsLoads(s, host)
		if err != nil || len(loads) != len(units) {
			t.Fatalf("%s: %d scripts, %v", host.Name, len(loads), err)
		}
		for i, unit := range units {
			if !strings.Contains(loads[i], "u="+unit) || !strings.Contains(loads[i], "for f in /etc/foobar/tls/") || strings.Contains(loads[i], "systemctl restart") {
				t.Errorf("%s does not load: %s", unit, loads[i])
			}
			sh := exec.Command("sh", "-n")
			sh.Stdin = strings.NewReader(loads[i])
			if out, err := sh.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", unit, err, out)
			}
		}
	}
}
