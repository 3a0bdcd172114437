package verify

import (
	_ "embed" // a script
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/monitoring"
	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Trail is what is known of the requests so far.
type Trail struct {
	Inv      *inventory.Inventory
	Services play.Services
	// Prover is the monitoring's; nil where it is switched off.
	Prover monitoring.Prover
	// Mark and Page are those of the requests, Replies what became of them, Way how they
	// went, "" for the way of visitors.
	Mark, Page, Way string
	Replies         []Reply
	// Lost are hosts that did not answer, with why.
	Lost map[string]error

	lines map[string]map[string]map[int]line // by host, service and number of the request
	asked [3]map[string]*ask.Answer          // before, right after, and now
}

// line is one of an access log, of HAProxy's or of nginx'.
type line struct {
	Agent string `json:"ua"`
	// Server is the one that HAProxy chose, Upstream the app's, as nginx has it.
	Server   string `json:"srv"`
	Status   int    `json:"status"`
	Upstream string `json:"upstream"`
}

//go:embed logs.sh
var askLog string

// mostRead is how many bytes of a log are looked through: some ten thousand requests.
const mostRead = 8 << 20

// Script asks a host for all that is to be known of it.
func (t *Trail) Script(h *inventory.Host) string {
	script := ""
	for _, s := range t.Services.On(h.Name) {
		if f := requestsLog(s); f != "" {
			script += "section log " + s.Name + "\n" + sh.Set("log", f, "mark", t.Mark+" (", // without a slash, which HAProxy escapes
				"most", strconv.Itoa(mostRead)) + askLog
		}
	}
	if t.Prover != nil {
		script += t.Prover.Question(t.Inv, t.Services, h)
	}
	return script
}

// requestsLog is the log of a service's requests, "" without one.
func requestsLog(s play.Service) string {
	if i := slices.IndexFunc(s.Files, func(f play.File) bool { return f.Format == play.Requests }); i >= 0 {
		return s.Files[i].Path
	}
	return ""
}

// When is the moment of an answer.
type When int

// The moments: before the requests, right after the last, and later.
const (
	Before When = iota
	Sent
	Later
)

// Take takes in what a host has answered. What was seen once stays seen.
func (t *Trail) Take(when When, host string, a *ask.Answer) {
	for i := range t.asked {
		if t.asked[i] == nil {
			t.asked[i] = map[string]*ask.Answer{}
		}
		if i == int(when) || i == int(Later) {
			t.asked[i][host] = a
		}
	}
	if t.lines == nil {
		t.lines = map[string]map[string]map[int]line{}
	}
	if t.lines[host] == nil {
		t.lines[host] = map[string]map[int]line{}
	}
	number := regexp.MustCompile("^" + Agent + "/" + regexp.QuoteMeta(t.Mark) + ` \(([0-9]{1,6})\)$`)
	for _, s := range t.Services.On(host) {
		for _, text := range a.Lines("log " + s.Name) {
			var l line
			if json.Unmarshal([]byte(text), &l) != nil {
				continue
			}
			m := number.FindStringSubmatch(l.Agent)
			if m == nil {
				continue
			}
			if t.lines[host][s.Name] == nil {
				t.lines[host][s.Name] = map[int]line{}
			}
			n, _ := strconv.Atoi(m[1]) // of at most six digits
			t.lines[host][s.Name][n] = l
		}
	}
}

// at finds the services of a layer that log requests.
func (t *Trail) at(layer play.Layer, visit func(host string, s play.Service)) {
	for _, h := range t.Inv.Hosts {
		for _, s := range t.Services.On(h.Name) {
			if s.Layer == layer && requestsLog(s) != "" && t.Lost[h.Name] == nil {
				visit(h.Name, s)
			}
		}
	}
}

// Judge says what has arrived by now and what is missing.
func (t *Trail) Judge() monitoring.Proof {
	var p monitoring.Proof
	for _, host := range slices.Sorted(maps.Keys(t.Lost)) {
		err := t.Lost[host]
		p.Lacks(host, fault.Of(fault.Or(fault.Unreachable, err)), "foobar ssh "+sh.Quote(t.Inv.Path)+" "+sh.Quote(host), "cannot be asked: %s", ask.Printable(strings.TrimPrefix(err.Error(), host+": "), 300))
	}
	t.replies(&p)
	wanted := t.balancers(&p)
	t.servers(&p, wanted)
	if t.Prover == nil {
		p.Open = []string{"anything reaches a monitoring service: [monitoring] is switched off"}
		return p
	}
	more := t.Prover.Prove(monitoring.Evidence{Inv: t.Inv, Services: t.Services, Before: t.asked[Before], Sent: t.asked[Sent], Now: t.asked[Later], Logged: t.Logged()})
	return monitoring.Proof{Proved: append(p.Proved, more.Proved...), Missing: append(p.Missing, more.Missing...), Open: more.Open}
}

// Logged are the lines that the requests have left so far.
func (t *Trail) Logged() (list []monitoring.Logged) {
	for _, layer := range []play.Layer{play.Edge, play.Web} {
		t.at(layer, func(host string, s play.Service) {
			list = append(list, monitoring.Logged{Host: host, Service: s, Lines: len(t.lines[host][s.Name])})
		})
	}
	return list
}

// Found judges what a search at the monitoring finds: lines of the requests by host.
func (t *Trail) Found(counts map[string]int) (p monitoring.Proof) {
	for _, l := range t.Logged() {
		switch n := counts[l.Host]; {
		case l.Lines == 0:
		case n < l.Lines:
			p.Lacks(l.Host, fault.LineMissing, "foobar verify "+sh.Quote(t.Inv.Path)+" --within 5m", "a search at the monitoring finds %d of the %d lines of %s", n, l.Lines, l.Service.Name)
		default:
			p.Saw(l.Host, "a search at the monitoring finds the %d lines of %s", l.Lines, l.Service.Name)
		}
	}
	return p
}

// replies judges what the client saw.
func (t *Trail) replies(p *monitoring.Proof) {
	well, worst, bad := 0, time.Duration(0), map[string]int{}
	for _, r := range t.Replies {
		switch {
		case r.answered():
			well++
			worst = max(worst, r.Took)
		case r.Err != nil:
			bad[ask.Printable(r.Err.Error(), 200)]++
		default:
			bad["the status "+strconv.Itoa(r.Status)]++
		}
	}
	way := ""
	if t.Way != "" {
		way = ", " + t.Way
	}
	if well > 0 {
		p.Saw("", "%s answers %d of %d marked requests%s, within %d ms", t.Page, well, len(t.Replies), way, worst.Milliseconds())
	}
	for _, why := range slices.Sorted(maps.Keys(bad)) {
		next := "foobar status " + sh.Quote(t.Inv.Path)
		if t.Way == "" && well == 0 {
			next += "; where this machine does not reach the site: foobar verify " + sh.Quote(t.Inv.Path) + " --over-ssh"
		}
		p.Lacks("", fault.SiteSilent, next, "%d of %d requests have no answer of the site: %s", bad[why], len(t.Replies), why)
	}
}

// balancers judges the logs of the balancers, and returns how many requests each server
// was given.
func (t *Trail) balancers(p *monitoring.Proof) map[string][]int {
	wanted, found, names := map[string][]int{}, map[int]bool{}, []string{}
	t.at(play.Edge, func(host string, s play.Service) {
		names = append(names, host)
		for n, l := range t.lines[host][s.Name] {
			found[n] = true
			wanted[l.Server] = append(wanted[l.Server], n)
		}
	})
	if len(names) == 0 {
		return wanted
	}
	lacking := 0
	for n, r := range t.Replies {
		if r.Err == nil && !found[n] {
			lacking++
		}
	}
	host := strings.Join(names, ", ")
	p.Saw(host, "the balancer's log has %d of %d: %s", len(found), len(t.Replies), t.shares(wanted))
	if lacking > 0 {
		next := "foobar logs " + sh.Quote(t.Inv.Path) + " access"
		if t.Way == "" {
			next = "see whether the name leads to this site's balancer: foobar check " + sh.Quote(t.Inv.Path)
		}
		p.Lacks(host, fault.LineMissing, next, "the balancer's log lacks %d of the %d requests that were answered", lacking, lacking+len(found))
	}
	return wanted
}

// shares tells how many requests each server was given.
func (t *Trail) shares(wanted map[string][]int) string {
	var parts []string
	own := 0
	for server, list := range wanted {
		if t.Inv.Host(server) == nil {
			own += len(list)
		}
	}
	t.at(play.Web, func(host string, _ play.Service) {
		parts = append(parts, fmt.Sprintf("%s %d", host, len(wanted[host])))
	})
	if own > 0 {
		parts = append(parts, fmt.Sprintf("answered by HAProxy itself %d", own))
	}
	return strings.Join(parts, ", ")
}

// servers judges the logs of the web servers, for the requests that they were given.
func (t *Trail) servers(p *monitoring.Proof, wanted map[string][]int) {
	t.at(play.Web, func(host string, s play.Service) {
		found, app := 0, 0
		for _, n := range wanted[host] {
			if l, ok := t.lines[host][s.Name][n]; ok {
				found++
				if l.Upstream != "" {
					app++
				}
			}
		}
		switch all := len(wanted[host]); {
		case all == 0:
		case found < all:
			p.Lacks(host, fault.LineMissing, monitoring.LogsOf(t.Inv, s.Name, host), "the log of %s lacks %d of %d requests that the balancer gave it", s.Name, all-found, all)
		default:
			p.Saw(host, "the log of %s has %d of %d; the app answered %d of them", s.Name, found, all, app)
		}
	})
}
