package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/record"
)

// TestHistoryFindsTheAddressBehindSudo: sudo takes SSH_CONNECTION out of what it
// starts; the process above, which stands for sudo here, still has it.
func TestHistoryFindsTheAddressBehindSudo(t *testing.T) {
	dir := t.TempDir()
	script := strings.ReplaceAll(HistoryScript(record.HostRun{V: 1, ID: "x", At: time.Now(), Verb: "db switchover", Error: "secret", Inventory: "/home/anna/site.toml"}), "/var/lib/foobar", dir)
	said := filepath.Join(dir, "said")
	script = "logger() { printf '%s\\n' \"$*\" >>" + said + "; }\n" + strings.ReplaceAll(script, dir+"-events", dir+"/events")
	if err := os.Mkdir(filepath.Join(dir, "events"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "script")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	for connection, want := range map[string]string{"192.0.2.7 50000 192.0.2.1 22": "192.0.2.7", "fe80::1%eth0 1 fe80::2 22": "fe80::1%eth0", `"},x 1 2 3`: "x"} {
		cmd := exec.Command("sh", "-c", "env -u SSH_CONNECTION sh -c '. "+file+"'; :")
		cmd.Env = append(os.Environ(), "SSH_CONNECTION="+connection)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("%v: %s", err, out)
		}
		text, err := os.ReadFile(filepath.Join(dir, "history.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		if runs := record.ParseHostRuns(strings.Split(string(text), "\n")); len(runs) != 1 || runs[0].From != want {
			t.Errorf("%s: %s", connection, text)
		}
	}
	text, err := os.ReadFile(said)
	if err != nil || strings.Count(string(text), "\n") != 3 || !strings.HasPrefix(string(text), `-t foobar -S 16384 -- {"v":1,"id":"x",`) || !strings.Contains(string(text), `"verb":"db switchover"`) ||
		strings.Contains(string(text), "secret") || strings.Contains(string(text), "anna") {
		t.Errorf("the journal has %s, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "events", "db-switchover")); err != nil {
		t.Error(err)
	}
}
