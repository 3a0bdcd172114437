package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/inventory"
)

// server is a database server that understands the statements it is sent well
// enough to be moved about. Its position is a count of transactions, all of the
// same history.
type server struct {
	id, at   int // the number it writes with; its last transaction
	log      map[int]int
	readOnly bool
	lag      int // in seconds
	source   string
	stopped  bool // its reading thread
	received int
	slow     bool              // it applies nothing of what it has received
	off      bool              // its host
	silent   bool              // its server
	room     int               // KiB its disk has left
	filter   string            // the one database that it takes
	purged   bool              // what it needs next is in no log
	events   map[string]string // of the schema app: their statuses
}

// fleet is three servers, web1 the primary. A statement that contains fail is
// refused once at the host named; hook is called before each.
type fleet struct {
	scheduler string // whether events run; "" is ON
	t         *testing.T
	mu        sync.Mutex
	servers   map[string]*server
	failAt    string
	fail      string
	hook      func(host, script string)
	sent      []string
	reachDB   bool // a dead host's port answers
	unlocked  bool
	logins    []string // accounts that may replicate: user, tab, digest
	alsoKill  []string // further lines of the answer to EndSessions
}

type fleetTarget struct {
	f    *fleet
	host string
}

func newFleet(t *testing.T) (*fleet, *Site) {
	f := &fleet{t: t, servers: map[string]*server{}}
	inv := &inventory.Inventory{Path: "site.toml"}
	for i, name := range []string{"web1", "web2", "web3"} {
		ip := fmt.Sprintf("10.0.0.%d", i+1)
		inv.Hosts = append(inv.Hosts, &inventory.Host{Name: name, Address: ip, Private: []netip.Addr{netip.MustParseAddr(ip)}, Roles: []string{inventory.DB}})
		f.servers[name] = &server{id: i + 1, at: 5, log: map[int]int{1: 5}, readOnly: i > 0, received: 5, room: 1 << 20}
		if i > 0 {
			f.servers[name].source = "10.0.0.1"
		}
	}
	return f, &Site{Inv: inv, Dialect: mariadb.Dialect{}, Source: database.Source{Port: 3306, User: "repl", Password: "pass-word", CA: "/ca"},
		Dial: f.dial, Say: func(host, text string) { t.Logf("%s: %s", host, text) }, Patience: 300 * time.Millisecond, Pause: time.Millisecond}
}

func (f *fleet) dial(_ context.Context, h *inventory.Host) (Target, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.servers[h.Name].off {
		return nil, errors.New("no answer")
	}
	return fleetTarget{f, h.Name}, nil
}

func (t fleetTarget) Lock(context.Context, time.Duration, string) error { return nil }

// Run answers one script.
func (t fleetTarget) Run(_ context.Context, script string, line func(string)) (int, error) {
	f := t.f
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.servers[t.host]
	if f.hook != nil {
		f.hook(t.host, script)
	}
	f.sent = append(f.sent, t.host+": "+script)
	f.replicate()
	switch {
	case s.off:
		return -1, errors.New("connection lost")
	case strings.Contains(script, "/dev/tcp/"):
		if f.reachDB {
			line("reached")
		}
		return 0, nil
	case strings.HasPrefix(script, "systemctl kill"):
		s.readOnly = true
		return 0, nil
	case strings.HasPrefix(script, "df "):
		line("Filesystem 1024-blocks Used Available Capacity Mounted on")
		line(fmt.Sprintf("/dev/vda 1 1 %d 1%% /", s.room))
		return 0, nil
	case s.silent:
		line("ERROR 2002 (HY000): Can't connect")
		return 1, nil
	case f.failAt == t.host && f.fail != "" && strings.Contains(script, f.fail):
		f.fail = ""
		line("ERROR 1205 (HY000) at line 3: near 'pass-word'")
		return 1, nil
	}
	return f.answer(s, script, line), nil
}

// replicate brings every replica that can to the state of its source.
func (f *fleet) replicate() {
	for _, r := range f.servers {
		for _, s := range f.servers {
			if r.source == fmt.Sprintf("10.0.0.%d", s.id) && !r.stopped && !s.off && !s.silent && !r.off && s.at > r.at {
				r.at, r.received = s.at, s.at
				for id, n := range s.log {
					r.log[id] = n
				}
			}
		}
	}
}

var altersEvent = regexp.MustCompile("^ALTER DEFINER='root'@'localhost' EVENT `app`.`(.*)` (.*);$")

var changesMaster = regexp.MustCompile(`MASTER_HOST='([^']*)'`)

func (f *fleet) answer(s *server, script string, line func(string)) int {
	if strings.Contains(script, "gtid_binlog_state") {
		f.survey(s, line)
		return 0
	}
	if m := regexp.MustCompile(`MASTER_GTID_WAIT\('0-\d+-(\d+)'`).FindStringSubmatch(script); m != nil {
		var to int
		_, _ = fmt.Sscan(m[1], &to)
		if s.received >= to && s.at < to && !s.slow {
			s.at = s.received
		}
		line(map[bool]string{true: "0", false: "-1"}[s.at >= to])
		return 0
	}
	if strings.Contains(script, "SHA2(") {
		for _, l := range f.logins {
			line(l)
		}
		return 0
	}
	if strings.Contains(script, "information_schema.EVENTS") {
		for name, status := range s.events {
			line("event\tapp\t" + name + "\troot@localhost\t" + status + "\t0")
		}
		return 0
	}
	if strings.Contains(script, "event_scheduler;") {
		line(cmp.Or(f.scheduler, "ON"))
		return 0
	}
	if strings.Contains(script, "PROCESSLIST") {
		line("KILL CONNECTION 7;")
		for _, l := range f.alsoKill {
			line(l)
		}
	}
	for _, l := range strings.Split(script, "\n") {
		switch {
		case strings.HasPrefix(l, "SET GLOBAL read_only="):
			s.readOnly = l == "SET GLOBAL read_only=ON;"
		case l == "RESET SLAVE ALL;":
			s.source = ""
		case l == "STOP SLAVE IO_THREAD;", l == "STOP SLAVE;":
			s.stopped = true
		case l == "START SLAVE;":
			s.stopped = false
		case altersEvent.MatchString(l):
			m := altersEvent.FindStringSubmatch(l)
			s.events[m[1]] = map[string]string{"ENABLE": "ENABLED", "DISABLE": "DISABLED", "DISABLE ON SLAVE": "SLAVESIDE_DISABLED"}[m[2]]
		case strings.HasPrefix(l, "CHANGE MASTER"):
			s.source = changesMaster.FindStringSubmatch(l)[1]
		}
	}
	return 0
}

func (f *fleet) survey(s *server, line func(string)) {
	var log []string
	for id, n := range s.log {
		log = append(log, fmt.Sprintf("0-%d-%d", id, n))
	}
	for k, v := range map[string]string{"version": "11.8", "read_only": map[bool]string{true: "1", false: "0"}[s.readOnly],
		"server_id": fmt.Sprint(s.id), "gtid_binlog_state": strings.Join(log, ","), "gtid_current_pos": fmt.Sprintf("0-1-%d", s.at), "gtid_slave_pos": fmt.Sprintf("0-1-%d", s.at)} {
		line("t\tk\tv")
		line("var\t" + k + "\t" + v)
	}
	line("t\tk\tv")
	line("schema\tapp\tutf8mb4")
	if s.source != "" {
		reading := "Connecting"
		for name, other := range f.servers {
			if s.source == fmt.Sprintf("10.0.0.%d", other.id) && !f.servers[name].off && !f.servers[name].silent {
				reading = "Yes"
			}
		}
		if s.stopped {
			reading = "No"
		}
		no, why := 0, ""
		if s.purged {
			reading, no, why = "No", 1236, "required binlog files have been purged"
		}
		line("Connection_name\tMaster_Host\tSlave_IO_Running\tSlave_SQL_Running\tSeconds_Behind_Master\tGtid_IO_Pos\tLast_IO_Errno\tReplicate_Do_DB\tLast_IO_Error")
		line(fmt.Sprintf("\t%s\t%s\tYes\t%d\t0-1-%d\t%d\t%s\t%s", s.source, reading, s.lag, s.received, no, s.filter, why))
	}
	line("t\tk")
	line("end\tend")
}

// want checks who takes writes and who follows whom: "web2<web1,web3".
func (f *fleet) want(primary string, replicas ...string) {
	f.t.Helper()
	for name, s := range f.servers {
		if s.off || s.silent {
			continue
		}
		if s.readOnly == (name == primary) {
			f.t.Errorf("%s: read_only is %v", name, s.readOnly)
		}
	}
	for _, r := range replicas {
		s := f.servers[r]
		if want := fmt.Sprintf("10.0.0.%d", f.servers[primary].id); s.source != want || s.stopped {
			f.t.Errorf("%s follows %q (stopped %v), not %s", r, s.source, s.stopped, want)
		}
	}
	if f.servers[primary].source != "" {
		f.t.Errorf("%s takes writes and follows %s", primary, f.servers[primary].source)
	}
}
