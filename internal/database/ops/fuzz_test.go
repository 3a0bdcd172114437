package ops

import (
	"fmt"
	"testing"
	"time"

	"foobar/internal/ask/asktest"
	"foobar/inventory"
)

// FuzzBackups: what a host says of its backups can be shown, and names no file
// but one of foobar's form.
func FuzzBackups(f *testing.F) {
	f.Add("timer.LoadState=loaded\ntimer.NextElapseUSecRealtime=Sun 2026-02-01 03:00:00 UTC\nelapse=2026-02-01 03:00:00\nsince=99999999999\n" +
		fmt.Sprintf("about=%d %s\n", len(dumped), aboutLine()))
	f.Add("restoring=\x1b[2J\nservice.Result=\u202e\nabout=1 {}")
	_, s := newFleet(&testing.T{})
	inv := &inventory.Inventory{Path: "site.toml", DB: inventory.Database{Backup: inventory.Backup{Enabled: true, Path: "/var/backups/foobar"}}}
	s.Inv = inv
	f.Fuzz(func(t *testing.T, text string) {
		h := HostBackups{Host: "web1"}
		h.read(text, inv)
		for _, b := range h.Backups {
			if !backupFile.MatchString(b.File) || !sha256Form.MatchString(b.SHA256) || b.Path != inv.DB.Backup.Path+"/"+b.File {
				t.Fatalf("%+v", b)
			}
		}
		asktest.Document(t, h)
		var st Status
		s.AddBackups(&st, []HostBackups{h}, time.Unix(1_800_000_000, 0))
		asktest.Document(t, st)
		for _, finding := range st.Findings {
			asktest.Shown(t, finding.Text)
		}
	})
}
