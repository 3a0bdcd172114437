package ops

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/database"
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
	site *Site
}

// Node finds a host by its name, or is nil.
func (t *Topology) Node(name string) *Node {
	return t.at(slices.IndexFunc(t.Nodes, func(n *Node) bool { return n.Name() == name }))
}

// sourceOf is the node that a replica follows; nil when that is none of them. It
// looks at no other node: those may be asked at the same time.
func (t *Topology) sourceOf(n *Node) *Node {
	if !n.Following() {
		return nil
	}
	return t.at(database.Named(t.site.Inv.Group(inventory.DB), n.connection().Host))
}

// group is what there is to judge.
func (t *Topology) group() database.Group {
	g := database.Group{Dialect: t.site.Dialect, Wanted: database.Wanted(t.site.Inv), Path: t.site.Inv.Path}
	for _, n := range t.Nodes {
		seen := database.Seen{Host: n.Host, Down: n.Down, State: n.Survey}
		if n.Err != nil {
			seen.Lost = n.Err.Error()
		}
		if t.site.Number != nil {
			seen.Number = t.site.Number(n.Host)
		}
		g.Servers = append(g.Servers, seen)
	}
	if t.Primary != nil {
		g.Moved = t.Primary.Host
	}
	return g
}

// at is the node of a group's index; nil for none.
func (t *Topology) at(i int) *Node {
	if i < 0 {
		return nil
	}
	return t.Nodes[i]
}

// primary is the server that is beyond doubt the primary; nil when that cannot be said.
func (t *Topology) primary() *Node { return t.at(t.group().Primary()) }

func (t *Topology) only(is func(*Node) bool) []*Node {
	return slices.DeleteFunc(slices.Clone(t.Nodes), func(n *Node) bool { return !is(n) })
}

// open are the servers that take writes.
func (t *Topology) open() []*Node { return t.only((*Node).Open) }

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
	t := &Topology{site: s}
	for _, h := range s.Inv.Group(inventory.DB) {
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
	s.each(t.open(), func(_ int, n *Node) {
		if s.Tables {
			s.askMore(ctx, n, database.TablesQuestion(s.Dialect))
			return
		}
		s.ask(ctx, n)
	})
}

func (s *Site) each(nodes []*Node, do func(int, *Node)) {
	ask.Each(0, nodes, do)
}

// ask surveys one server.
func (s *Site) ask(ctx context.Context, n *Node) { s.askMore(ctx, n, "") }

// askMore has a question behind the survey, whose answer may be missing.
func (s *Site) askMore(ctx context.Context, n *Node, more string) {
	n.Down = ""
	out, err := s.send(ctx, n, "-n -B", s.Dialect.Session(nil)+more, surveyMost)
	if err == nil || more != "" {
		if seen, odd := database.Survey(s.Dialect, out); odd == nil || err == nil {
			n.Survey, err = seen, odd
		}
	}
	if err != nil {
		n.Down = err.Error()
	}
}

// errants are the transactions of n that the primary does not know.
func (n *Node) errants(primary *Node) []string {
	return database.ErrantsOf(n.dialect, n.Survey, primary.Survey)
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
