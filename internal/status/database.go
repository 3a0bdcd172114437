package status

import (
	"strings"

	"foobar/internal/ask"
	"foobar/internal/database"
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
}

// The roles of a database server.
const (
	Primary = "primary"
	Replica = "replica"
	Neither = "neither"
)

func readDatabase(a *ask.Answer) *Database {
	d := &Database{}
	v := map[string]string{}
	for _, l := range a.Lines("database") {
		if k, value, ok := strings.Cut(l, "\t"); ok {
			v[k] = value
		}
	}
	if v["version"] == "" {
		d.Error = lastSaid(a.Lines("database"))
		return d
	}
	d.Running, d.Version = true, printable(v["version"])
	d.ReadOnly = v["read_only"] != "OFF" && v["read_only"] != "0"
	d.Connections, d.MaxConnections = ask.Number(v["Threads_connected"]), ask.Number(v["max_connections"])
	d.Written, d.Applied = printable(v["gtid_binlog_pos"]), printable(v["gtid_slave_pos"])
	if set, ok := v["gtid_executed"]; ok {
		set = printable(strings.ReplaceAll(set, `\n`, ""))
		d.Written, d.Applied = set, set
	}
	d.follow(a.Lines("replication"))
	switch {
	case d.Source != "":
		d.Role = Replica
	case d.ReadOnly:
		d.Role = Neither
	default:
		d.Role = Primary
	}
	return d
}

// follow reads SHOW ALL SLAVES STATUS or SHOW REPLICA STATUS in the client's
// vertical form; MySQL's words are turned into MariaDB's. Of several connections
// the first counts.
func (d *Database) follow(lines []string) {
	v := map[string]string{}
	for _, l := range lines {
		k, value, ok := strings.Cut(strings.TrimSpace(l), ":")
		k = strings.NewReplacer("Source", "Master", "Replica", "Slave").Replace(k)
		if _, seen := v[k]; ok && !seen {
			v[k] = strings.TrimSpace(value)
		}
	}
	d.Source, d.TLS = printable(v["Master_Host"]), v["Master_SSL_Allowed"] == "Yes"
	if d.Source == "" {
		return
	}
	d.Reading, d.Applying = printable(v["Slave_IO_Running"]), printable(v["Slave_SQL_Running"])
	if lag := v["Seconds_Behind_Master"]; lag != "" && lag != "NULL" {
		n := ask.Number(lag)
		d.Lag = &n
	}
	for _, e := range []string{v["Last_SQL_Error"], v["Last_IO_Error"]} {
		if d.Trouble == "" {
			// The statement that failed may hold what is nobody's business.
			e, _, _ = strings.Cut(e, " Default database: ")
			e, _, _ = strings.Cut(e, " Query: ")
			d.Trouble = printable(e)
		}
	}
}

// nameSources finds the host that each replica follows, by what the inventory
// calls it.
func nameSources(inv *inventory.Inventory, hosts []Host) {
	for _, h := range hosts {
		if h.Database == nil || h.Database.Source == "" {
			continue
		}
		if i := database.Named(inv.Hosts, h.Database.Source); i >= 0 {
			h.Database.SourceHost = inv.Hosts[i].Name
		}
	}
}
