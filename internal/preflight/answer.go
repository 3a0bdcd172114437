package preflight

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/facts"
)

// Bounds of what is kept of a host's answer.
const (
	MostLines = 8000
	mostText  = 200 // characters of a text that people are shown
)

// Heard is a host's answer as it came in.
type Heard struct {
	Token string
	Lines []string
	// Asked is when the question went out, Clock when the host's clock came in.
	Asked, Clock time.Time
}

// Answer is what one host said, understood. All its texts are printable and bounded.
type Answer struct {
	Facts facts.Facts
	// Init is the first process, Systemd its version where it is systemd.
	Init, Systemd string
	// Offset is the host's clock less the controller's, known to within Error.
	Offset, Error time.Duration
	Synchronised  bool // a time service says that it keeps the clock
	Disks         []disk
	// PortsSeen says that the host could be asked who listens.
	PortsSeen bool
	Ports     []listening
	DpkgLeft  []string // what dpkg says is half done
	Packages  map[string]bool
	Enabled   map[string]bool // services of others that start at boot
	AptLock   string          // who holds a lock of dpkg or apt
	Lock      string          // who holds foobar's
	Reboot    bool
	RebootFor []string
	Sources   sources
	Mirrors   []mirror
	Reach     map[string]string   // by address:port: open, refused, timeout or what was said
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

// section is a host's answer by section.
type sections map[string][]string

// split takes an answer apart. An answer without its end is an error.
func split(token string, lines []string) (sections, error) {
	a, name := sections{}, ""
	for i, line := range lines {
		if i == MostLines {
			return nil, errors.New("the answer has too many lines")
		}
		line = strings.TrimSuffix(line, "\r")
		if rest, ok := strings.CutPrefix(line, token+" "); ok {
			if rest == "done" {
				return a, nil
			}
			if section, ok := strings.CutPrefix(rest, "begin "); ok {
				name = section
				a[name] = []string{}
				continue
			}
		}
		if name != "" && line != "" {
			a[name] = append(a[name], line)
		}
	}
	return nil, errors.New("the answer was cut off before its end")
}

// pairs reads "key value" lines; the first of a key counts.
func pairs(lines []string) map[string]string {
	m := map[string]string{}
	for _, l := range lines {
		k, v, _ := strings.Cut(l, " ")
		if _, seen := m[k]; !seen {
			m[k] = strings.TrimSpace(v)
		}
	}
	return m
}

// printable makes one bounded line, fit to be shown, of a text from elsewhere.
func printable(s string) string { return strings.TrimSpace(ask.Printable(s, mostText)) }

func number(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Read understands the answer of one host. An answer that was cut off, or that
// does not say what the host is, is an error.
func Read(heard Heard) (Answer, error) {
	s, err := split(heard.Token, heard.Lines)
	if err != nil {
		return Answer{}, err
	}
	f, err := facts.Parse(factsToken(heard.Token), s["facts"])
	if err != nil {
		return Answer{}, errors.New(printable(err.Error()))
	}
	tidy(&f)
	v := pairs(s["system"])
	a := Answer{Facts: f, Init: printable(v["init"]), Systemd: printable(v["systemd"]), Synchronised: v["synchronised"] == "yes",
		Disks: readDisks(s["disk"]), Packages: map[string]bool{}, Enabled: map[string]bool{},
		Reach: map[string]string{}, Names: map[string]Resolved{}, Fetched: map[string]fetched{}}
	a.clock(s["clock"], heard)
	a.ports(s["ports"], s["sockets"])
	for _, l := range s["dpkg"] {
		a.DpkgLeft = append(a.DpkgLeft, printable(l))
	}
	for _, l := range s["packages"] {
		_, name, _ := strings.Cut(l, " ")
		a.Packages[printable(name)] = true
	}
	for _, l := range s["enabled"] {
		a.Enabled[printable(l)] = true
	}
	a.locks(s["locks"])
	if r := s["reboot"]; len(r) > 0 {
		a.Reboot = true
		for _, p := range r[1:] {
			a.RebootFor = append(a.RebootFor, printable(p))
		}
	}
	a.mirrors(s["sources"], s["mirrors"])
	for name, lines := range s {
		if to, ok := strings.CutPrefix(name, "reach "); ok {
			a.Reach[to] = readReach(lines)
		}
		if n, ok := strings.CutPrefix(name, "name "); ok {
			a.Names[n] = readName(lines)
		}
	}
	for _, id := range []string{acmeID, intakeID} {
		if lines, ok := s[id]; ok {
			a.Fetched[id] = readFetched(lines, s[id+"-text"])
		}
	}
	return a, nil
}

// tidy makes the facts fit to be shown.
func tidy(f *facts.Facts) {
	for _, p := range []*string{&f.OS, &f.Release, &f.Pretty, &f.Arch, &f.Container, &f.TimeService, &f.OwnedBy, &f.Database.Source, &f.Database.Version} {
		*p = printable(*p)
	}
	if f.Pretty == "" {
		f.Pretty = f.OS
	}
}

func (a *Answer) clock(lines []string, heard Heard) {
	if len(lines) == 0 || heard.Clock.IsZero() {
		return
	}
	took := heard.Clock.Sub(heard.Asked)
	sec, frac, _ := strings.Cut(lines[0], ".")
	nano := number((frac + "000000000")[:9])
	host := time.Unix(min(number(sec), 1<<40), nano)
	a.Error = took / 2
	a.Offset = host.Sub(heard.Asked.Add(took / 2))
}

func (a *Answer) locks(lines []string) {
	for _, l := range lines {
		kind, rest, _ := strings.Cut(l, " ")
		pid, what, _ := strings.Cut(rest, " ")
		switch {
		case kind == "foobar" && a.Lock == "":
			a.Lock = printable(fmt.Sprintf("pid %d", number(pid)))
			if what != "" {
				a.Lock = printable(what)
			}
		case kind == "apt" && a.AptLock == "":
			program, file, _ := strings.Cut(what, " ")
			a.AptLock = printable(fmt.Sprintf("%s (pid %d) holds %s", orText(program, "a process"), number(pid), file))
		}
	}
}

func orText(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
