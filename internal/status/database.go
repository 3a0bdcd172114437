package status

import (
	"strings"

	"foobar/internal/ask"
	"foobar/internal/database"
	"foobar/internal/fault"
	"foobar/inventory"
)

// Database is a database server and what it follows.
type Database struct {
	// Running says that it answered on its socket; else Error says why not.
	Running bool   `json:"running"`
	Error   string `json:"error,omitempty"`
	Version string `json:"version,omitempty"`
	// Role is what it does: "primary" takes writes and follows nobody,
	// "replica" follows, "neither" does not follow and takes no writes.
	Role           string `json:"role,omitempty"`
	ReadOnly       bool   `json:"read_only"`
	Connections    int64  `json:"connections"`
	MaxConnections int64  `json:"max_connections"`
	// Written is the position of its own log, Applied what it took in from
	// others; of MySQL both are the transactions it has.
	Written string `json:"gtid_binlog_pos"`
	Applied string `json:"gtid_slave_pos"`
	// Source is the address it follows, SourceHost the host of the inventory
	// that has it.
	Source     string `json:"source,omitempty"`
	SourceHost string `json:"source_host,omitempty"`
	// Reading and Applying are the states of the two threads: Yes, No, Connecting, Preparing.
	Reading  string `json:"io_thread,omitempty"`
	Applying string `json:"sql_thread,omitempty"`
	// Lag is in seconds; null when the server cannot tell.
	Lag *int64 `json:"lag_seconds,omitempty"`
	// TLS says that it follows over an encrypted connection.
	TLS     bool   `json:"source_tls"`
	Trouble string `json:"replication_error,omitempty"`

	state database.State
}

// The roles of a database server.
const (
	Primary = "primary"
	Replica = "replica"
	Neither = "neither"
)

// askDatabase is what a server is asked: what it takes to judge it, after the count of
// its connections, and more behind that. Root comes in by the socket; no password is
// involved. Source: the documentation of SHOW STATUS and SHOW VARIABLES.
func askDatabase(d database.Dialect, more string) string {
	return "section database; timeout 10 " + d.Words().Client + " -n -B 2>&1 <<'SQL' || [ $? -ne 124 ] || echo 'no answer within 10 s'\n" +
		"SHOW GLOBAL STATUS LIKE 'Threads_connected';\nSHOW GLOBAL VARIABLES LIKE 'max_connections';\n" + database.Everybody(d) + d.Session(nil) + more + "SQL\n"
}

// readDatabase understands the answer to askDatabase. Of several sources the first
// counts.
func readDatabase(inv *inventory.Inventory, dialect database.Dialect, a *ask.Answer) *Database {
	d := &Database{}
	s, err := database.Survey(dialect, a.Text("database"))
	if err != nil {
		if d.Error = printable(err.Error()); fault.Of(err) == fault.AnswerCut {
			d.Error = lastSaid(a.Lines("database")) // the client's reason, if it has one
		}
		return d
	}
	v := map[string]string{}
	for _, l := range a.Lines("database") {
		name, value, _ := strings.Cut(l, "\t")
		v[name] = value
	}
	d.Connections, d.MaxConnections = ask.Number(v["Threads_connected"]), ask.Number(v["max_connections"])
	d.state, d.Running, d.Version, d.ReadOnly = s, true, printable(s.Version), s.ReadOnly
	d.Written, d.Applied, d.Role = printable(s.Written), printable(s.Applied), Primary
	if d.ReadOnly {
		d.Role = Neither
	}
	if len(s.Sources) == 0 {
		return d
	}
	c := s.Sources[0]
	d.Role, d.Source, d.TLS, d.Trouble = Replica, printable(c.Host), c.TLS, printable(c.Trouble())
	d.Reading, d.Applying = printable(c.Reading), printable(c.Applying)
	if c.Behind >= 0 {
		lag := int64(c.Behind)
		d.Lag = &lag
	}
	if i := database.Named(inv.Hosts, c.Host); i >= 0 {
		d.SourceHost = inv.Hosts[i].Name
	}
	return d
}
