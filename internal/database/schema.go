package database

import (
	"slices"
	"strings"

	"foobar/internal/resource"
)

// Schema is a schema that exists. What is in it, and how it stores its
// text once it exists, is the application's.
type Schema struct {
	Dialect Dialect
	Name    string
}

// ID is "database-schema:" and the name.
func (s Schema) ID() resource.ID { return resource.NewID("database-schema", s.Name) }

// Stage is Converge.
func (Schema) Stage() resource.Stage { return resource.Converge }

// Probe asks for the schemas.
func (s Schema) Probe() resource.Probe { return probe(s.Dialect) }

// Diff makes the schema.
func (s Schema) Diff(o resource.Observed) (resource.Change, error) {
	fields := []resource.Field{{Name: "text", New: "utf8mb4"}}
	got, silent, err := read(s.Dialect, o, later(o, resource.Create, fields...))
	if got == nil {
		return silent, err
	}
	if _, there := got.Schemas[s.Name]; there {
		return resource.Change{}, nil
	}
	return resource.Change{Action: resource.Create, Fields: fields,
		Steps: []resource.Step{run(s.Dialect, "create the schema "+s.Name, "", "CREATE DATABASE "+sqlName(s.Name)+" CHARACTER SET utf8mb4;\n", "", false)}}, nil
}

// Strays are accounts without a name, the empty database "test", accounts that foobar
// made for peers that are gone, and accounts of others that came after foobar: all of
// them are not wanted.
type Strays struct {
	Dialect Dialect
	// Users are the names that foobar gives; Wanted are their accounts, "user@host".
	// Former are the names that earlier versions gave.
	Users, Wanted, Former []string
	// Stay are accounts of others that stay, whatever this host's ledger says.
	// Recorded says that they are all of which the site's ledgers know.
	Stay     []string
	Recorded bool
	// Owner knows which of their accounts are foobar's.
	Owner Owner
}

// ID is "database-accounts:strays".
func (Strays) ID() resource.ID { return resource.NewID("database-accounts", "strays") }

// Stage is Converge.
func (Strays) Stage() resource.Stage { return resource.Converge }

// Probe asks for the accounts of the users, for the names of all and, where some are not
// known, for what runs in their name.
func (d Strays) Probe() resource.Probe {
	return probe(d.Dialect, slices.Concat(d.Users, d.Former, d.Wanted, slices.DeleteFunc(slices.Clone(d.Stay), func(name string) bool { return !strings.Contains(name, "@") }), builtInKeys())...)
}

// Diff drops them.
func (d Strays) Diff(o resource.Observed) (resource.Change, error) {
	s, silent, err := read(d.Dialect, o, later(o, resource.Remove))
	if s == nil {
		return silent, err
	}
	c := resource.Change{Action: resource.Remove}
	fields, sql := d.gone(o, *s)
	if slices.ContainsFunc(fields, func(f resource.Field) bool { return f.New == removed }) {
		c.Reason = "accounts that foobar did not make, and that were not there before it; deploy.keep can name them"
	}
	c.Fields, c.Reason = fields, locking(fields, c.Reason)
	if _, there := s.Schemas["test"]; there && s.TestTables == 0 {
		c.Fields = append(c.Fields, resource.Field{Name: "database", Old: "test"})
		// Replicas may have none.
		sql += "DROP DATABASE IF EXISTS " + sqlName("test") + ";\n"
	}
	if len(c.Fields) == 0 {
		return resource.Change{}, nil
	}
	c.Steps = []resource.Step{run(d.Dialect, "remove stray accounts", "", sql, "", false)}
	return c, nil
}

// gone are the accounts that are not wanted, with the statements that drop them.
func (d Strays) gone(o resource.Observed, s State) (fields []resource.Field, drop string) {
	var sql strings.Builder
	for _, key := range sortedKeys(s.Accounts) {
		a := s.Accounts[key]
		if a.User != "" && (!slices.Contains(d.Users, a.User) || slices.Contains(d.Wanted, key) || !d.Owner.made(d.Dialect, a)) {
			continue
		}
		some, statements := s.leaves(a.Identity, "")
		fields = append(fields, some...)
		sql.WriteString(statements)
	}
	others, more := d.dropOthers(o, s)
	return append(fields, others...), sql.String() + more
}
