package action

import (
	"strings"
	"testing"

	"foobar/internal/database/ops"
	"foobar/inventory"
)

// TestTellLost: a backup that is whole needs no word.
func TestTellLost(t *testing.T) {
	s := &ops.Site{Inv: &inventory.Inventory{Path: "site.toml"}}
	var out strings.Builder
	tellLost(&out, s, ops.Backup{File: "foobar-20260131T030000Z.sql.zst"})
	tellLost(&out, s, ops.Backup{File: "foobar-20260131T040000Z.sql.zst", Lies: "web2", LostViews: []string{"app.v"}, LostViewCount: 1})
	want := "PROBLEM web2: foobar-20260131T040000Z has views as text only, because something that they name is gone: app.v [DB26]\n" +
		"        next: on the primary, drop them or make again what they name, then foobar db backup site.toml\n"
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}
