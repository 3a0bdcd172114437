//go:build lab && gauntlet

package labtest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestZDatadog: with Datadog the figures and lines of all hosts arrive under their names,
// alerts are kept and taken back, a search finds the lines, a key that is refused leaves the
// rest done, a host that is removed is not missed, and with another provider all of it goes.
func TestZDatadog(t *testing.T) {
	before := otherLab(t)
	key := regexp.MustCompile(`(?m)^access_key = (.*)$`).FindStringSubmatch(before)
	if key == nil {
		t.Fatalf("no access key in\n%s", before)
	}
	with := regexp.MustCompile(`(?m)^access_(id|key) = .*\n`).ReplaceAllString(before, "")
	with = strings.Replace(with, "\ntoken = ", "\napplication_key = "+key[1]+"\napi_key = ", 1)
	hook := "\n[[monitoring.notify]]\nkind = \"webhook\"\nurl = \"https://hooks.example.com/x\"\n"
	dog, none := filepath.Join(work, "datadog.toml"), filepath.Join(work, "none.toml")
	for path, text := range map[string]string{
		dog:  strings.Replace(with, "[monitoring]\n", "[monitoring]\nprovider = \"datadog\"\n", 1) + hook,
		none: strings.Replace(regexp.MustCompile(`(?ms)^\[hosts\.web3\]\n.*?(\n\[|\z)`).ReplaceAllString(with, "$1"), "[monitoring]\n", "[monitoring]\nprovider = \"prometheus\"\n", 1),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := must(t, 2, "plan", dog); !strings.Contains(got.all(), "Datadog account") || !strings.Contains(got.all(), "foobar foobar: disk") {
		t.Errorf("the plan does not say what comes to be at Datadog:\n%s", got.all())
	}
	must(t, 0, "deploy", dog)
	converged(t, dog, 4)
	hosts := map[string][]string{"lb1": {"haproxy.sessions.count", "foobar_requests_total"}, "web1": {"nginx.requests", "mysql.threads"}, "web2": {"nginx.requests"}, "web3": {"nginx.requests"}}
	for host, names := range hosts {
		for _, name := range append(names, "otel.system.memory.utilization", "foobar_failed_units") {
			eventually(t, 3*time.Minute, name+" of "+host+" at the intake", func() bool {
				curl(t, "-o", "/dev/null", "https://www.foobar.com/")
				got := must(t, 0, "lab", "intake", "metrics", "--host", host, "--contains", name)
				return strings.Contains(got.out, name)
			})
		}
	}
	if v := verify(t, 0, dog); !strings.Contains(fmt.Sprint(v.Proved), "a search at the monitoring finds the") {
		t.Errorf("verify proved %+v", v.Proved)
	}
	keysStay(t, dog)
	keyRefused(t, dog)
	m, _ := monitor(t, dog, "disk")
	if m == nil {
		t.Fatal("there is no alert of the disks")
	}
	m["priority"] = 5
	delete(m, "overall_state")
	atDatadog(t, dog, "PUT", fmt.Sprintf("/api/v1/monitor/%.0f", m["id"]), m)
	if got := must(t, 2, "plan", dog); !strings.Contains(got.all(), "foobar foobar: disk") {
		t.Errorf("the plan does not show what was changed by hand:\n%s", got.all())
	}
	must(t, 0, "deploy", dog)
	converged(t, dog, 4)
	must(t, 0, "remove", dog, "web3", "--yes-remove", "web3")
	if m, _ := monitor(t, dog, "host_silent"); m == nil || !strings.Contains(m["query"].(string), "(lb1,web1,web2)") {
		t.Errorf("web3 is removed, and what is missed is %v", m["query"])
	}
	must(t, 0, "deploy", none)
	if _, n := monitor(t, none, "disk"); n > 0 {
		t.Errorf("with another provider there still are %d alerts", n)
	}
}

// keysStay: the application key is on no host, and the API key only where root alone reads it.
func keysStay(t *testing.T, inv string) {
	t.Helper()
	for key, where := range map[string]string{"api_key": "600 root /etc/otelcol-sumo/env/token.env\n", "application_key": ""} {
		secret := strings.TrimSpace(read(t, regexp.MustCompile(`(?m)^` + key + ` = \{ file = "(.*)" \}$`).FindStringSubmatch(read(t, inv))[1]))
		r := foobarIn(secret, "lab", "exec", "web1", "--", "sh", "-c", "grep -rlF -f /dev/stdin /etc /root /home /srv /tmp /run/foobar /var/lib/foobar /var/lib/otelcol-sumo /var/log | xargs -r stat -c '%a %U %n'")
		if r.out != where {
			t.Errorf("the %s is in %q", key, r.out)
		}
	}
}

// keyRefused: with a wrong API key the rest of a host is done, the status says that what it
// sends is refused, and the next deploy mends it.
func keyRefused(t *testing.T, inv string) {
	t.Helper()
	wrong, bad := filepath.Join(work, "wrong-api-key"), filepath.Join(work, "bad.toml")
	text := strings.Replace(regexp.MustCompile(`(?m)^api_key = .*$`).ReplaceAllString(read(t, inv), `api_key = { file = "`+wrong+`" }`), "[tls]", "[deploy]\nhealth_timeout = \"20s\"\n[tls]", 1)
	for path, text := range map[string]string{wrong: "another\n", bad: text} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	on(t, "web3", "chmod 0644 /etc/foobar/app.env")
	if r := must(t, 8, "deploy", "-l", "web3", bad); !strings.Contains(r.all(), "403") || on(t, "web3", "stat -c %a /etc/foobar/app.env") == "644\n" {
		t.Errorf("a key that is refused:\n%s", tail(r.all(), 40))
	}
	eventually(t, 3*time.Minute, "a status that says what is refused", func() bool {
		return strings.Contains(foobar("status", bad).all(), "the monitoring refuses what it sends")
	})
	must(t, 0, "deploy", inv)
}

// monitor is the one of an alert, and how many there are.
func monitor(t *testing.T, inv, alert string) (one map[string]any, all int) {
	t.Helper()
	var list []map[string]any
	if err := json.Unmarshal(atDatadog(t, inv, "GET", "/api/v1/monitor", nil), &list); err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m["name"] == "foobar foobar: "+alert {
			one = m
		}
	}
	return one, len(list)
}

// atDatadog asks Datadog's API as a person with the keys of an inventory.
func atDatadog(t *testing.T, inv, method, path string, body any) []byte {
	t.Helper()
	text := read(t, inv)
	word := func(key string) string {
		found := regexp.MustCompile(`(?m)^` + key + ` = (?:\{ file = )?"(.*?)"`).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("the inventory has no %s", key)
		}
		return found[1]
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(read(t, word("ca"))))
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(method, word("api")+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Dd-Api-Key": {strings.TrimSpace(read(t, word("api_key")))}, "Dd-Application-Key": {strings.TrimSpace(read(t, word("application_key")))}}
	resp, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s, %v", method, path, resp.StatusCode, said, err)
	}
	return said
}
