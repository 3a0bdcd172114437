package database_test

import (
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/internal/resource"
)

// eventRows are those of a server with one event of each kind, as it is on a replica.
func eventRows(status ...string) []string {
	rows := []string{"event\tapp\tnightly\troot@localhost\tON\t0", "event\tapp\todd`na'me\tit's@%\tON\t0", "event\tapp\tpaused\tr@\tON\t0", "event\tapp\tonce\tapp@10.0.0.1\tON\t1"}
	for i, s := range status {
		rows[i] = strings.Replace(rows[i], "\tON\t", "\t"+s+"\t", 1)
	}
	return rows
}

// paused is the key of that event: the names in hex.
const paused = "617070.706175736564"

// TestEventsOfThePrimary: what waits runs, but for what is disabled elsewhere and what
// may have run already.
func TestEventsOfThePrimary(t *testing.T) {
	const waits = "SLAVESIDE_DISABLED"
	runDatabaseCases(t, database.Events{Dialect: mariadb.Dialect{}, Off: []string{paused}}, []databaseCase{
		{name: "not there yet", server: databaseServer{down: true}},
		{name: "as it should be", server: databaseServer{rows: eventRows("ENABLED", "ENABLED", "DISABLED", "DISABLED")}},
		{name: "once, and over", server: databaseServer{rows: eventRows("ENABLED", "ENABLED", "DISABLED", waits)}},
		{name: "was a replica", server: databaseServer{rows: eventRows(waits, "REPLICA_SIDE_DISABLED", waits, waits)},
			fields: "event app.nightly waits>runs; event app.odd`na'me waits>runs; event app.paused waits>disabled",
			sends: []string{"ALTER DEFINER='root'@'localhost' EVENT `app`.`nightly` ENABLE;\n", "ALTER DEFINER='it''s'@'%' EVENT `app`.`odd``na'me` ENABLE;\n",
				"SET SESSION sql_log_bin=0;\nALTER DEFINER='r' EVENT `app`.`paused` DISABLE;\n"}, keeps: []string{"once"}},
	})
	o := databaseServer{rows: eventRows(waits)}.seen()
	o.Attrs["restoring"] = "foobar-20250101T000000Z"
	if c, err := (database.Events{Dialect: mariadb.Dialect{}}).Diff(o); err != nil || !c.Empty() {
		t.Errorf("while a restore is under way: %+v, %v", c, err)
	}
}

// TestEventsOfAReplica: it runs none, and knows which are disabled.
func TestEventsOfAReplica(t *testing.T) {
	follows := replicating()
	runDatabaseCases(t, database.Events{Dialect: mariadb.Dialect{}, Replica: true, Known: true, Off: []string{paused}}, []databaseCase{
		{name: "as it should be", server: databaseServer{replica: follows, rows: eventRows("SLAVESIDE_DISABLED", "SLAVESIDE_DISABLED", "DISABLED", "SLAVESIDE_DISABLED")}},
		{name: "was the primary", server: databaseServer{replica: follows, rows: eventRows("ENABLED", "DISABLED", "SLAVESIDE_DISABLED", "DISABLED")},
			fields: "event app.nightly runs>waits; event app.odd`na'me disabled>waits; event app.paused waits>disabled; event app.once disabled>waits",
			sends:  []string{"SET SESSION sql_log_bin=0;", "`nightly` DISABLE ON SLAVE;", "`odd``na'me` DISABLE ON SLAVE;", "`paused` DISABLE;", "`once` DISABLE ON SLAVE;"}},
		{name: "follows nobody yet", server: databaseServer{rows: eventRows("ENABLED")}},
		{name: "half a copy", server: databaseServer{half: true, replica: follows, rows: eventRows("ENABLED")}},
	})
	runDatabaseCases(t, database.Events{Dialect: mariadb.Dialect{}, Replica: true}, []databaseCase{
		{name: "the primary did not answer", server: databaseServer{replica: follows, rows: eventRows("ENABLED")}},
	})
	out := strings.Replace(mysqlSession, "t\tk\tv\n", "t\ts\tn\td\tw\to\nevent\tapp\tnightly\troot@localhost\tENABLED\t0\nt\tk\tv\n", 1)
	c, err := database.Events{Dialect: mysql.Dialect{}, Replica: true, Known: true}.Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": out}})
	if err != nil || len(c.Steps) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	step := c.Steps[0].(resource.Run)
	want := "SET SESSION sql_mode='';\nSET SESSION sql_log_bin=0;\nSET GLOBAL super_read_only=OFF;\nSET NAMES utf8mb4;\nALTER DEFINER='root'@'localhost' EVENT `app`.`nightly` DISABLE ON REPLICA;\nSET GLOBAL super_read_only=ON;\n"
	if string(step.Input) != want {
		t.Errorf("sent is\n%s", step.Input)
	}
}

// TestEventKeys: Key is what the script of the facts prints.
func TestEventKeys(t *testing.T) {
	if got := (database.Event{Schema: "app", Name: "é"}).Key(); got != "617070.C3A9" {
		t.Error(got)
	}
}
