// Package resource holds the things foobar can want of a host, as values.
//
// A Resource asks one read-only question (Probe), compares the answer with what
// is wanted (Diff) and says, as data, which steps would close the gap. It never
// does I/O: the engine compiles all probes of a host into one script, runs the
// steps and asks the same question again afterwards.
package resource

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
)

// ID names a resource within a host as "kind:name", in code, logs, JSON and
// selectors alike: "file:/etc/nginx/nginx.conf".
type ID string

// NewID joins a kind and a name.
func NewID(kind, name string) ID { return ID(kind + ":" + name) }

// Kind is the part before the first colon.
func (id ID) Kind() string { k, _, _ := strings.Cut(string(id), ":"); return k }

// Name is the part after the first colon.
func (id ID) Name() string { _, n, _ := strings.Cut(string(id), ":"); return n }

// Resource is one thing wanted of one host.
type Resource interface {
	ID() ID
	// Probe is the read-only question whose answer Diff compares.
	Probe() Probe
	// Diff says what separates the observed from the wanted state. The zero
	// Change means nothing to do. An error means the gap must not be closed
	// (continuing would lose data) or the resource itself is malformed.
	Diff(Observed) (Change, error)
}

// Owned is a resource that the ledger of a host lists by its ID, so that a later
// run knows it for foobar's when it has left the inventory. Packages, users and
// data are not: they are never removed by omission.
type Owned interface {
	Resource
	// Removed is the resource that wants what has this name gone; the receiver does
	// not matter. It is nil for kinds that are never removed: the ledger lists those,
	// once they have been seen, so that later runs still know them for foobar's.
	Removed(name string) Resource
}

// Comparer is a resource that compares itself to another of its ID, because it
// holds functions. See Same.
type Comparer interface {
	Same(Resource) bool
}

// Same reports whether two resources of one ID want the same.
func Same(a, b Resource) bool {
	a, b = Unwrap(a), Unwrap(b)
	if c, ok := a.(Comparer); ok {
		return c.Same(b)
	}
	return reflect.DeepEqual(a, b)
}

// Dependent is a resource that builds on others of its host beyond what its place
// in the order says.
type Dependent interface{ Needs() []ID }

// Needs are the resources that one, or a wrapper of it, says it builds on.
func Needs(r Resource) []ID {
	var all []ID
	for {
		if d, ok := r.(Dependent); ok {
			all = append(all, d.Needs()...)
		}
		u, ok := r.(interface{ Unwrap() Resource })
		if !ok {
			return all
		}
		r = u.Unwrap()
	}
}

// Witness is a resource whose look also finds things that foobar neither owns
// nor touches, such as a firewall rule made by hand. People are shown them.
type Witness interface {
	Unmanaged(Observed) []string
}

// Finder is a Witness whose findings stay only where they stood before foobar first
// came to the host, which the host's ledger says: what came later is drift, as Strange
// tells its Diff.
type Finder interface {
	Witness
	// Found names what is there and is not foobar's; ok is false while that cannot be
	// told.
	Found(Observed) (names []string, ok bool)
}

// Probe is a question as data: a kind of question and its arguments, whose
// meaning is documented at each kind.
type Probe struct {
	Kind Kind
	Args []string
}

// State says whether a thing is there. Unknown is the zero value on purpose:
// an answer that did not arrive must never look like absence.
type State int

// The states of an observation.
const (
	Unknown State = iota
	Absent
	Present
)

func (s State) String() string {
	switch s {
	case Absent:
		return "absent"
	case Present:
		return "present"
	default:
		return "unknown"
	}
}

// Observed is the answer to one Probe.
type Observed struct {
	State State
	// Attrs are the answer's details; the keys are documented at each kind.
	Attrs map[string]string
	// Reason says why the state is unknown.
	Reason string

	changing func(ID) bool
	strange  func(string) bool
	made     *any // by Once
}

// Get returns an attribute, or "" when the host did not report it.
func (o Observed) Get(key string) string { return o.Attrs[key] }

// Before is what was observed before other resources of the host change.
func (o Observed) Before(changing func(ID) bool) Observed {
	o.changing = changing
	return o
}

// Planning reports whether this is the look that the plan is made of, and not one in
// the resource's turn, when what comes before it has been done, on other hosts too.
func (o Observed) Planning() bool { return o.changing != nil }

// With is what was observed, and who can tell what came after foobar.
func (o Observed) With(strange func(name string) bool) Observed {
	o.strange, o.made = strange, new(any)
	return o
}

// Once is what a resource makes of its answer and of what is Strange, made once for all
// that the engine asks about one look.
func Once[T any](o Observed, make func() T) T {
	if o.made == nil {
		return make()
	}
	if v, ok := (*o.made).(T); ok {
		return v
	}
	v := make()
	*o.made = v
	return v
}

// Strange reports whether something that is not foobar's, by the name it has in Found,
// came after foobar and is not to stay.
func (o Observed) Strange(name string) bool { return o.strange != nil && o.strange(name) }

// Changes reports whether another resource of the host is about to change, such
// as a file that a service must load.
func (o Observed) Changes(id ID) bool { return o.changing != nil && o.changing(id) }

// Action classifies a change for people.
type Action string

// What a change does to its resource.
const (
	Create Action = "create"
	Update Action = "update"
	Remove Action = "remove"
	Act    Action = "run" // start, reload, restart, issue, attach
)

// Change is the gap between observed and wanted state, and how to close it.
type Change struct {
	Action Action
	// Fields are what a person reads; secrets are already hidden.
	Fields []Field
	// Steps are what the engine does, in order.
	Steps []Step
	// Reason says why, where the fields do not: "loaded before nginx.conf was written".
	Reason string
	// Provisional marks a change planned without a full look, because what
	// would answer (a server not yet installed or running) was not there. The
	// engine looks again when the turn of the resource comes and uses that diff.
	Provisional bool
	// Disrupts is set when users of the site can feel the change: such hosts
	// are rolled one by one and drained where the play says so.
	Disrupts bool
	// OneByOne is set when nobody feels the change unless it is wrong: hosts take it in one
	// after the other where the play is serial, without leaving service.
	OneByOne bool
	// Quiet marks a change of mode or owner alone: whoever has loaded the file
	// goes on with the same bytes. See Quietly.
	Quiet bool
	// Health marks a change that only waits for something to become healthy;
	// its failure means "converged but unhealthy".
	Health bool
}

// Empty reports whether there is nothing to do.
func (c Change) Empty() bool {
	return len(c.Fields) == 0 && len(c.Steps) == 0 && !c.Provisional
}

// Field is one difference as a person reads it.
type Field struct {
	Name string `json:"name"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
	// Text marks Old and New as file content, to be shown as a unified diff.
	Text bool `json:"text,omitempty"`
}

// Quietly is the name under which Observed.Changes says that only mode or owner
// of a file are about to change.
func Quietly(id ID) ID { return NewID("quietly", string(id)) }

// Restarting is the name under which Observed.Changes says that a service is about to
// be restarted, not only enabled or reloaded.
func Restarting(id ID) ID { return NewID("restarting", string(id)) }

// Stage orders the work on a host. All roles' resources of one stage come
// before any of the next, so that configuration lands before the package that
// reads it and every service starts once, already configured.
type Stage int

// The stages of a host's work, in order.
const (
	// Bootstrap is for the few packages without which nothing else works.
	Bootstrap Stage = iota
	// Prepare writes users, files and certificates.
	Prepare
	// Install is the one package transaction.
	Install
	// Converge starts, loads, attaches and waits, play by play.
	Converge
)

// Staged is a resource that names its own stage.
type Staged interface{ Stage() Stage }

// StageOf returns the stage a resource belongs to: its own choice, or Prepare.
func StageOf(r Resource) Stage {
	if s, ok := r.(Staged); ok {
		return s.Stage()
	}
	return Prepare
}

// At wraps r so that it belongs to another stage, e.g. a file in a directory
// that only the package creates.
func At(s Stage, r Resource) Resource { return staged{r, s} }

type staged struct {
	Resource
	stage Stage
}

func (s staged) Stage() Stage { return s.stage }

func (s staged) Unwrap() Resource { return s.Resource }

// Unwrap returns the resource beneath any wrapper.
func Unwrap(r Resource) Resource {
	for {
		u, ok := r.(interface{ Unwrap() Resource })
		if !ok {
			return r
		}
		r = u.Unwrap()
	}
}

// Unseen is the change for an answer that did not arrive: drift that says so
// and is looked at again before anything is done.
func Unseen(o Observed) Change {
	return Change{Action: Update, Provisional: true, Reason: "could not be seen: " + cmp.Or(o.Reason, "no answer"),
		Fields: []Field{{Name: "state", Old: "unknown", New: "known after another look"}}}
}

// octal prints permission bits as ls and chmod know them.
func octal(mode uint32) string { return fmt.Sprintf("%04o", mode) }
