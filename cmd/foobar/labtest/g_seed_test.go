//go:build lab

package labtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// seedSite is a site whose primary is web1, deployed by the first of these tests.
var seedSite string

const (
	sql  = "mariadb --no-defaults -uroot -B -N -e "
	mark = "/var/lib/mysql/foobar-seed"
)

// purge makes the primary forget its logs; what was written stays.
func purge(t *testing.T) {
	t.Helper()
	at := strings.TrimSpace(on(t, "web1", sql+`"SELECT @@gtid_binlog_pos"`))
	for _, host := range []string{"web2", "web3"} { // a log that is being read is not purged
		on(t, host, sql+`"SELECT IF(COUNT(*) = 2, MASTER_GTID_WAIT('`+at+`', 60), 0) FROM information_schema.PROCESSLIST WHERE COMMAND IN ('Slave_IO','Slave_SQL')"`)
	}
	on(t, "web1", sql+`"FLUSH BINARY LOGS"; sleep 1; last=$(`+sql+`"SHOW BINARY LOGS" | tail -n 1 | cut -f 1); `+sql+`"PURGE BINARY LOGS TO '$last'"`)
	if got := strings.TrimSpace(on(t, "web1", sql+`"SHOW BINARY LOGS" | wc -l`)); got != "1" {
		t.Fatalf("%s logs are left", got)
	}
}

// wipe makes a host's server new and empty.
func wipe(t *testing.T, host string) {
	t.Helper()
	on(t, host, "systemctl stop mariadb && rm -rf /var/lib/mysql/* && mariadb-install-db --user=mysql >/dev/null 2>&1 && systemctl start mariadb")
}

// grow writes n MiB on the primary.
func grow(t *testing.T, n string) {
	t.Helper()
	on(t, "web1", sql+`"CREATE TABLE IF NOT EXISTS foobar.bulk (id INT AUTO_INCREMENT PRIMARY KEY, data LONGBLOB); INSERT INTO foobar.bulk (data) SELECT REPEAT(RANDOM_BYTES(1024), 64) FROM foobar.seq_1_to_`+n+` a, foobar.seq_1_to_16 b"`)
}

// equal asserts that all servers hold the same rows, accounts and programs.
func equal(t *testing.T) {
	t.Helper()
	const what = `"CHECKSUM TABLE foobar.bulk, odd.one; SHOW CREATE PROCEDURE foobar.answer; SHOW CREATE VIEW foobar.seen; SELECT User, Host, JSON_VALUE(Priv,'$.access'), JSON_VALUE(Priv,'$.authentication_string'), COALESCE(JSON_VALUE(Priv,'$.ssl_type'),0) FROM mysql.global_priv WHERE User NOT IN ('root','mysql','mariadb.sys','PUBLIC') ORDER BY 1, 2"`
	at := strings.TrimSpace(on(t, "web1", sql+`"SELECT @@gtid_current_pos"`))
	want := on(t, "web1", sql+what)
	for _, host := range []string{"web2", "web3"} {
		if got := strings.TrimSpace(on(t, host, sql+`"SELECT MASTER_GTID_WAIT('`+at+`', 60)"`)); got != "0" {
			t.Fatalf("%s does not reach %s: %s", host, at, got)
		}
		if got := on(t, host, sql+what); got != want {
			t.Errorf("%s differs from web1:\n%s\n%s", host, got, want)
		}
		if got := strings.TrimSpace(on(t, host, "ls "+mark+" /run/foobar/seed 2>/dev/null; true")); got != "" {
			t.Errorf("%s: left behind: %s", host, got)
		}
	}
}

func TestG1EmptyReplicaIsSeededFromLiveData(t *testing.T) {
	must(t, 0, "lab", "down")
	must(t, 0, "lab", "up", "--hosts", "lb1,web1,web2,web3")
	seedSite = filepath.Join(work, "seed.toml")
	if err := os.WriteFile(seedSite, []byte(must(t, 0, "lab", "inventory").out), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", seedSite)
	on(t, "web1", sql+`"CREATE DATABASE odd; CREATE TABLE odd.one (n INT PRIMARY KEY, t TEXT); INSERT INTO odd.one VALUES (1, 'it\\'s \\\\ odd'); CREATE VIEW foobar.seen AS SELECT n FROM odd.one; `+
		`CREATE PROCEDURE foobar.answer() SELECT 42; CREATE EVENT odd.later ON SCHEDULE EVERY 1 DAY DO DELETE FROM odd.one WHERE n = 99"`)
	grow(t, "100")
	purge(t)
	wipe(t, "web3")
	r := must(t, 0, "deploy", "-v", seedSite)
	if !strings.Contains(r.all(), "copying about") || !strings.Contains(r.all(), "copied web1 as of 0-") {
		t.Errorf("no progress is shown:\n%s", r.all())
	}
	equal(t)
	if got := strings.TrimSpace(on(t, "web3", sql+`"SELECT STATUS FROM information_schema.EVENTS"`)); got != "SLAVESIDE_DISABLED" {
		t.Errorf("the event on a replica is %s", got)
	}
	converged(t, seedSite, 4)
}

func TestG2ReplicaTooFarBehindIsSeeded(t *testing.T) {
	on(t, "web2", sql+`"STOP SLAVE"`)
	grow(t, "10")
	purge(t)
	on(t, "web2", sql+`"START SLAVE"`)
	must(t, 0, "deploy", seedSite)
	equal(t)
	converged(t, seedSite, 4)
}

// TestG3OwnTransactionsAreNotOverwritten: until a person gives them up.
func TestG3OwnTransactionsAreNotOverwritten(t *testing.T) {
	on(t, "web2", sql+`"STOP SLAVE; INSERT INTO odd.one VALUES (77, 'only here')"`)
	own := strings.TrimSpace(on(t, "web2", sql+`"SELECT @@gtid_binlog_pos"`))
	grow(t, "1")
	grow(t, "1")
	purge(t)
	on(t, "web2", sql+`"START SLAVE"`)
	r := must(t, 1, "deploy", seedSite)
	if !strings.Contains(r.all(), own) {
		t.Errorf("%s is not named:\n%s", own, r.all())
	}
	if got := strings.TrimSpace(on(t, "web2", sql+`"SELECT t FROM odd.one WHERE n = 77"`)); got != "only here" {
		t.Fatalf("what was written on web2 is gone: %q", got)
	}
	on(t, "web2", "touch "+mark+"; systemctl restart mariadb")
	must(t, 0, "deploy", seedSite)
	equal(t)
	converged(t, seedSite, 4)
}

// seedAndKill begins a deploy and kills it with -9 once the copy has begun on web3.
func seedAndKill(t *testing.T) {
	t.Helper()
	wipe(t, "web3")
	cmd := exec.Command(binary, "deploy", seedSite)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	begun := false
	for end := time.Now().Add(2 * time.Minute); !begun && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		begun = foobar("lab", "exec", "web3", "--", "sh", "-c", "test -e "+mark+" && test -d /var/lib/mysql/foobar").code == 0
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
	if !begun {
		t.Fatal("no copy was begun")
	}
}

func TestG4KilledInTheMiddle(t *testing.T) {
	seedAndKill(t)
	must(t, 0, "deploy", seedSite) // the copy went on by itself; this one waits for it
	equal(t)
	converged(t, seedSite, 4)
}

// TestG5HalfACopyIsCopiedAgain: the host itself stopped the copy.
func TestG5HalfACopyIsCopiedAgain(t *testing.T) {
	seedAndKill(t)
	on(t, "web3", "systemctl kill -s KILL foobar-job; sleep 1; test -e "+mark)
	if got := on(t, "web3", sql+`"SHOW ALL SLAVES STATUS"`); strings.TrimSpace(got) != "" {
		t.Errorf("half a copy replicates: %s", got)
	}
	r := must(t, 2, "plan", seedSite)
	if !strings.Contains(r.out, "a copy that was cut off") {
		t.Errorf("the plan does not say what it found:\n%s", r.out)
	}
	must(t, 0, "deploy", seedSite)
	equal(t)
	converged(t, seedSite, 4)
}
