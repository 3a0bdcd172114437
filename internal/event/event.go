// Package event is the stream that tells the story of a run. The engine emits
// it, one serialiser numbers it, and every display (terminal, plain, JSON) and
// the run record are folds over it.
package event

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"foobar/internal/fault"
	"foobar/internal/resource"
)

// Event is one thing that happened. The set is sealed.
type Event interface{ Type() string }

// RunStarted opens the stream.
type RunStarted struct {
	Verb      string   `json:"verb"` // plan, deploy, release, rollback, exec, host drain or undrain, remove, or db with switchover, failover, rejoin, restore or backup
	Inventory string   `json:"inventory"`
	Hosts     []string `json:"hosts"`
	// Beside is what the run is about beside the hosts, such as Sumo Logic. Further events
	// have it as their host.
	Beside string `json:"beside,omitempty"`
}

// All are the hosts, and what is beside them.
func (e RunStarted) All() []string {
	if e.Beside == "" {
		return e.Hosts
	}
	return append(slices.Clone(e.Hosts), e.Beside)
}

// HostConnected says that a host's one connection and root shell are open.
type HostConnected struct {
	Host    string        `json:"host"`
	Address string        `json:"address"`
	Took    time.Duration `json:"took_ns"`
}

// FactsGathered says what a host is.
type FactsGathered struct {
	Host   string `json:"host"`
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	CPUs   int    `json:"cpus"`
	Memory int64  `json:"memory_bytes"`
}

// Change is one planned change as displays show it.
type Change struct {
	Play     string           `json:"play"`
	Resource resource.ID      `json:"resource"`
	Action   resource.Action  `json:"action"`
	Fields   []resource.Field `json:"fields,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	// Provisional: planned without a full look; foobar looks again before it makes it.
	Provisional bool `json:"provisional,omitempty"`
	Disrupts    bool `json:"disrupts,omitempty"`
	// HeldBy is the refused resource that keeps this run from making the change.
	HeldBy resource.ID `json:"held_by,omitempty"`
}

// Refusal is a resource that must not be touched as it was found: a person decides.
type Refusal struct {
	Play     string      `json:"play"`
	Resource resource.ID `json:"resource"`
	Error    string      `json:"error"`
	Code     fault.Code  `json:"code,omitempty"`
}

// HostPlanned is the whole plan of one host, in the order of work.
type HostPlanned struct {
	Host string `json:"host"`
	// Addresses are those by which other hosts know this one.
	Addresses []string `json:"addresses,omitempty"`
	Resources int      `json:"resources"` // how many were looked at
	Changes   []Change `json:"changes"`
	// Refused must not be touched as it was found; Held are the changes that need it,
	// or what goes with it, and are not made.
	Refused []Refusal `json:"refused,omitempty"`
	Held    []Change  `json:"held,omitempty"`
	// Unmanaged is what was found that foobar does not own and leaves alone.
	Unmanaged []string `json:"strangers,omitempty"`
}

// Planned closes the planning: every host's plan has been told.
type Planned struct {
	// Plays are the names of all plays of the run, in order.
	Plays []string `json:"plays"`
}

// ChangeStarted says that a host begins with one resource.
type ChangeStarted struct {
	Host     string      `json:"host"`
	Play     string      `json:"play"`
	Resource resource.ID `json:"resource"`
	Title    string      `json:"title,omitempty"`
}

// Output is a line that a step printed, stripped of control characters.
type Output struct {
	Host     string      `json:"host"`
	Resource resource.ID `json:"resource,omitempty"`
	Line     string      `json:"line"`
}

// Verifying says that a host's steps have ended and that foobar checks what they
// changed.
type Verifying struct {
	Host string `json:"host"`
}

// ChangeDone says how a change ended. Changed is true only after a second look
// agreed. Code is the failure's in the catalogue, Tail the last lines of the
// step's output, at most TailLines and TailBytes.
type ChangeDone struct {
	Host     string        `json:"host"`
	Play     string        `json:"play"`
	Resource resource.ID   `json:"resource"`
	Changed  bool          `json:"changed"`
	Error    string        `json:"error,omitempty"`
	Code     fault.Code    `json:"code,omitempty"`
	Tail     []string      `json:"tail,omitempty"`
	Took     time.Duration `json:"took_ns"`
}

// The bounds of ChangeDone.Tail.
const (
	TailLines = 10
	TailBytes = 2 << 10
)

// Waiting says that a host waits for something elsewhere: another host's play,
// a drain, a job left by an earlier run.
type Waiting struct {
	Host string `json:"host"`
	For  string `json:"for"`
}

// Outcome is how a host or a run ended.
type Outcome string

// The outcomes of a host.
const (
	OK          Outcome = "ok"
	Failed      Outcome = "failed"
	Unreachable Outcome = "unreachable"
	Locked      Outcome = "locked"
	Skipped     Outcome = "skipped" // something it depends on failed
	Stopped     Outcome = "stopped" // interrupted after a finished step
	Unhealthy   Outcome = "unhealthy"
	Reverted    Outcome = "reverted"
)

// HostDone closes a host's part.
type HostDone struct {
	Host    string  `json:"host"`
	Outcome Outcome `json:"outcome"`
	Changed int     `json:"changed"`
	Error   string  `json:"error,omitempty"`
	// Hint is the likely cause, where it is only likely, and what to do next.
	Hint string `json:"hint,omitempty"`
	// Code is the failure's in the catalogue; Play and Resource are where it
	// happened, Key and Where (file:line) what of the inventory may be to blame.
	// Each is empty where it does not apply.
	Code     fault.Code  `json:"code,omitempty"`
	Play     string      `json:"play,omitempty"`
	Resource resource.ID `json:"resource,omitempty"`
	Key      string      `json:"key,omitempty"`
	Where    string      `json:"where,omitempty"`
	// Connections and Scripts are what the host cost: SSH connections opened
	// and scripts run on its root shell.
	Connections int `json:"connections"`
	Scripts     int `json:"scripts"`
}

// RunDone closes the stream.
type RunDone struct {
	Changed int           `json:"changed"`
	Planned int           `json:"planned"`
	Failed  []string      `json:"failed,omitempty"`
	Exit    int           `json:"exit"`
	Took    time.Duration `json:"took_ns"`
	// FailedRequests is how many requests failed at the balancer during the run, in
	// HAProxy itself and beyond what is usual for the site; nil where none were counted.
	FailedRequests *int `json:"failed_requests,omitempty"`

	Problems []string `json:"problems,omitempty"`
	// Codes are the failures' in the catalogue, each once.
	Codes []fault.Code `json:"codes,omitempty"`
}

// Type names the event in the JSON form.
func (RunStarted) Type() string    { return "run_started" }
func (HostConnected) Type() string { return "host_connected" }
func (FactsGathered) Type() string { return "facts_gathered" }
func (HostPlanned) Type() string   { return "host_planned" }
func (Planned) Type() string       { return "planned" }
func (ChangeStarted) Type() string { return "change_started" }
func (Output) Type() string        { return "output" }
func (Verifying) Type() string     { return "verifying" }
func (ChangeDone) Type() string    { return "change_done" }
func (Waiting) Type() string       { return "waiting" }
func (HostDone) Type() string      { return "host_done" }
func (RunDone) Type() string       { return "run_done" }

// Envelope is an event with its number and time.
type Envelope struct {
	Seq  int
	Time time.Time
	Event
}

// Version is the version of the JSON form; a field may be added without raising it.
const Version = 1

// MarshalJSON writes {"v":1,"seq":…,"time":…,"type":…,…the event's own fields}.
func (e Envelope) MarshalJSON() ([]byte, error) {
	body, err := json.Marshal(e.Event)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf(`{"v":%d,"seq":%d,"time":%q,"type":%q`, Version, e.Seq, e.Time.UTC().Format(time.RFC3339Nano), e.Type())
	if string(body) == "{}" {
		return []byte(head + "}"), nil
	}
	return append([]byte(head+","), body[1:]...), nil
}

// Sink receives numbered events, one at a time.
type Sink interface{ Receive(Envelope) }

// Stream serialises events from all hosts and numbers them. Its zero value is
// not usable; see NewStream.
type Stream struct {
	mu    sync.Mutex
	seq   int
	now   func() time.Time
	sinks []Sink
}

// NewStream sends every event to all sinks, in order.
func NewStream(now func() time.Time, sinks ...Sink) *Stream {
	return &Stream{now: now, sinks: sinks}
}

// Emit numbers the event and hands it on, every text in it fit to be shown. It is
// safe for concurrent use.
func (s *Stream) Emit(e Event) {
	e = printable(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	env := Envelope{Seq: s.seq, Time: s.now(), Event: e}
	for _, k := range s.sinks {
		k.Receive(env)
	}
}
