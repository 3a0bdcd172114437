// Package inventory reads the TOML file that says what is wanted: one site, its
// hosts and their roles. The reader is strict: a key that nobody reads is an error
// that names its line and the nearest known key.
package inventory

import (
	"cmp"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/monitoring/alert"
)

// The roles a host can have. A host without roles serves Web, App and DB.
const (
	LB  = "lb"
	Web = "web"
	App = "app"
	DB  = "db"
)

// Inventory is a whole file with every default filled in and every value checked.
type Inventory struct {
	// Path is the file as it was named; relative paths in it count from its folder.
	Path string
	// Hosts are in the order of the file.
	Hosts []*Host

	Site       Site
	SSH        SSH
	Deploy     Deploy
	TLS        TLS
	LB         Balancer
	Web        WebServer
	App        Application
	DB         Database
	Firewall   Firewall
	Monitoring Monitoring
	Secrets    Secrets

	// Places are where the keys stand in the file, see Where.
	Places Places
}

// Places are lines of a file.
type Places struct{ lines lines }

// Where is the first of some keys ("ssh.user", "hosts.web1.address") that stands
// in the file, and where: "inventory.toml:12". Both are empty when none does.
func (inv *Inventory) Where(keys ...string) (key, place string) {
	for _, key := range keys {
		if line, ok := inv.Places.lines[pathOf(strings.Split(strings.ReplaceAll(key, "[", ".["), "."))]; ok {
			return key, fmt.Sprintf("%s:%d", inv.Path, line)
		}
	}
	return "", ""
}

// Contradiction is the error of a key ("app.port") that contradicts another one, with
// its place in the file.
func (inv *Inventory) Contradiction(key, format string, args ...any) *Error {
	return &Error{Path: inv.Path, Line: inv.Places.lines.of(strings.Split(key, ".")), Code: fault.Contradiction,
		Message: key + ": " + fmt.Sprintf(format, args...)}
}

// Host returns the host of that name, or nil.
func (inv *Inventory) Host(name string) *Host {
	for _, h := range inv.Hosts {
		if h.Name == name {
			return h
		}
	}
	return nil
}

// Folder is where relative paths in the file count from, and where the commands run
// that give secrets.
func (inv *Inventory) Folder() string {
	folder, err := filepath.Abs(filepath.Dir(inv.Path))
	if err != nil { // the working folder is gone, and Path is in it
		return filepath.Dir(inv.Path)
	}
	return folder
}

// Group returns the hosts that have a role, in the order of the file.
func (inv *Inventory) Group(role string) []*Host {
	var group []*Host
	for _, h := range inv.Hosts {
		if h.Has(role) {
			group = append(group, h)
		}
	}
	return group
}

// Names are those of hosts, in their order.
func Names(hosts []*Host) []string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	return names
}

// Host is one server ([hosts.NAME]).
type Host struct {
	Name string
	// Address is where the controller finds the host: an IP address, a DNS name
	// or an alias of ssh_config. For a host with the role lb it is also the
	// public address.
	Address string
	// Private are the addresses by which the other hosts know this one, never
	// empty; the first is the one services listen on and are addressed by.
	Private []netip.Addr
	Roles   []string
	// Weight is the server's share at the balancer, 0 to 256; default 100.
	Weight int
	// HostKey pins the SSH host key ("ssh-ed25519 AAAA…" or "SHA256:…").
	HostKey string
	// SSH is [ssh] with the host's own [hosts.NAME.ssh] laid over it.
	SSH SSH
}

// Has reports whether the host has the role.
func (h *Host) Has(role string) bool { return slices.Contains(h.Roles, role) }

// IP is the first private address.
func (h *Host) IP() netip.Addr { return h.Private[0] }

// SSHPort is the port on which sshd is assumed to listen: that of the inventory, or
// else 22, even where ssh_config says another.
func (h *Host) SSHPort() int { return cmp.Or(h.SSH.Port, 22) }

// Internal is the name by which the hosts of a site know this one and which its
// certificate carries: "web1.internal".
func (h *Host) Internal() string { return h.Name + ".internal" }

// Site is [site].
type Site struct {
	Name    string   // default: the domain's first label that is not www
	Domain  string   // required
	Aliases []string // further names for the certificate and the balancer
	Email   string   // for the certificate authority; required unless tls.cert is given
}

// Names are the domain and the aliases.
func (s Site) Names() []string { return append([]string{s.Domain}, s.Aliases...) }

// SSH is [ssh]: how to reach hosts. What is left empty comes from ssh_config, then
// from OpenSSH's defaults.
type SSH struct {
	User         string
	Port         int
	Identity     []string // key files, absolute
	KnownHosts   []string // files, absolute
	Jump         string   // as ssh -J
	ProxyCommand string   // knows %h %p %r %n
	// Config is a file in place of ~/.ssh/config; "none" reads none.
	Config         string
	ConnectTimeout time.Duration
	Become         string // "sudo" or "none"; empty: sudo unless the login is root
}

// Deploy is [deploy].
type Deploy struct {
	Serial int // hosts at a time for a disruptive change; default 1
	// MaxFailedRequests is how many requests may fail at the balancer in a run before it
	// goes on to the next server; less than 0 means any number; default 0.
	MaxFailedRequests int
	Forks             int           // hosts worked on at once; default 10
	DrainTimeout      time.Duration // default 30s
	HealthTimeout     time.Duration // default 60s
	ConfirmTimeout    time.Duration // until a firewall or sshd change reverts that no new connection has proved; default 60s
	// Keep names what others put beside foobar's after it came and what stays all the
	// same: drop-ins of its units, and what lies among the releases, by their paths,
	// accounts of its databases as "user@host", rules of the firewall as plans list them.
	Keep []string
	// Purge is "owned" (default: what stood there before foobar came stays) or "all".
	Purge string
	// AllowUntested lets a deploy go to systems that foobar knows from their
	// documentation alone; default false.
	AllowUntested bool
}

// TLS is [tls]: the certificate the public sees.
type TLS struct {
	// ACME is the directory URL; "letsencrypt" (default) and
	// "letsencrypt-staging" become their URLs. Empty when Cert is given.
	ACME string
	// ACMECA is a PEM file with the roots of a private ACME server; empty for a public one.
	ACMECA string
	// Cert and Key are PEM files; with them no certificate is requested.
	Cert, Key string
	HSTS      bool // default true
}

// Balancer is [lb].
type Balancer struct {
	Balance        string        // roundrobin (default), leastconn, source, random
	MaxConn        int           // default 20000
	HealthPath     string        // default /healthz
	HealthInterval time.Duration // default 2s
	Fall, Rise     int           // checks until a server is out or in; default 3 and 2
	TimeoutConnect time.Duration // default 5s
	TimeoutClient  time.Duration // default 50s
	TimeoutServer  time.Duration // default 20s more than app.timeout
	// RateLimit is requests per 10 s per client address (/32 or /64) before 429; default 1000, 0 switches it off.
	RateLimit int
	// Snippet is a file, absolute, with lines for HAProxy's frontend of the site.
	Snippet string
}

// WebServer is [web].
type WebServer struct {
	// Static is a folder inside app.source served at /static/; default "static"
	// when it exists there, else empty.
	Static string
	// StaticFound says that the inventory does not name that folder: the app may answer what
	// is not in it.
	StaticFound   bool
	ClientMaxBody int64 // bytes; default 16 MiB
	// Headers are set where the app sends none of that name; an empty one is not set.
	Headers map[string]string
	// Redirects are tried in their order, but those of names after those of paths.
	Redirects []Redirect
	Auth      Auth
	// Snippet is a file, absolute, with lines for the site's server block of nginx.
	Snippet string
}

// Application is [app].
type Application struct {
	Source       string   // a folder, absolute; required when a host has the role app
	Entrypoint   string   // default "wsgi:app"
	Port         int      // default 9000, on 127.0.0.1
	Workers      int      // 0: twice the processors plus one
	Packages     []string // Debian packages the app imports from
	Env          map[string]string
	Secrets      map[string]Source // environment names; delivered in a 0600 file
	KeepReleases int               // default 5
	HealthPath   string            // default /healthz
	// MetricsPath is where the app tells its own metrics in Prometheus' text format; ""
	// where it tells none. Visitors do not get it.
	MetricsPath string
	// Build are shell commands that run in each new release, such as collectstatic, and
	// Migrate those that run once for it, on one host, before any server switches to it.
	Build, Migrate []string
	StepTimeout    time.Duration // of each list; default 10m
	Server         string        // "wsgi" (default) or "asgi": what the entry point speaks
	Threads        int           // of a worker of a WSGI app; default 1
	// Timeout is how long a request may take; nginx, gunicorn and the balancer derive
	// theirs from it. Default 30s, or 20s less than lb.timeout_server where that alone is set.
	Timeout time.Duration
	// Sandbox is "normal" (default) or "strict", which also forbids what few apps need:
	// memory that is written and run, most of /proc, and a say in priorities.
	Sandbox   string
	MemoryMax int64 // bytes for all processes of the app on a host; 0: half of the host's
	TasksMax  int   // processes and threads; default 1024
	// Index is the URL of the package index for requirements.txt and pyproject.toml; a
	// secret one, with a user and a password in it, comes from IndexSecret. Empty: what
	// pip on the host uses. IndexCA is a PEM file with the roots of a private index.
	Index, IndexCA string
	IndexSecret    *Source
	Background     []Worker
	Timers         []Timer
}

// Database is [db].
type Database struct {
	Engine         string // "mariadb" (default, which Debian has) or "mysql"
	Package        DatabasePackage
	Name           string // schema; default site.name with _ for -
	Primary        string // host that bootstraps as primary; default the first db host
	Port           int    // default 3306
	BufferPool     int64  // bytes; 0: a quarter of the memory
	MaxConnections int    // default 200
	// AppRights is what the app's account may do in the schema: "all" (default: what
	// migrations need, too) or "data" (not DROP, TRUNCATE, triggers, nor routines).
	AppRights    string
	BinlogExpire time.Duration // default 7 days
	// Settings are further variables of the server, by the names of its option file, with
	// underscores. Sizes are in bytes, booleans ON and OFF.
	Settings map[string]string
	Backup   Backup
}

// DatabasePackage is [db.package]: where a server comes from that is not in the
// package sources that the hosts have, such as MySQL's own repository.
type DatabasePackage struct {
	// Apt is a deb822 source text, Key its signing key (a file, absolute).
	Apt, Key string
	// Fingerprint is the key's, 40 hex digits or more, as its owner publishes it.
	Fingerprint string
	Name        string // default mariadb-server or mysql-server, by the engine
}

// Strict is the word for loopback that lets through only what is in use.
const Strict = "strict"

// Firewall is [firewall].
type Firewall struct {
	Enabled bool
	// SSHFrom bounds who may reach port 22; empty means anyone.
	SSHFrom []netip.Prefix
	Extra   []Rule
	// Loopback is "strict" (default: over loopback, new TCP connections reach only
	// the ports of the host's services, those of Extra and LoopbackPorts) or "off"
	// (they reach every port).
	Loopback string
	// LoopbackPorts are more ports that strict loopback leaves open, on every host.
	LoopbackPorts []int
	// Purge is "owned" (default: rules that were there before foobar stay) or "all".
	Purge string
}

// Rule opens one port ([[firewall.extra]]).
type Rule struct {
	Port    int
	Proto   string         // tcp (default) or udp
	From    []netip.Prefix // empty means anyone
	Hosts   []string       // empty means every host
	Comment string
}

// Monitoring is [monitoring].
type Monitoring struct {
	Enabled bool // default true
	// Provider is where metrics and logs go, a word of Providers; default sumologic.
	Provider string
	// Prometheus is the host that runs Prometheus; "" is the first balancer.
	Prometheus string
	// Endpoint is the intake's base URL; default https://open-collectors.sumologic.com, or
	// that of Datadog's site.
	Endpoint string
	// Token is the installation token; default { env = "SUMOLOGIC_INSTALLATION_TOKEN" }.
	Token Source
	// AccessID and AccessKey, both or neither, let this machine keep alerts at the service,
	// and take collectors out of it again, by its API at the URL API. No host gets them.
	AccessID, AccessKey Source
	// Site is Datadog's, default datadoghq.com. APIKey is what collectors send with there,
	// default { env = "DD_API_KEY" }, and with ApplicationKey this machine keeps alerts
	// there; no host gets that one.
	Site                   string
	APIKey, ApplicationKey Source
	// API is a URL without a path; default that of the endpoint's deployment, or of the site. It is empty
	// where it is not known, which is refused with an access key.
	API string
	// CA is a PEM file with the roots of a private intake; empty for a public one.
	CA string
	// AllowFrom may reach 443 on the servers (external probes); empty by default.
	AllowFrom []netip.Prefix
	Package   Package
	Fields    map[string]string
	// Alerts are all that are not switched off, with the limits of [monitoring.alerts].
	Alerts []alert.Alert
	Notify []Notify
}

// Package says where the collector's Debian package comes from: at most one of
// File, URL and Apt. With none of them Name is installed from the package sources
// that the hosts already have; a deploy says so when they do not have it.
type Package struct {
	File   string // on the controller, absolute
	URL    string // fetched by each host
	SHA256 string // required with URL
	// Apt is a deb822 source text, Key its signing key (a PEM or ASCII-armoured
	// file, absolute; empty when the text has Signed-By).
	Apt, Key string
	Name     string // default otelcol-sumo
}

// Secrets is [secrets].
type Secrets struct {
	// Master is the file of the master secret; default foobar.key beside the
	// inventory. It is created, 0600, by the first run that needs it.
	Master string
	// Generation is raised to rotate every derived password; default 1.
	Generation int
	// CAGeneration is raised to replace the private CA, and with it the
	// certificates by which the hosts know each other; default 1.
	CAGeneration int
}

// Source says where a secret comes from; exactly one is set. The secret itself
// never stands in an inventory.
type Source struct {
	Env     string
	File    string // absolute
	Command []string
}
