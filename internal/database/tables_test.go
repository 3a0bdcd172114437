package database_test

import (
	"fmt"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
)

// surveyed is a server's answer with a text behind its end.
func surveyed(t *testing.T, behind string) database.State {
	t.Helper()
	s, err := database.Survey(mariadb.Dialect{}, "t\tk\tv\nvar\tread_only\t0\nengine\tno\tend\tyet\nt\tk\nend\tend\n"+behind)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTables: what stands behind the end of a session is read, as far as it came.
func TestTables(t *testing.T) {
	got := surveyed(t, "t\ts\tn\tc\te\nengine\tapp\tcache\t\tMEMORY\nengine\ta\\tb\told\t\tMyISAM\nt\ts\tn\tc\te\nkeyless\tapp\tlog\t\tInnoDB\nrounded\tapp\tplace\tlat\tInnoDB\nERROR 1969 (70100) at line 30: Query execution was interrupted\n").Tables
	want := database.Tables{Other: []database.Table{{Schema: "app", Name: "cache", Engine: "MEMORY"}, {Schema: "a\tb", Name: "old", Engine: "MyISAM"}}, Keyless: []database.Table{{Schema: "app", Name: "log", Engine: "InnoDB"}},
		Rounded: []database.Table{{Schema: "app", Name: "place", Engine: "InnoDB", Column: "lat"}}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v", got)
	}
	if got := surveyed(t, "").Tables; len(got.Other)+len(got.Keyless) != 0 {
		t.Errorf("out of nothing: %+v", got)
	}
	if got := surveyed(t, strings.Repeat("keyless\tapp\tlog\t\tInnoDB\n", 1000)).Tables; len(got.Keyless) != 21 {
		t.Errorf("a host makes foobar keep %d tables", len(got.Keyless))
	}
}

// TestTablesAreNotices: they are named, counted where they are many, and what helps is a
// command that has no name of a host's choice in it.
func TestTablesAreNotices(t *testing.T) {
	table := func(name, engine string) database.Table {
		return database.Table{Schema: "app", Name: name, Engine: engine}
	}
	many := func(n int) (list []database.Table) {
		for i := range n {
			list = append(list, table(fmt.Sprint("t", i), "InnoDB"))
		}
		return list
	}
	const exec = "foobar exec 'a site.toml' -b -l db1 -- mariadb -e 'ALTER TABLE "
	for name, c := range map[string]struct {
		tables database.Tables
		want   []string
	}{
		"none":    {database.Tables{}, nil},
		"engines": {database.Tables{Other: []database.Table{table("cache", "MEMORY"), table("old", "MyISAM")}}, []string{"tables that do not use InnoDB: app.cache (MEMORY), app.old (MyISAM) | " + exec + "`app`.`cache` ENGINE=InnoDB'"}},
		"both": {database.Tables{Other: []database.Table{table("old", "Aria")}, Keyless: []database.Table{table("log", "InnoDB")}},
			[]string{"tables that do not use InnoDB: app.old (Aria) | " + exec + "`app`.`old` ENGINE=InnoDB'", "tables without a primary key: app.log | " + exec + "`app`.`log` ADD PRIMARY KEY (COLUMN)'"}},
		"rounded":      {database.Tables{Rounded: []database.Table{{Schema: "app", Name: "place", Engine: "InnoDB", Column: "lat"}}}, []string{"tables with a FLOAT, of which a backup keeps six digits: app.place (lat) | " + exec + "`app`.`place` MODIFY COLUMN DOUBLE'"}},
		"many":         {database.Tables{Keyless: many(20)}, []string{"tables without a primary key: app.t0, app.t1, app.t2, app.t3, app.t4 and 15 more | "}},
		"very many":    {database.Tables{Keyless: many(21)}, []string{"tables without a primary key: app.t0, app.t1, app.t2, app.t3, app.t4 and more than 15 others | "}},
		"a wild name":  {database.Tables{Keyless: []database.Table{table("x'; rm -rf /; '", "InnoDB")}}, []string{"tables without a primary key: app.x'; rm -rf /; ' | " + exec + "SCHEMA.TABLE ADD PRIMARY KEY (COLUMN)'"}},
		"another wild": {database.Tables{Other: []database.Table{table("x`y", "CSV")}}, []string{"tables that do not use InnoDB: app.x`y (CSV) | " + exec + "SCHEMA.TABLE ENGINE=InnoDB'"}},
	} {
		g := group()
		g.Servers[0].State.Tables = c.tables
		g.Servers[1].State.Tables = database.Tables{Other: many(1)} // only the primary's word counts
		var got []string
		for _, f := range g.Judge() {
			if !f.Notice || f.Code != "DB25" || f.Host != "db1" {
				t.Errorf("%s: %+v", name, f)
			}
			got = append(got, f.Text+" | "+f.Next)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %q", name, got)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) {
				t.Errorf("%s: got\n%s\nwant\n%s", name, got[i], c.want[i])
			}
		}
	}
	g := group()
	g.Servers[0].State.Tables, g.Servers[0].Down = database.Tables{Other: many(1)}, "timeout"
	for _, f := range g.Judge() {
		if f.Notice {
			t.Errorf("of a server that does not answer: %+v", f)
		}
	}
}

// TestTablesQuestion: it bounds itself, asks replicas nothing, and holds in any SQL mode.
func TestTablesQuestion(t *testing.T) {
	for within, d := range map[string]database.Dialect{"max_statement_time=2": mariadb.Dialect{}, "max_execution_time=2000": mysql.Dialect{}} {
		q := database.TablesQuestion(d)
		for _, part := range []string{"sql_mode=''", "lock_wait_timeout=1", within + ";", "LIMIT 21", "IF(@@global.read_only OR @tables > 3000, 'DO 0',"} {
			if !strings.Contains(q, part) {
				t.Errorf("%s: no %q in\n%s", d.Words().Name, part, q)
			}
		}
		if strings.Contains(d.Session(nil), "COLUMN_KEY") {
			t.Errorf("%s: every look at a server reads all its tables", d.Words().Name)
		}
	}
}
