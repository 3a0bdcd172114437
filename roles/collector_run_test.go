package roles

import (
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/lab/intake"
)

// TestCollectorDelivers runs the collector, where it is installed, with the
// configurations of a balancer and a server, on files of the test's own, against
// the lab's intake.
func TestCollectorDelivers(t *testing.T) {
	binary, err := exec.LookPath("otelcol-sumo")
	if err != nil {
		t.Skip("needs otelcol-sumo")
	}
	for host, want := range map[string][]string{
		"lb1":  {"foobar/lb/haproxy", "foobar/lb/journal", "foobar/lb/metrics"},
		"web1": {"foobar/web/nginx", "foobar/web/text", "foobar/web/journal", "foobar/web/metrics"},
	} {
		t.Run(host, func(t *testing.T) {
			store, err := intake.NewStore(filepath.Join(t.TempDir(), "records"))
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			server := httptest.NewServer(intake.New(collectorToken, store))
			defer server.Close()
			dir := t.TempDir()
			said := runCollector(t, binary, host, dir, server.URL)
			lacks := func() (missing []string) {
				for _, category := range want {
					if len(store.Records(intake.Query{Category: category})) == 0 {
						missing = append(missing, category)
					}
				}
				return missing
			}
			for end := time.Now().Add(30 * time.Second); len(lacks()) > 0 && time.Now().Before(end); {
				time.Sleep(200 * time.Millisecond)
			}
			if m := lacks(); len(m) > 0 {
				out, _ := os.ReadFile(said)
				t.Fatalf("nothing arrived of %v\n%s", m, out)
			}
			judgeRecords(t, host, store)
		})
	}
}

// runCollector starts the collector until the end of the test; what it says
// goes to the file returned.
func runCollector(t *testing.T, binary, host, dir, url string) (said string) {
	t.Helper()
	for name, text := range map[string]string{
		"log/haproxy-access.json":   "{\"ts\":1700000000.123,\"status\":200,\"uri\":\"/new\"}\n",
		"log/haproxy-access.json.1": "{\"ts\":1690000000.123,\"status\":200,\"uri\":\"/rotated\"}\n",
		"log/nginx/access.json":     "{\"ts\":\"2023\",\"msec\":1700000000.123,\"status\":404,\"uri\":\"/new\"}\n",
		"log/nginx/error.log":       "an error\n",
		"bin/journalctl": "#!/bin/sh\necho '{\"__REALTIME_TIMESTAMP\":\"1700000000000000\",\"__CURSOR\":\"c\",\"MESSAGE\":\"a message\",\"_CMDLINE\":\"--password=x\"}'\n" +
			"echo '{\"__REALTIME_TIMESTAMP\":\"1700000000000000\",\"__CURSOR\":\"d\",\"MESSAGE\":\"of the kernel\"}'\nexec sleep 60\n",
	} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s := collectorSite(t)
	s.Inv.Monitoring.Endpoint = url
	conf := strings.NewReplacer("/var/log", dir+"/log", "/var/lib/otelcol-sumo", dir+"/state", "127.0.0.1:13133", freePort(t), "127.0.0.1:13134", freePort(t),
		"collection_interval: 30s", "collection_interval: 1s", "timeout: 5s", "timeout: 200ms").Replace(collectorText(t, s, host, collectorConf))
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.yaml"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	said = filepath.Join(dir, "said")
	out, err := os.Create(said)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(binary, "--config", filepath.Join(dir, "c.yaml"))
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = []string{"PATH=" + dir + "/bin:" + os.Getenv("PATH"), "HOME=" + dir, "SUMOLOGIC_INSTALLATION_TOKEN=" + collectorToken, "MYSQL_OTEL_PASSWORD=x"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	return said
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// judgeRecords looks at what arrived.
func judgeRecords(t *testing.T, host string, store *intake.Store) {
	t.Helper()
	if c := store.Collectors(); len(c) != 1 || c[0].Name != host || c[0].Category != "foobar/"+strings.TrimRight(host, "1") {
		t.Errorf("registered as %+v", c)
	}
	uris := map[string]bool{}
	for _, r := range store.Records(intake.Query{}) {
		if r.Kind == intake.Registrations || r.Kind == intake.Heartbeats || r.Kind == intake.Metadata {
			continue
		}
		if r.Resource["_sourceHost"] != host || r.Resource["host.group"] != strings.TrimRight(host, "1") {
			t.Fatalf("a record does not say whose it is: %+v", r.Resource)
		}
		if strings.Contains(r.Text(), "password") {
			t.Errorf("a command line left the host: %s", r.Text())
		}
		if uri, ok := r.Attributes["uri"].(string); ok && r.Kind == intake.Logs {
			if uris[uri] {
				t.Errorf("%s arrived twice", uri)
			}
			uris[uri] = true
			if year := r.Time.Year(); year != 2023 || r.Time.Nanosecond()/int(time.Millisecond) != 123 {
				t.Errorf("%s has the time %s", uri, r.Time)
			}
		}
	}
	if host == "lb1" && !uris["/rotated"] {
		t.Errorf("the rotated log was not read: %v", fmt.Sprint(uris))
	}
}
