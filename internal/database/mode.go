package database

import (
	"fmt"

	"foobar/internal/fault"
	"foobar/internal/resource"
)

// Mode is whether the running server takes writes. Its configuration says read-only,
// so that a server that comes back by itself never takes writes that another one
// should have got: the primary is opened by this resource.
type Mode struct {
	Dialect  Dialect
	ReadOnly bool
	// ServerID is the number the running server must have, which may be another
	// than that in its file; "" is any.
	ServerID string
}

// ID is "database-mode:read_only".
func (Mode) ID() resource.ID { return resource.NewID("database-mode", "read_only") }

// Stage is Converge.
func (Mode) Stage() resource.Stage { return resource.Converge }

// Probe asks for the variable and for connections to a source.
func (m Mode) Probe() resource.Probe { return probe(m.Dialect) }

// Diff opens or closes the server. One that is about to be restarted is
// looked at again. A server that has a source is not opened: two servers would
// take writes.
func (m Mode) Diff(o resource.Observed) (resource.Change, error) {
	want := onOff(m.ReadOnly)
	s, silent, err := read(m.Dialect, o, later(o, resource.Act, resource.Field{Name: "read_only", New: want}))
	if s == nil {
		return silent, err
	}
	if !m.ReadOnly && len(s.Sources) > 0 {
		return resource.Change{}, fmt.Errorf("it should be the primary, but replicates from %s; it is not opened for writes, because there could be two primaries", s.Sources[0].Host)
	}
	if o.Changes(resource.Restarting(unit(m.Dialect))) && !m.ReadOnly {
		return resource.Change{Action: resource.Act, Provisional: true, Reason: "a restarted server is read-only until it is opened"}, nil
	}
	var c resource.Change
	sql, title := "", "open the database for writes"
	if s.ReadOnly != m.ReadOnly || m.ReadOnly && s.HalfOpen {
		if err := m.restoring(o); err != nil {
			return resource.Change{}, err
		}
		old := onOff(s.ReadOnly)
		if s.HalfOpen {
			old = "ON, but not for administrators"
		}
		if m.ReadOnly {
			title = "close the database to writes"
		}
		c.Fields, sql = append(c.Fields, resource.Field{Name: "read_only", Old: old, New: want}), m.Dialect.SetReadOnly(m.ReadOnly)
	}
	if m.ServerID != "" && s.Number != m.ServerID && !o.Changes(resource.Restarting(unit(m.Dialect))) {
		if sql == "" {
			title = "give the database its number again"
		}
		c.Fields, sql = append(c.Fields, resource.Field{Name: "server_id", Old: s.Number, New: m.ServerID}), sql+"SET GLOBAL server_id="+m.ServerID+";\n"
	}
	if sql == "" {
		return resource.Change{}, nil
	}
	c.Action, c.Steps = resource.Act, []resource.Step{run(m.Dialect, title, "", sql, "", true)}
	return c, nil
}

func onOff(on bool) string {
	if on {
		return "ON"
	}
	return "OFF"
}

// restoring refuses to open a server whose data is not whole.
func (m Mode) restoring(o resource.Observed) error {
	if name := o.Get("restoring"); name != "" && !m.ReadOnly {
		return fault.Wrap(fault.RestoreHalf, fmt.Errorf("the restore of the backup %s was begun on it and has not ended; it is not opened for writes: finish it with foobar db restore INVENTORY %s", name, name))
	}
	return nil
}
