package preflight

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/facts"
)

// mostText is how many characters of a text people are shown.
const mostText = 200

// Answer is what one host said, understood. All its texts are printable and bounded.
type Answer struct {
	Facts facts.Facts
	// Init is the first process, Systemd its version where it is systemd.
	Init, Systemd string
	// Offset is the host's clock less the controller's, known to within Error.
	Offset, Error time.Duration
	// Timeless says that the host did not tell its clock.
	Timeless     bool
	Synchronised bool // a time service says that it keeps the clock
	Disks        []disk
	// Settings are those of others that a deploy may run into.
	Settings []setting
	// PortsSeen says that the host could be asked who listens.
	PortsSeen bool
	Ports     []listening // of TCP
	Datagrams []listening // of UDP
	// Beside is what filters beside ufw.
	Beside string
	// Strict says that a deploy made the host's loopback strict.
	Strict bool
	// Filtered says that ufw's rules there are foobar's.
	Filtered  bool
	DpkgLeft  []string // what dpkg says is half done
	Packages  map[string]bool
	Enabled   map[string]bool // services of others that start at boot
	Strangers []string        // packages of others where a deploy wants its own
	AptLock   string          // who holds a lock of dpkg or apt
	Lock      string          // who holds foobar's
	Reboot    bool
	RebootFor []string
	Sources   sources
	Mirrors   []mirror
	Reach     map[string]string // by address:port: open, refused, timeout or what was said; From is its own address there
	From      map[string]netip.Addr
	Names     map[string]Resolved // by name
	Fetched   map[string]fetched  // by ID
}

// disk is what df says of the file system on which a path is or would be.
type disk struct {
	path, mount             string
	size, free              int64 // MiB
	inodes, inodesFree      int64
	unknown, inodesUnlisted bool
}

type listening struct {
	at      netip.AddrPort // the zero address means all
	program string         // "" when it is not known
	pid     int
	unit    string
}

// sources is what apt says of its package sources.
type sources struct {
	status int
	count  int
	said   string
}

type mirror struct {
	uri    string
	status int
	said   string
	debian bool // it is Debian's own archive, or a copy of it
}

// fetched is the outcome of a request.
type fetched struct {
	ok      bool // the whole answer came
	status  int  // of HTTP, where it was not well
	said    string
	tcp     string // when it went wrong: what a mere connection gave
	helper  bool   // there was a program to ask with
	noRoots bool   // the host has no roots to verify with
	text    string // the beginning of the answer
}

// printable makes one bounded line, fit to be shown, of a text from elsewhere.
func printable(s string) string { return strings.TrimSpace(ask.Printable(s, mostText)) }

// Read understands the answer of one host. An answer that was cut off, or that
// does not say what the host is, is an error.
func Read(said *ask.Answer) (Answer, error) {
	f, err := facts.Read(said)
	if err != nil {
		return Answer{}, errors.New(printable(err.Error()))
	}
	tidy(&f)
	v := ask.Pairs(said.Lines("system"))
	a := Answer{Facts: f, Init: printable(v["init"]), Systemd: printable(v["systemd"]), Synchronised: v["synchronised"] == "yes",
		Disks: readDisks(said.Lines("disk")), Packages: map[string]bool{}, Enabled: map[string]bool{},
		Reach: map[string]string{}, From: map[string]netip.Addr{}, Names: map[string]Resolved{}, Fetched: map[string]fetched{}}
	var timed bool
	a.Offset, a.Error, timed = said.Offset()
	a.Timeless = !timed
	a.settings(said.Lines("settings"))
	a.Beside = said.Text("beside")
	a.ports(said.Lines("ports"), said.Lines("sockets"))
	for _, l := range said.Lines("dpkg") {
		a.DpkgLeft = append(a.DpkgLeft, printable(l))
	}
	for _, l := range said.Lines("packages") {
		_, name, _ := strings.Cut(l, " ")
		a.Packages[printable(name)] = true
	}
	for _, l := range said.Lines("strangers") {
		if status, name, _ := strings.Cut(l, " "); status == "installed" {
			a.Strangers = append(a.Strangers, printable(name))
		}
	}
	for _, l := range said.Lines("enabled") {
		a.Enabled[printable(l)] = true
	}
	a.locks(said.Lines("locks"))
	if r := said.Lines("reboot"); len(r) > 0 {
		a.Reboot = true
		for _, p := range r[1:] {
			a.RebootFor = append(a.RebootFor, printable(p))
		}
	}
	a.mirrors(said.Lines("sources"), said.Lines("mirrors"))
	for _, name := range said.Sections() {
		if to, ok := strings.CutPrefix(name, "reach "); ok {
			a.Reach[to], a.From[to] = readReach(said.Lines(name))
		}
		if n, ok := strings.CutPrefix(name, "name "); ok {
			a.Names[n] = readName(said.Lines(name))
		}
	}
	for _, id := range []string{acmeID, intakeID} {
		if said.Has(id) {
			a.Fetched[id] = readFetched(said.Lines(id), said.Lines(id+"-text"))
		}
	}
	return a, nil
}

// tidy makes the facts fit to be shown.
func tidy(f *facts.Facts) {
	for _, p := range []*string{&f.OS, &f.Release, &f.Codename, &f.Deployed, &f.Pretty, &f.Arch, &f.Container, &f.TimeService, &f.OwnedBy, &f.Database.Source, &f.Database.Version, &f.Database.Refuses} {
		*p = printable(*p)
	}
	if f.Pretty == "" {
		f.Pretty = f.OS
	}
}

func (a *Answer) locks(lines []string) {
	for _, l := range lines {
		kind, rest, _ := strings.Cut(l, " ")
		pid, what, _ := strings.Cut(rest, " ")
		switch {
		case kind == "foobar" && a.Lock == "":
			a.Lock = printable(fmt.Sprintf("pid %d", ask.Number(pid)))
			if what != "" {
				a.Lock = printable(what)
			}
		case kind == "apt" && a.AptLock == "":
			program, file, _ := strings.Cut(what, " ")
			a.AptLock = printable(fmt.Sprintf("%s (pid %d) holds %s", cmp.Or(program, "a process"), ask.Number(pid), file))
		}
	}
}
