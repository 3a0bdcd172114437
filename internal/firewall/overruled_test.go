package firewall

import (
	"slices"
	"strings"
	"testing"

	"foobar/internal/resource"
)

func TestOverruled(t *testing.T) {
	f := sample(t)
	own := fixture(t, "user.rules")
	for rule, harm := range map[string]string{
		"deny tcp 443 0.0.0.0/0 any 0.0.0.0/0 in":         "lets nothing through",
		"reject any 443 0.0.0.0/0 any 10.77.0.0/16 in":    "lets nothing through",
		"deny tcp 80,400:500 0.0.0.0/0 any 10.77.0.10 in": "lets nothing through",
		"deny_log any any 0.0.0.0/0 any 10.77.0.10 in":    "lets nothing through",
		"limit tcp 443 0.0.0.0/0 any 0.0.0.0/0 app - in":  "six times",
		"deny tcp 443 0.0.0.0/0 any 203.0.113.9 in":       "", // a client that is shut out
		"deny tcp 443 0.0.0.0/0 any 10.77.0.10 out":       "",
		"deny udp 443 0.0.0.0/0 any 0.0.0.0/0 in":         "",
		"deny tcp 8443 0.0.0.0/0 any 0.0.0.0/0 in":        "",
		"route:deny tcp 443 0.0.0.0/0 any 0.0.0.0/0 in":   "",
		"allow tcp 443 0.0.0.0/0 any 0.0.0.0/0 in":        "",
		"deny tcp 443 10.9.9.9 any 0.0.0.0/0 in":          "", // to an address of its own
		"deny tcp 443 0.0.0.0/0 1024 0.0.0.0/0 in":        "",
		"deny tcp 443 0.0.0.0/0 any 0.0.0.0/0 in_eth0":    "", // of one interface
		"deny": "",
	} {
		theirs := tuple{rule: rule, lines: []string{"-A ufw-user-input -j DROP"}}.String()
		if strings.HasPrefix(rule, "deny tcp 443 0.0.0.0/0 any 0.0.0.0/0 in") { // the first rule that fits counts
			allow := tuple{rule: "allow any any 0.0.0.0/0 any 0.0.0.0/0 in", lines: []string{"-A ufw-user-input -j ACCEPT"}}.String()
			o := resource.Observed{State: resource.Present, Attrs: map[string]string{"text " + ufwUser: strings.Replace(own, "### RULES ###\n", "### RULES ###\n"+allow+theirs, 1)}}
			if said := f.Unmanaged(o); len(said) != 2 {
				t.Errorf("%s behind one that lets all in: %q", rule, said)
			}
		}
		o := resource.Observed{State: resource.Present, Attrs: map[string]string{"text " + ufwUser: strings.Replace(own, "### RULES ###\n", "### RULES ###\n"+theirs, 1)}}
		said := slices.DeleteFunc(f.Unmanaged(o), func(s string) bool { return !strings.Contains(s, "stands before foobar's rule for 443/tcp") })
		switch {
		case harm == "" && len(said) > 0:
			t.Errorf("%s: %q", rule, said)
		case harm != "" && (len(said) == 0 || !strings.Contains(said[0], harm) || !strings.Contains(said[0], rule)):
			t.Errorf("%s: %q", rule, said)
		}
		if _, c := diff(t, f, o); harm != "" && !strings.Contains(c.Reason, harm) {
			t.Errorf("%s: the plan says %q", rule, c.Reason)
		}
		o.Set("text "+ufwUser, strings.Replace(own, "### END RULES ###\n", theirs+"### END RULES ###\n", 1))
		if said := f.Unmanaged(o); len(said) > 1 {
			t.Errorf("%s behind foobar's: %q", rule, said)
		}
	}
}
