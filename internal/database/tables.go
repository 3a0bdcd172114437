package database

import (
	"fmt"
	"regexp"
	"strings"

	"foobar/internal/fault"
)

// Table is a table of users; Column is the one that it is named for, if it is for one.
type Table struct{ Schema, Name, Engine, Column string }

// Tables are those of users that restarts, replicas or backups do not treat well: Other
// have another engine than InnoDB; Keyless have no primary key, and no unique one in its
// place whose columns are never NULL; Rounded have columns that a dump rounds. Of each kind
// there are at most tablesMost and one.
type Tables struct{ Other, Keyless, Rounded []Table }

const (
	// tablesMost is how many tables of a kind are counted, tablesNamed how many are named.
	tablesMost, tablesNamed = 20, 5
	// tablesLooked is how many tables a server may have that is asked for this.
	tablesLooked = 3000
)

// TablesQuestion asks a server that takes writes for its Tables, and any other for
// nothing. It stands behind a Session, whose answer is whole before it: a server that
// has many tables, or takes long, gives none. Source: the documentation of
// information_schema.TABLES and COLUMNS; a sequence is no table there, a table that
// keeps its history has a type of its own, and a unique key may count as primary. A dump has
// six digits of a FLOAT, and all of one whose decimals are declared.
func TablesQuestion(d Dialect) string {
	const users = "TABLE_SCHEMA NOT IN " + SystemSchemas
	const tables = " FROM information_schema.TABLES b"
	where := " WHERE b." + users + " AND b.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND %s ORDER BY 2, 3 LIMIT " + fmt.Sprint(tablesMost+1)
	keys := " LEFT JOIN (SELECT DISTINCT TABLE_SCHEMA AS s, TABLE_NAME AS n FROM information_schema.COLUMNS WHERE " + users +
		" AND COLUMN_KEY = 'PRI') k ON k.s = b.TABLE_SCHEMA AND k.n = b.TABLE_NAME"
	// Only what is prepared is looked at, so that a replica does not read its tables.
	floats := " JOIN (SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, MIN(COLUMN_NAME) AS c FROM information_schema.COLUMNS WHERE " + users +
		" AND DATA_TYPE = 'float' AND NUMERIC_SCALE IS NULL GROUP BY 1, 2) f ON f.s = b.TABLE_SCHEMA AND f.n = b.TABLE_NAME"
	ask := func(kind, column, from, which string) string {
		question := fmt.Sprintf("SELECT '%s' AS t, b.TABLE_SCHEMA AS s, b.TABLE_NAME AS n, %s AS c, b.ENGINE AS e"+from+where, kind, column, which)
		return fmt.Sprintf("SET @question = IF(@@global.read_only OR @tables > %d, 'DO 0', %s);\nPREPARE question FROM @question;\nEXECUTE question;\n", tablesLooked, SQLText(question))
	}
	return "SET SESSION sql_mode='', lock_wait_timeout=1, " + d.Words().Within + ";\nSET NAMES utf8mb4;\n" +
		"SELECT COUNT(*) FROM information_schema.TABLES WHERE NOT @@global.read_only AND " + users + " INTO @tables;\n" +
		ask("engine", "''", tables, "b.ENGINE <> 'InnoDB'") + ask("keyless", "''", tables+keys, "k.n IS NULL") + ask("rounded", "f.c", tables+floats, "TRUE")
}

// readTables understands the answer to TablesQuestion, which stands behind a Session's.
func readTables(out string) (t Tables) {
	_, out, _ = strings.Cut(out, "\nend\tend\n")
	for line := range strings.SplitSeq(out, "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 5 {
			continue
		}
		list := map[string]*[]Table{"engine": &t.Other, "keyless": &t.Keyless, "rounded": &t.Rounded}[f[0]]
		if list != nil && len(*list) <= tablesMost {
			*list = append(*list, Table{Schema: batchText(f[1]), Name: batchText(f[2]), Column: batchText(f[3]), Engine: batchText(f[4])})
		}
	}
	return t
}

// tables judges those of the primary; replicas have the same.
func (j *judge) tables(primary int) {
	found := func(list []Table, name func(Table) string, what, alter string) {
		if len(list) > 0 {
			f := j.add(primary, j.alter(primary, list[0], alter), "%s: %s", what, namesOf(list, name))
			f.Notice, f.Code = true, fault.FragileTables
		}
	}
	t := j.g.Servers[primary].State.Tables
	found(t.Other, func(t Table) string { return t.Schema + "." + t.Name + " (" + t.Engine + ")" }, "tables that do not use InnoDB", "ENGINE=InnoDB")
	found(t.Keyless, func(t Table) string { return t.Schema + "." + t.Name }, "tables without a primary key", "ADD PRIMARY KEY (COLUMN)")
	found(t.Rounded, func(t Table) string { return t.Schema + "." + t.Name + " (" + t.Column + ")" }, "tables with a FLOAT, of which a backup keeps six digits", "MODIFY COLUMN DOUBLE")
}

// namesOf names the first tables and counts the others.
func namesOf(list []Table, name func(Table) string) string {
	var names []string
	for _, t := range list[:min(len(list), tablesNamed)] {
		names = append(names, name(t))
	}
	text := strings.Join(names, ", ")
	switch more := len(list) - len(names); {
	case len(list) > tablesMost:
		text += fmt.Sprintf(" and more than %d others", more-1)
	case more > 0:
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// plainName is a name that can stand in a command line as it is.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)

// alter is the command that changes a table. A name that may be anything is left to a
// person: it comes from a host.
func (j *judge) alter(primary int, t Table, how string) string {
	table := "SCHEMA.TABLE"
	if plainName.MatchString(t.Schema) && plainName.MatchString(t.Name) {
		table = sqlName(t.Schema) + "." + sqlName(t.Name)
	}
	return j.run("exec", "-b", "-l", j.g.name(primary), "--", j.g.Dialect.Words().Name, "-e", "ALTER TABLE "+table+" "+how)
}
