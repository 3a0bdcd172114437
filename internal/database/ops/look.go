package ops

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/database"
	"foobar/internal/resource"
	"foobar/inventory"
)

// Node is a database host as it was last seen.
type Node struct {
	Host *inventory.Host
	// Locked says that Err is about the host's lock, which another run holds.
	Locked bool
	// Err says why the host could not be reached, Down why its server did not
	// answer; both are nil or "" when all was well.
	Err    error
	Down   string
	Survey database.State
	// Room is what the disk of its data has left, in bytes; -1 when that was not seen.
	Room int64

	target  Target
	dialect database.Dialect
	// known is all that the server received, applied or not.
	known string
}

// Name is the host's name.
func (n *Node) Name() string { return n.Host.Name }

// Up says that the server answered.
func (n *Node) Up() bool { return n.Err == nil && n.Down == "" && n.target != nil }

// Open says that the server takes writes.
func (n *Node) Open() bool { return n.Up() && !n.Survey.ReadOnly }

// Following says that the server has a source.
func (n *Node) Following() bool { return n.Up() && len(n.Survey.Sources) > 0 }

// connection is the one source of a replica.
func (n *Node) connection() database.Connection { return n.Survey.Sources[0] }

// Topology is all database hosts, in the order of the inventory.
type Topology struct {
	Nodes []*Node
	// Primary is set by an operation once it is sure of the server that takes
	// the writes from then on, though others may not follow it yet.
	Primary *Node
	// Lost is a server that a failover has fenced off, or may have.
	Lost *Node
	// wanted is the primary of the inventory.
	wanted *inventory.Host
}

// Node finds a host by its name, or is nil.
func (t *Topology) Node(name string) *Node {
	for _, n := range t.Nodes {
		if n.Name() == name {
			return n
		}
	}
	return nil
}

// sourceOf is the node that a replica follows; nil when that is none of them.
func (t *Topology) sourceOf(n *Node) *Node {
	if !n.Following() {
		return nil
	}
	if i := database.Named(t.hosts(), n.connection().Host); i >= 0 {
		return t.Nodes[i]
	}
	return nil
}

func (t *Topology) hosts() []*inventory.Host {
	all := make([]*inventory.Host, len(t.Nodes))
	for i, n := range t.Nodes {
		all[i] = n.Host
	}
	return all
}

// view is who follows whom.
func (t *Topology) view() database.View {
	from := make([]string, len(t.Nodes))
	for i, n := range t.Nodes {
		if n.Following() {
			from[i] = n.connection().Host
		}
	}
	return database.See(t.hosts(), from)
}

// leader is the server that most of the others follow; nil when none is.
func (t *Topology) leader() *Node {
	if i, tie := t.view().Leader(); i >= 0 && !tie {
		return t.Nodes[i]
	}
	return nil
}

func (t *Topology) only(is func(*Node) bool) []*Node {
	var list []*Node
	for _, n := range t.Nodes {
		if is(n) {
			list = append(list, n)
		}
	}
	return list
}

// open are the servers that take writes.
func (t *Topology) open() []*Node { return t.only((*Node).Open) }

// claimants are the servers that say that they take writes and follow nobody.
func (t *Topology) claimants() []*Node {
	return t.only(func(n *Node) bool { return n.Open() && !n.Following() })
}

// vouched reports whether a server that says it is the primary is one by more
// than its own word: the operation made it one, most of the others follow it or,
// where they follow none, the inventory names it.
func (t *Topology) vouched(n *Node) bool {
	if n == t.Primary || len(t.Nodes) == 1 {
		return true
	}
	if i, tie := t.view().Leader(); i >= 0 {
		return !tie && t.Nodes[i] == n
	}
	return n.Host == t.wanted
}

// primary is the one server that takes writes and is vouched for or, where none
// takes writes, the one that the others follow; nil when that cannot be said.
func (t *Topology) primary() *Node {
	switch open := t.claimants(); {
	case len(open) > 1:
		return nil
	case len(open) == 1 && t.vouched(open[0]):
		return open[0]
	case len(open) == 1:
		return nil
	}
	return t.leader()
}

// doubt says why a server that takes writes is not taken for the primary; "" when
// there is none.
func (t *Topology) doubt() string {
	open := t.claimants()
	if len(open) != 1 || t.vouched(open[0]) {
		return ""
	}
	if l := t.leader(); l != nil {
		return fmt.Sprintf("%s says that it takes writes, but the other databases follow %s", open[0].Name(), l.Name())
	}
	if t.wanted == nil {
		return open[0].Name() + " says that it takes writes, but no other database follows it"
	}
	return fmt.Sprintf("%s says that it takes writes, but no other database follows it, and the inventory names %s as the primary", open[0].Name(), t.wanted.Name)
}

func names(list []*Node) string {
	var all []string
	for _, n := range list {
		all = append(all, n.Name())
	}
	return strings.Join(all, ", ")
}

// surveyMost bounds how long a server may take to say how it is.
const surveyMost = 15 * time.Second

// Look connects to every database host, takes its lock when lock is set, and
// asks its server. What fails is noted at the node.
func (s *Site) Look(ctx context.Context, lock bool) *Topology {
	dbs := s.Inv.Group(inventory.DB)
	t := &Topology{wanted: s.Inv.Host(s.Inv.DB.Primary)}
	if t.wanted == nil && len(dbs) > 0 {
		t.wanted = dbs[0]
	}
	for _, h := range dbs {
		t.Nodes = append(t.Nodes, &Node{Host: h, dialect: s.Dialect, Room: -1})
	}
	s.each(t.Nodes, func(_ int, n *Node) {
		if n.target, n.Err = s.Dial(ctx, n.Host); n.Err != nil {
			return
		}
		if lock {
			if n.Err = n.target.Lock(ctx, s.LockWait, s.Owner); n.Err != nil {
				n.Locked = true
				return
			}
		}
		s.ask(ctx, n)
		n.Room = s.room(ctx, n)
	})
	s.askOpen(ctx, t)
	return t
}

// room asks the disk of a server's data. Source: df(1).
func (s *Site) room(ctx context.Context, n *Node) int64 {
	out, err := s.script(ctx, n, "df -Pk /var/lib/mysql 2>/dev/null\n", surveyMost)
	if f := strings.Fields(lastLine(out, 0)); err == nil && len(f) > 3 {
		if kib, err := strconv.ParseInt(f[3], 10, 64); err == nil {
			return kib << 10
		}
	}
	return -1
}

// Again asks all servers whose hosts were reached once more.
func (s *Site) Again(ctx context.Context, t *Topology) {
	s.each(t.only(func(n *Node) bool { return n.target != nil && n.Err == nil }), func(_ int, n *Node) { s.ask(ctx, n) })
	s.askOpen(ctx, t)
}

// askOpen asks those that take writes after the others, so that a replica never
// seems to know a transaction that its primary has not written.
func (s *Site) askOpen(ctx context.Context, t *Topology) {
	s.each(t.open(), func(_ int, n *Node) { s.ask(ctx, n) })
}

func (s *Site) each(nodes []*Node, do func(int, *Node)) {
	ask.Each(0, nodes, do)
}

// ask surveys one server.
func (s *Site) ask(ctx context.Context, n *Node) {
	n.Down = ""
	out, err := s.send(ctx, n, "-B", s.Dialect.Session(nil), surveyMost)
	if err == nil {
		n.Survey, err = s.Dialect.Read(resource.Observed{Attrs: map[string]string{"out": out}})
	}
	if err == nil {
		n.known, err = s.Dialect.Known(n.Survey.Current, n.Survey.Received)
	}
	if err == nil {
		_, err = s.Dialect.Errant(n.Survey.Log, n.Survey.Log, n.Survey.Applied)
	}
	if err != nil {
		n.Down = err.Error()
	}
}

// errants are the transactions of n that the primary does not know.
func (n *Node) errants(primary *Node) []string {
	list, err := n.dialect.Errant(n.Survey.Log, primary.Survey.Log, primary.Survey.Applied)
	if err != nil { // a server with such a position does not count as up
		return []string{err.Error()}
	}
	return list
}

// covers reports whether position a has everything up to b; what cannot be read
// covers nothing.
func (n *Node) covers(a, b string) bool {
	yes, err := n.dialect.Covers(a, b)
	return err == nil && yes
}

// why says what keeps a node from being worked on.
func (n *Node) why() string {
	if n.Err != nil {
		return n.Err.Error()
	}
	return "its database server does not answer: " + n.Down
}

// threads says what stops a replica; "" when it runs.
func (n *Node) threads() string {
	c := n.connection()
	if c.Reading == "Yes" && c.Applying == "Yes" {
		return ""
	}
	text := fmt.Sprintf("replication stands still (io %s, sql %s)", c.Reading, c.Applying)
	if e := c.ApplyError; e != "" {
		return text + ": " + e
	}
	if e := c.ReadError; e != "" {
		return text + ": " + e
	}
	return text
}
