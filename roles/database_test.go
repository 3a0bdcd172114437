package roles

import (
	"bytes"
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/facts"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

var updateDatabase = flag.Bool("update-database", false, "rewrite the golden files of the role database")

const databaseText = `[site]
domain = "www.foobar.com"
email = "ops@foobar.com"
[app]
source = "./app"
[monitoring]
enabled = false
[db.backup]
schedule = "Sun 04:30"
keep = 3
`

// databaseSite is a new site of the hosts given; without any, of three that do
// everything.
func databaseSite(t *testing.T, hosts ...string) *play.Site {
	t.Helper()
	if len(hosts) == 0 {
		for i, name := range []string{"web1", "web2", "web3"} {
			hosts = append(hosts, hostText(name, "10.77.0.1"+string(rune('1'+i)), "web", "app", "db"))
		}
	}
	ca, err := pki.New(bytes.Repeat([]byte{7}, 32), "foobar", 1)
	if err != nil {
		t.Fatal(err)
	}
	master, err := secret.NewMaster(bytes.Repeat([]byte{9}, 32), 1, secret.Site{Name: "foobar", Domain: "www.foobar.com"})
	if err != nil {
		t.Fatal(err)
	}
	s := &play.Site{CA: ca, Master: master, Facts: map[string]facts.Facts{}, Inv: parsed(t, databaseText+strings.Join(hosts, ""))}
	for _, h := range s.Inv.Hosts {
		s.Facts[h.Name] = facts.Facts{Memory: 4<<30 - 12345}
	}
	return s
}

func databaseWanted(t *testing.T, r play.Role, s *play.Site, host string) map[resource.ID]resource.Resource {
	t.Helper()
	list, err := r.Resources(s, s.Inv.Host(host))
	if err != nil {
		t.Fatal(err)
	}
	byID := map[resource.ID]resource.Resource{}
	for _, x := range list {
		byID[x.ID()] = resource.Unwrap(x)
	}
	if len(byID) != len(list) {
		t.Error("something is wanted twice")
	}
	return byID
}

func TestDatabaseGolden(t *testing.T) {
	alone := databaseSite(t, hostText("store", "fd77::21", "db"))
	alone.Facts["store"] = facts.Facts{Database: facts.Database{LostFound: true}}
	alone.Inv.DB.BufferPool, alone.Inv.DB.MaxConnections = 1<<30, 50
	mysql := databaseSite(t)
	mysql.Inv.DB.Engine = "mysql"
	for name, have := range map[string]map[resource.ID]resource.Resource{
		"web2.cnf":  databaseWanted(t, Database{}, databaseSite(t), "web2"),
		"alone.cnf": databaseWanted(t, Database{}, alone, "store"),
		"mysql.cnf": databaseWanted(t, Database{}, mysql, "web2"),
	} {
		path := resource.ID("file:/etc/mysql/mariadb.conf.d/90-foobar.cnf")
		if name == "mysql.cnf" {
			path = "file:/etc/mysql/mysql.conf.d/zz-foobar.cnf"
		}
		f, ok := have[path].(resource.File)
		if !ok {
			t.Fatal("no configuration is wanted")
		}
		p := filepath.Join("testdata", "database", name)
		if *updateDatabase {
			if err := os.WriteFile(p, f.Content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(p); err != nil || string(want) != string(f.Content) {
			t.Errorf("%s differs from what is rendered, %v (rewrite with -update-database and look):\n%s", p, err, f.Content)
		}
	}
}

func TestDatabaseServerIDsDiffer(t *testing.T) {
	// The checksum of the one address is the other.
	s := databaseSite(t, hostText("a", "fd77::1", "db"), hostText("b", "140.48.178.193", "db"))
	if _, err := (Database{}).Resources(s, s.Inv.Hosts[0]); err == nil || !strings.Contains(err.Error(), "server_id") {
		t.Errorf("two servers of one number: %v", err)
	}
}

func TestDatabaseRefusesTheOtherEngine(t *testing.T) {
	s := databaseSite(t)
	s.Facts["web1"] = facts.Facts{Database: facts.Database{Engine: "mysql"}}
	if _, err := (Database{}).Resources(s, s.Inv.Hosts[0]); err == nil || !strings.Contains(err.Error(), `engine = "mysql"`) {
		t.Errorf("a host with the other engine: %v", err)
	}
}

func TestDatabaseService(t *testing.T) {
	s := databaseSite(t)
	service := func(host string) resource.Service {
		return databaseWanted(t, Database{}, s, host)["service:mariadb.service"].(resource.Service)
	}
	const opens = "SET GLOBAL read_only=OFF"
	if got := service("web1"); strings.Contains(got.Ready, opens) || !got.Disruptive || !slices.Contains(got.Loads, "certificate:"+leafKey) || slices.Contains(got.Restarts, "certificate:"+leafKey) {
		t.Errorf("a new server: %+v", got)
	}
	s.Facts["web1"] = facts.Facts{Database: facts.Database{Installed: true, Running: true, Data: true, Schemas: 1}}
	s.Facts["web2"] = facts.Facts{Database: facts.Database{Installed: true, Running: true, ReadOnly: true, Source: "10.77.0.11", Data: true, Schemas: 1}}
	if !strings.Contains(service("web1").Ready, opens) {
		t.Error("an open primary stays closed after its restart")
	}
	if strings.Contains(service("web2").Ready, opens) {
		t.Error("a restart opens a replica")
	}
}

func TestPrimary(t *testing.T) {
	const conf = "file:/etc/mysql/mariadb.conf.d/90-foobar.cnf"
	type db = facts.Database
	open := db{Running: true, Data: true, Schemas: 1}
	closed := db{Running: true, ReadOnly: true, Data: true, Schemas: 1}
	stopped := db{Data: true, Schemas: 1}
	empty := db{Running: true, Data: true}
	follows := func(source string) db {
		return db{Running: true, ReadOnly: true, Data: true, Schemas: 1, Source: source}
	}
	for _, tc := range []struct {
		name   string
		wanted string // db.primary
		seen   [3]db
		owned  string // host that foobar has configured
		want   string
		err    []string
	}{
		{name: "nothing there", want: "web1"},
		{name: "the inventory's choice", wanted: "web3", want: "web3"},
		{name: "as deployed", seen: [3]db{open, follows("10.77.0.11"), follows("10.77.0.11")}, want: "web1"},
		{name: "promoted", seen: [3]db{follows("10.77.0.12"), open, follows("10.77.0.12")}, want: "web2"},
		{name: "promoted, and the old one has come back", seen: [3]db{closed, open, follows("10.77.0.12")}, want: "web2"},
		{name: "promoted, by name", seen: [3]db{follows("web2.internal"), open, follows("web2")}, want: "web2"},
		{name: "promoted, then rebooted", seen: [3]db{follows("10.77.0.12"), closed, follows("10.77.0.12")}, want: "web2"},
		{name: "promoted, then stopped", seen: [3]db{follows("10.77.0.12"), stopped, follows("10.77.0.12")}, want: "web2"},
		{name: "a chain", seen: [3]db{follows("10.77.0.12"), follows("10.77.0.13"), closed}, want: "web3"},
		{name: "a replica opened by hand", seen: [3]db{open, {Running: true, Data: true, Schemas: 1, Source: "10.77.0.11"}, {}}, want: "web1"},
		{name: "a replica led astray", seen: [3]db{open, follows("192.0.2.1"), follows("10.77.0.11")}, want: "web1"},
		{name: "an empty server beside it", seen: [3]db{open, empty, {}}, want: "web1"},
		{name: "two open", seen: [3]db{open, open, follows("10.77.0.11")}, err: []string{"web1, web2", "take writes"}},
		{name: "one open, another followed", owned: "web2", seen: [3]db{closed, open, follows("10.77.0.11")}, err: []string{"web2", "web1"}},
		{name: "closed, one of them followed", seen: [3]db{closed, closed, follows("10.77.0.11")}, want: "web1"},
		{name: "a ring", seen: [3]db{follows("10.77.0.12"), follows("10.77.0.11"), {}}, err: []string{"web1, web2", "one another"}},
		{name: "all from outside", seen: [3]db{follows("192.0.2.1"), {}, {}}, err: []string{"web1 from 192.0.2.1"}},
		{name: "somebody's data", seen: [3]db{{}, open, {}}, err: []string{"web2 holds databases", `primary = "web2"`}},
		{name: "somebody's data, stopped", seen: [3]db{{}, stopped, {}}, err: []string{"web2 holds databases"}},
		{name: "somebody's data, named", wanted: "web2", seen: [3]db{{}, open, {}}, want: "web2"},
		{name: "opened by foobar, not followed", owned: "web2", seen: [3]db{{}, open, {}}, err: []string{"web2", "web1", `primary = "web2"`, "db failover"}},
		{name: "opened by foobar, not followed, named", wanted: "web2", owned: "web2", seen: [3]db{{}, open, {}}, want: "web2"},
		{name: "data on two", seen: [3]db{closed, stopped, {}}, err: []string{"web1, web2 each hold databases"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := databaseSite(t)
			s.Inv.DB.Primary = cmp.Or(tc.wanted, s.Inv.DB.Primary)
			for i, h := range s.Inv.Group(inventory.DB) {
				f := facts.Facts{Database: tc.seen[i]}
				if h.Name == tc.owned {
					f.Owned = []string{conf}
				}
				s.Facts[h.Name] = f
			}
			h, err := Primary(s)
			if len(tc.err) == 0 {
				if err != nil || h.Name != tc.want {
					t.Fatalf("got %v, %v", h, err)
				}
				return
			}
			if err == nil {
				t.Fatalf("got %s without an error", h.Name)
			}
			for _, part := range tc.err {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in: %v", part, err)
				}
			}
		})
	}
}

func TestDatabaseAccounts(t *testing.T) {
	worker := strings.Replace(hostText("worker", "10.0.2.1", "app"), "roles", "private_address = [\"10.0.2.1\", \"fd77::1\"]\nroles", 1)
	s := databaseSite(t, hostText("front", "10.0.1.1", "web"), worker, hostText("db1", "10.0.3.1", "db"), hostText("db2", "10.0.3.2", "db"))
	have := databaseWanted(t, DatabasePrimary{}, s, "db1")
	var ids []string
	for id, r := range have {
		if a, ok := r.(database.Account); ok {
			ids = append(ids, id.Name())
			if a.TLS == (a.Host == "localhost") {
				t.Errorf("%s: encrypted %v", id, a.TLS)
			}
		}
	}
	slices.Sort(ids)
	if got, want := strings.Join(ids, " "), "foobar_app_ro@10.0.2.1 foobar_app_rw@10.0.2.1 foobar_backup@10.0.3.1 foobar_backup@10.0.3.2 foobar_otel@localhost foobar_repl@10.0.3.1 foobar_repl@10.0.3.2"; got != want {
		t.Errorf("accounts\n got %s\nwant %s", got, want)
	}
	for _, rights := range []string{"all", "data"} {
		s.Inv.DB.AppRights = rights
		a := databaseWanted(t, DatabasePrimary{}, s, "db1")["database-account:foobar_app_rw@10.0.2.1"].(database.Account)
		if may := slices.Contains(a.Grants["foobar"], "DROP"); may != (rights == "all") || len(a.Grants) != 1 {
			t.Errorf("with the rights %q the application may %v", rights, a.Grants)
		}
	}
}

func TestDatabaseReplicaRole(t *testing.T) {
	s := databaseSite(t)
	r := databaseWanted(t, DatabaseReplica{}, s, "web2")["database-replica:source"].(database.Replica)
	if r.Host != "10.77.0.11" || !r.Whole || r.Port != 3306 {
		t.Errorf("got %+v", r)
	}
	s.Facts["web1"] = facts.Facts{Database: facts.Database{Running: true, Data: true, Schemas: 1, OldestSchema: 100, FirstLog: "binlog.000001", FirstLogTime: 100}}
	if r := databaseWanted(t, DatabaseReplica{}, s, "web2")["database-replica:source"].(database.Replica); !r.Whole {
		t.Error("logs that reach back to the first database are not whole")
	}
	for name, d := range map[string]facts.Database{
		"older than its logs": {OldestSchema: 99, FirstLog: "binlog.000001", FirstLogTime: 100},
		"purged":              {OldestSchema: 100, FirstLog: "binlog.000007", FirstLogTime: 100},
		"not logged":          {OldestSchema: 100},
	} {
		d.Running, d.Data, d.Schemas = true, true, 1
		s.Facts["web1"] = facts.Facts{Database: d}
		r := databaseWanted(t, DatabaseReplica{}, s, "web2")["database-replica:source"].(database.Replica)
		if r.Whole || r.CopyUser != "foobar_backup" || r.CopyPassword() == r.Password() {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for _, tc := range []struct {
		here, there string
		same        bool
	}{{"1 2;", "1 2;", true}, {"1 2;", "1 3;", false}, {"", "1 3;", true}} {
		s.Facts["web1"] = facts.Facts{Database: facts.Database{Accounts: tc.there}, Found: map[string][]string{"database-accounts:strays": {"report@%"}}}
		s.Facts["web2"] = facts.Facts{Database: facts.Database{Accounts: tc.here, Data: true}, Found: map[string][]string{"database-accounts:copies": {"local@%"}}}
		c := databaseWanted(t, DatabaseReplica{}, s, "web2")["database-accounts:copies"].(database.Copies)
		if c.Same != tc.same || !c.Recorded || c.Fresh || c.Strays.Recorded != tc.same || strings.Join(c.Strays.Stay, " ") != "report@% local@%" || len(c.Accounts) == 0 || len(c.Strays.Wanted) != len(c.Accounts) {
			t.Errorf("%q beside %q: %+v", tc.here, tc.there, c)
		}
	}
	fresh := databaseSite(t)
	if _, err := (DatabaseReplica{}).Resources(fresh, fresh.Inv.Host("web1")); err == nil {
		t.Error("the primary is to follow itself")
	}
}

func TestDatabaseURLs(t *testing.T) {
	s := databaseSite(t)
	d, err := appDatabasesOf(s, s.Inv.Host("web3"))
	if err != nil {
		t.Fatal(err)
	}
	pw := func(label string) string { return s.Master.Password(label).Reveal() }
	if got, want := d.writes[0].url("ssl_ca"), "mysql://foobar_app_rw:"+pw("db/app_rw")+"@10.77.0.11:3306/foobar?ssl_ca=/etc/foobar/tls/ca.crt"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(d.writes) != 3 || !strings.Contains(d.writes[1].url("ssl_ca"), "foobar_app_rw:"+pw("db/app_rw")+"@10.77.0.12:") {
		t.Errorf("%d servers may take the writes", len(d.writes))
	}
	var at []string
	for _, r := range d.reads {
		_, after, _ := strings.Cut(r.url("ssl_ca"), "foobar_app_ro:"+pw("db/app_ro")+"@")
		at = append(at, strings.TrimSuffix(after, ":3306/foobar?ssl_ca=/etc/foobar/tls/ca.crt"))
	}
	if got := strings.Join(at, " "); got != "10.77.0.13 10.77.0.12" {
		t.Errorf("web3 reads from %s; its own replica comes first, the primary is none", got)
	}
	if d, _ := appDatabasesOf(s, s.Inv.Host("web1")); len(d.reads) != 2 {
		t.Errorf("the primary's host reads from %d servers", len(d.reads))
	}
}
