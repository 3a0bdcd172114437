package database

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"foobar/internal/resource"
)

// Event is one of users': a program that the scheduler of a server starts. The server
// that takes writes runs it; on a replica it waits, so that what it does is not done twice.
type Event struct {
	Schema, Name, Definer string
	// Waits says that it is disabled because the server is, or was, a replica; Off, that
	// somebody disabled it, or that it is at its end. Else it runs.
	Waits, Off bool
	// Over says that it was to run once, at a time that is past, and is kept: enabled
	// again, it would run a second time.
	Over bool
}

// Key is the event's name in the facts of a host.
func (e Event) Key() string {
	return strings.ToUpper(hex.EncodeToString([]byte(e.Schema)) + "." + hex.EncodeToString([]byte(e.Name)))
}

func (e Event) String() string { return e.Schema + "." + e.Name }

// EventsQuestion asks for all events of users. On a replica a statement that makes or
// alters an event leaves it waiting, whether it was enabled or not. Sources: MySQL's
// "Replication of Invoked Features", MariaDB's "Information Schema EVENTS Table".
const EventsQuestion = "SET NAMES utf8mb4;\nSELECT 'event' AS t, EVENT_SCHEMA AS s, EVENT_NAME AS n, DEFINER AS d, STATUS AS w," +
	" EVENT_TYPE = 'ONE TIME' AND ON_COMPLETION = 'PRESERVE' AND COALESCE(EXECUTE_AT <= CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', TIME_ZONE), 1) AS o" +
	" FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN " + SystemSchemas + " ORDER BY 2, 3;\n"

// readEvent takes in a row of the answer to EventsQuestion. What a replica's events are
// called differs between versions.
func readEvent(f []string) (e Event, ok bool) {
	if f[0] != "event" || len(f) != 6 {
		return e, false
	}
	e = Event{Schema: f[1], Name: f[2], Definer: f[3], Over: f[5] == "1"}
	switch f[4] {
	case "ENABLED":
	case "DISABLED":
		e.Off = true
	default:
		e.Waits = true
	}
	return e, true
}

// ReadEvents understands the answer to EventsQuestion alone.
func ReadEvents(out string) (all []Event) {
	for line := range strings.SplitSeq(out, "\n") {
		f := strings.Split(line, "\t")
		for i := range f {
			f[i] = batchText(f[i])
		}
		if e, ok := readEvent(f); ok {
			all = append(all, e)
		}
	}
	return all
}

// alter changes nothing but whether it runs: without DEFINER it would be root's.
func (e Event) alter(how string) string {
	definer := SQLText(strings.TrimSuffix(e.Definer, "@")) // a role
	if at := strings.LastIndexByte(e.Definer, '@'); at >= 0 && at < len(e.Definer)-1 {
		definer = SQLAccount(e.Definer[:at], e.Definer[at+1:])
	}
	return "ALTER DEFINER=" + definer + " EVENT " + sqlName(e.Schema) + "." + sqlName(e.Name) + " " + how + ";\n"
}

// Waking are the statements with which a server that takes writes runs the events that
// wait there; off are the keys of those that somebody has disabled elsewhere in the site.
// Replicas hear of those that run, so that the former primary no longer runs them. It
// returns the events that begin to run, too. The statements are "" where none waits.
func Waking(events []Event, off []string) (statements string, run []Event) {
	enabled, disabled := "", ""
	for _, e := range events {
		switch {
		case !e.Waits:
		case slices.Contains(off, e.Key()):
			disabled += e.alter("DISABLE")
		case !e.Over:
			enabled, run = enabled+e.alter("ENABLE"), append(run, e)
		}
	}
	if disabled != "" {
		disabled = "SET SESSION sql_log_bin=0;\n" + disabled
	}
	if enabled+disabled == "" {
		return "", nil
	}
	return "SET SESSION sql_mode='';\nSET NAMES utf8mb4;\n" + enabled + disabled, run
}

// LullingSQL is a statement that prints, a line each, statements after which a server runs
// no event of users, for scripts.
func LullingSQL(d Dialect) string {
	return "SELECT CONCAT('ALTER DEFINER=', IF(DEFINER LIKE '%@', QUOTE(LEFT(DEFINER, CHAR_LENGTH(DEFINER) - 1))," +
		" CONCAT(QUOTE(LEFT(DEFINER, CHAR_LENGTH(DEFINER) - LOCATE('@', REVERSE(DEFINER)))), '@', QUOTE(SUBSTRING_INDEX(DEFINER, '@', -1))))," +
		" ' EVENT `', REPLACE(EVENT_SCHEMA, '`', '``'), '`.`', REPLACE(EVENT_NAME, '`', '``'), '` " + d.Words().Waits + ";')" +
		" FROM information_schema.EVENTS WHERE STATUS = 'ENABLED' AND EVENT_SCHEMA NOT IN " + SystemSchemas
}

// Lulling are the statements, in no log, after which a server runs no event; "" where it
// runs none.
func Lulling(d Dialect, events []Event) string {
	sql := ""
	for _, e := range events {
		if !e.Waits && !e.Off {
			sql += e.alter(d.Words().Waits)
		}
	}
	if sql == "" {
		return ""
	}
	return Unlogged + "SET NAMES utf8mb4;\n" + sql
}

// Events are those of users: the primary runs them and no replica does. Those that
// somebody disabled are disabled everywhere, so that whoever becomes the primary knows
// which to run.
type Events struct {
	Dialect Dialect
	Replica bool
	// Off are the keys of those that are disabled. On a replica they are only known
	// where the primary answered: Known.
	Off   []string
	Known bool
}

// ID is "database-events:running".
func (Events) ID() resource.ID { return resource.NewID("database-events", "running") }

// Stage is Converge.
func (Events) Stage() resource.Stage { return resource.Converge }

// Probe asks for the events.
func (d Events) Probe() resource.Probe { return probe(d.Dialect) }

// Diff enables on the primary what waits there, and nothing that may have run already. On
// a replica it is looked at again in its turn, which comes after the primary's.
func (d Events) Diff(o resource.Observed) (resource.Change, error) {
	s, silent, err := read(d.Dialect, o, resource.Change{})
	if s == nil || o.Get("restoring") != "" {
		return silent, err
	}
	c := resource.Change{Action: resource.Update}
	if !d.Replica {
		sql, _ := Waking(s.Events, d.Off)
		if sql == "" {
			return resource.Change{}, nil
		}
		for _, e := range s.Events {
			if off := slices.Contains(d.Off, e.Key()); e.Waits && (off || !e.Over) {
				c.Fields = append(c.Fields, eventField(e, off, false))
			}
		}
		c.Reason = "events wait since this server was a replica"
		c.Steps = []resource.Step{run(d.Dialect, "run the events", "", sql, "", false)}
		return c, nil
	}
	if !d.Known || s.HalfCopied || len(s.Sources) == 0 {
		return resource.Change{}, nil
	}
	sql := ""
	for _, e := range s.Events {
		off := slices.Contains(d.Off, e.Key())
		switch {
		case e.Waits && e.Over: // enabled by nobody
			continue
		case off && !e.Off:
			sql += e.alter("DISABLE")
		case !off && !e.Waits:
			sql += e.alter(d.Dialect.Words().Waits)
		default:
			continue
		}
		c.Fields = append(c.Fields, eventField(e, off, true))
	}
	if sql == "" {
		return resource.Change{}, nil
	}
	c.Reason = "only the primary runs events"
	if o.Planning() {
		c.Provisional = true
		return c, nil
	}
	c.Steps = []resource.Step{aside(d.Dialect, "have the events wait", "SET NAMES utf8mb4;\n"+sql)}
	return c, nil
}

// eventField says how an event is and how it will be.
func eventField(e Event, off, replica bool) resource.Field {
	word := func(waits, off bool) string {
		switch {
		case off:
			return "disabled"
		case waits:
			return "waits"
		}
		return "runs"
	}
	return resource.Field{Name: fmt.Sprintf("event %s", e), Old: word(e.Waits, e.Off), New: word(replica, off)}
}
