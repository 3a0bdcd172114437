package database_test

import (
	"os/exec"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/internal/resource"
)

func TestReplicaCodes(t *testing.T) {
	r := database.Replica{Dialect: mariadb.Dialect{}, Name: "web1", Host: "10.0.0.11", Port: 3306, User: "repl", CA: "/etc/foobar/tls/ca.crt", SourceCA: func() ([]byte, error) { return nil, nil },
		Password: func() string { return "x" }, CopyPassword: func() string { return "y" }}
	for _, c := range []struct {
		code fault.Code
		seen databaseServer
	}{
		{"DB01", databaseServer{readOnly: true, schemas: []string{"foobar"}, replica: replicating("Slave_SQL_Running", "No", "Last_SQL_Errno", "1062", "Last_SQL_Error", "Duplicate entry '7' for key 'PRIMARY'")}},
		{"DB02", databaseServer{readOnly: true, replica: replicating("Slave_IO_Running", "No", "Last_IO_Errno", "1236", "Last_IO_Error", "bogus data in log event")}},
		{"DB07", databaseServer{readOnly: true, schemas: []string{"shop"}, written: "0-12-3"}},
		{"DB16", databaseServer{readOnly: true, replica: replicating("Connection_name", "old")}},
	} {
		_, err := r.Diff(c.seen.seen())
		faulttest.Wants(t, err, c.code)
	}
	for _, c := range []struct {
		code fault.Code
		out  []byte
	}{
		{"DB05", comparedOutput("log 0-11-9\n", "log 0-11-9,0-12-3\n")},
		{"DB07", comparedOutput("\nschema foobar", "\nschema foobar\nschema shop")},
		{"DB12", comparedOutput("unsafe ", "unsafe foobar.old (MyISAM)")},
		{"DB13", comparedOutput("room 9000", "room 4000")},
	} {
		compared, err := database.ReadCompared(c.out)
		if err != nil {
			t.Fatal(err)
		}
		faulttest.Wants(t, compared.Refuse(mariadb.Dialect{}, "web1", true), c.code)
	}
}

// TestScriptsEndInCodes runs scripts beside clients of a server in trouble; their
// exit status alone must tell the failure.
func TestScriptsEndInCodes(t *testing.T) {
	for _, c := range []struct {
		code           fault.Code
		script, before string
	}{
		{"DB03", database.Await(mariadb.Dialect{}), "mariadb(){ echo 'Slave_IO_Running: Connecting'; }"},
		{"DB07", database.StillEmpty(mariadb.Dialect{}), "mariadb(){ echo 2; }"},
		{"DB01", goesOnScript(t), "mariadb(){ case $* in *-E*) echo ' Slave_IO_Running: Yes'; echo ' Slave_SQL_Running: No'; echo ' Last_SQL_Error: The table is full. Query: INSERT secret' ;; esac; }"},
		{"DB09", lagScript(t), "mariadb(){ echo ' Seconds_Behind_Master: 99'; }"},
	} {
		cmd := exec.Command("sh")
		cmd.Stdin = strings.NewReader("sleep(){ :; }\n" + c.before + "\n( set -eu\n" + c.script + "\n)\nexit $?\n")
		out, _ := cmd.CombinedOutput()
		if strings.Contains(string(out), "secret") {
			t.Errorf("%s: it shows a statement: %s", c.code, out)
		}
		if code, _ := fault.Classify(fault.Output{Kind: "test", Status: cmd.ProcessState.ExitCode(), Lines: strings.Split(string(out), "\n")}); code != c.code {
			t.Errorf("%s, not %s: status %d: %s\n%s", code, c.code, cmd.ProcessState.ExitCode(), out, c.script)
		}
	}
}

func goesOnScript(t *testing.T) string {
	t.Helper()
	full := databaseServer{readOnly: true, schemas: []string{"foobar"}, replica: replicating("Slave_SQL_Running", "No", "Last_SQL_Errno", "1114")}
	c, err := testReplica(true).Diff(full.seen())
	if err != nil || len(c.Steps) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	return c.Steps[0].(resource.Run).Script
}

func lagScript(t *testing.T) string {
	t.Helper()
	late := databaseServer{readOnly: true, replica: replicating("Seconds_Behind_Master", "99")}
	c, err := database.Lag{Dialect: mariadb.Dialect{}, Patience: 1}.Diff(late.seen())
	if err != nil || len(c.Steps) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	return c.Steps[0].(resource.Run).Script
}
