// Package preflight says, before anything is changed, what would keep a deploy
// from succeeding: it builds one read-only script for each host, understands
// the answers and judges them. It is pure; the command does the talking.
package preflight

import (
	"net/netip"
	"slices"
	"time"

	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/inventory"
)

// Version is that of the JSON form. It is raised when a field goes or changes
// its meaning; new fields and new IDs of findings may come without.
const Version = 1

// The levels of a finding. Only Fail keeps a deploy from succeeding.
const (
	OK   = "ok"
	Warn = "warn"
	Fail = "fail"
)

// Finding is one thing that was looked at.
type Finding struct {
	// ID names the check and stays the same from release to release, such as
	// "clock" or "port-80"; with Host it is unique but for "dns", "disk" and
	// what else there may be several of.
	ID    string `json:"id"`
	Host  string `json:"host,omitempty"` // "" when it was seen from the controller alone
	Level string `json:"level"`          // OK, Warn or Fail
	Seen  string `json:"seen"`           // one sentence without a full stop
	Fix   string `json:"fix,omitempty"`  // the command to run, or what else to do; none when all is well
	// Code is the failure's in the catalogue; none when all is well.
	Code fault.Code `json:"code,omitempty"`
}

// Report is the result, and the document of "check -o json".
type Report struct {
	V         int       `json:"v"`
	Site      string    `json:"site"`
	Domain    string    `json:"domain"`
	Inventory string    `json:"inventory"`
	Taken     time.Time `json:"taken"`
	// Offline says that no host was asked, Partial that not all were.
	Offline bool `json:"offline,omitempty"`
	Partial bool `json:"partial,omitempty"`
	// Ready says that no finding is a failure and every host was reached.
	Ready bool `json:"ready"`
	// Findings are those of the controller first, then by host in the order of
	// the inventory.
	Findings []Finding `json:"findings"`
	Hosts    []Host    `json:"hosts"`
}

// Host is a host that was to be asked.
type Host struct {
	Name    string   `json:"name"`
	Address string   `json:"address"`
	Roles   []string `json:"roles"`
	// Reached says that it let us in and answered to the end.
	Reached bool `json:"reached"`
}

// Failures counts the findings that keep a deploy from succeeding.
func (r Report) Failures() int { return r.count(Fail) }

// Warnings counts the findings that deserve a look.
func (r Report) Warnings() int { return r.count(Warn) }

func (r Report) count(level string) (n int) {
	for _, f := range r.Findings {
		if f.Level == level {
			n++
		}
	}
	return n
}

// Unreachable reports whether a host did not let us in or did not answer.
func (r Report) Unreachable() bool {
	return slices.ContainsFunc(r.Hosts, func(h Host) bool { return !h.Reached })
}

// Login is how a host was reached.
type Login struct {
	Address string // that answered, with the port
	User    string
	Sudo    bool // root by way of sudo, not by the login
	Pinned  bool // the inventory has the host's key, not known_hosts
	// Keys are those by which the host is known.
	Keys facts.HostKeys
}

// The parts of reaching a host that can fail, and the IDs of the findings.
const (
	SSH     = "ssh"      // no SSH server answered, or the connection broke
	HostKey = "host-key" // unknown or changed; or of a kind that sshd is not to keep
	Auth    = "login"    // no key was taken
	Root    = "root"     // no root: sudo
	Shell   = "shell"    // no POSIX shell, or one that gave no answer
)

// Refusal is why a host could not be asked.
type Refusal struct {
	ID        string // SSH, HostKey, Auth, Root or Shell
	Msg, Hint string
	Code      fault.Code
}

// Look is what became of asking one host: either Refused is set, or Login and
// Answer hold.
type Look struct {
	Host    *inventory.Host
	Login   Login
	Refused *Refusal
	Answer  Answer
}

// Resolved is what a resolver says of a name.
type Resolved struct {
	Addresses []netip.Addr
	Canonical string // when the name is an alias of it; "" otherwise or unknown
	Error     string // when there are no addresses
}

// Here is what the controller alone can see.
type Here struct {
	Findings []Finding
	// Names are the site's names, as the controller's resolver has them; nil
	// when it was not asked.
	Names map[string]Resolved
	// NoMaster is the file of the master secret when it is not there.
	NoMaster string
	// Belongs reports whether a host that was deployed before has its passwords from
	// the master secret that is there; nil where there is none.
	Belongs func(facts.Facts) bool
	// Balancer are the addresses of the load balancer's address, where that is
	// a name.
	Balancer []netip.Addr
	// Python is what the app's source asks of the version of Python.
	Python string
}
