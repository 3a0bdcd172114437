package database

import (
	"time"

	"foobar/internal/resource"
)

// Zones are the named time zones of the system in the tables of the server, in which
// an installation has none: without them CONVERT_TZ gives NULL, and Django's queries by
// day fail. Every server loads them by itself; they are not replicated. Source: MySQL's
// reference manual, "MySQL Server Time Zone Support"; mariadb-tzinfo-to-sql(1).
type Zones struct{ Dialect Dialect }

// zonesKey is that of State.Settings under which the answer lies.
const zonesKey = "time zones"

const zonesQuestion = "SELECT 'setting' AS t, '" + zonesKey + "' AS k, IFNULL(CONVERT_TZ('2004-01-01 12:00:00', 'GMT', 'Europe/Zurich'), 'none') AS v;\n"

// ID is "database-zones:loaded".
func (Zones) ID() resource.ID { return resource.NewID("database-zones", "loaded") }

// Stage is Converge.
func (Zones) Stage() resource.Stage { return resource.Converge }

// Probe asks whether a zone is known by its name.
func (z Zones) Probe() resource.Probe { return probe(z.Dialect) }

// Diff loads the zones into a server that knows none.
func (z Zones) Diff(o resource.Observed) (resource.Change, error) {
	load := resource.Field{Name: zonesKey, Old: "none", New: "loaded"}
	got, silent, err := read(z.Dialect, o, later(o, resource.Update, load))
	if got == nil || err != nil {
		return silent, err
	}
	if got.Settings[zonesKey] != "none" {
		return resource.Change{}, nil
	}
	w := z.Dialect.Words()
	script := "{ echo " + `"SET SESSION sql_log_bin=0, sql_mode='', autocommit=0; ` + w.Opened + `"; ` +
		w.Zones + ` /usr/share/zoneinfo 2>/dev/null; echo "COMMIT; ` + w.Closed + `"; } | ` + w.Client + " mysql >/dev/null"
	return resource.Change{Action: resource.Update, Fields: []resource.Field{load},
		Steps: []resource.Step{resource.Run{Title: "load the names of time zones", Script: script, Timeout: 10 * time.Minute}}}, nil
}
