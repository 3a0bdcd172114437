package database

import (
	"strconv"
)

// Survey is what a server says of its place among the others.
type Survey struct {
	Version string
	// ServerID is the writer that its transactions name, Number its server_id.
	ServerID, Number string
	ReadOnly         bool
	// Schemas counts the databases of users.
	Schemas int
	// Log is the last transaction of every writer that the server's log has
	// seen, Applied the position as a replica, Current the position of its data.
	Log, Applied, Current string
	// Sources are the connections it replicates over, Received what came over
	// the first of them.
	Sources  []Connection
	Received string
}

// Set takes in a variable.
func (s *Survey) Set(name, value string) {
	switch name {
	case "version":
		s.Version = value
	case "server_id":
		s.Number = value
		if s.ServerID == "" {
			s.ServerID = value
		}
	case "server_uuid":
		s.ServerID = value
	case "read_only":
		s.ReadOnly = value != "0" && value != "OFF"
	case "schemas":
		s.Schemas, _ = strconv.Atoi(value)
	case "gtid_binlog_state":
		s.Log = value
	case "gtid_slave_pos":
		s.Applied = value
	case "gtid_current_pos":
		s.Current = value
	}
}
