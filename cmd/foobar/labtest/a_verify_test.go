//go:build lab

package labtest

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// verified is the document of verify.
type verified struct {
	Arrived  bool
	Mark     string
	Requests int
	Proved   []struct{ Host, Text string }
	Missing  []struct{ Host, Text, Code string }
}

// verify runs it as a visitor who trusts the lab's authority.
func verify(t *testing.T, code int, args ...string) (v verified) {
	t.Helper()
	acme := regexp.MustCompile(`(?m)^acme_ca = "(.*)"$`).FindStringSubmatch(read(t, site))
	if acme == nil {
		t.Fatal("the inventory names no authority")
	}
	curl(t, "-o", "/dev/null", "https://www.foobar.com/") // writes the roots
	t.Setenv("SSL_CERT_FILE", filepath.Join(filepath.Dir(acme[1]), "roots.pem"))
	r := must(t, code, append([]string{"verify", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(r.out), &v); err != nil || v.Arrived != (code == 0) {
		t.Fatalf("%v: %s", err, r.all())
	}
	return v
}

// lacks are what is missing, "CODE HOST" each.
func (v verified) lacks() string {
	var list []string
	for _, m := range v.Missing {
		list = append(list, m.Code+" "+m.Host)
	}
	return strings.Join(list, ", ")
}

// ages are those of the data of hosts, in seconds; -1 where nobody could tell.
func ages(t *testing.T, inv string) map[string]float64 {
	t.Helper()
	var s struct {
		Hosts []struct {
			Name string
			Data *struct {
				Age *float64 `json:"age_seconds"`
			}
		}
	}
	if err := json.Unmarshal([]byte(foobar("status", "-o", "json", inv).out), &s); err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, h := range s.Hosts {
		all[h.Name] = -1
		if h.Data != nil && h.Data.Age != nil {
			all[h.Name] = *h.Data.Age
		}
	}
	return all
}

// TestA9Verify: what verify says has arrived stands at the intake, line by line; a collector
// that is down is missed; and each host's data have an age.
func TestA9Verify(t *testing.T) {
	v := verify(t, 0, "--within", seconds(time.Minute)+"s", site)
	mark := strings.TrimPrefix(v.Mark, "foobar-verify/")
	for of, hosts := range map[string][]string{"the balancer": {"lb1"}, "the web servers": {"web1", "web2", "web3"}} {
		lines := 0
		for _, host := range hosts {
			lines += strings.Count(foobar("lab", "intake", "logs", "--host", host, "--contains", mark).out, "\n")
		}
		if lines != v.Requests || v.Requests != 12 {
			t.Errorf("the intake has %d lines of %d requests from %s", lines, v.Requests, of)
		}
	}
	searched := 0
	for _, p := range v.Proved {
		if strings.HasPrefix(p.Text, "a search at the monitoring finds the ") {
			searched++
		}
	}
	if searched != 4 {
		t.Errorf("a search finds the lines of %d hosts: %+v", searched, v.Proved)
	}
	on(t, "web2", "systemctl stop otelcol-sumo")
	if v := verify(t, 8, "--within", "1s", site); !strings.Contains(v.lacks(), "MON04 web2") {
		t.Errorf("without a collector on web2: %+v", v.Missing)
	}
	on(t, "web2", "systemctl start otelcol-sumo")
	eventually(t, time.Minute, "an age of the data of each host", func() bool {
		all := ages(t, site)
		for _, host := range []string{"lb1", "web1", "web2", "web3"} {
			if age, ok := all[host]; !ok || age < 0 || age > 200 {
				return false
			}
		}
		return true
	})
}
