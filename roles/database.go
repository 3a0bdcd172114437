package roles

import (
	_ "embed" // scripts
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/netip"
	"slices"
	"strings"
	"time"

	"foobar/internal/aptsource"
	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/internal/sh"
	"foobar/inventory"
	"foobar/templates"
)

// databaseEngine is what differs between engines outside their SQL.
type databaseEngine struct {
	dialect  database.Dialect
	packages []string
	// user is the account the server runs as.
	user string
	// conf and dropIn are files on the host, made of the two templates; more is
	// further files.
	conf, confTemplate     string
	dropIn, dropInTemplate string
	more                   []resource.Resource
	unit                   string
	// tries has the server's program read the file %s, and say on its standard error what
	// is wrong with it.
	tries string
	// check fails when the server would refuse its configuration, reload loads new
	// certificates, ping succeeds once the server answers: all shell.
	check, reload, ping string
	// copying and watching are the privileges on the whole server of the
	// accounts for copies and for the collector.
	copying, watching []string
	// profile is a command for ExecStartPre= by which AppArmor loads the server's
	// profile with what foobar adds to it; "" where there is no profile.
	profile string
	// rival are the packages of the other engine.
	rival play.Rival
	// log is the file to which the server writes errors; "" for the journal.
	log string
	// applying is the variable whose statements a replica runs when it begins to apply, and
	// opens those that make it open MEMORY tables.
	applying, opens string
	// begins says that the server's installation writes to the binary log.
	begins bool
}

// databaseEngineOf is the engine of the inventory, which knows no third one.
func databaseEngineOf(inv *inventory.Inventory) databaseEngine {
	e := mariaEngine()
	if inv.DB.Engine == "mysql" {
		e = mysqlEngine()
	}
	e.user, e.unit = "mysql", e.dialect.Words().Unit
	e.dropIn = "/etc/systemd/system/" + e.unit + ".d/foobar.conf"
	if name := inv.DB.Package.Name; name != "" {
		e.packages = []string{name}
	}
	return e
}

// DatabaseOurs reports whether a host's ledger says that foobar configured the
// database server there.
func DatabaseOurs(inv *inventory.Inventory, owned []string) bool {
	return slices.Contains(owned, "file:"+databaseEngineOf(inv).conf)
}

func mariaEngine() databaseEngine {
	return databaseEngine{
		rival: play.Rival{Packages: []string{"mysql-server", "mysql-community-server", "percona-server-server"}, Fatal: true,
			Why: "MariaDB cannot be installed with it, and its data is where MariaDB's will be; save it before you remove it", Fix: "apt-get purge %s"},
		dialect:  mariadb.Dialect{},
		packages: []string{"mariadb-client", "mariadb-server"},
		conf:     "/etc/mysql/mariadb.conf.d/90-foobar.cnf", confTemplate: "database/mariadb.cnf.tmpl",
		dropInTemplate: "database/mariadb.service.conf.tmpl", check: mariaCheck(),
		// LOCAL keeps it out of the log, where it would break a replica.
		reload:   mariadb.Dialect{}.Words().Client + " -e 'FLUSH LOCAL SSL' </dev/null",
		ping:     "mariadb-admin --no-defaults --skip-ssl -uroot -S /run/mysqld/mysqld.sock ping >/dev/null 2>&1 </dev/null",
		applying: "init_slave", opens: database.OpenMemoryTables(),
		// With a log switched on it would make the log's index.
		tries:   "mariadbd --defaults-file=%s --verbose --help --skip-log-bin",
		copying: []string{"SELECT", "SHOW VIEW", "EVENT", "TRIGGER", "BINLOG MONITOR", "SLAVE MONITOR"}, watching: []string{"PROCESS", "BINLOG MONITOR", "SLAVE MONITOR"},
	}
}

// mysqlEngine: the configuration comes after the package's own in the alphabet,
// because the last value wins. Where AppArmor is on, the package's profile keeps
// the server from the certificates, and from the folder in which backups are checked.
func mysqlEngine() databaseEngine {
	return databaseEngine{
		rival: play.Rival{Packages: []string{"mariadb-server"}, Fatal: true,
			Why: "MySQL cannot be installed with it, and its data is where MySQL's will be; save it before you remove it", Fix: "apt-get purge %s"},
		dialect:  mysql.Dialect{},
		packages: []string{"mysql-server"},
		conf:     "/etc/mysql/mysql.conf.d/zz-foobar.cnf", confTemplate: "database/mysql.cnf.tmpl",
		dropInTemplate: "database/mysql.service.conf.tmpl",
		more: []resource.Resource{resource.File{Path: "/etc/apparmor.d/local/usr.sbin.mysqld",
			Content: []byte("# Written by foobar; changes made here are undone by the next deploy.\n" + leafDir + "/** r,\n" +
				database.Scratch + "/*/ rw,\n" + database.Scratch + "/*/** rwk,\n")}},
		check:   "{ ! command -v mysqld >/dev/null || ( cd / && " + database.As + "mysqld --validate-config </dev/null ); }",
		reload:  mysqlReload(),
		ping:    "mysqladmin --no-defaults -uroot -S /run/mysqld/mysqld.sock ping >/dev/null 2>&1 </dev/null",
		copying: []string{"SELECT", "SHOW VIEW", "EVENT", "TRIGGER", "REPLICATION CLIENT", "BACKUP_ADMIN"}, watching: []string{"PROCESS", "REPLICATION CLIENT"},
		applying: "init_replica", opens: database.CountMemoryRows(),
		begins: true,
		// The package's file sends errors into a log. Folders are no matter of this file.
		tries:   "mysqld --defaults-file=%s --validate-config --log-error=stderr --log-error-verbosity=2 --secure-file-priv=NULL",
		log:     "/var/log/mysql/error.log",
		profile: "-+/bin/sh -c '[ ! -s /sys/kernel/security/apparmor/profiles ] || apparmor_parser -r -W /etc/apparmor.d/usr.sbin.mysqld'",
	}
}

// mysqlReload has the server load its certificates. It refuses one that does not
// verify against the file of ssl_ca alone, where it looks for the host's issuing
// certificate too. So it gets a file with both, by a variable that needs no restart.
// Source: MySQL's sql/ssl_acceptor_context_data.cc, verify_individual_certificate.
func mysqlReload() string {
	const both = leafDir + "/mysql-ca.crt"
	return "{ cat -- " + leafCA + "; sed -n '/^-----BEGIN CERT/,/^-----END CERT/p' " + leafDir + "/issuer.pem 2>/dev/null || :; } | foobar_put 0644 root:root " + both + "\n" +
		mysql.Dialect{}.Words().Client + ` -e "SET GLOBAL ssl_ca='` + both + `'; ALTER INSTANCE RELOAD TLS" </dev/null`
}

//go:embed database_check.sh
var mariaCheckScript string

// mariaCheck has the server read and print its options, as its own account, so that
// what it makes on the way is not root's. With a log switched on it would also make
// the log's index beside its data.
func mariaCheck() string {
	return "said=$(" + database.As + "sh -euc " + sh.Quote(mariaCheckScript) + ` </dev/null) || { printf '%s\n' "$said" | tail -n 5; exit 1; }`
}

// databaseReady bounds how long a start may take: after a crash the server first
// recovers from its log.
const databaseReady = 10 * time.Minute

// Database is a database server: its package, its configuration, its
// certificate and its process. The roles DatabasePrimary and DatabaseReplica make
// it one or the other.
type Database struct{}

// Name is the role's name on the command line.
func (Database) Name() string { return "database" }

// Resources are what every host with the role db needs, primary or not.
func (Database) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	e := databaseEngineOf(s.Inv)
	service, err := databaseService(s, h, e)
	if err != nil {
		return nil, err
	}
	if got := s.Facts[h.Name].Database.Engine; got != "" && got != e.dialect.Words().Name {
		return nil, fmt.Errorf("%s has a server of %s, and db.engine is %q; data is not moved from one engine to another: "+
			"write engine = %q into [db], or save the data and remove the server", h.Name, got, e.dialect.Words().Name, got)
	}
	var t texts
	conf := slices.Concat(t.text(databaseConf(s, h, e)), databaseSettings(s.Inv, false))
	live := slices.Concat(e.liveConf(), databaseSettings(s.Inv, true))
	want := t.list(aptsource.Resources(s, "db.package", "database", s.Inv.DB.Package.Apt, s.Inv.DB.Package.Key))
	want = append(want, resource.User{Name: e.user, Groups: []string{tlsGroup}, Make: []string{tlsGroup}})
	want = append(append(want, t.list(leaf(s, h))...), e.more...)
	want = append(want, t.list(databaseBackup(s, h, e))...)
	return append(want,
		e.checked(s, h, resource.File{Path: e.conf, Content: conf}),
		e.checked(s, h, resource.File{Path: e.live(), Content: live}),
		resource.File{Path: e.dropIn, Content: t.of(e.dropInTemplate, map[string]any{"Profile": e.profile})},
		resource.Packages{For: "database", Names: append(slices.Clone(e.packages), "tzdata")},
		service,
		database.Settings{Dialect: e.dialect, Conf: slices.Concat(conf, live)},
		database.Zones{Dialect: e.dialect},
	), t.err
}

// liveConf are settings that a server takes without a restart: what this file says is set
// in the running one. The log holds rows, so a trigger or function of an app cannot make a
// replica differ.
func (e databaseEngine) liveConf() []byte {
	return []byte("# Written by foobar; changes made here are undone by the next deploy.\n[mysqld]\nloose_log_bin_trust_function_creators = ON\n" +
		e.applying + " = \"" + e.opens + "\"\n")
}

// live is the file of those settings, beside the other one.
func (e databaseEngine) live() string { return strings.TrimSuffix(e.conf, ".cnf") + "-live.cnf" }

// Services are the server, which the other database hosts and the application reach.
func (Database) Services(inv *inventory.Inventory, h *inventory.Host) []play.Service {
	e := databaseEngineOf(inv)
	port := play.Port{Number: inv.DB.Port, For: "database", Key: "db.port", On: play.Loopback()}
	if h.IP().Unmap().Is6() {
		port.On = []netip.Addr{netip.IPv6Loopback()}
	}
	port.On = append(port.On, h.IP().Unmap())
	for _, peer := range inv.Hosts {
		if peer != h && (peer.Has(inventory.DB) || peer.Has(inventory.App)) {
			port.Open = append(port.Open, play.FromHost("database", peer))
		}
	}
	server := play.Service{
		Name: e.dialect.Words().Name, Layer: play.Data, Main: true, Units: []string{e.unit}, Packages: []play.Package{{Name: e.packages[len(e.packages)-1], Called: e.dialect.Words().Name}}, Ports: []play.Port{port},
		Disk:    []play.Space{{Path: "/", MiB: 250}, {Path: "/var", MiB: 50}, {Path: "/var/lib/mysql", MiB: 400}},
		Rivals:  []play.Rival{e.rival},
		Journal: play.Journal{Unit: e.dialect.Words().Name}, Texts: []string{"/var/log/mysql/*.log"}, Collected: e.collected(), Exporter: databaseExporter(),
	}
	if e.log != "" {
		server.Files = []play.File{{Path: e.log, As: e.user}}
	}
	backup := play.Service{Name: "backup", Layer: play.Data, Off: !inv.DB.Backup.Enabled, Units: []string{"foobar-backup.timer"},
		Journal: play.Journal{Unit: "foobar-backup", Kept: true}}
	return []play.Service{certificateService(inv, h), server, backup}
}

// collected are metrics, read by an account of the collector's own.
func (e databaseEngine) collected() play.Collected {
	mariadb := e.dialect.Words().Name == "mariadb"
	c := play.Collected{Metrics: []string{"mysql"}, Config: func(s *play.Site) ([]byte, map[string]secret.String, error) {
		monitor, err := databaseLoginOf(s, databaseMonitor)
		if err != nil {
			return nil, nil, err
		}
		text, err := templates.Render("database/receivers.yaml.tmpl", map[string]any{"User": monitor.user, "MariaDB": mariadb})
		return text, map[string]secret.String{"MYSQL_OTEL_PASSWORD": monitor.password}, err
	}}
	if mariadb {
		c.Metrics = append(c.Metrics, "sqlquery/replica")
	}
	return c
}

// databaseService is the server's process. A primary that takes writes when the
// run begins is opened again as part of its restart: until then the application
// cannot write.
func databaseService(s *play.Site, h *inventory.Host, e databaseEngine) (resource.Service, error) {
	conf, dropIn := resource.NewID("file", e.conf), resource.NewID("file", e.dropIn)
	service := resource.Service{
		Unit:     e.unit,
		Loads:    []resource.ID{conf, dropIn, resource.NewID("file", leafCA), resource.NewID("certificate", leafKey)},
		Restarts: []resource.ID{conf, dropIn},
		Reload:   true, ReloadScript: e.reload, Check: e.check, Ready: e.ping, ReadyTimeout: databaseReady, Disruptive: true,
	}
	primary, err := Primary(s)
	if err != nil {
		return service, err
	}
	if d := s.Facts[h.Name].Database; h == primary && d.Running && !d.ReadOnly && d.Source == "" {
		service.Ready += " && " + e.dialect.Words().Client + " -e " + sh.Quote(strings.TrimSpace(e.dialect.SetReadOnly(false))) + " </dev/null"
	}
	return service, nil
}

func databaseConf(s *play.Site, h *inventory.Host, e databaseEngine) ([]byte, error) {
	inv := s.Inv
	id, err := databaseServerID(inv, h)
	if err != nil {
		return nil, err
	}
	replicas := 0
	if len(inv.Group(inventory.DB)) > 1 {
		replicas = 1
	}
	ip := h.IP().Unmap()
	loopback := "127.0.0.1"
	if ip.Is6() {
		loopback = "::1"
	}
	return templates.Render(e.confTemplate, map[string]any{
		"ServerID": id, "Address": ip, "Listen": ip.String() + "," + loopback, "Port": inv.DB.Port,
		"MaxConnections": inv.DB.MaxConnections, "LostFound": s.Facts[h.Name].Database.LostFound, "BufferPool": BufferPool(inv, s.Facts[h.Name].Memory),
		"Expire": int64(inv.DB.BinlogExpire / time.Second), "Replicas": replicas, "CA": leafCA, "Cert": leafCert, "Key": leafKey,
	})
}

// BufferPool is the size of the buffer pool, in bytes, on a host with so much
// memory: what the inventory says, or a quarter of the memory in whole steps of
// 128 MiB. Without the steps it would change, and restart the server, because the
// memory that a kernel reports differs a little from boot to boot.
func BufferPool(inv *inventory.Inventory, memory int64) int64 {
	const step = 128 << 20
	if inv.DB.BufferPool > 0 {
		return inv.DB.BufferPool
	}
	return max(memory/4/step*step, step)
}

// DatabaseServerID is the server_id of a host; "" when it cannot have one.
func DatabaseServerID(inv *inventory.Inventory, h *inventory.Host) string {
	id, err := databaseServerID(inv, h)
	if err != nil {
		return ""
	}
	return fmt.Sprint(id)
}

// databaseServerID is a number of its own for every server, the same on every
// run: the IPv4 address, or a checksum of the IPv6 address.
func databaseServerID(inv *inventory.Inventory, h *inventory.Host) (uint32, error) {
	id := serverIDOf(h.IP())
	for _, other := range inv.Group(inventory.DB) {
		if other != h && serverIDOf(other.IP()) == id {
			return 0, fmt.Errorf("%s (%s) and %s (%s) would get the same server_id %d; give one of them another private address", h.Name, h.IP(), other.Name, other.IP(), id)
		}
	}
	return id, nil
}

func serverIDOf(a netip.Addr) uint32 {
	a = a.Unmap()
	if a.Is4() {
		b := a.As4()
		return binary.BigEndian.Uint32(b[:])
	}
	b := a.As16()
	return max(crc32.ChecksumIEEE(b[:]), 1)
}
