package roles

import (
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
			s := collectorSite(t)
			s.Inv.Monitoring.Endpoint = server.URL
			arrives(t, runCollector(t, binary, collectorText(t, s, host, collectorConf)), want, func(category string) bool {
				return len(store.Records(intake.Query{Category: category})) > 0
			})
			judgeRecords(t, host, store)
		})
	}
}

// TestCollectorDeliversToDatadog is the same with that provider, whose intake takes no
// counter that says its whole sum.
func TestCollectorDeliversToDatadog(t *testing.T) {
	binary, err := exec.LookPath("otelcol-sumo")
	if err != nil {
		t.Skip("needs otelcol-sumo")
	}
	store, err := intake.NewStore(filepath.Join(t.TempDir(), "records"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	server := httptest.NewServer(intake.New(collectorToken, store))
	defer server.Close()
	s := datadogSite(t)
	s.Inv.Monitoring.Endpoint = server.URL
	want := []string{"foobar/web/nginx", "foobar/web/text", "foobar/web/journal", "otel.system.cpu.load_average.1m", "otel.system.network.io"}
	// So long are lines of visitors who mean harm that the intake refuses some hundred of them
	// at once. What is left of them ends within a letter.
	var long strings.Builder
	letters := strings.Repeat("é", 4000)
	for i := range 400 {
		want = append(want, fmt.Sprintf("/long%04d", i))
		fmt.Fprintf(&long, "{\"msec\":1700000000.123,\"status\":404,\"uri\":\"/long%04d%s\",\"ua\":\"%[2]s\",\"ref\":\"%[2]s\"}\n", i, letters)
	}
	said := runCollector(t, binary, collectorText(t, s, "web1", datadogConf), "log/nginx/access.json", long.String(), "log/nginx/error.log", "an error "+strings.Repeat(letters, 5)+"\n")
	arrives(t, said, want, func(what string) bool {
		return slices.ContainsFunc(store.Records(intake.Query{}), func(r intake.Record) bool {
			uri, _ := r.Attributes["uri"].(string)
			return r.Name == what || fmt.Sprint(r.Resource["category"]) == what || strings.HasPrefix(uri, what+"é")
		})
	})
	for _, r := range store.Records(intake.Query{}) {
		if r.Host != "web1" || r.Resource["foobar_site"] != "foobar" || r.Resource["host.group"] != "web" || r.Resource["service.name"] == nil || r.Resource["_sourceName"] != nil {
			t.Fatalf("a record does not say whose it is: %+v", r.Resource)
		}
		if strings.HasPrefix(r.Name, "system.") || strings.Contains(r.Text(), "password") {
			t.Errorf("it left the host: %s", r.Text())
		}
		if len(r.Text()) > 20_000 || strings.Contains(r.Text(), "\uFFFD") {
			t.Errorf("it is too long, or not cut behind a letter: %d bytes, %.100s", len(r.Text()), r.Text())
		}
	}
}

// arrives waits until everything has arrived.
func arrives(t *testing.T, said string, want []string, has func(string) bool) {
	t.Helper()
	lacks := func() []string { return slices.DeleteFunc(slices.Clone(want), has) }
	for end := time.Now().Add(30 * time.Second); len(lacks()) > 0 && time.Now().Before(end); {
		time.Sleep(200 * time.Millisecond)
	}
	if m := lacks(); len(m) > 0 {
		out, _ := os.ReadFile(said)
		t.Fatalf("nothing arrived of %v\n%s", m, out)
	}
}

// runCollector starts the collector with a configuration until the end of the test; what it
// says goes to the file returned. More are pairs of a log and what else is in it.
func runCollector(t *testing.T, binary, conf string, more ...string) (said string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"log/haproxy-access.json":   "{\"ts\":1700000000.123,\"status\":200,\"uri\":\"/new\"}\n",
		"log/haproxy-access.json.1": "{\"ts\":1690000000.123,\"status\":200,\"uri\":\"/rotated\"}\n",
		"log/nginx/access.json":     "{\"ts\":\"2023\",\"msec\":1700000000.123,\"status\":404,\"uri\":\"/new\"}\n",
		"log/nginx/error.log":       "an error\n",
		"bin/journalctl": "#!/bin/sh\necho '{\"__REALTIME_TIMESTAMP\":\"1700000000000000\",\"__CURSOR\":\"c\",\"MESSAGE\":\"a message\",\"_CMDLINE\":\"--password=x\"}'\n" +
			"echo '{\"__REALTIME_TIMESTAMP\":\"1700000000000000\",\"__CURSOR\":\"d\",\"MESSAGE\":\"of the kernel\"}'\nexec sleep 60\n",
	}
	for i := 0; i+1 < len(more); i += 2 {
		files[more[i]] += more[i+1]
	}
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	conf = strings.NewReplacer("/var/log", dir+"/log", "/var/lib/otelcol-sumo", dir+"/state", "127.0.0.1:13133", freePort(t), "127.0.0.1:13134", freePort(t),
		"collection_interval: 30s", "collection_interval: 1s", "timeout: 5s", "timeout: 200ms").Replace(conf)
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
	cmd.Env = []string{"PATH=" + dir + "/bin:" + os.Getenv("PATH"), "HOME=" + dir, "SUMOLOGIC_INSTALLATION_TOKEN=" + collectorToken, "DD_API_KEY=" + collectorToken, "MYSQL_OTEL_PASSWORD=x"}
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
