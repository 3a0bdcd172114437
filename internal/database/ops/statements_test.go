package ops

import (
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
)

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
	inOrder("promote", promotion(m), "sql_log_bin=0", "STOP SLAVE", "RESET SLAVE ALL", "read_only=OFF")
	inOrder("demote", demotion(m, source), "sql_log_bin=0", "gtid_slave_pos=@@global.gtid_current_pos", "CHANGE MASTER TO MASTER_HOST='10.0.0.12'", `'a''b\\'`, "START SLAVE")
	inOrder("repoint", repointing(m, source), "sql_log_bin=0", "STOP SLAVE", "CHANGE MASTER", "START SLAVE")
	inOrder("fence", fenceOff(m, 5), "lock_wait_timeout=5", "read_only=ON")
	inOrder("await", waitFor(m, "0-1-7", 3), "MASTER_GTID_WAIT('0-1-7', 3)")
}
