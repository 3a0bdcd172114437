package otelcol

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRefusedOfLate: what the service refuses is told of while it does, and not for as long
// as the collector runs. Its journal is read only where something was refused.
func TestRefusedOfLate(t *testing.T) {
	const refused = "error internal/queue_sender.go:100 Exporting failed. Dropping data. {\"dropped_items\": 200}\n"
	for name, c := range map[string]struct {
		failed, journal string
		read            bool
		want            int64
	}{
		"all is taken":     {"0", refused, false, 0},
		"refused":          {"400", "info ready\n" + refused + refused, true, 2},
		"refused long ago": {"400", "", true, 0},
	} {
		dir := t.TempDir()
		read := filepath.Join(dir, "read")
		for program, script := range map[string]string{
			"curl":       "echo 'otelcol_process_uptime{a=\"b\"} 500'; echo 'otelcol_exporter_send_failed_log_records{a=\"b\"} " + c.failed + "'",
			"journalctl": "echo \"$*\" >" + read + "; printf '%s' '" + c.journal + "'",
			"stat":       "echo written 1795570300",
		} {
			if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		asked := Collector{Exporter: "otlphttp"}.arrivals("web1")
		cmd := exec.Command("sh", "-c", asked.Script)
		cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		got := asked.Read(strings.Split(string(out), "\n"), time.Unix(1795570310, 0))["web1"]
		said, err := os.ReadFile(read)
		if got.Dropped != c.want || (err == nil) != c.read || c.read && !strings.Contains(string(said), "-u otelcol-sumo.service --since -5min") {
			t.Errorf("%s: %+v of %q; the journal was asked for %q", name, got, out, said)
		}
	}
}
