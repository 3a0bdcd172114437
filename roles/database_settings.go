package roles

import (
	_ "embed" // the script of the check
	"maps"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/database"
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

// accepts is a command that fails where the server's program would not take a file, or
// would take another value than the one that stands there. Nothing is checked where all
// values are foobar's own.
func (e databaseEngine) accepts(inv *inventory.Inventory) string {
	if len(inv.DB.Settings) == 0 {
		return ""
	}
	return "sh -euc " + sh.Quote(settingsCheck) + " foobar " + e.tries + " </dev/null"
}

// checkAs is the account that runs accepts; "" where nothing is checked.
func (e databaseEngine) checkAs(inv *inventory.Inventory) string {
	if len(inv.DB.Settings) == 0 {
		return ""
	}
	return e.user
}
