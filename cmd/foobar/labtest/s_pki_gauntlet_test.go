//go:build lab && gauntlet

package labtest

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestSNewCA: the private CA is replaced in one deploy, and no request is lost.
func TestSNewCA(t *testing.T) {
	hosts := []string{"web1", "web2", "web3"}
	before, serial := map[string]string{}, map[string]string{}
	for _, h := range hosts {
		before[h], serial[h] = on(t, h, pidsOf), oneCertificate(t, h)
	}
	old := on(t, "lb1", "cat /etc/foobar/tls/ca.crt")
	text := read(t, site)
	if !strings.Contains(text, "\n[secrets]\n") {
		t.Fatalf("the inventory has no [secrets]:\n%s", text)
	}
	// From now on it is the site's: a second change back would cost a deploy.
	if err := os.WriteFile(site, []byte(strings.Replace(text, "\n[secrets]\n", "\n[secrets]\nca_generation = 2\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	limited := must(t, 2, "plan", site, "-l", "web1")
	if strings.Contains(limited.out, "reissue") || strings.Contains(limited.out, "trust:") || !strings.Contains(limited.out, "/etc/foobar/tls/ca.crt") {
		t.Errorf("a run that leaves hosts out does more than trust both:\n%s", limited.out)
	}
	end := browse(t)
	r := must(t, 0, "deploy", site)
	end("the CA was replaced")
	if !strings.Contains(r.out, "foobar private CA 2") {
		t.Errorf("the deploy does not say what it replaces:\n%s", r.out)
	}
	for _, h := range append(hosts, "lb1") {
		if now := on(t, h, "cat /etc/foobar/tls/ca.crt"); now == old || strings.Count(now, "BEGIN CERTIFICATE") != 1 {
			t.Errorf("%s trusts %s", h, now)
		}
	}
	for _, h := range hosts {
		if oneCertificate(t, h) == serial[h] {
			t.Errorf("%s has the old certificate", h)
		}
		if after := on(t, h, pidsOf); after != before[h] {
			t.Errorf("%s: something restarted: %q became %q", h, before[h], after)
		}
	}
	// New connections, by the new certificates alone.
	for _, h := range hosts[1:] {
		on(t, h, "mariadb -e 'STOP SLAVE; START SLAVE'")
	}
	for _, h := range hosts[1:] {
		eventually(t, 30*time.Second, "replication on "+h, func() bool {
			return strings.Contains(on(t, h, "mariadb -e 'SHOW SLAVE STATUS\\G'"), "Slave_IO_Running: Yes")
		})
	}
	converged(t, site, 4)
}
