package ops

import (
	"context"
	"fmt"
	"strings"

	"foobar/internal/database"
)

// eventsNamed is how many events a person is told by their names.
const eventsNamed = 5

// events are those of a server's users.
func (s *Site) events(ctx context.Context, n *Node) ([]database.Event, error) {
	out, err := s.send(ctx, n, "-n -B", database.EventsQuestion, surveyMost)
	return database.ReadEvents(out), err
}

// lull has the events of a server wait before it is closed: those of administrators would
// go on writing, and what they wrote would be nowhere else. A server that is closed to
// administrators, too, runs none that writes. Killed behind this, the server has events
// that wait though it takes writes, which the next deploy mends.
func (s *Site) lull(ctx context.Context, n *Node) {
	if !n.Open() && s.Dialect.Words().Lift != "" {
		return
	}
	all, err := s.events(ctx, n)
	if sql := database.Lulling(s.Dialect, all); err == nil && sql != "" {
		err = s.do(ctx, n, sql)
	}
	if err != nil {
		s.tell(n, "its events may run until it is a replica: %s", err)
	}
}

// wake has a server that takes writes run the events that waited there. Those that
// somebody disabled stay so; one of the others may be the former primary, which knows.
func (s *Site) wake(ctx context.Context, n *Node, others ...*Node) {
	ctx = context.WithoutCancel(ctx)
	var off []string
	for _, o := range others {
		if o == n || !o.Up() {
			continue
		}
		all, _ := s.events(ctx, o) // what it does not tell the next deploy may learn
		for _, e := range all {
			if e.Off {
				off = append(off, e.Key())
			}
		}
	}
	all, err := s.events(ctx, n)
	sql, run := database.Waking(all, off)
	if err == nil && sql != "" {
		err = s.do(ctx, n, sql)
	}
	scheduler := ""
	if err == nil && len(run) > 0 {
		scheduler, _ = s.send(ctx, n, "-B -N", "SELECT @@global.event_scheduler;\n", surveyMost)
		scheduler = strings.TrimSpace(scheduler)
	}
	switch {
	case err != nil:
		s.tell(n, "its events do not run: %s; the next deploy enables them", err)
	case scheduler == "OFF" || scheduler == "DISABLED":
		// As it is by itself in MariaDB: somebody had switched on the former primary's alone.
		s.tell(n, "does not run the events %s, because its event_scheduler is %s: write event_scheduler = true into [db.settings], and deploy", eventNames(run), scheduler)
	case len(run) > 0:
		s.tell(n, "runs the events %s", eventNames(run))
	}
}

// eventNames names the first of some events and counts the others.
func eventNames(list []database.Event) string {
	var names []string
	for _, e := range list[:min(len(list), eventsNamed)] {
		names = append(names, clean(e.String()))
	}
	text := strings.Join(names, ", ")
	if more := len(list) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
