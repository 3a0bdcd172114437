//go:build lab

package labtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestC6KnownByECDSAAlone: known_hosts has a host by the kind of key that the hardening
// takes away. It stays until the line that plan names has been added.
func TestC6KnownByECDSAAlone(t *testing.T) {
	const dropin = "/etc/ssh/sshd_config.d/00-foobar.conf"
	address := regexp.MustCompile(`(?ms)^\[hosts\.web1\]$.*?^address *= *"(.*?)"$`).FindStringSubmatch(read(t, site))[1]
	on(t, "web1", "ssh-keygen -q -t ecdsa -N '' -f /etc/ssh/ssh_host_ecdsa_key </dev/null; rm "+dropin+"; systemctl reload ssh; sleep 1")
	key := strings.TrimSpace(on(t, "web1", "cut -d' ' -f1,2 /etc/ssh/ssh_host_ecdsa_key.pub"))
	line := regexp.MustCompile(`(?m)^known_hosts *= *"(.*)"$`).FindStringSubmatch(read(t, site))
	var known strings.Builder
	for l := range strings.Lines(read(t, line[1])) {
		if names, _, _ := strings.Cut(l, " "); !strings.Contains(","+names+",", ","+address+",") {
			known.WriteString(l)
		}
	}
	file := filepath.Join(work, "ecdsa_known_hosts")
	write := func() {
		if err := os.WriteFile(file, []byte(known.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	known.WriteString("a line that says nothing\n" + address + " " + key + "\n")
	write()
	inv := edit(t, "ecdsa.toml", line[0], `known_hosts = "`+file+`"`)

	r := must(t, 2, "plan", "-l", "web1", "-r", "base", inv)
	advice := regexp.MustCompile(regexp.QuoteMeta("to have it switched off, add to "+file+": ") + `(.*)`).FindStringSubmatch(r.out)
	if advice == nil || !strings.Contains(r.err, file+":") {
		t.Fatalf("the plan does not say what to add, or nothing of the damaged line:\n%s", r.all())
	}
	must(t, 0, "deploy", "-y", "-l", "web1", "-r", "base", inv)
	must(t, 0, "plan", "-l", "web1", inv)
	if r := foobar("check", "-l", "web1", inv); !strings.Contains(r.all(), "known_hosts has only its ECDSA key") {
		t.Errorf("check does not say so:\n%s", r.all())
	}
	known.WriteString(advice[1] + "\n")
	write()
	must(t, 0, "deploy", "-y", "-l", "web1", "-r", "base", inv)
	must(t, 0, "plan", "-l", "web1", inv)
	if said := on(t, "web1", "sshd -T | grep -i ^hostkeyalgorithms"); strings.Contains(said, "ecdsa") {
		t.Errorf("ECDSA is still on: %s", said)
	}
	on(t, "web1", "rm /etc/ssh/ssh_host_ecdsa_key*; systemctl reload ssh")
	converged(t, site, 4)
}
