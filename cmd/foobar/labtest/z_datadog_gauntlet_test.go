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
// alerts are kept and taken back, a search finds the lines, and with another provider all of
// it goes.
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
		none: strings.Replace(with, "[monitoring]\n", "[monitoring]\nprovider = \"prometheus\"\n", 1),
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
	m, _ := disks(t, dog)
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
	must(t, 0, "deploy", none)
	if _, n := disks(t, none); n > 0 {
		t.Errorf("with another provider there still are %d alerts", n)
	}
}

// disks is the alert of the disks, and how many there are.
func disks(t *testing.T, inv string) (disk map[string]any, all int) {
	t.Helper()
	var list []map[string]any
	if err := json.Unmarshal(atDatadog(t, inv, "GET", "/api/v1/monitor", nil), &list); err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m["name"] == "foobar foobar: disk" {
			disk = m
		}
	}
	return disk, len(list)
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
