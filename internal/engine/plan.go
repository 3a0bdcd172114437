package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/resource"
)

// Plan is what a run would change, host by host.
type Plan struct{ Hosts []HostPlan }

// HostPlan is one host's part. Digest covers what would be done, not only what
// is shown, so that two plans with one digest do the same. It is keyed: steps
// hold secrets.
type HostPlan struct {
	Host string `json:"host"`
	// Beside says that it is no host: see play.Beside. Unseen, that it could not be looked
	// at, so that nothing is planned there.
	Beside  bool           `json:"beside,omitempty"`
	Unseen  bool           `json:"unseen,omitempty"`
	Digest  string         `json:"digest"`
	Changes []event.Change `json:"changes"`
	// Refused and Held are HostPlanned's.
	Refused []event.Refusal `json:"refused,omitempty"`
	Held    []event.Change  `json:"held,omitempty"`
}

// OnHosts is the plan without what is beside the hosts.
func (p *Plan) OnHosts() *Plan {
	return &Plan{slices.DeleteFunc(slices.Clone(p.Hosts), func(h HostPlan) bool { return h.Beside })}
}

// Changes counts the changes, all hosts and what is beside them taken together.
func (p *Plan) Changes() int {
	n := 0
	for _, h := range p.Hosts {
		n += len(h.Changes)
	}
	return n
}

// Refused counts the resources that must not be touched.
func (p *Plan) Refused() int {
	n := 0
	for _, h := range p.Hosts {
		n += len(h.Refused)
	}
	return n
}

// makePlan collects what the hosts would change, and tells it.
func (r *run) makePlan() *Plan {
	p := &Plan{}
	for _, w := range r.order {
		if w.takesPart() {
			host := w.planned()
			p.Hosts = append(p.Hosts, HostPlan{Host: host.Host, Digest: w.digest(), Changes: host.Changes, Refused: host.Refused, Held: host.Held})
			w.emit(host)
		}
	}
	r.beside.plan(p)
	r.eng.Emit(event.Planned{Plays: r.playNames()})
	return p
}

func (w *worker) digest() string {
	h := hmac.New(sha256.New, w.run.req.PlanKey)
	for _, it := range w.items {
		if it.refused != nil {
			fmt.Fprintf(h, "refused %s %q\n", it.id, it.refused)
		}
		if it.change.Empty() {
			continue
		}
		if it.held != "" {
			fmt.Fprintf(h, "held by %s: ", it.held)
		}
		fmt.Fprintf(h, "%s %s %v %v\n", it.id, it.change.Action, it.change.Fields, it.change.Provisional)
		for _, s := range it.change.Steps {
			digestStep(h, s)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func digestStep(h io.Writer, s resource.Step) {
	switch s := s.(type) {
	case resource.Put:
		fmt.Fprintf(h, "put %q %o %s %s %x %q %q\n", s.Path, s.Mode, s.Owner, s.Group, sha256.Sum256(s.Content), s.Check, s.CheckAs)
	case resource.Run:
		fmt.Fprintf(h, "run %q %x\n", s.Script, sha256.Sum256(s.Input))
	case resource.Apt:
		fmt.Fprintf(h, "apt %q\n", s.Packages)
	case resource.Exchange:
		fmt.Fprintf(h, "exchange %q\n", s.Script)
	default:
		fmt.Fprintf(h, "%T\n", s)
	}
}

// Saved is a plan written to a file, to be deployed later exactly as it was seen.
type Saved struct {
	Version int `json:"version"`
	// Inventory is the absolute path of the file, Digest the SHA-256 of its bytes.
	Inventory string     `json:"inventory"`
	Digest    string     `json:"inventory_sha256"`
	Limit     []string   `json:"limit,omitempty"`
	Roles     []string   `json:"roles,omitempty"`
	Hosts     []HostPlan `json:"hosts"`
}

// SavedVersion is the version of the file form.
const SavedVersion = 2

// WriteSaved writes the file form.
func WriteSaved(w io.Writer, s Saved) error {
	s.Version = SavedVersion
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}

// ReadSaved reads the file form.
func ReadSaved(r io.Reader) (*Saved, error) {
	var s Saved
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return nil, fault.Wrap(fault.PlanUnreadable, errors.New("not a saved plan; save one with foobar plan --out"))
	}
	if s.Version != SavedVersion {
		return nil, fault.Wrap(fault.PlanUnreadable, fmt.Errorf("the plan was saved in version %d of the format, this foobar reads version %d; plan again", s.Version, SavedVersion))
	}
	return &s, nil
}

// check refuses hosts that changed since the plan was saved.
func (s *Saved) check(now *Plan) error {
	was := map[string]string{}
	for _, h := range s.Hosts {
		was[h.Host] = h.Digest
	}
	var changed []string
	for _, h := range now.Hosts {
		if was[h.Host] != h.Digest && !h.Unseen { // nothing is done there then
			changed = append(changed, h.Host)
		}
		delete(was, h.Host)
	}
	for name := range was {
		changed = append(changed, name)
	}
	if len(changed) > 0 {
		return fault.Wrap(fault.PlanStale, fmt.Errorf("%w: %s changed since it was made, so nothing was done; make a new one with foobar plan --out", errStale, strings.Join(changed, ", ")))
	}
	return nil
}
