package database_test

import (
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/internal/resource"
)

func TestSettingsOfTheRunningServer(t *testing.T) {
	if q := (mysql.Dialect{}).Words().Persisted; strings.Contains(q, "WHERE") {
		t.Errorf("not all persisted variables are asked for: %s", q)
	}
	conf := "# sync_binlog = 7\n[mariadbd]\nsync_binlog = 1\nlocal_infile = OFF\nloose_slave_connections_needed_for_purge = 1\ncharacter_set_server = utf8mb4\nport = 3306\nmax_connections = 150\n"
	row := func(k, v string) string { return "setting\t" + k + "\t" + v }
	good := []string{row("sync_binlog", "1"), row("local_infile", "OFF"), row("character_set_server", "utf8mb4"), row("port", "3307"), row("max_connections", "150")}
	runDatabaseCases(t, database.Settings{Dialect: mariadb.Dialect{}, Conf: []byte(conf)}, []databaseCase{
		{name: "as written, and one that this server does not have", server: databaseServer{rows: good}},
		{name: "in other words", server: databaseServer{rows: append([]string{row("local_infile", "0")}, good[2:]...)}},
		{name: "down, and about to read its file", server: databaseServer{down: true}},
		{name: "changed", server: databaseServer{rows: []string{row("sync_binlog", "0"), row("local_infile", "ON"), row("character_set_server", "latin1"), row("slave_connections_needed_for_purge", "0")}},
			fields: "character_set_server latin1>utf8mb4; local_infile ON>OFF; slave_connections_needed_for_purge 0>1; sync_binlog 0>1",
			sends:  []string{"SET GLOBAL character_set_server='utf8mb4';", "SET GLOBAL local_infile='OFF';", "SET GLOBAL slave_connections_needed_for_purge=1;", "SET GLOBAL sync_binlog=1;"}},
	})
	runDatabaseCases(t, database.Settings{Dialect: mariadb.Dialect{}, Conf: []byte(conf)}, []databaseCase{
		{name: "set by hand", server: databaseServer{rows: append(good[:5:5], "by hand\tgeneral_log\tON", "by hand\tslave_exec_mode\tIDEMPOTENT", "by hand\tforeign_key_checks\tON", "by hand\tsync_binlog\t1")},
			fields: "general_log ON>OFF; slave_exec_mode IDEMPOTENT>STRICT", sends: []string{"SET GLOBAL general_log=DEFAULT;", "SET GLOBAL slave_exec_mode=DEFAULT;"}},
		{name: "what a replica makes of rows", server: databaseServer{rows: append(good[:5:5], "by hand\tslave_run_triggers_for_rbr\tYES", "by hand\tslave_type_conversions\tALL_LOSSY")},
			fields: "slave_run_triggers_for_rbr YES>NO; slave_type_conversions ALL_LOSSY>", sends: []string{"SET GLOBAL slave_run_triggers_for_rbr=DEFAULT;", "SET GLOBAL slave_type_conversions=DEFAULT;"}},
		{name: "for every start to come", server: databaseServer{rows: append(good[:5:5], "persisted\tmax_connections", "persisted\tgeneral_log_file")},
			fields: "max_connections set for every start to come>as the file has it", sends: []string{"RESET PERSIST IF EXISTS max_connections;"}, keeps: []string{"general_log_file"}},
		{name: "what opens a server, and what only a restart changes", server: databaseServer{rows: append(good[:5:5], "persisted\tread_only", "persisted\tport", "persisted\t# sync_binlog")},
			fields: "read_only set for every start to come>as the file has it; port set for every start to come>as the file has it",
			sends:  []string{"RESET PERSIST IF EXISTS read_only;", "RESET PERSIST IF EXISTS port;"}, keeps: []string{"#"}},
	})
	runDatabaseCases(t, database.Settings{Dialect: mariadb.Dialect{}, Conf: []byte("gtid_domain_id = 0\nrpl_semi_sync_master_wait_point = AFTER_SYNC\n")}, []databaseCase{
		{name: "how commits wait, and where they are counted", server: databaseServer{rows: []string{row("gtid_domain_id", "5"), row("rpl_semi_sync_master_wait_point", "AFTER_COMMIT")}},
			fields: "gtid_domain_id 5>0; rpl_semi_sync_master_wait_point AFTER_COMMIT>AFTER_SYNC", sends: []string{"SET GLOBAL gtid_domain_id=0;", "SET GLOBAL rpl_semi_sync_master_wait_point='AFTER_SYNC';"}},
	})
	bad := databaseServer{rows: []string{row("sync_binlog", "0")}}
	d := database.Settings{Dialect: mariadb.Dialect{}, Conf: []byte(conf)}
	restarts := bad.seen().Before(func(id resource.ID) bool { return id == resource.Restarting(database.UnitID(mariadb.Dialect{})) })
	if c, err := d.Diff(restarts); err != nil || !c.Empty() {
		t.Errorf("before a restart: %+v, %v", c.Fields, err)
	}
	reloads := bad.seen().Before(func(id resource.ID) bool { return id == database.UnitID(mariadb.Dialect{}) })
	if c, err := d.Diff(reloads); err != nil || len(c.Fields) != 1 {
		t.Errorf("before a reload, which reads no setting: %+v, %v", c.Fields, err)
	}
}

// TestAccountsOfOthers: those from before foobar stay and are shown, those that came
// later go, and nobody's own are touched.
func TestAccountsOfOthers(t *testing.T) {
	anyone := func(keys ...string) databaseServer {
		var d databaseServer
		for _, key := range keys {
			user, host, _ := strings.Cut(key, "@")
			d.rows = append(d.rows, "anyone\t"+user+"\t"+host)
		}
		return d
	}
	server := anyone("root@localhost", "mariadb.sys@localhost", "foobar_restore@localhost", "foobar_app_rw@10.0.0.11", "foobar_app_ro@10.0.0.9", "app_rw@%", "report@%", "eve@%")
	server.rows = append(server.rows, "account\tapp_rw\t%\t"+`{"plugin":"mysql_native_password","authentication_string":"`+mariadb.Dialect{}.Hash("former")+`"}`)
	d := database.Strays{Dialect: mariadb.Dialect{}, Users: []string{"foobar_app_rw"}, Former: []string{"app_rw"}, Wanted: []string{"foobar_app_rw@10.0.0.11"},
		Owner: database.Owner{Listed: []string{"foobar_app_ro@10.0.0.9"}, Passwords: func(string) []string { return []string{"former"} }}}
	o := server.seen()
	found, ok := d.Found(o)
	if !ok || strings.Join(found, " ") != "report@% eve@%" {
		t.Fatalf("found %q, %v", found, ok)
	}
	if c, err := d.Diff(o); err != nil || !c.Empty() || len(d.Unmanaged(o)) != 2 {
		t.Errorf("without a record: %+v, %v", c.Fields, err)
	}
	later := o.With(func(key string) bool { return key == "eve@%" })
	other := d
	other.Recorded, other.Stay = true, []string{"report@%"}
	for name, try := range map[string]struct {
		d database.Strays
		o resource.Observed
	}{"by its own ledger": {d, later}, "by that of another host": {other, o}} {
		c, err := try.d.Diff(try.o)
		if err != nil || fieldText(c) != "account eve@%>removed" || len(c.Steps) != 1 {
			t.Fatalf("%s: %q, %v", name, fieldText(c), err)
		}
		if sql := string(c.Steps[0].(resource.Run).Input); !strings.HasSuffix(sql, "\nDROP USER IF EXISTS 'eve'@'%';\n") || strings.Count(sql, "DROP") != 1 {
			t.Errorf("%s: %s", name, sql)
		}
		if list := try.d.Unmanaged(try.o); len(list) != 1 || list[0] != "database account: report@%" {
			t.Errorf("%s: listed %q", name, list)
		}
	}
	if _, ok := d.Found(databaseServer{down: true}.seen()); ok {
		t.Error("a server that does not run has been looked at")
	}
}

// TestMemoryTablesAreOpenedUnlogged: what a replica runs fits into a line of an option file,
// and logs again what comes after it.
func TestMemoryTablesAreOpenedUnlogged(t *testing.T) {
	text := database.OpenMemoryTables()
	if strings.ContainsAny(text, "\"\\\n#") || len(text) > 1000 {
		t.Errorf("it is no value of an option file, or is cut off where MySQL shows it: %q", text)
	}
	if !strings.HasPrefix(text, "SET SESSION sql_log_bin = 0,") || !strings.HasSuffix(text, "; SET SESSION sql_log_bin = 1") {
		t.Errorf("it leaves the log off or on: %q", text)
	}
	if mysql := database.CountMemoryRows(); strings.ContainsAny(mysql, "\"\\\n#") || len(mysql) > 1000 || strings.Contains(mysql, "sql_log_bin") {
		t.Errorf("it is no value of an option file, or stops MySQL's replica, which takes no change of sql_log_bin there: %q", mysql)
	}
	d := database.Settings{Dialect: mariadb.Dialect{}, Conf: []byte("[mysqld]\ninit_slave = \"" + text + "\"\n")}
	runDatabaseCases(t, d, []databaseCase{
		{name: "set", server: databaseServer{rows: []string{"setting\tinit_slave\t" + text}}},
		{name: "not set yet", server: databaseServer{rows: []string{"setting\tinit_slave\t"}},
			fields: "init_slave >" + text[:100] + "…", sends: []string{"SET GLOBAL init_slave='SET SESSION sql_log_bin = 0,"}},
	})
}

// TestDynamicSettings: a running server says the same in other words.
func TestDynamicSettings(t *testing.T) {
	conf := "[mysqld]\nsql_mode = \"NO_ZERO_DATE,STRICT_TRANS_TABLES\"\nlong_query_time = 0.5\nmax_allowed_packet = 67109000\nwait_timeout = 60\nevent_scheduler = ON\ninnodb_flush_method = O_DIRECT\n"
	row := func(k, v string) string { return "setting\t" + k + "\t" + v }
	good := []string{row("sql_mode", "STRICT_TRANS_TABLES,NO_ZERO_DATE"), row("long_query_time", "0.500000"), row("max_allowed_packet", "67108864"), row("wait_timeout", "60"), row("event_scheduler", "ON")}
	d := database.Settings{Dialect: mariadb.Dialect{}, Conf: []byte(conf)}
	runDatabaseCases(t, d, []databaseCase{
		{name: "in other words", server: databaseServer{rows: good}},
		{name: "changed", server: databaseServer{rows: []string{row("sql_mode", "STRICT_TRANS_TABLES"), row("long_query_time", "10.000000"), row("wait_timeout", "61"), row("event_scheduler", "OFF")}},
			fields: "event_scheduler OFF>ON; long_query_time 10.000000>0.5; sql_mode STRICT_TRANS_TABLES>NO_ZERO_DATE,STRICT_TRANS_TABLES; wait_timeout 61>60",
			sends:  []string{"SET GLOBAL event_scheduler='ON';", "SET GLOBAL long_query_time=0.5;", "SET GLOBAL sql_mode='NO_ZERO_DATE,STRICT_TRANS_TABLES';", "SET GLOBAL wait_timeout=60;"}},
	})
	start := database.Settings{Dialect: mariadb.Dialect{}, Conf: []byte("event_scheduler = \"disabled\"\nkey_buffer_size = 0\ninnodb_io_capacity = 3000\ninnodb_io_capacity_max = 4000\n")}
	runDatabaseCases(t, start, []databaseCase{
		{name: "at its start alone", server: databaseServer{rows: []string{row("event_scheduler", "ON"), row("key_buffer_size", "16777216")}}},
		{name: "the bound first", server: databaseServer{rows: []string{row("innodb_io_capacity", "200"), row("innodb_io_capacity_max", "2000")}},
			fields: "innodb_io_capacity 200>3000; innodb_io_capacity_max 2000>4000", sends: []string{"SET GLOBAL innodb_io_capacity_max=4000;\nSET GLOBAL innodb_io_capacity=3000;"}},
	})
	many := database.Settings{Dialect: mariadb.Dialect{}, Conf: []byte("sql_mode = ANSI\ngeneral_log = ON\n")}
	runDatabaseCases(t, many, []databaseCase{
		{name: "what the file has counts, not what a server has by itself", server: databaseServer{rows: []string{row("sql_mode", "ANSI"), row("general_log", "OFF"), "by hand\tgeneral_log\tOFF"}},
			fields: "general_log OFF>ON", sends: []string{"SET GLOBAL general_log='ON';"}},
		{name: "a name for many", server: databaseServer{rows: []string{row("general_log", "1"), row("sql_mode", "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ANSI")}}},
		{name: "none of them", server: databaseServer{rows: []string{row("sql_mode", "")}}, fields: "sql_mode >ANSI", sends: []string{"SET GLOBAL sql_mode='ANSI';"}},
	})
}
