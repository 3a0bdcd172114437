package dbops

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

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
	Survey resource.DatabaseSurvey
	// Room is what the disk of its data has left, in bytes; -1 when that was not seen.
	Room int64

	target  Target
	flavour resource.DatabaseMover
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
func (n *Node) connection() resource.DatabaseConnection { return n.Survey.Sources[0] }

// Topology is all database hosts, in the order of the inventory.
type Topology struct {
	Nodes []*Node
	// Primary is set by an operation once it is sure of the server that takes
	// the writes from then on, though others may not follow it yet.
	Primary *Node
	// Lost is a server that a failover has fenced off, or may have.
	Lost *Node
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
	for _, other := range t.Nodes {
		if slices.Contains(sources(other.Host), n.connection().Host) {
			return other
		}
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

func (t *Topology) followed(n *Node) bool {
	return slices.ContainsFunc(t.Nodes, func(r *Node) bool { return r != n && t.sourceOf(r) == n })
}

// primary is the one server that takes writes or, where none does, the one that
// the others follow; nil when that cannot be said.
func (t *Topology) primary() *Node {
	if open := t.only(func(n *Node) bool { return n.Open() && !n.Following() }); len(open) > 0 {
		if len(open) == 1 {
			return open[0]
		}
		return nil
	}
	if roots := t.only(func(n *Node) bool { return !n.Following() && t.followed(n) }); len(roots) == 1 {
		return roots[0]
	}
	return nil
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
	t := &Topology{}
	for _, h := range s.Inv.Group(inventory.DB) {
		t.Nodes = append(t.Nodes, &Node{Host: h, flavour: s.Flavour, Room: -1})
	}
	s.each(t.Nodes, func(n *Node) {
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
	s.each(t.only(func(n *Node) bool { return n.target != nil && n.Err == nil }), func(n *Node) { s.ask(ctx, n) })
	s.askOpen(ctx, t)
}

// askOpen asks those that take writes after the others, so that a replica never
// seems to know a transaction that its primary has not written.
func (s *Site) askOpen(ctx context.Context, t *Topology) {
	s.each(t.open(), func(n *Node) { s.ask(ctx, n) })
}

func (s *Site) each(nodes []*Node, do func(*Node)) {
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() { do(n) })
	}
	wg.Wait()
}

// ask surveys one server.
func (s *Site) ask(ctx context.Context, n *Node) {
	n.Down = ""
	out, err := s.send(ctx, n, "-B", s.Flavour.Survey(), surveyMost)
	if err == nil {
		n.Survey, err = s.Flavour.ReadSurvey(out)
	}
	if err == nil {
		n.known, err = s.Flavour.Known(n.Survey.Current, n.Survey.Received)
	}
	if err == nil {
		_, err = s.Flavour.Errant(n.Survey.Log, n.Survey.Log, n.Survey.Applied)
	}
	if err != nil {
		n.Down = err.Error()
	}
}

// errants are the transactions of n that the primary does not know.
func (n *Node) errants(primary *Node) []string {
	list, err := n.flavour.Errant(n.Survey.Log, primary.Survey.Log, primary.Survey.Applied)
	if err != nil { // a server with such a position does not count as up
		return []string{err.Error()}
	}
	return list
}

// covers reports whether position a has everything up to b; what cannot be read
// covers nothing.
func (n *Node) covers(a, b string) bool {
	yes, err := n.flavour.Covers(a, b)
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
