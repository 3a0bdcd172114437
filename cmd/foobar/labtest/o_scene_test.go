//go:build lab

package labtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

// scene is a site on one database engine, with web1 as the primary it begins
// with. Every scenario of the databases is played on both engines.
type scene struct {
	engine  string
	site    string   // its inventory
	servers []string // that have a database
	client  string
	sql     engineSQL
}

// seedMark is there while a host's data are being copied from elsewhere.
const seedMark = "/var/lib/mysql/foobar-seed"

// engineSQL is what the engines say differently.
type engineSQL struct {
	position, wait, stop, start, detach, logs, wipe string
}

func sceneOf(engine string) *scene {
	s := &scene{engine: engine, servers: []string{"web1", "web2", "web3"}}
	s.client = engine + " --no-defaults -uroot -S /run/mysqld/mysqld.sock -B -N -r"
	if engine == "mysql" {
		s.sql = engineSQL{position: "REPLACE(@@global.gtid_executed, '\\n', '')", wait: "WAIT_FOR_EXECUTED_GTID_SET",
			stop: "STOP REPLICA", start: "START REPLICA", detach: "STOP REPLICA; RESET REPLICA ALL", logs: "@@global.gtid_executed",
			wipe: "mysqld --user=mysql --initialize-insecure >/dev/null 2>&1"}
		return s
	}
	s.sql = engineSQL{position: "@@global.gtid_current_pos", wait: "MASTER_GTID_WAIT",
		stop: "STOP SLAVE", start: "START SLAVE", detach: "STOP SLAVE; RESET SLAVE ALL", logs: "@@global.gtid_binlog_pos",
		wipe: "mariadb-install-db --user=mysql >/dev/null 2>&1"}
	return s
}

// up starts a new lab with a fourth database server, db1, that the first
// deployment leaves out.
func (s *scene) up(t *testing.T) {
	t.Helper()
	full := otherLab(t, "--engine", s.engine, "--hosts", "lb1,web1,web2,web3,db1")
	three, _, found := strings.Cut(full, "\n[hosts.db1]")
	if !found {
		t.Fatalf("the lab's inventory has no db1:\n%s", full)
	}
	s.site = filepath.Join(work, s.engine+".toml")
	s.write(t, three)
	must(t, 0, "deploy", s.site)
	s.write(t, full)
}

func (s *scene) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(s.site, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ask runs statements as root on a server.
func (s *scene) ask(t *testing.T, host, statements string) string {
	t.Helper()
	return strings.TrimSpace(on(t, host, s.client+" -e \""+strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(statements)+"\""))
}

// purge makes the primary forget its logs; what was written stays.
func (s *scene) purge(t *testing.T) {
	t.Helper()
	s.level(t, "web1")
	last := s.ask(t, "web1", "FLUSH BINARY LOGS; DO SLEEP(1); SHOW BINARY LOGS")
	lines := strings.Split(last, "\n")
	s.ask(t, "web1", "PURGE BINARY LOGS TO '"+strings.Fields(lines[len(lines)-1])[0]+"'")
	if got := s.ask(t, "web1", "SHOW BINARY LOGS"); strings.Count(got, "\n") != 0 {
		t.Fatalf("more than one log is left:\n%s", got)
	}
}

// wipe makes a host's server new and empty.
func (s *scene) wipe(t *testing.T, host string) {
	t.Helper()
	on(t, host, "systemctl stop "+s.engine+" && rm -rf /var/lib/mysql/* && "+s.sql.wipe+" && systemctl start "+s.engine)
}

// grow writes n MiB on a server.
func (s *scene) grow(t *testing.T, host string, n int) {
	t.Helper()
	s.ask(t, host, "CREATE TABLE IF NOT EXISTS foobar.bulk (id INT AUTO_INCREMENT PRIMARY KEY, data LONGBLOB)")
	for ; n > 0; n -= 50 {
		s.ask(t, host, fmt.Sprintf("INSERT INTO foobar.bulk (data) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT REPEAT(RANDOM_BYTES(1024), 64) FROM n", 16*min(n, 50)))
	}
}

// level waits until all that follow have what a server has.
func (s *scene) level(t *testing.T, primary string) {
	t.Helper()
	at := s.ask(t, primary, "SELECT "+s.sql.position)
	for _, host := range s.servers {
		if host == primary {
			continue
		}
		if got := s.ask(t, host, "SELECT "+s.sql.wait+"('"+at+"', 120)"); got != "0" {
			t.Fatalf("%s does not reach %s: %s", host, at, got)
		}
	}
}

// whole asserts what must be true after every scenario: one server takes writes,
// the others follow it, every table has the same checksum everywhere, and a
// deploy finds nothing to do.
func (s *scene) whole(t *testing.T, primary string) {
	t.Helper()
	s.primaryIs(t, primary)
	s.level(t, primary)
	tables := strings.Fields(s.ask(t, primary, "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLES"+
		" WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"))
	sort.Strings(tables)
	ask := "CHECKSUM TABLE " + strings.Join(tables, ", ")
	want := s.ask(t, primary, ask)
	if strings.Count(want, "\n")+1 != len(tables) || strings.Contains(want, "NULL") {
		t.Errorf("the checksums of %v on %s:\n%s", tables, primary, want)
	}
	for _, host := range s.servers {
		if got := s.ask(t, host, ask); got != want {
			t.Errorf("%s differs from %s:\n%s\n%s", host, primary, got, want)
		}
		if left := strings.TrimSpace(on(t, host, "ls -d "+seedMark+" /run/foobar/seed 2>/dev/null; true")); left != "" {
			t.Errorf("%s: left behind: %s", host, left)
		}
	}
	t.Logf("%d tables agree on %s; %s takes writes", len(tables), strings.Join(s.servers, ", "), primary)
	must(t, 0, "deploy", s.site)
	converged(t, s.site, len(s.servers)+1)
}

// primaryIs asserts that one server takes writes and the others follow it.
func (s *scene) primaryIs(t *testing.T, name string) {
	t.Helper()
	var st struct {
		Healthy  bool
		Findings []struct{ Host, Text string }
		Hosts    []struct {
			Name, Role, Source string
			ReadOnly           bool `json:"read_only"`
		}
	}
	eventually(t, 30*time.Second, s.engine+" that is healthy", func() bool {
		r := foobar("db", "status", "-o", "json", s.site)
		if err := json.Unmarshal([]byte(r.out), &st); err != nil {
			t.Fatalf("db status: exit %d: %v\n%s", r.code, err, r.all())
		}
		return r.code == 0 && st.Healthy
	})
	if !st.Healthy {
		t.Errorf("findings: %+v", st.Findings)
	}
	for _, h := range st.Hosts {
		if (h.Name == name) == h.ReadOnly || h.Name != name && h.Source != name {
			t.Errorf("%s: %s of %q, read_only %v; the primary is to be %s", h.Name, h.Role, h.Source, h.ReadOnly, name)
		}
	}
}

// writer posts numbered notes through the site until it is ended, and remembers
// which were acknowledged. A note that was not is sent once more.
type writer struct {
	name  string
	stop  chan struct{}
	once  sync.Once // stop is closed once
	ended sync.WaitGroup
	acked map[string]bool
	// failed are requests that were not answered with 201, lost are notes whose
	// second request failed too; gap is the longest time between two acknowledgements.
	failed, lost int
	gap          time.Duration
	said         map[string]int
	first        chan struct{} // closed by the first acknowledgement
	mu           sync.Mutex
}

func startWriter(t *testing.T, name string) *writer {
	w := &writer{name: name, stop: make(chan struct{}), acked: map[string]bool{}, said: map[string]int{}, first: make(chan struct{})}
	t.Cleanup(w.end) // a test that failed must not write into the next one's lab
	w.ended.Go(func() {
		last := time.Now()
		for i := 1; ; i++ {
			select {
			case <-w.stop:
				return
			default:
			}
			text := fmt.Sprintf("%s-%d", name, i)
			for try := 1; !w.post(text); try++ {
				if w.fail(try) {
					break
				}
				time.Sleep(time.Second)
			}
			if w.acked[text] {
				if len(w.acked) == 1 {
					close(w.first)
				}
				w.gap, last = max(w.gap, time.Since(last)), time.Now()
			}
		}
	})
	select {
	case <-w.first:
	case <-time.After(within(30 * time.Second)):
	}
	return w
}

// fail notes a request that was not answered, and reports whether its note is given up.
func (w *writer) fail(try int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed++
	if try == 2 {
		w.lost++
	}
	return try == 2
}

// count is what failed so far.
func (w *writer) count() (failed, lost int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed, w.lost
}

func (w *writer) post(text string) bool {
	r := foobar("lab", "curl", "-sS", "--max-time", seconds(5*time.Second), "-o", "/dev/null", "-w", "%{http_code}",
		"-H", "content-type: application/json", "-d", `{"text":"`+text+`"}`, "https://www.foobar.com/api/notes")
	code := strings.TrimSpace(r.out)
	if code == "201" {
		w.acked[text] = true
		return true
	}
	w.said[code]++
	return false
}

// end stops the writer, and waits until its last request has been answered.
func (w *writer) end() {
	w.once.Do(func() { close(w.stop) })
	w.ended.Wait()
}

// everywhere stops the writer and looks for every acknowledged note on every server.
func (w *writer) everywhere(t *testing.T, s *scene) {
	t.Helper()
	w.end()
	if len(w.acked) == 0 {
		t.Error("no note was acknowledged at all")
	}
	t.Logf("%s: %d notes acknowledged; %d requests failed %v, %d of them a second time; the longest wait for an acknowledgement was %.1f s",
		s.engine, len(w.acked), w.failed, w.said, w.lost, w.gap.Seconds())
	for _, h := range s.servers {
		missing := 0
		eventually(t, 20*time.Second, "sight of every acknowledged note on "+h, func() bool {
			have := strings.Fields(s.ask(t, h, "SELECT text FROM foobar.notes WHERE text LIKE '"+w.name+"-%' ORDER BY text"))
			missing = 0
			for n := range w.acked {
				if _, found := slices.BinarySearch(have, n); !found && !slices.Contains(have, n) {
					missing++
				}
			}
			return missing == 0
		})
		if missing > 0 {
			t.Errorf("%s lacks %d acknowledged notes", h, missing)
		}
	}
}
