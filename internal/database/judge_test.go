package database_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/inventory"
)

// group is three servers that hold the same. db1 takes writes, the others follow it,
// and nothing is wrong.
func group() database.Group {
	g := database.Group{Dialect: mariadb.Dialect{}, Path: "a site.toml"}
	for i := range 3 {
		h := &inventory.Host{Name: fmt.Sprint("db", i+1), Private: []netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})}}
		s := database.Seen{Host: h, Number: fmt.Sprint(i + 1), State: database.State{Number: fmt.Sprint(i + 1), ServerID: fmt.Sprint(i + 1), Log: "0-1-9", Applied: "0-1-9", Schemas: map[string]string{"app": "utf8mb4"}}}
		if i > 0 {
			s.State.ReadOnly, s.State.Sources = true, []database.Connection{{Host: "10.0.0.1", Reading: "Yes", Applying: "Yes"}}
		}
		g.Servers = append(g.Servers, s)
	}
	g.Wanted = g.Servers[0].Host
	return g
}

// TestJudge: from a healthy group, one thing goes wrong.
func TestJudge(t *testing.T) {
	type servers = []database.Seen
	claim := func(s *database.Seen) { s.State.ReadOnly, s.State.Sources = false, nil }
	for name, c := range map[string]struct {
		spoil func(g *database.Group, s servers)
		want  string // "host: text | next", a line each
	}{
		"nothing": {func(*database.Group, servers) {}, ""},
		"alone":   {func(g *database.Group, s servers) { g.Servers, g.Wanted = s[:1], nil }, ""},

		"two take writes":         {func(_ *database.Group, s servers) { claim(&s[2]) }, ": db1, db3 all accept writes, so their data diverges; choose one, and make the others its replicas | foobar db rejoin 'a site.toml' HOST"},
		"a replica does":          {func(_ *database.Group, s servers) { s[2].State.ReadOnly = false }, "db3: its database replicates from db1 but accepts writes, too | foobar deploy 'a site.toml'"},
		"none does":               {func(_ *database.Group, s servers) { s[0].State.ReadOnly = true }, ": no database server accepts writes | foobar deploy 'a site.toml'"},
		"the primary is silent":   {func(_ *database.Group, s servers) { s[0].Down = "timeout" }, ": no database server that answers accepts writes | foobar db failover 'a site.toml'\ndb1: the database server does not answer: timeout | foobar logs 'a site.toml' mariadb -l db1"},
		"its host is lost":        {func(_ *database.Group, s servers) { s[0].Lost = "no route" }, ": no database server that answers accepts writes | foobar db failover 'a site.toml'\ndb1: cannot be reached: no route | "},
		"a replica is lost":       {func(_ *database.Group, s servers) { s[2].Lost = "no route" }, "db3: cannot be reached: no route | "},
		"all are lost":            {func(_ *database.Group, s servers) { s[0].Lost, s[1].Lost, s[2].Lost = "x", "y", "z" }, "db1: cannot be reached: x | \ndb2: cannot be reached: y | \ndb3: cannot be reached: z | "},
		"a liar":                  {func(_ *database.Group, s servers) { s[0].State.ReadOnly = true; claim(&s[2]) }, ": db3 says that it accepts writes, but the other databases follow db1 | if the primary was moved to db3, let the others follow it: foobar db switchover 'a site.toml' --to db3; if not, "},
		"one that nobody follows": {func(_ *database.Group, s servers) { s[0].Lost, s[1].Lost = "x", "y"; claim(&s[2]) }, ": db3 says that it accepts writes, but no other database follows it, and the inventory names db1 as the primary | if the primary was moved to db3, say so: write primary = \"db3\" into [db]; if not, \ndb1: cannot be reached: x | \ndb2: cannot be reached: y | "},
		"it was just moved there": {func(g *database.Group, s servers) { s[0].Lost = "x"; claim(&s[2]); g.Moved = s[2].Host }, "db1: cannot be reached: x | \ndb2: its database replicates from db1, but db3 is the primary | foobar db switchover 'a site.toml' --to db3"},
		"others were not asked":   {func(_ *database.Group, s servers) { s[0].Unasked, s[1].Unasked = true, true; claim(&s[2]) }, ""},
		"nor was the primary":     {func(_ *database.Group, s servers) { s[0].Unasked = true }, ""},
		"it follows nobody":       {func(_ *database.Group, s servers) { s[1].State.Sources = nil }, "db2: its database neither accepts writes nor replicates from db1 | foobar db rejoin 'a site.toml' db2"},
		"nor holds anything": {func(_ *database.Group, s servers) {
			s[1].State = database.State{Number: "2", ServerID: "2", ReadOnly: true}
		}, "db2: its database neither accepts writes nor replicates from db1 | foobar deploy 'a site.toml'"},
		"it follows another":      {func(_ *database.Group, s servers) { s[1].State.Sources[0].Host = "10.0.0.3" }, "db2: its database replicates from db3, but db1 is the primary | foobar db switchover 'a site.toml' --to db1"},
		"it follows a stranger":   {func(_ *database.Group, s servers) { s[1].State.Sources[0].Host = "192.0.2.1" }, "db2: its database replicates from 192.0.2.1, but db1 is the primary | "},
		"its threads are stopped": {func(_ *database.Group, s servers) { s[1].State.Sources[0].Applying = "No" }, "db2: replication has stopped (io Yes, sql No) | foobar logs 'a site.toml' mariadb -l db2"},
		"a statement has failed": {func(_ *database.Group, s servers) {
			c := &s[1].State.Sources[0]
			c.Applying, c.ApplyError = "No", "Duplicate entry. Query: 'INSERT secret'"
		}, "db2: replication has stopped (io Yes, sql No): Duplicate entry. | "},
		"its disk was full": {func(_ *database.Group, s servers) {
			c := &s[1].State.Sources[0]
			c.Applying, c.ApplyErrno, c.ApplyError = "No", 1114, "The table is full"
		}, "db2: replication has stopped (io Yes, sql No): The table is full; the next deploy starts it again, where there is room on its disk | foobar deploy 'a site.toml'"},
		"its relay log is torn": {func(_ *database.Group, s servers) {
			c := &s[1].State.Sources[0]
			c.Applying, c.ApplyErrno, c.ApplyError = "No", 1594, "Relay log read failure"
		}, "db2: its database cannot read its relay log; the next deploy fetches it from db1 again | foobar deploy 'a site.toml'"},
		"logs are purged": {func(_ *database.Group, s servers) {
			c := &s[1].State.Sources[0]
			c.Reading, c.ReadErrno, c.ReadError = "No", 1236, "have been purged"
		}, "db2: its database needs logs that db1 has purged; the next deploy fills it with a copy | foobar deploy 'a site.toml'"},
		"it leaves something out": {func(_ *database.Group, s servers) { s[1].State.Sources[0].Filters = "replicate_do_db app" },
			"db2: its database lacks what filters leave out of its replication: replicate_do_db app | take them out of the files in /etc/mysql on db2, and fill its database again: foobar db rejoin 'a site.toml' db2 --discard"},
		"it takes other names": {func(_ *database.Group, s servers) {
			s[0].State.Names, s[1].State.Names, s[2].State.Names = "1", "0", "1"
		},
			"db2: its database takes the names of tables in another way than that of db1: lower_case_table_names is 0, and 1 there | have it filled again: foobar db rejoin 'a site.toml' db2 --discard, then give it the same setting, restart its server, and: foobar deploy 'a site.toml'"},
		"its lag is unknown":       {func(_ *database.Group, s servers) { s[1].State.Sources[0].Behind = -1 }, ""},
		"it lags by 9 s":           {func(_ *database.Group, s servers) { s[1].State.Sources[0].Behind = 9 }, ""},
		"it lags by 59 s":          {func(_ *database.Group, s servers) { s[1].State.Sources[0].Behind = 59 }, "notice db2: its database is 59 s behind | foobar logs 'a site.toml' mariadb -l db2"},
		"it lags by 60 s":          {func(_ *database.Group, s servers) { s[1].State.Sources[0].Behind = 60 }, "db2: its database is 60 s behind | foobar logs 'a site.toml' mariadb -l db2"},
		"notices come last":        {func(_ *database.Group, s servers) { s[1].State.Sources[0].Behind = 10; s[2].Down = "x" }, "db3: the database server does not answer: x | foobar logs 'a site.toml' mariadb -l db3\nnotice db2: its database is 10 s behind | "},
		"it wrote":                 {func(_ *database.Group, s servers) { s[2].State.Log = "0-1-9,0-3-2" }, "db3: its database holds transactions that db1 never got: up to 0-3-2 | look at them with mariadb-binlog in /var/lib/mysql on db3 and bring what is needed to db1; to give them up: foobar db rejoin 'a site.toml' db3 --discard"},
		"it was asked later":       {func(g *database.Group, s servers) { s[2].State.Log, g.Unordered = "0-1-10", true }, ""},
		"it was, and wrote":        {func(g *database.Group, s servers) { s[2].State.Log, g.Unordered = "0-1-10,0-3-2", true }, "db3: its database holds transactions that db1 never got: up to 0-3-2 | "},
		"it has another's number":  {func(_ *database.Group, s servers) { s[0].State.Number = "2" }, "db1: its database runs with server_id 2 instead of 1 | foobar deploy 'a site.toml'\ndb1: its database has the same server_id as db2: 2 | foobar deploy 'a site.toml'"},
		"so does one further down": {func(_ *database.Group, s servers) { s[2].State.Number = "2" }, "db3: its database runs with server_id 2 instead of 3 | foobar deploy 'a site.toml'\ndb3: its database has the same server_id as db2: 2 | "},
		"a copied disk": {func(g *database.Group, s servers) {
			g.Dialect = mysql.Dialect{}
			for i := range s {
				s[i].State.Log, s[i].State.Applied, s[i].State.ServerID = "", "", map[bool]string{true: "a", false: "b"}[i == 0]
			}
		}, ": db2 and db3 show the same server_uuid, as a copy of a disk would; give the copy its own: b | foobar exec 'a site.toml' -b -l HOST -- sh -c 'rm /var/lib/mysql/auto.cnf && systemctl restart mysql.service'"},
	} {
		g := group()
		c.spoil(&g, g.Servers)
		var got []string
		for _, f := range g.Judge() {
			got = append(got, map[bool]string{true: "notice "}[f.Notice]+f.Host+": "+f.Text+" | "+f.Next)
		}
		want := strings.Split(c.want, "\n")
		ok := len(got) == len(want) || len(got) == 0 && c.want == ""
		for i := range min(len(got), len(want)) {
			ok = ok && strings.HasPrefix(got[i], want[i])
		}
		if !ok || len(got) > 0 && c.want == "" {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), c.want)
		}
	}
}

// TestFilters: what a replica leaves out is known, but for the server's own databases.
func TestFilters(t *testing.T) {
	for want, pairs := range map[string][]string{
		"": {"Replicate_Do_DB", "", "Replicate_Ignore_DB", "mysql,sys", "Replicate_Wild_Ignore_Table", "mysql.%"},
		"replicate_do_db mysql, replicate_wild_ignore_table mysql.%,app.log%": {"Replicate_Do_DB", "mysql", "Replicate_Wild_Ignore_Table", "mysql.%,app.log%"},
		"replicate_ignore_db mysqlx":                                          {"Replicate_Ignore_DB", "mysqlx"},
	} {
		s, err := (mariadb.Dialect{}).Read(databaseServer{readOnly: true, replica: replicating(pairs...)}.seen())
		if err != nil || s.Sources[0].Filters != want {
			t.Errorf("%v: %q", err, s.Sources[0].Filters)
		}
	}
	for want, left := range map[string][2]string{"": {"", "mysql,sys"}, "binlog_do_db mysql": {"mysql", ""}, "binlog_do_db app, binlog_ignore_db mysql,b": {"app", "mysql,b"}} {
		if got := database.LogFilters(left[0], left[1]); got != want {
			t.Errorf("%v: %q", left, got)
		}
	}
	r := testReplica(false)
	r.Unlogged = "binlog_do_db app"
	runDatabaseCases(t, r, []databaseCase{
		{name: "empty", server: databaseServer{readOnly: true}, err: "leaves databases out (binlog_do_db app)"},
		{name: "half copied", server: databaseServer{readOnly: true, half: true}, err: "leaves databases out"},
	})
	r = testReplica(false)
	r.Names = "1"
	other := databaseServer{readOnly: true, rows: []string{"var\tlower_case_table_names\t0"}}
	runDatabaseCases(t, r, []databaseCase{{name: "other names", server: other, err: "lower_case_table_names is 0, and 1 there"}})
	if !strings.Contains(mariadb.Dialect{}.Copy(database.Copy{}), "RESET SLAVE ALL; SET GLOBAL replicate_do_db='', ") {
		t.Error("a copy leaves the filters in the running server")
	}
}
