package ops

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
)

// Roles of a server.
const (
	RolePrimary = "primary"
	RoleReplica = "replica"
	RoleNone    = "none"
)

// Status is the databases of a site at one moment; its JSON form is stable.
type Status struct {
	Version  int       `json:"v"`
	Healthy  bool      `json:"healthy"`
	Findings []Finding `json:"findings"`
	Hosts    []Host    `json:"hosts"`
	// Backup is the newest good backup, Next when the next is due; both are empty
	// unless AddBackups found them.
	Backup *Backup   `json:"backup,omitempty"`
	Next   time.Time `json:"next_backup,omitzero"`
}

// Finding is something wrong, and the command to run next.
type Finding struct {
	// Notice says that it is no problem yet: the site is healthy all the same.
	Notice bool   `json:"notice,omitempty"`
	Host   string `json:"host,omitempty"`
	Text   string `json:"text"`
	Next   string `json:"next,omitempty"`
	// Code is the failure's in the catalogue.
	Code fault.Code `json:"code"`
}

// Host is one server. Error says why it could not be asked; the rest is then empty.
type Host struct {
	Name     string `json:"name"`
	Role     string `json:"role,omitempty"`
	Error    string `json:"error,omitempty"`
	Reached  bool   `json:"reached"`
	ReadOnly *bool  `json:"read_only,omitempty"`
	Version  string `json:"version,omitempty"`
	// Position is the position of the server's data.
	Position string   `json:"position,omitempty"`
	Source   string   `json:"source,omitempty"`
	Reading  string   `json:"reading,omitempty"`
	Applying string   `json:"applying,omitempty"`
	Lag      *int     `json:"lag_seconds,omitempty"`
	Trouble  string   `json:"trouble,omitempty"`
	Errant   []string `json:"errant,omitempty"`
}

// Unreachable says that a host did not answer.
func (s Status) Unreachable() bool {
	return slices.ContainsFunc(s.Hosts, func(h Host) bool { return !h.Reached })
}

// Status judges what was seen.
func (s *Site) Status(t *Topology) Status {
	st := Status{Version: 1, Findings: []Finding{}}
	primary := t.primary()
	for _, n := range t.Nodes {
		st.Hosts = append(st.Hosts, t.host(n, primary))
		if n.Room >= 0 && n.Room < roomLeast {
			st.Findings = append(st.Findings, Finding{Host: n.Name(), Text: fmt.Sprintf("the disk of its data is full: %d MiB are left", n.Room>>20),
				Next: "foobar exec " + s.Inv.Path + " -b -l " + n.Name() + " -- du -xh --max-depth=1 /var/lib/mysql", Code: fault.DiskFull})
		}
	}
	for _, f := range t.group().Judge() {
		st.Findings = append(st.Findings, Finding{Notice: f.Notice, Host: f.Host, Text: clean(f.Text), Next: f.Next, Code: f.Code})
	}
	st.Healthy = !slices.ContainsFunc(st.Findings, func(f Finding) bool { return !f.Notice })
	return st
}

// roomLeast is what a server needs to go on: less, and it waits until there is more.
const roomLeast = 64 << 20

// host is what people and programs are shown of a node.
func (t *Topology) host(n, primary *Node) Host {
	h := Host{Name: n.Name(), Reached: n.Err == nil}
	if !n.Up() {
		h.Error = clean(n.Down)
		if n.Err != nil {
			h.Error = clean(n.Err.Error())
		}
		return h
	}
	v, readOnly := n.Survey, n.Survey.ReadOnly
	h.Role, h.ReadOnly, h.Version, h.Position = RoleNone, &readOnly, clean(v.Version), clean(v.Current)
	switch {
	case n.Following():
		c := n.connection()
		h.Role, h.Source, h.Reading, h.Applying = RoleReplica, clean(c.Host), clean(c.Reading), clean(c.Applying)
		if from := t.sourceOf(n); from != nil {
			h.Source = from.Name()
		}
		if lag := c.Behind; lag >= 0 {
			h.Lag = &lag
		}
		h.Trouble = clean(cmp.Or(c.ApplyError, c.ReadError))
	case n == primary || n.Open():
		h.Role = RolePrimary
	}
	if primary != nil && primary.Up() && n != primary {
		h.Errant = n.errants(primary)
	}
	return h
}

// clean makes one bounded line, fit to be shown, of a text from a host.
func clean(text string) string { return ask.Printable(text, 400) }

// Plain writes a status for people: what is wrong first, then all servers.
func (s Status) Plain(out io.Writer) error {
	var b strings.Builder
	for _, f := range s.Findings {
		where := ""
		if f.Host != "" {
			where = f.Host + ": "
		}
		word := "PROBLEM"
		if f.Notice {
			word = "notice "
		}
		fmt.Fprintf(&b, "%s %s%s\n", word, where, f.Code.After(f.Text))
		if f.Next != "" {
			fmt.Fprintf(&b, "        next: %s\n", f.Next)
		}
	}
	if len(s.Findings) > 0 {
		b.WriteByte('\n')
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HOST\tROLE\tREAD ONLY\tSOURCE\tIO\tSQL\tLAG\tPOSITION")
	for _, h := range s.Hosts {
		fmt.Fprintln(w, strings.Join(h.row(), "\t"))
	}
	_ = w.Flush() // into memory
	b.WriteString(s.backupLine(time.Now()))
	_, err := io.WriteString(ask.Safe(out), b.String())
	return err
}

func (h Host) row() []string {
	row := []string{h.Name, h.Role, "", h.Source, h.Reading, h.Applying, "", h.Position}
	switch {
	case !h.Reached:
		row[1] = "unreachable"
	case h.Error != "":
		row[1] = "silent"
	case h.ReadOnly != nil && *h.ReadOnly:
		row[2] = "yes"
	default:
		row[2] = "no"
	}
	if h.Lag != nil {
		row[6] = fmt.Sprintf("%d s", *h.Lag)
	}
	for i, cell := range row {
		if cell == "" {
			row[i] = "-"
		}
	}
	return row
}
