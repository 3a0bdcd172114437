package database_test

import (
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
)

func TestSurvey(t *testing.T) {
	out := "t\tk\tv\nvar\tversion\t11.8.9-MariaDB\nt\tk\tv\nvar\tread_only\t1\nt\tk\tv\nvar\tgtid_binlog_state\t0-1-7,0-2-9\nt\tk\tv\nvar\tschemas\t1\n" +
		"Connection_name\tMaster_Host\tMaster_Port\tSlave_IO_Running\tSlave_SQL_Running\tLast_IO_Error\tSeconds_Behind_Master\tGtid_IO_Pos\n" +
		"\t10.0.0.11\t3306\tYes\tNo\tsaid\\tthis\t3\t0-2-10\nt\tk\nend\tend\n"
	s, err := mariadb.Dialect{}.ReadSurvey(out)
	if err != nil {
		t.Fatal(err)
	}
	if s.Version != "11.8.9-MariaDB" || !s.ReadOnly || s.Log != "0-1-7,0-2-9" || s.Schemas != 1 || s.Received != "0-2-10" || len(s.Sources) != 1 {
		t.Fatalf("got %+v", s)
	}
	if c := s.Sources[0]; c.Host != "10.0.0.11" || c.Reading != "Yes" || c.Applying != "No" || c.Behind != 3 || c.ReadError != "said\tthis" {
		t.Errorf("got %+v", c)
	}
	if _, err := (mariadb.Dialect{}).ReadSurvey(strings.TrimSuffix(out, "end\tend\n")); err == nil {
		t.Error("an answer that was cut off was taken")
	}
}

func TestMoves(t *testing.T) {
	m, source := mariadb.Dialect{}, database.Source{Host: "10.0.0.12", Port: 3306, User: "repl", Password: `a'b\`, CA: "/ca"}
	inOrder := func(name, sql string, parts ...string) {
		t.Helper()
		at := 0
		for _, p := range parts {
			i := strings.Index(sql[at:], p)
			if i < 0 {
				t.Errorf("%s: %q does not come, or not in its order:\n%s", name, p, sql)
				return
			}
			at += i
		}
	}
	inOrder("promote", m.Promote(), "sql_log_bin=0", "STOP SLAVE", "RESET SLAVE ALL", "read_only=OFF")
	inOrder("demote", m.Demote(source), "sql_log_bin=0", "gtid_slave_pos=@@global.gtid_current_pos", "CHANGE MASTER TO MASTER_HOST='10.0.0.12'", `'a''b\\'`, "START SLAVE")
	inOrder("repoint", m.Repoint(source), "sql_log_bin=0", "STOP SLAVE", "CHANGE MASTER", "START SLAVE")
	inOrder("fence", m.Fence(5), "lock_wait_timeout=5", "read_only=ON")
	inOrder("await", m.Await("0-1-7", 3), "MASTER_GTID_WAIT('0-1-7', 3)")
	if strings.Contains(m.Detach(), "read_only") {
		t.Error("detaching opens the server")
	}
}
