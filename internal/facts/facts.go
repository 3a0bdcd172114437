// Package facts holds what is true of a host before any resource is looked at.
package facts

import (
	_ "embed" // scripts
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/distro"
	"foobar/internal/fault"
)

// Facts are gathered by one script at the start of every run.
type Facts struct {
	// OS is the ID of os-release ("debian"), Release its VERSION_ID, Codename
	// its VERSION_CODENAME, Pretty its PRETTY_NAME.
	OS, Release, Codename, Pretty string
	Arch                          string // as dpkg names it: amd64, arm64
	Hostname                      string
	CPUs                          int
	Memory                        int64 // bytes
	Addresses                     []netip.Prefix
	// Container is the virtualisation systemd-detect-virt names ("none" on metal).
	Container string
	// TimeService is the program that keeps the clock when it is not systemd's
	// own: "chronyd", "ntpd" or "".
	TimeService string
	// NoIPv6 says that the kernel opens no socket for IPv6: a program that is told to listen
	// there does not start.
	NoIPv6 bool
	// OpenFiles is the most files a service can be allowed to open, as the
	// first process has it; 0 when the host did not say.
	OpenFiles int
	// SSHPort is the port this connection came in by; 0 when the host did not say.
	SSHPort int
	// HostKeys is how the controller knows the host.
	HostKeys HostKeys
	// SSHClient is the address that this connection comes from, as the host sees it: that
	// of a jump host or of a router, where one stands between. Invalid where not said, and
	// over loopback, as from the end of a tunnel, where no firewall shuts sshd.
	SSHClient netip.Addr
	// SSHPorts are those on which sshd listens for others than the host itself, or will
	// after its next start, in order: sshd's own, and those of a socket of systemd's.
	SSHPorts []int
	// Tunnel is that of WireGuard's or OpenVPN's by which this connection comes in, TunnelPort the UDP
	// port that the other end needs for it; 0 where there is none, or it needs none.
	Tunnel     string
	TunnelPort int
	// SSHMain are the ports that ssh.service itself has open, and that its reload may shut.
	SSHMain []int
	// Owned are the IDs in the host's ledger: what foobar put there before.
	Owned []string
	// Found are, by the ID of the resource that looks for it, the things of others that
	// stood on the host before foobar came, by the same ledger.
	Found map[string][]string
	// OwnedBy is the site whose deployment wrote that ledger.
	OwnedBy string
	// Key is the fingerprint of the master secret that the host was deployed with last,
	// by that ledger; "" where an earlier version of foobar wrote it.
	Key string
	// Deployed is the system that the last whole deploy of the host found, by the same
	// ledger: OS and Codename, with a space between. "" when the ledger does not say.
	Deployed string
	// Drained are the servers that a person took out of this balancer's rotation.
	Drained []Drained
	// Database is what the host's database server says of itself.
	Database Database
	TLS      TLS
	Patience Patience
}

// Database is the replication role a server plays now. The observed primary
// outranks the inventory.
type Database struct {
	// Installed says that a server binary is there, Running that it answered.
	Installed, Running bool
	// Engine is "mariadb" or "mysql", by the installed server; else "".
	Engine   string
	Version  string
	ReadOnly bool
	// Source is the host this server replicates from; "" when it has no source configured.
	Source string
	// Position is its executed GTID position, in the words of its engine.
	Position string
	// Data says that the data directory is in use: it holds the system tables.
	Data bool
	// Elsewhere is the folder that the data is in where that is not /var/lib/mysql: then
	// nothing is known of it but what a running server says.
	Elsewhere string
	// Names is its lower_case_table_names: how it takes the names of tables.
	Names string
	// LogHas are the databases that alone are in its binary log, LogLacks those that are
	// left out of it: binlog_do_db and binlog_ignore_db.
	LogHas, LogLacks string
	// LostFound says that the data directory is a file system of its own, with the folder of
	// that name, which MariaDB takes for a database.
	LostFound bool
	// Schemas counts the databases of users in it, whether the server runs or not.
	Schemas int
	// OldestSchema is when the oldest of them was made, in Unix seconds; 0 unknown.
	OldestSchema int64
	// FirstLog is the name of the oldest binary log, FirstLogTime when it was
	// begun, in Unix seconds.
	FirstLog     string
	FirstLogTime int64
	// Begun says that foobar began the log, Purged that what a log once held is
	// no longer in any; both are only told of MySQL.
	Begun, Purged bool
	// Refuses is what the server says where it does not let root in over its socket.
	Refuses string
	// Accounts is a digest of all accounts and their rights, but for the system's own:
	// that of a replica is its primary's unless somebody changed one of them alone.
	Accounts string
	// EventsOff are the events of users that somebody has disabled, EventsWait those that are
	// disabled because the server is, or was, a replica, by their database.Event.Key.
	EventsOff, EventsWait []string
	// Logins are those of the users that foobar gives accounts to.
	Logins []Login
}

// Login is a user of a database, and the SHA-256, in hex, of what the server
// stores of the password.
type Login struct{ User, Sum string }

// Lasting are the facts without what changes while the host stays as it is: resources are
// made from these alone, so that where they are equal, the resources are.
func (f Facts) Lasting() Facts {
	f.Database.Position = ""
	return f
}

// System is what the table of releases says of the host's.
func (f Facts) System() distro.Release { return distro.Of(f.OS, f.Codename) }

// Has reports whether one of the host's addresses is a.
func (f Facts) Has(a netip.Addr) bool {
	return slices.ContainsFunc(f.Addresses, func(p netip.Prefix) bool { return p.Addr() == a })
}

// Script asks for the facts: POSIX sh that changes nothing, for ask.Script. It
// prints lines of a key and a value in one section, the ledger in another.
// Sources: os-release(5), proc_meminfo(5), ip(8).
func Script() string {
	return script + tlsScript + patienceScript + databaseScript + AskDrained + "[ ! -f /var/lib/foobar/owned.json ] || { section ledger; head -c 1048576 /var/lib/foobar/owned.json; }\n"
}

//go:embed facts.sh
var script string

// Read understands the answer to Script. An answer without its end is an error.
func Read(a *ask.Answer) (Facts, error) {
	var f Facts
	if err := a.Err(); err != nil {
		return f, err
	}
	for _, line := range a.Lines("facts") {
		key, value, _ := strings.Cut(line, " ")
		if err := f.set(key, value); err != nil {
			return f, fmt.Errorf("fact %s: %w", key, err)
		}
	}
	f.Drained = ReadDrained(a.Lines("drained"))
	if a.Has("ledger") {
		if err := f.setOwned(a.Text("ledger")); err != nil {
			return f, fmt.Errorf("fact owned: %w", err)
		}
	}
	if f.OS == "" {
		return f, fault.Wrap(fault.UnsupportedOS, errors.New("the host did not say what it is: there is no /etc/os-release, or it has no ID"))
	}
	slices.Sort(f.Owned)
	slices.Sort(f.SSHPorts)
	return f, nil
}

func (f *Facts) set(key, value string) error {
	text := map[string]*string{"os": &f.OS, "release": &f.Release, "codename": &f.Codename, "pretty": &f.Pretty,
		"arch": &f.Arch, "hostname": &f.Hostname, "virt": &f.Container, "time": &f.TimeService}
	if p := text[key]; p != nil {
		*p = value
		return nil
	}
	if key == "tunnel" {
		f.Tunnel, value, _ = strings.Cut(value, " ")
	}
	n, err := strconv.ParseInt(value, 10, 64)
	switch key {
	case "tunnel":
		if err == nil && n > 0 && n < 1<<16 {
			f.TunnelPort = int(n)
		}
		return nil
	case "cpus":
		f.CPUs = int(n)
	case "memory-kb":
		f.Memory = n * 1024
	case "open-files":
		f.OpenFiles = int(n)
	case "ipv6":
		f.NoIPv6 = value == "off"
		return nil
	case "ssh-port":
		f.SSHPort = int(n)
	case "ssh-client":
		a, err := netip.ParseAddr(value)
		if a = a.Unmap().WithZone(""); !a.IsLoopback() {
			f.SSHClient = a
		}
		return err
	case "sshd-port", "sshd-main":
		list := &f.SSHPorts
		if key == "sshd-main" {
			list = &f.SSHMain
		}
		if err == nil && n > 0 && n < 1<<16 && !slices.Contains(*list, int(n)) && len(*list) < mostSSHPorts {
			*list = append(*list, int(n))
		}
	case "patience-web", "patience-balancer", "patience-app":
		f.Patience.set(key, n) // what is no number is 0
		return nil
	case "address":
		p, err := prefix(value)
		if err != nil {
			return err
		}
		f.Addresses = append(f.Addresses, p)
		return nil
	case "tls-chain", "tls-trusted":
		return f.TLS.set(key, value)
	default:
		return f.Database.set(key, value)
	}
	return err
}

// mostSSHPorts bounds what a host can make its firewall open.
const mostSSHPorts = 16

// prefix reads an address as ip(8) prints it: that of a point-to-point link has no
// length.
func prefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a.WithZone(""), a.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

// Ways are the ports at which people log in: those of sshd, and the one this connection
// came in by, or the given one where the host did not say.
func (f Facts) Ways(given int) []int {
	if f.SSHPort != 0 {
		given = f.SSHPort // as the host itself sees it, behind whatever forwards to it
	}
	ports := append(slices.Clone(f.SSHPorts), given)
	slices.Sort(ports)
	return slices.Compact(ports)
}

// Ledger is /var/lib/foobar/owned.json: what foobar put on a host, and what others had
// there before. Names and a fingerprint, no secrets.
type Ledger struct {
	Version int                 `json:"version"`
	Site    string              `json:"site"`
	Owned   []string            `json:"owned"`
	Found   map[string][]string `json:"found,omitempty"`
	// Key is the fingerprint of the site's master secret.
	Key string `json:"key,omitempty"`
	// System is what the host ran, "debian trixie".
	System string `json:"system,omitempty"`
}

func (f *Facts) setOwned(text string) error {
	var l Ledger
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return fault.Wrap(fault.LedgerDamaged, fmt.Errorf("/var/lib/foobar/owned.json is damaged: %w; move it away, foobar will write a new one", err))
	}
	f.Owned, f.Found, f.OwnedBy, f.Key, f.Deployed = l.Owned, l.Found, l.Site, l.Key, l.System
	return nil
}
