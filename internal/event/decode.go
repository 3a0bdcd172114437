package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"
)

// Types has one zero value of every type of event.
func Types() []Event {
	return []Event{RunRecorded{}, RunRefused{}, RunStarted{}, HostConnected{}, FactsGathered{}, HostPlanned{}, Planned{}, ChangeStarted{}, Output{}, Verifying{}, ChangeDone{},
		Waiting{}, HostDone{}, RunDone{}}
}

// Unknown is an event of a type that a later foobar added. Displays pass over it.
type Unknown struct {
	Name   string
	Fields map[string]json.RawMessage // its own, without those of the envelope
}

// Type is the name it came with.
func (u Unknown) Type() string { return u.Name }

// MarshalJSON writes the fields as they came.
func (u Unknown) MarshalJSON() ([]byte, error) {
	if u.Fields == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(u.Fields)
}

// ErrVersion says that a line is of a version of the JSON form that cannot be read.
var ErrVersion = errors.New("another version of the event stream")

// UnmarshalJSON reads what MarshalJSON writes. Another version is an error,
// ErrVersion; fields and types that are not known are not.
func (e *Envelope) UnmarshalJSON(line []byte) error {
	var head struct {
		V    *int
		Seq  int
		Time time.Time
		Type string
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return err
	}
	switch {
	case head.V == nil || head.Type == "":
		return errors.New("not an event: it has no version or no type")
	case *head.V != Version:
		return fmt.Errorf("%w: %d, where this foobar reads %d", ErrVersion, *head.V, Version)
	}
	own, err := decode(head.Type, line)
	if err != nil {
		return fmt.Errorf("%s: %w", head.Type, err)
	}
	*e = Envelope{Seq: head.Seq, Time: head.Time, Event: printable(own)}
	return nil
}

func decode(name string, line []byte) (Event, error) {
	for _, zero := range Types() {
		if zero.Type() != name {
			continue
		}
		p := reflect.New(reflect.TypeOf(zero))
		if err := json.Unmarshal(line, p.Interface()); err != nil {
			return nil, err
		}
		return p.Elem().Interface().(Event), nil
	}
	u := Unknown{Name: name}
	if err := json.Unmarshal(line, &u.Fields); err != nil {
		return nil, err
	}
	for _, k := range []string{"v", "seq", "time", "type"} {
		delete(u.Fields, k)
	}
	return u, nil
}
