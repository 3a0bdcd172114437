package database_test

import (
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/internal/resource"
)

// TestCopies: what somebody did to the accounts of one replica alone is taken back
// there, in no log, once it is clear that it did not come from the primary.
func TestCopies(t *testing.T) {
	f := mariadb.Dialect{}
	account := func(host string) database.Account {
		return database.Account{Dialect: f, User: "app_ro", Host: host, Password: func() string { return "pass-word" }, TLS: true,
			Grants: map[string][]string{"site": {"SELECT"}}, Owner: database.Owner{Listed: []string{"app_ro@10.0.0.12"}, Passwords: func(string) []string { return []string{"earlier", "pass-word"} }}}
	}
	row := func(user, host, password, more string) string {
		return "account\t" + user + "\t" + host + "\t" + `{"plugin":"mysql_native_password","password_lifetime":0,"ssl_type":1,` + more + `"authentication_string":"` + f.Hash(password) + `"}`
	}
	good := []string{row("app_ro", "10.0.0.12", "pass-word", ""), "grant\t'app_ro'@'10.0.0.12'\tsite\tSELECT\tNO", "anyone\tapp_ro\t10.0.0.12", "anyone\treport\t%"}
	with := func(rows ...string) databaseServer {
		return databaseServer{readOnly: true, replica: replicating(), rows: append(rows, good[2:]...)}
	}
	d := database.Copies{Strays: database.Strays{Dialect: f, Users: []string{"app_ro"}, Wanted: []string{"app_ro@10.0.0.12"}, Owner: account("10.0.0.12").Owner, Stay: []string{"report@%"}},
		Accounts: []database.Account{account("10.0.0.12")}, Recorded: true}
	behind, alone := with(row("eve", "%", "x", "")), with()
	behind.replica, alone.replica = replicating("Seconds_Behind_Master", "40"), nil
	runDatabaseCases(t, d, []databaseCase{
		{name: "down", server: databaseServer{down: true}},
		{name: "equal", server: with(good[:2]...)},
		{name: "dropped", server: with(), fields: "app_ro@10.0.0.12: account >SELECT on site.*",
			sends: []string{"SET SESSION sql_log_bin=0;", "CREATE USER IF NOT EXISTS 'app_ro'@'10.0.0.12'", "GRANT SELECT ON `site`.*"}},
		{name: "more rights", server: with(append(good[:2:2], "grant\t'app_ro'@'10.0.0.12'\t\tSUPER\tNO")...), fields: "app_ro@10.0.0.12: privileges on *.* SUPER>",
			sends: []string{"sql_log_bin=0", "REVOKE SUPER ON *.*"}, keeps: []string{"USER"}},
		{name: "another password", server: with(row("app_ro", "10.0.0.12", "eve", ""), good[1]), fields: "app_ro@10.0.0.12: password [another]>[secret]", sends: []string{"ALTER USER IF EXISTS"}},
		{name: "expires there alone", server: with(row("app_ro", "10.0.0.12", "pass-word", `"password_lifetime":-1,`), good[1]),
			fields: "app_ro@10.0.0.12: password expires by the server's default>never", sends: []string{"sql_log_bin=0", "PASSWORD EXPIRE NEVER"}},
		{name: "a rotation on its way", server: with(row("app_ro", "10.0.0.12", "earlier", ""), good[1])},
		{name: "behind", server: behind},
		{name: "without a source", server: alone},
	})
	eve := with(append(good[:2:2], "anyone\teve\t%")...).seen().With(func(key string) bool { return key == "eve@%" })
	c, err := d.Diff(eve)
	if err != nil || fieldText(c) != "account eve@%>removed" || !strings.HasSuffix(string(c.Steps[0].(resource.Run).Input), "sql_log_bin=0;\nDROP USER IF EXISTS 'eve'@'%';\n") {
		t.Errorf("one more account: %q, %v, %v", fieldText(c), c.Steps, err)
	}
	planning := eve.Before(func(resource.ID) bool { return false })
	if c, err := d.Diff(planning); err != nil || !c.Provisional || len(c.Steps) > 0 || fieldText(c) != "account eve@%>removed" {
		t.Errorf("in a plan: %+v, %v", c, err)
	}
	if list := d.Unmanaged(eve); len(list) != 1 || list[0] != "database account: report@%" {
		t.Errorf("listed: %q", list)
	}
	d.Recorded = false
	if c, err := d.Diff(eve); err != nil || !c.Empty() {
		t.Errorf("it may have come from a primary of which nothing is recorded: %+v, %v", c, err)
	}
	none := databaseServer{down: true}.seen()
	if _, ok := d.Found(none); ok {
		t.Error("a server that is only stopped has been looked at")
	}
	d.Fresh = true
	if found, ok := d.Found(none); !ok || len(found) > 0 {
		t.Errorf("where no server was, nothing of others stood: %q", found)
	}
	d.Same, d.Recorded = true, true
	if c, err := d.Diff(eve); err != nil || !c.Empty() || len(d.Unmanaged(eve)) > 0 {
		t.Errorf("what the primary has, too: %+v, %v", c, err)
	}
	if found, ok := d.Found(eve); !ok || strings.Join(found, " ") != "report@%" {
		t.Errorf("what the primary is about to drop was there before: %q", found)
	}
}

// TestCopiesOfMySQL: a server that is closed to administrators, too, is opened to them
// for as long as it takes, and closed again whatever comes.
func TestCopiesOfMySQL(t *testing.T) {
	text := strings.ReplaceAll(strings.Replace(mysqlSession, "super_read_only\t0", "super_read_only\t1", 1), "\tYes\tNo\tYes\t/ca\tNULL", "\tYes\tYes\tYes\t/ca\t0")
	o := resource.Observed{State: resource.Present, Attrs: map[string]string{"out": strings.Replace(text, "t\tk\nend", "t\tu\th\nanyone\teve\t%\nt\tk\nend", 1)}}
	d := database.Copies{Strays: database.Strays{Dialect: mysql.Dialect{}}, Recorded: true}
	c, err := d.Diff(o.With(func(string) bool { return true }))
	if err != nil || len(c.Steps) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	step := c.Steps[0].(resource.Run)
	want := "SET SESSION sql_mode='';\nSET SESSION sql_log_bin=0;\nSET GLOBAL super_read_only=OFF;\nDROP USER IF EXISTS 'eve'@'%';\nSET GLOBAL super_read_only=ON;\n"
	if string(step.Input) != want || !strings.Contains(step.Script, "|| { r=$?; ") || !strings.Contains(step.Script, "SET GLOBAL super_read_only=ON") || !strings.HasSuffix(step.Script, "exit $r; }\n") {
		t.Errorf("%s\n%s", step.Input, step.Script)
	}
}
