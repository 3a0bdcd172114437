package roles

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/resource"
)

// TestBackupRecordOfLostViews: whatever they are called, their names are JSON, and few.
func TestBackupRecordOfLostViews(t *testing.T) {
	f := databaseWanted(t, Database{}, databaseSite(t), "web2")[resource.NewID("file", backupScript)].(resource.File)
	script, _, _ := strings.Cut(string(f.Content), "\ncase ${1-} in\n")
	dir := t.TempDir()
	script = strings.Replace(script, "work=$dir/.work", "work="+dir, 1)
	for name, c := range map[string]struct {
		lost string
		want []string
	}{
		"none":       {"", []string{}},
		"two":        {"app.a\napp.b\n", []string{"app.a", "app.b"}},
		"quotes":     {"app.\"],\"mac\":\"\\u0000\x01\t\n", []string{"app.?],?mac?:??u0000??"}},
		"letters":    {"app.größe\n", []string{"app.größe"}},
		"no letters": {"app.\xff%s%d\n", []string{"app.\ufffd%s%d"}},
		"long":       {"app." + strings.Repeat("x", 300) + "\n", []string{"app." + strings.Repeat("x", 126)}},
		"many":       {strings.Repeat("app.v\n", 40), strings.Split(strings.TrimSpace(strings.Repeat("app.v ", 20)), " ")},
	} {
		if err := os.WriteFile(filepath.Join(dir, "lost"), []byte(c.lost), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("bash", "-c", script+"\nprintf '{\"lost_views\":[%s]}' \"$(lost)\"\n").CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
			continue
		}
		var got struct {
			Lost []string `json:"lost_views"`
		}
		if err := json.Unmarshal(out, &got); err != nil || strings.Join(got.Lost, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}
