package database_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/resource"
)

// databaseServer is a server as its client shows it.
type databaseServer struct {
	readOnly         bool
	half             bool
	written, applied string
	schemas          []string
	testTables       int
	rows             []string // further rows of the answer
	replica          map[string]string
	login            string
	down             bool
}

// replicating is a healthy connection to 10.0.0.11; the pairs change it.
func replicating(pairs ...string) map[string]string {
	c := map[string]string{"Connection_name": "", "Master_Host": "10.0.0.11", "Master_User": "repl", "Master_Port": "3306",
		"Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes", "Master_SSL_Allowed": "Yes", "Master_SSL_CA_File": "/etc/foobar/tls/ca.crt",
		"Seconds_Behind_Master": "0", "Master_SSL_Verify_Server_Cert": "Yes", "Last_IO_Errno": "0", "Last_IO_Error": "",
		"Last_SQL_Errno": "0", "Last_SQL_Error": "", "Using_Gtid": "Slave_Pos"}
	for i := 0; i < len(pairs); i += 2 {
		c[pairs[i]] = pairs[i+1]
	}
	return c
}

func (d databaseServer) out() string {
	var b strings.Builder
	table := func(head string, rows ...string) {
		if len(rows) > 0 {
			b.WriteString(head + "\n" + strings.Join(rows, "\n") + "\n")
		}
	}
	variable := func(k, v string) { table("t\tk\tv", "var\t"+k+"\t"+v) }
	ro := "0"
	if d.readOnly {
		ro = "1"
	}
	variable("read_only", ro)
	variable("server_id", "12")
	variable("gtid_binlog_pos", d.written)
	variable("gtid_slave_pos", d.applied)
	variable("gtid_binlog_state", d.written)
	variable("test tables", fmt.Sprint(d.testTables))
	var schemas []string
	for _, s := range append([]string{"mysql", "sys", "information_schema", "performance_schema"}, d.schemas...) {
		schemas = append(schemas, "schema\t"+s+"\tutf8mb4")
	}
	table("t\tk\tv", schemas...)
	for _, r := range d.rows {
		table("t\tk", r)
	}
	if d.replica != nil {
		head, row := []string{"Connection_name"}, []string{d.replica["Connection_name"]}
		for _, k := range slices.Sorted(maps.Keys(d.replica)) {
			if k != "Connection_name" {
				head, row = append(head, k), append(row, d.replica[k])
			}
		}
		table(strings.Join(head, "\t"), strings.Join(row, "\t"))
	}
	table("t\tk", "end\tend")
	return b.String()
}

func (d databaseServer) seen() resource.Observed {
	if d.down {
		return resource.Observed{State: resource.Absent}
	}
	o := resource.Observed{State: resource.Present, Attrs: map[string]string{"out": d.out(), "source-login": d.login}}
	if d.half {
		o.Attrs["half-copied"] = "yes"
	}
	return o
}

// databaseCase is one look at one server: what a person reads, what is sent.
type databaseCase struct {
	name   string
	server databaseServer
	fields string // "name old>new; …"; "" when nothing differs
	sends  []string
	keeps  []string // must not be sent
	err    string
	later  bool
}

func fieldText(c resource.Change) string {
	var parts []string
	for _, f := range c.Fields {
		parts = append(parts, f.Name+" "+f.Old+">"+f.New)
	}
	return strings.Join(parts, "; ")
}

func runDatabaseCases(t *testing.T, r resource.Resource, cases []databaseCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c, err := r.Diff(tc.server.seen())
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Fatalf("got error %v, want one with %q", err, tc.err)
				}
				if !c.Empty() {
					t.Errorf("an error comes with a change: %+v", c)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.Provisional != tc.later {
				t.Errorf("provisional is %v", c.Provisional)
			}
			if got := fieldText(c); !tc.later && got != tc.fields {
				t.Errorf("fields\n got %s\nwant %s", got, tc.fields)
			}
			checkSent(t, c, tc)
		})
	}
}

func checkSent(t *testing.T, c resource.Change, tc databaseCase) {
	t.Helper()
	var sent, scripts string
	for _, s := range c.Steps {
		switch s := s.(type) {
		case resource.Run:
			sent += string(s.Input)
			scripts += s.Title + s.Script
		case resource.Exchange:
			scripts += s.Title + s.Script
		}
	}
	if strings.Contains(scripts+fmt.Sprint(c.Fields), "pass-word") {
		t.Error("the password is shown")
	}
	at := 0
	for _, want := range tc.sends {
		i := strings.Index(sent[at:], want)
		if i < 0 {
			t.Fatalf("%q is not sent, in its order, by\n%s", want, sent)
		}
		at += i + len(want)
	}
	for _, no := range tc.keeps {
		if strings.Contains(sent, no) {
			t.Errorf("%q is sent", no)
		}
	}
	if len(tc.sends) == 0 && sent != "" {
		t.Errorf("sent without need:\n%s", sent)
	}
}

func TestMode(t *testing.T) {
	runDatabaseCases(t, database.Mode{Dialect: mariadb.Dialect{}}, []databaseCase{
		{name: "not there yet", server: databaseServer{down: true}, later: true},
		{name: "open", server: databaseServer{}},
		{name: "closed after a reboot", server: databaseServer{readOnly: true}, fields: "read_only ON>OFF", sends: []string{"SET SESSION sql_log_bin=0;", "SET GLOBAL read_only=OFF;"}},
		{name: "a replica is never opened", server: databaseServer{readOnly: true, replica: replicating()}, err: "replicates from 10.0.0.11"},
	})
	runDatabaseCases(t, database.Mode{Dialect: mariadb.Dialect{}, ReadOnly: true}, []databaseCase{
		{name: "closed", server: databaseServer{readOnly: true, replica: replicating()}},
		{name: "opened by hand", server: databaseServer{replica: replicating()}, fields: "read_only OFF>ON", sends: []string{"sql_log_bin=0", "SET GLOBAL read_only=ON;"}},
	})
	c, err := database.Mode{Dialect: mariadb.Dialect{}}.Diff(databaseServer{}.seen().Before(func(id resource.ID) bool { return id == resource.Restarting(database.UnitID(mariadb.Dialect{})) }))
	if err != nil || !c.Provisional {
		t.Errorf("before a restart of the primary: %+v, %v", c, err)
	}
}

func TestSchemaAndStrays(t *testing.T) {
	runDatabaseCases(t, database.Schema{Dialect: mariadb.Dialect{}, Name: "foobar"}, []databaseCase{
		{name: "fresh", server: databaseServer{}, fields: "text >utf8mb4", sends: []string{"CREATE DATABASE `foobar` CHARACTER SET utf8mb4;"}, keeps: []string{"sql_log_bin"}},
		{name: "equal", server: databaseServer{schemas: []string{"foobar"}}},
		{name: "down", server: databaseServer{down: true}, later: true},
	})
	account := func(u, h string) string { return "account\t" + u + "\t" + h + `	{"plugin":"mysql_native_password"}` }
	runDatabaseCases(t, database.Strays{Dialect: mariadb.Dialect{}, Users: []string{"app_rw"}, Wanted: []string{"app_rw@10.0.0.11"}, Owner: database.Owner{Listed: []string{"app_rw@%"}}}, []databaseCase{
		{name: "none", server: databaseServer{rows: []string{account("app_rw", "10.0.0.11")}}},
		{name: "a peer that is gone, nobody, and an empty test", server: databaseServer{schemas: []string{"test"}, rows: []string{account("app_rw", "%"), account("", "localhost")}},
			fields: "account @localhost>; account app_rw@%>; database test>", sends: []string{"DROP USER IF EXISTS ''@'localhost';", "DROP USER IF EXISTS 'app_rw'@'%';", "DROP DATABASE IF EXISTS `test`;"}},
		{name: "somebody's own", server: databaseServer{rows: []string{account("app_rw", "10.0.0.9")}}},
		{name: "test in use", server: databaseServer{schemas: []string{"test"}, testTables: 1}},
	})
}

func TestAccount(t *testing.T) {
	a := database.Account{Dialect: mariadb.Dialect{}, User: "app_rw", Host: "10.0.0.12", Password: func() string { return "pass-word" }, TLS: true,
		Grants: map[string][]string{"my_site": {"SELECT", "INSERT"}}, Owner: database.Owner{Listed: []string{"app_rw@10.0.0.12"}}}
	hash := mariadb.Dialect{}.Hash("pass-word")
	row := func(hash, more string) string {
		return "account\tapp_rw\t10.0.0.12\t" + `{"access":0,"password_lifetime":0,"plugin":"mysql_native_password","authentication_string":"` + hash + `",` + more + `"version_id":110803}`
	}
	grant := func(scope, p, option string) string {
		return "grant\t'app_rw'@'10.0.0.12'\t" + scope + "\t" + p + "\t" + option
	}
	good := []string{row(hash, `"ssl_type":1,`), grant("", "USAGE", "NO"), grant(`my\\_site`, "SELECT", "NO"), grant(`my\\_site`, "INSERT", "NO")}
	with := func(first string, rest ...string) databaseServer {
		return databaseServer{rows: append([]string{first}, rest...)}
	}
	runDatabaseCases(t, a, []databaseCase{
		{name: "down", server: databaseServer{down: true}, later: true},
		{name: "fresh", server: databaseServer{}, fields: "password >[secret]; privileges >SELECT, INSERT on my_site.*",
			sends: []string{"CREATE USER IF NOT EXISTS 'app_rw'@'10.0.0.12' IDENTIFIED VIA mysql_native_password USING '" + hash + "' REQUIRE SSL WITH MAX_USER_CONNECTIONS 0 PASSWORD EXPIRE NEVER;",
				"GRANT INSERT, SELECT ON `my\\_site`.* TO 'app_rw'@'10.0.0.12';"}, keeps: []string{"pass-word", "sql_log_bin"}},
		{name: "equal", server: databaseServer{rows: good}},
		{name: "another password", server: with(row("*00", `"ssl_type":1,`), good[1:]...), fields: "password [another]>[secret]",
			sends: []string{"ALTER USER IF EXISTS 'app_rw'@'10.0.0.12' IDENTIFIED VIA", hash, "ACCOUNT UNLOCK;"}, keeps: []string{"GRANT", "CREATE"}},
		{name: "unencrypted, locked, bounded", server: with(row(hash, `"ssl_type":0,"account_locked":true,"max_user_connections":3,`), good[1:]...),
			fields: "only encrypted no>yes; connections 3>0; locked yes>no", sends: []string{"REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_STATEMENT_TIME 0 MAX_USER_CONNECTIONS 0 PASSWORD EXPIRE NEVER ACCOUNT UNLOCK;"}},
		{name: "another way in", server: with(row(hash, `"ssl_type":1,"auth_or":[{"plugin":"unix_socket"}],`), good[1:]...),
			fields: "login mysql_native_password or others>mysql_native_password", sends: []string{"ALTER USER"}},
		{name: "too little and too much", server: databaseServer{rows: []string{good[0], good[2], grant(`my\\_site`, "DROP", "YES"), grant("", "SUPER", "NO")}},
			fields: `privileges on *.* SUPER>; privileges on my\_site.* SELECT, DROP, GRANT OPTION>SELECT, INSERT`,
			sends:  []string{"REVOKE SUPER ON *.* FROM 'app_rw'@'10.0.0.12';", "REVOKE DROP, GRANT OPTION ON `my\\_site`.* FROM", "GRANT INSERT ON"},
			keeps:  []string{"ALTER USER"}},
		{name: "a role", server: databaseServer{rows: append(good[:4:4], "role\tapp_rw\t10.0.0.12\tboss\t", "role\tapp_rw\t10.0.0.99\tboss\t")},
			fields: "role boss>none", sends: []string{"REVOKE 'boss' FROM 'app_rw'@'10.0.0.12';"}, keeps: []string{"ALTER USER", "10.0.0.99"}},
		{name: "a certificate of its own, and few questions", server: with(row(hash, `"ssl_type":2,"max_questions":9,`), good[1:]...),
			fields: "only encrypted no>yes; demands a certificate of its own>none; limits by the hour>none", sends: []string{"REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 0"}},
		{name: "a password that is over", server: with(row(hash, `"ssl_type":1,"password_last_changed":0,`), good[1:]...),
			fields: "limits the password is no longer valid>none", sends: []string{"IDENTIFIED VIA"}},
		{name: "expires by default", server: with(strings.Replace(row(hash, `"ssl_type":1,`), `"password_lifetime":0,`, "", 1), good[1:]...),
			fields: "password expires by the server's default>never", sends: []string{"ALTER USER IF EXISTS", "PASSWORD EXPIRE NEVER"}},
		{name: "expires", server: with(row(hash, `"ssl_type":1,"password_lifetime":90,`), good[1:]...), fields: "password expires after 90 days>never", sends: []string{"PASSWORD EXPIRE NEVER"}},
		{name: "a table of another schema", server: databaseServer{rows: append(good[:4:4], "table\t'app_rw'@'10.0.0.12'\tmysql\tuser")},
			fields: "privileges on mysql.user some>none", sends: []string{"REVOKE GRANT OPTION ON `mysql`.`user`", "REVOKE ALL PRIVILEGES ON `mysql`.`user`"}},
	})
}

func testReplica(whole bool) database.Replica {
	return database.Replica{Dialect: mariadb.Dialect{}, Name: "web1", Host: "10.0.0.11", Port: 3306, User: "repl", CA: "/etc/foobar/tls/ca.crt", SourceCA: func() ([]byte, error) { return []byte("-----vouches for web1-----\n"), nil },
		Password: func() string { return "pass-word" }, Whole: whole, CopyUser: "backup", CopyPassword: func() string { return "copy-pass-word" }}
}

func TestReplica(t *testing.T) {
	change := "CHANGE MASTER TO MASTER_HOST='10.0.0.11', MASTER_PORT=3306, MASTER_USER='repl', MASTER_PASSWORD='pass-word'"
	destroys := []string{"RESET", "gtid_slave_pos="}
	sum := sha256.Sum256([]byte("pass-word\n"))
	data := []string{"foobar"}
	runDatabaseCases(t, testReplica(true), []databaseCase{
		{name: "down", server: databaseServer{down: true}, later: true},
		{name: "fresh", server: databaseServer{readOnly: true, written: "0-12-3"}, fields: "source none>10.0.0.11",
			sends: []string{"sql_log_bin=0", "RESET MASTER;", "SET GLOBAL gtid_slave_pos='';", change, "MASTER_USE_GTID=slave_pos, MASTER_SSL=1", "MASTER_SSL_VERIFY_SERVER_CERT=1", "START SLAVE;"}, keeps: []string{"STOP SLAVE"}},
		{name: "fresh, with an empty test", server: databaseServer{readOnly: true, written: "0-12-3", schemas: []string{"test"}}, fields: "source none>10.0.0.11", sends: []string{"RESET MASTER;"}},
		{name: "data in test alone", server: databaseServer{readOnly: true, written: "0-12-3", schemas: []string{"test"}, testTables: 1}, err: "it holds databases (test"},
		{name: "equal", server: databaseServer{schemas: data, replica: replicating(), login: "10.0.0.11 repl " + hex.EncodeToString(sum[:])}},
		{name: "source away", server: databaseServer{schemas: data, replica: replicating("Slave_IO_Running", "Connecting", "Last_IO_Errno", "2003")}},
		{name: "stopped", server: databaseServer{schemas: data, replica: replicating("Slave_IO_Running", "No", "Slave_SQL_Running", "No")},
			fields: "reading stopped>running; applying stopped>running", sends: []string{"sql_log_bin=0", "START SLAVE;"}, keeps: []string{"CHANGE", "RESET"}},
		{name: "wrong source", server: databaseServer{schemas: data, replica: replicating("Master_Host", "10.0.0.13")},
			fields: "source 10.0.0.13>10.0.0.11", sends: []string{"STOP SLAVE;", change, "START SLAVE;"}, keeps: destroys},
		{name: "unchecked", server: databaseServer{schemas: data, replica: replicating("Master_SSL_Verify_Server_Cert", "No", "Using_Gtid", "No", "Last_IO_Errno", "1236")},
			fields: "by position no>yes; certificate checked no>yes", sends: []string{"STOP SLAVE;", change}, keeps: destroys},
		{name: "delayed", server: databaseServer{schemas: data, replica: replicating("SQL_Delay", "3600")},
			fields: "delay 3600 s>0 s", sends: []string{"STOP SLAVE;", change, "MASTER_DELAY=0", "START SLAVE;"}, keeps: destroys},
		{name: "old password", server: databaseServer{schemas: data, replica: replicating(), login: "10.0.0.11 repl 00"},
			fields: "password [another]>[secret]", sends: []string{"STOP SLAVE;", change}, keeps: destroys},
		{name: "password of another connection", server: databaseServer{schemas: data, replica: replicating(), login: "10.0.0.13 repl 00"}},
		{name: "login refused", server: databaseServer{schemas: data, replica: replicating("Slave_IO_Running", "Connecting", "Last_IO_Errno", "1045")},
			fields: "login refused>repl", sends: []string{"STOP SLAVE;", change}, keeps: destroys},
		{name: "diverged", server: databaseServer{schemas: data, replica: replicating("Slave_IO_Running", "No", "Last_IO_Errno", "1236", "Last_IO_Error", `not in\tthe master's binlog`)},
			err: "error 1236 when reading: not in\tthe master's binlog"},
		{name: "logs are gone", server: databaseServer{schemas: data, replica: replicating("Slave_IO_Running", "No", "Last_IO_Errno", "1236", "Last_IO_Error", "the slave state is too old and required binlog files have been purged.")},
			fields: "data too old: what comes next is purged>a copy of web1", sends: []string{`user="backup"`}, keeps: []string{"CHANGE", "RESET"}},
		{name: "logs are gone, and broken too", server: databaseServer{schemas: data, replica: replicating("Slave_SQL_Running", "No", "Last_SQL_Errno", "1062", "Last_SQL_Error", "Duplicate entry",
			"Last_IO_Errno", "1236", "Last_IO_Error", "have been purged.")}, err: "error 1062"},
		{name: "a copy was cut off", server: databaseServer{schemas: data, half: true}, fields: "source none>10.0.0.11; data a copy that was cut off>a copy of web1", sends: []string{`user="backup"`}, keeps: []string{"CHANGE"}},
		{name: "cannot apply", server: databaseServer{schemas: data, replica: replicating("Slave_SQL_Running", "No", "Last_SQL_Errno", "1062", "Last_SQL_Error", "Duplicate entry")},
			err: "error 1062 when applying: Duplicate entry"},
		{name: "its disk was full", server: databaseServer{schemas: data, replica: replicating("Slave_SQL_Running", "No", "Last_SQL_Errno", "1114", "Last_SQL_Error", "The table is full", "Slave_IO_Running", "No", "Last_IO_Errno", "1595")},
			fields: "reading stopped by error 1595, which passes>running; applying stopped by error 1114, which passes>running", sends: []string{"START SLAVE;"}, keeps: append(destroys, "STOP SLAVE")},
		{name: "its relay log is torn", server: databaseServer{schemas: data, replica: replicating("Slave_SQL_Running", "No", "Last_SQL_Errno", "1594", "Last_SQL_Error", "Relay log read failure")},
			fields: "relay log unreadable>fetched again from web1", sends: []string{"STOP SLAVE;", "CHANGE MASTER", "START SLAVE;"}, keeps: []string{"RESET"}},
		{name: "and only this server may have it", server: databaseServer{schemas: data, replica: replicating("Slave_SQL_Running", "No", "Last_SQL_Errno", "1594", "Last_SQL_Error", "Relay log read failure", "Slave_IO_Running", "Connecting", "Last_IO_Errno", "2003")},
			err: "error 1594 when applying"},
		{name: "a connection with a name", server: databaseServer{replica: replicating("Connection_name", "east")}, err: `named "east"`},
		{name: "data of its own", server: databaseServer{schemas: []string{"shop"}, written: "0-12-7"}, err: "it holds databases (shop; transactions of its own up to 0-12-7)"},
		{name: "an old primary", server: databaseServer{schemas: data, written: "0-12-9", applied: "0-12-9"}, err: "not overwritten"},
		{name: "wrote after its source", server: databaseServer{schemas: data, written: "0-12-10", applied: "0-11-9"}, err: "not overwritten"},
		{name: "lost its source", server: databaseServer{schemas: data, written: "0-11-9", applied: "0-11-9"}, fields: "source none>10.0.0.11", sends: []string{`user="backup"`}, keeps: destroys},
	})
	runDatabaseCases(t, testReplica(false), []databaseCase{
		{name: "fresh, but the logs do not reach back", server: databaseServer{}, fields: "source none>10.0.0.11; data none>a copy of web1", sends: []string{`user="backup"`}, keeps: []string{"CHANGE", "RESET"}},
		{name: "data of its own, and no whole logs", server: databaseServer{schemas: []string{"shop"}}, err: "not overwritten"},
		{name: "attached long ago", server: databaseServer{schemas: data, replica: replicating()}},
	})
}

func TestReplicaCutOffAnswer(t *testing.T) {
	o := databaseServer{replica: replicating()}.seen()
	o.Attrs["out"] = strings.TrimSuffix(o.Attrs["out"], "end\tend\n")
	if _, err := testReplica(true).Diff(o); err == nil {
		t.Error("an answer without its end was believed")
	}
}

func TestLag(t *testing.T) {
	l := database.Lag{Dialect: mariadb.Dialect{}, Patience: time.Minute}
	for lag, near := range map[string]bool{"0": true, "59": true, "60": false, "NULL": false} {
		c, err := l.Diff(databaseServer{replica: replicating("Seconds_Behind_Master", lag)}.seen())
		if err != nil || c.Empty() != near || !near && !c.Health {
			t.Errorf("lag %s: %+v, %v", lag, c, err)
		}
	}
	if c, _ := l.Diff(databaseServer{}.seen()); !c.Health || fieldText(c) != "lag no source>under 60 s" {
		t.Errorf("no source: %+v", c)
	}
}

// TestScript runs the compiled question with a client that is a script.
func TestScript(t *testing.T) {
	dir := t.TempDir()
	sock := filepath.Join(dir, "s")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("answer", databaseServer{readOnly: true, schemas: []string{"foobar"}, replica: replicating("Last_IO_Error", `a\tb\\c`)}.out())
	write("mariadb", "#!/bin/sh\ncat >"+dir+"/asked\ncat "+dir+"/answer\n")
	write("setpriv", passSetpriv)
	write("master.info", "33\nlog\n4\n10.0.0.11\nrepl\npass-word\n3306\n")
	set := resource.Compile([]resource.Probe{testReplica(true).Probe(), resource.Probe{Kind: database.Server{Dialect: mariadb.Dialect{}}, Args: []string{"o'dd_"}}, database.Mode{Dialect: mariadb.Dialect{}}.Probe()})
	ask := func() []resource.Observed {
		t.Helper()
		script := strings.NewReplacer("/run/mysqld/mysqld.sock", sock, "/var/lib/mysql", dir).Replace(ask.Script(asktest.Token, set.Script()))
		cmd := exec.Command("sh", "-s")
		cmd.Stdin, cmd.Env = strings.NewReader(script), append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		seen, err := set.Read(asktest.Answer(strings.Split(string(out), "\n")...))
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	for _, o := range ask() {
		if o.State != resource.Absent {
			t.Errorf("without a socket: %+v", o)
		}
	}
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i, o := range ask() {
		s, err := mariadb.Dialect{}.Read(o)
		if err != nil || !s.ReadOnly || len(s.Sources) != 1 || s.Sources[0].ReadError != "a\tb\\c" {
			t.Fatalf("probe %d: %+v, %v", i, s, err)
		}
		if c, err := testReplica(true).Diff(o); err != nil || !c.Empty() {
			t.Errorf("probe %d: %+v, %v", i, c, err)
		}
	}
	asked, err := os.ReadFile(filepath.Join(dir, "asked"))
	if err != nil || !strings.Contains(string(asked), `User = 'o''dd_'`) || !strings.Contains(string(asked), `LIKE '''o''dd\\_''@%'`) {
		t.Errorf("asked %s, %v", asked, err)
	}
	write("mariadb", "#!/bin/sh\necho 'ERROR 2002 no server'\nexit 1\n")
	if o := ask()[1]; o.State != resource.Unknown || o.Reason != "ERROR 2002 no server" {
		t.Errorf("a server that does not answer: %+v", o)
	}
}
