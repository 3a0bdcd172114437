package database

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"foobar/internal/resource"
)

// runnersMost is among how many tables and views a look asks what runs in an account's name:
// to answer, MariaDB reads a file for each of them.
const runnersMost = 10000

// InName is what runs in the name of an account: the views, triggers, routines and events
// that fail once it is gone.
type InName struct {
	Example string // one of them, as "view shop.totals"
	Count   int
	// Among is the number of tables and views where they were too many to ask.
	Among int
}

func (n InName) String() string {
	if n.Among > 0 {
		return fmt.Sprintf("something may run in its name, which is not looked for among %d tables and views (%d at most)", n.Among, runnersMost)
	}
	switch n.Count {
	case 0:
		return ""
	case 1:
		return n.Example + " runs in its name"
	}
	return fmt.Sprintf("%s and %d more run in its name", n.Example, n.Count-1)
}

// definersQuestion asks for State.InName, and for nothing where all accounts are known:
// it looks at every view and trigger. Where they may be too many it asks for their number,
// which needs the names alone. Sources: the documentation of information_schema.VIEWS,
// TRIGGERS, ROUTINES and EVENTS of both engines, MariaDB's "Optimizing Queries Against
// INFORMATION_SCHEMA Tables".
func definersQuestion(d Dialect, known []string) string {
	if len(known) == 0 {
		return ""
	}
	question := "SELECT 'definer' AS t, d AS k, COUNT(*) AS c, MIN(n) AS n FROM (" + runners() + ") a GROUP BY d"
	w := d.Words()
	return "SET SESSION sql_mode='';\nSET NAMES utf8mb4;\nSET @strangers = (SELECT COUNT(*) FROM (SELECT CONCAT(User, '@', Host) AS k FROM " + w.Everyone + ") a WHERE k NOT IN (" + SQLTexts(known) + "));\n" +
		"SELECT 'locked' AS t, CONCAT(User, '@', Host) AS k FROM " + w.Locked + ";\n" +
		"SET @tables = IF(@strangers = 0, 0, (SELECT COUNT(TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN " + SystemSchemas + "));\n" +
		fmt.Sprintf("SELECT 'among' AS t, @tables AS k FROM DUAL WHERE @tables > %d;\n", runnersMost) +
		fmt.Sprintf("SET @question = IF(@strangers = 0 OR @tables > %d, 'DO 0', ", runnersMost) + SQLText(question) + ");\nPREPARE question FROM @question;\nEXECUTE question;\n"
}

// RunsAs is a condition: something runs in the name of the account, an expression for
// "user@host".
func RunsAs(account string) string {
	return account + " IN (SELECT d FROM (" + runners() + ") a)"
}

// runners is a table of what runs in an account's name, n, and that account, d. A view or
// routine may run as whoever calls it instead.
func runners() string {
	one := func(what, table, column, and string) string {
		return "SELECT DEFINER AS d, CONCAT(" + what + ", ' ', " + column + "_SCHEMA, '.', " + column + "_NAME) AS n FROM information_schema." + table +
			" WHERE " + column + "_SCHEMA NOT IN " + SystemSchemas + and
	}
	const asDefiner = " AND SECURITY_TYPE = 'DEFINER'"
	return one("'view'", "VIEWS", "TABLE", asDefiner) + " UNION ALL " + one("'trigger'", "TRIGGERS", "TRIGGER", "") +
		" UNION ALL " + one("LOWER(ROUTINE_TYPE)", "ROUTINES", "ROUTINE", asDefiner) + " UNION ALL " + one("'event'", "EVENTS", "EVENT", "")
}

// object takes in a row of the answer to definersQuestion or EventsQuestion, and reports
// whether it is one.
func (s *State) object(f []string) bool {
	switch {
	case f[0] == "event":
		if e, ok := readEvent(f); ok {
			s.Events = append(s.Events, e)
		}
	case f[0] == "locked" && len(f) == 2:
		s.Locked = append(s.Locked, f[1])
	case f[0] == "among" && len(f) == 2:
		s.Among, _ = strconv.Atoi(f[1])
	case f[0] == "definer" && len(f) == 4:
		if n, err := strconv.Atoi(f[2]); err == nil && n > 0 {
			s.InName[f[1]] = InName{Example: f[3], Count: n}
		}
	default:
		return false
	}
	return true
}

// runsAs is what runs in the name of an account, by "user@host".
func (s State) runsAs(key string) InName {
	if s.Among > 0 {
		return InName{Among: s.Among}
	}
	return s.InName[key]
}

// leaves is what becomes of an account that is not wanted any more: it is dropped or, while
// something runs in its name, locked, so that nobody logs in with it.
func (s State) leaves(a Identity, dropped string) (fields []resource.Field, sql string) {
	key := a.User + "@" + a.Host
	switch in := s.runsAs(key).String(); {
	case in == "" || a.User == "":
		return []resource.Field{{Name: "account", Old: key, New: dropped}}, dropAccount(a.User, a.Host)
	case slices.Contains(s.Locked, key):
		return nil, ""
	default:
		return []resource.Field{{Name: "account", Old: key, New: "locked, because " + in}}, "ALTER USER IF EXISTS " + SQLAccount(a.User, a.Host) + " ACCOUNT LOCK;\n"
	}
}

// locking is the reason of a change that locks accounts, or else the other one.
func locking(fields []resource.Field, other string) string {
	if !slices.ContainsFunc(fields, func(f resource.Field) bool { return f.Name == "account" && f.New != "" && f.New != removed }) {
		return other
	}
	return cmp.Or(other, "accounts that are not wanted any more") +
		"; one that views, triggers, routines or events run in the name of is locked, and dropped by the next deploy after they were made again in another's name"
}

// removed is what a plan says of an account that foobar did not make and drops.
const removed = "removed"
