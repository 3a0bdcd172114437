package monitoring

import (
	"fmt"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Prover is the part of a Provider that tells whether what was sent has arrived. It is
// pure, too: it says what hosts are asked, and judges what they answer.
type Prover interface {
	// Question is sh that asks a host, and changes nothing: a section of an ask.Script;
	// "" where it has nothing to tell.
	Question(inv *inventory.Inventory, services play.Services, h *inventory.Host) string
	// Prove judges.
	Prove(e Evidence) Proof
}

// Evidence is what hosts have answered to Question, by their names, and what they were
// sent. A host that did not answer is not in it.
type Evidence struct {
	Inv      *inventory.Inventory
	Services play.Services
	// Before is from before the requests, Sent from right after the last of them, Now
	// is the latest.
	Before, Sent, Now map[string]*ask.Answer
	// Logged is what the requests have left in the hosts' access logs.
	Logged []Logged
}

// Logged are lines that the requests have left in the log of a service.
type Logged struct {
	Host    string
	Service play.Service
	Lines   int
}

// Asked reports whether a host answered all three times.
func (e Evidence) Asked(host string) bool {
	return e.Before[host] != nil && e.Sent[host] != nil && e.Now[host] != nil
}

// Proof is what has arrived and what has not.
type Proof struct {
	// Proved are sentences without a full stop, one for each fact.
	Proved []Fact
	// Missing is empty once all has arrived.
	Missing []Missing
	// Open is what cannot be seen in this way: what a sentence may go on with after "that".
	Open []string
}

// Fact is something that was seen.
type Fact struct {
	Host string `json:"host,omitempty"` // "" when it concerns the site
	Text string `json:"text"`
}

// Missing is something that was not seen: one sentence, and what to do.
type Missing struct {
	Host string     `json:"host,omitempty"` // "" when it concerns the site
	Text string     `json:"text"`
	Next string     `json:"next"`
	Code fault.Code `json:"code"`
}

// Saw notes a fact.
func (p *Proof) Saw(host, format string, args ...any) {
	p.Proved = append(p.Proved, Fact{host, fmt.Sprintf(format, args...)})
}

// Lacks notes what did not come.
func (p *Proof) Lacks(host string, code fault.Code, next, format string, args ...any) {
	p.Missing = append(p.Missing, Missing{host, fmt.Sprintf(format, args...), next, code})
}

// LogsOf is the command that shows what a service said on a host.
func LogsOf(inv *inventory.Inventory, service, host string) string {
	return "foobar logs " + sh.Quote(inv.Path) + " " + service + " -l " + sh.Quote(host)
}
