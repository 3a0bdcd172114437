package database_test

import (
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/resource"
)

// accountRow is one of MariaDB's accounts.
func accountRow(user, host, password, more string) string {
	return "account\t" + user + "\t" + host + "\t{\"plugin\":\"mysql_native_password\",\"password_lifetime\":0,\"authentication_string\":\"" + mariadb.Dialect{}.Hash(password) + "\"" + more + "}"
}

// TestAccountsThatOthersRunAs: an account of a host that has left is locked while
// something runs in its name, and dropped once nothing does; so is one that came after
// foobar, and one of an earlier version.
func TestAccountsThatOthersRunAs(t *testing.T) {
	owner := database.Owner{Passwords: func(string) []string { return []string{"pass-word"} }}
	strays := database.Strays{Dialect: mariadb.Dialect{}, Users: []string{"foobar_app_rw"}, Wanted: []string{"foobar_app_rw@10.0.0.1"}, Recorded: true, Owner: owner}
	const gone = "foobar_app_rw\t10.0.0.3"
	rows := []string{accountRow("foobar_app_rw", "10.0.0.1", "pass-word", ""), accountRow("foobar_app_rw", "10.0.0.3", "pass-word", ""), "anyone\treport\t%"}
	runs := append(rows, "definer\tfoobar_app_rw@10.0.0.3\t3\ttrigger shop.stamp", "definer\treport@%\t1\tview shop.sums", "definer\tfoobar_app_rw@10.0.0.1\t9\tview shop.v")
	runDatabaseCases(t, strays, []databaseCase{
		{name: "nothing runs", server: databaseServer{rows: rows}, fields: "account foobar_app_rw@10.0.0.3>; account report@%>removed",
			sends: []string{"DROP USER IF EXISTS 'foobar_app_rw'@'10.0.0.3';", "DROP USER IF EXISTS 'report'@'%';"}},
		{name: "something runs", server: databaseServer{rows: runs},
			fields: "account foobar_app_rw@10.0.0.3>locked, because trigger shop.stamp and 2 more run in its name; account report@%>locked, because view shop.sums runs in its name",
			sends:  []string{"ALTER USER IF EXISTS 'foobar_app_rw'@'10.0.0.3' ACCOUNT LOCK;", "ALTER USER IF EXISTS 'report'@'%' ACCOUNT LOCK;"}, keeps: []string{"DROP"}},
		{name: "and is locked", server: databaseServer{rows: append(runs, "locked\tfoobar_app_rw@10.0.0.3", "locked\treport@%")}},
		{name: "no longer", server: databaseServer{rows: append(rows, "locked\tfoobar_app_rw@10.0.0.3", "locked\treport@%")}, fields: "account foobar_app_rw@10.0.0.3>; account report@%>removed",
			sends: []string{"DROP USER IF EXISTS 'foobar_app_rw'@'10.0.0.3';", "DROP USER"}},
	})
	c, err := strays.Diff(databaseServer{rows: runs}.seen())
	if err != nil || !strings.Contains(c.Reason, "another's name") {
		t.Errorf("the reason is %q, %v", c.Reason, err)
	}
	// Among very many tables nobody asks what runs, and an account is locked whatever does.
	many := append(rows, "among\t10001")
	runDatabaseCases(t, strays, []databaseCase{
		{name: "too many tables", server: databaseServer{rows: many}, sends: []string{"ALTER USER IF EXISTS 'foobar_app_rw'@'10.0.0.3' ACCOUNT LOCK;", "ALTER USER IF EXISTS 'report'@'%' ACCOUNT LOCK;"}, keeps: []string{"DROP"},
			fields: "account foobar_app_rw@10.0.0.3>locked, because something may run in its name, which is not looked for among 10001 tables and views (10000 at most); " +
				"account report@%>locked, because something may run in its name, which is not looked for among 10001 tables and views (10000 at most)"},
		{name: "and locked already", server: databaseServer{rows: append(many, "locked\tfoobar_app_rw@10.0.0.3", "locked\treport@%")}},
	})
	if lines := strays.Unmanaged(databaseServer{rows: append(many, "locked\treport@%", "locked\tmariadb.sys@localhost")}.seen()); len(lines) != 1 || !strings.HasPrefix(lines[0], "database account: report@%, locked, because something may run") {
		t.Errorf("what stays among many tables: %q", lines)
	}
	lines := strays.Unmanaged(databaseServer{rows: append(runs, "locked\treport@%")}.seen())
	if got := strings.Join(lines, "; "); got != "database account: report@%, locked, because view shop.sums runs in its name" {
		t.Errorf("what stays: %s", got)
	}
	if keys, ok := strays.Found(databaseServer{rows: append(runs, "anyone\tsales\t%")}.seen()); !ok || strings.Join(keys, " ") != "sales@%" {
		t.Errorf("the ledger of a new primary gets %v", keys)
	}
	former := database.Former{Dialect: mariadb.Dialect{}, Owner: owner, Successors: map[string]string{"app_rw": "foobar_app_rw"}}
	runDatabaseCases(t, former, []databaseCase{
		{name: "an earlier version's", server: databaseServer{rows: []string{accountRow("app_rw", "10.0.0.1", "pass-word", ""), "definer\tapp_rw@10.0.0.1\t1\tevent shop.nightly"}},
			fields: "account app_rw@10.0.0.1>locked, because event shop.nightly runs in its name", sends: []string{"ACCOUNT LOCK"}, keeps: []string{"DROP"}},
	})
	// A host that comes back is let in again.
	account := database.Account{Dialect: mariadb.Dialect{}, User: "foobar_app_rw", Host: "10.0.0.3", Password: func() string { return "pass-word" }, Owner: owner}
	runDatabaseCases(t, account, []databaseCase{
		{name: "back", server: databaseServer{rows: []string{accountRow("foobar_app_rw", "10.0.0.3", "pass-word", ",\"account_locked\":true")}}, fields: "locked yes>no", sends: []string{"ACCOUNT UNLOCK"}},
	})
}

// TestWhoIsAskedFor: nobody looks at the views of a server whose accounts are all known.
func TestWhoIsAskedFor(t *testing.T) {
	strays := database.Strays{Dialect: mariadb.Dialect{}, Users: []string{"foobar_app_rw"}, Wanted: []string{"foobar_app_rw@10.0.0.1"}, Stay: []string{"report@%", "a rule"}}
	p := strays.Probe()
	asks := func(args ...[]string) string {
		return strings.ReplaceAll(database.Server{Dialect: mariadb.Dialect{}}.Ahead(args), `'"'"'`, "'")
	}
	script := asks(p.Args, database.Mode{Dialect: mariadb.Dialect{}}.Probe().Args)
	for _, want := range []string{"k NOT IN ('debian-sys-maint@localhost', 'foobar_app_rw@10.0.0.1', 'foobar_restore@localhost', ", "'report@%'", "IF(@strangers = 0 OR @tables > 10000, 'DO 0', 'SELECT ''definer''", "User = 'foobar_app_rw'"} {
		if !strings.Contains(script, want) {
			t.Errorf("%q is not in\n%s", want, script)
		}
	}
	if strings.Contains(script, "a rule") || strings.Contains(script, "User = 'report@%'") {
		t.Errorf("a name of something else is in\n%s", script)
	}
	former := database.Former{Dialect: mariadb.Dialect{}, Successors: map[string]string{"app_rw": "foobar_app_rw"}, Wanted: strays.Wanted}.Probe()
	if alone := asks(former.Args); !strings.Contains(alone, "'foobar_app_rw@10.0.0.1'") || !strings.Contains(alone, "SELECT ''definer''") || strings.Contains(alone, "User = 'foobar_app_rw@") {
		t.Errorf("who drops the accounts of an earlier version does not ask what runs in their name:\n%s", alone)
	}
	if alone := asks(nil); strings.Contains(alone, "VIEWS") {
		t.Error("a look at nothing but the server asks for its views")
	}
}

// TestAskedAlong: what the facts have asked in the same session is no part of the look.
func TestAskedAlong(t *testing.T) {
	for out, want := range map[string]string{
		"x\ndb version 11.8.2-MariaDB\nx\ndb over\nt\tk\tv\nend\tend\n": "t\tk\tv\nend\tend\n",
		"t\tk\tv\nend\tend\n": "t\tk\tv\nend\tend\n",
	} {
		found := []resource.Observed{{Attrs: map[string]string{"out": out}}, {}}
		database.Server{Dialect: mariadb.Dialect{}}.Parse(nil, nil, found)
		if got := found[1].Get("out"); got != want {
			t.Errorf("%q is left of %q", got, out)
		}
	}
}
