package roles

import (
	_ "embed" // the script of the check
	"maps"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/database"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// plainValue needs no quotes in an option file.
var plainValue = regexp.MustCompile(`^[A-Za-z0-9_.,:/+-]+$`)

// databaseSettings are the lines of [db.settings] for the file of what a server takes while
// it runs, or for the file that it reads at its start. A later line wins over foobar's.
func databaseSettings(inv *inventory.Inventory, live bool) []byte {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(inv.DB.Settings)) {
		value := inv.DB.Settings[name]
		if database.Live(name, value) != live {
			continue
		}
		switch {
		case strings.HasPrefix(strings.TrimPrefix(name, "loose_"), "skip_"):
			b.WriteString(name + "\n")
		case plainValue.MatchString(value):
			b.WriteString(name + " = " + value + "\n")
		default:
			b.WriteString(name + ` = "` + value + "\"\n")
		}
	}
	if b.Len() == 0 {
		return nil
	}
	return []byte("\n# Of [db.settings] in the inventory.\n" + b.String())
}

//go:embed database_settings_check.sh
var settingsCheck string

// checked is a file with variables of the inventory's, which the server's program must take.
// Where a server runs it is put only in the host's turn: by then the programs of all hosts
// have taken theirs. Without such variables nothing is checked, for all values are foobar's.
func (e databaseEngine) checked(s *play.Site, h *inventory.Host, f resource.File) resource.Resource {
	if len(s.Inv.DB.Settings) == 0 {
		return f
	}
	f.Check, f.CheckAs = e.accepts(), e.user
	return inTurn(s.Facts[h.Name].Database.Running, f)
}

// accepts is a command that fails where the server's program would not take a file, or
// would take another value than the one that stands there.
func (e databaseEngine) accepts() string {
	return "sh -euc " + sh.Quote(settingsCheck) + " foobar " + e.tries + " </dev/null"
}
