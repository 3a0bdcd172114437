package database_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/resource"
)

// stepOnThisMachine runs a step with a client that notes what it is sent and
// answers from files: "count" to -B -N -e, "threads" to -E.
func stepOnThisMachine(t *testing.T, run resource.Run, count, threads string) (sent, said string, err error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"count": count, "threads": threads, "sent": "", "mariadb": `#!/bin/sh
cd ` + dir + `
case " $* " in
*" -e "*) case " $* " in *" -E "*) cat threads ;; *) cat count ;; esac; cat >/dev/null ;;
*) cat >>sent ;;
esac
`, "sleep": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-euc", run.Script)
	cmd.Stdin, cmd.Env = strings.NewReader(string(run.Input)), append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	got, readErr := os.ReadFile(filepath.Join(dir, "sent"))
	if readErr != nil {
		t.Fatal(readErr)
	}
	return string(got), string(out), err
}

func TestAttachStep(t *testing.T) {
	c, err := testReplica(true).Diff(databaseServer{readOnly: true}.seen())
	if err != nil {
		t.Fatal(err)
	}
	run := c.Steps[0].(resource.Run)
	sent, said, err := stepOnThisMachine(t, run, "0\n", "   Slave_IO_Running: Yes\n")
	if err != nil || sent != string(run.Input) {
		t.Errorf("sent %q, %v: %s", sent, err, said)
	}
	sent, said, err = stepOnThisMachine(t, run, "1\n", "")
	if err == nil || sent != "" || !strings.Contains(said, "holds databases by now") {
		t.Errorf("a database made meanwhile: sent %q, %v: %s", sent, err, said)
	}
	_, said, err = stepOnThisMachine(t, run, "0\n", "   Slave_IO_Running: Connecting\n   Last_IO_Error: no route\n")
	if err == nil || !strings.Contains(said, "no route") || strings.Contains(said, "pass-word") {
		t.Errorf("a source that is away: %v: %s", err, said)
	}
}

func TestLagStep(t *testing.T) {
	c, err := database.Lag{Dialect: mariadb.Dialect{}, Patience: time.Second}.Diff(databaseServer{replica: replicating("Seconds_Behind_Master", "99")}.seen())
	if err != nil {
		t.Fatal(err)
	}
	run := c.Steps[0].(resource.Run)
	const both = "  Slave_IO_Running: Yes\n Slave_SQL_Running: Yes\n"
	for threads, ok := range map[string]bool{both + "  Seconds_Behind_Master: 3\n": true, both + "  Seconds_Behind_Master: 60\n": false, both + "  Seconds_Behind_Master: NULL\n": false, "": false,
		" Replica_IO_Running: Yes\n Replica_SQL_Running: Yes\n Seconds_Behind_Source: 0\n": true, " Replica_IO_Running: Connecting\n Replica_SQL_Running: Yes\n Seconds_Behind_Source: 3\n": false} {
		if _, said, err := stepOnThisMachine(t, run, "", threads); (err == nil) != ok {
			t.Errorf("%q: %v: %s", threads, err, said)
		}
	}
}
