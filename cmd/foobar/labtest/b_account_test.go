//go:build lab

package labtest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// account asks the monitoring service's API as a person with the access key of an
// inventory; nil is what it does not have.
func account(t *testing.T, inv, method, path string, body any) map[string]any {
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
	var answer map[string]any
	eventually(t, 30*time.Second, "answer of the monitoring service", func() bool {
		r, err := http.NewRequest(method, word("api")+path, bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(strings.TrimSpace(read(t, word("access_id"))), strings.TrimSpace(read(t, word("access_key"))))
		r.Header.Set("Content-Type", "application/json")
		resp, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		said, _ := io.ReadAll(resp.Body)
		_ = json.Unmarshal(said, &answer)
		switch {
		case resp.StatusCode == http.StatusNotFound:
			answer = nil
		case resp.StatusCode >= 300 && resp.StatusCode != http.StatusTooManyRequests:
			t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, said)
		}
		return resp.StatusCode != http.StatusTooManyRequests
	})
	return answer
}

// TestB0Alerts: the first deploy has put the alerts into the site's account. What somebody
// changes there is in the plan and is taken back, what leaves the inventory goes, and a
// service that does not take the key keeps no host from being deployed.
func TestB0Alerts(t *testing.T) {
	const disk = "/api/v1/monitors/path?path=/Monitor/foobar/foobar/disk"
	m := account(t, site, "GET", disk, nil)
	if m == nil {
		t.Fatal("the account has no monitor of the disks")
	}
	if list := account(t, site, "GET", "/api/v2/dashboards", nil); len(list["dashboards"].([]any)) != 1 {
		t.Errorf("the account has the dashboards %v", list)
	}
	id := m["id"].(string)
	for _, own := range []string{"id", "createdAt", "createdBy", "modifiedAt", "modifiedBy", "parentId", "contentType", "isSystem", "isMutable", "isLocked", "status", "warnings"} {
		delete(m, own)
	}
	m["type"], m["isDisabled"] = "MonitorsLibraryMonitorUpdate", true
	account(t, site, "PUT", "/api/v1/monitors/"+id, m)
	r := must(t, 2, "plan", site)
	if part := section(r.out, sumo); !strings.Contains(part, "~ monitor:disk") || !strings.Contains(part, `-  "isDisabled": true`) {
		t.Errorf("the plan does not say what was changed by hand:\n%s", r.out)
	}
	must(t, 0, "deploy", site)
	converged(t, site, 4)
	off := edit(t, "off.toml", "\n[monitoring.package]", "\n[monitoring.alerts]\ndisk = \"off\"\n\n[monitoring.package]")
	if r := must(t, 2, "plan", off); !strings.Contains(section(r.out, sumo), "- monitor:disk") {
		t.Errorf("the plan does not say that the alert goes:\n%s", r.out)
	}
	must(t, 0, "deploy", off)
	if account(t, site, "GET", disk, nil) != nil {
		t.Error("the alert is still there")
	}
	wrong := filepath.Join(work, "wrong-access-key")
	if err := os.WriteFile(wrong, []byte("another\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`(?m)^access_key = .*$`).FindString(read(t, site))
	refused := edit(t, "refused.toml", key, `access_key = { file = "`+wrong+`" }`)
	on(t, "web1", "chmod 0644 /etc/foobar/app.env")
	r = must(t, 8, "deploy", refused)
	if !strings.Contains(r.err, "error: "+sumo+": ") || !strings.Contains(r.err, "[MON02]") || on(t, "web1", "stat -c %a /etc/foobar/app.env") == "644\n" {
		t.Errorf("a key that is refused: %s\n%s", r.out, r.err)
	}
	if r := must(t, 0, "plan", withoutKey(t, site)); !strings.Contains(r.err, "foobar docs monitoring.access_key") || strings.Contains(r.out, sumo) {
		t.Errorf("without a key: %s\n%s", r.out, r.err)
	}
	must(t, 0, "deploy", site)
	converged(t, site, 4)
}

// withoutKey is an inventory without what the API takes.
func withoutKey(t *testing.T, site string) string {
	t.Helper()
	path := filepath.Join(work, "keyless.toml")
	text := regexp.MustCompile(`(?m)^(api|access_id|access_key) = .*\n`).ReplaceAllString(read(t, site), "")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
