package facts

import (
	_ "embed" // scripts
	"slices"
	"strconv"
	"strings"
)

// databaseScript asks for the replication role of a database server: what lies
// in its data directory, and, where one runs, what it says over its socket to
// root. It does not use database.Dialect, whose Session ends at the first statement
// that a server does not know: here the server may be anybody's, of any engine and age,
// and what it does say counts. The first binary log's time is read from its first
// event, at byte 4, and so does not depend on what the file system remembers.
// Sources: MariaDB's "Binlog Event Header", stat(1), od(1).
//
//go:embed database.sh
var databaseScript string

// Whole reports whether the server's binary logs reach back to before its first
// database, so that an empty replica can be filled from them alone. The log of
// MySQL's installation, unlike MariaDB's, is no beginning for a replica.
func (d Database) Whole() bool {
	if d.Schemas == 0 {
		return true
	}
	if d.Engine == "mysql" && (!d.Begun || d.Purged) {
		return false
	}
	return strings.HasSuffix(d.FirstLog, ".000001") && d.OldestSchema > 0 && d.FirstLogTime > 0 && d.FirstLogTime <= d.OldestSchema
}

// eventsMost is how many events are asked for, those that are disabled first.
const eventsMost = 10000

// ManyOff reports whether more events may be disabled than EventsOff names.
func (d Database) ManyOff() bool { return len(d.EventsOff) >= eventsMost }

// ManyWait reports whether more events may wait than EventsWait names, as on a replica with
// very many.
func (d Database) ManyWait() bool { return len(d.EventsOff)+len(d.EventsWait) >= eventsMost }

func (d *Database) set(key, value string) error {
	if key != "db" {
		return nil // a later version may print more
	}
	key, value, _ = strings.Cut(value, " ")
	if said := map[string]*bool{"begun": &d.Begun, "purged": &d.Purged, "data": &d.Data, "lost+found": &d.LostFound}[key]; said != nil {
		*said = true
	}
	var err error
	switch key {
	case "installed":
		d.Installed, d.Engine = true, value
	case "schemas":
		d.Schemas, err = strconv.Atoi(value)
	case "oldest-schema":
		d.OldestSchema, err = strconv.ParseInt(value, 10, 64)
	case "first-log":
		name, at, _ := strings.Cut(value, " ")
		d.FirstLog = name
		d.FirstLogTime, err = strconv.ParseInt(at, 10, 64)
	case "version":
		d.Running, d.Version = true, value
	case "read_only":
		d.ReadOnly = value != "0" && value != "OFF"
	case "position":
		d.Position = value
	case "source":
		d.Source = value
	case "elsewhere":
		d.Elsewhere = value
	case "names":
		d.Names = value
	case "log-has":
		d.LogHas = value
	case "log-lacks":
		d.LogLacks = value
	case "refuses":
		d.Refuses = value
	case "accounts": // by several statements
		d.Accounts += value + ";"
	case "event":
		if how, name, _ := strings.Cut(value, " "); how == "DISABLED" {
			d.EventsOff = append(d.EventsOff, name)
		} else {
			d.EventsWait = append(d.EventsWait, name)
		}
	case "login":
		if user, sum, ok := strings.Cut(value, " "); ok && !slices.Contains(d.Logins, Login{user, sum}) {
			d.Logins = append(d.Logins, Login{user, sum})
		}
	}
	return err
}
