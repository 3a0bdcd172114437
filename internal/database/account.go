package database

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"foobar/internal/resource"
)

// Account is an account on the primary, from where it reaches the
// replicas. Nothing is sent when nothing differs: even a statement without an
// effect would be logged and replicated.
type Account struct {
	Dialect    Dialect
	User, Host string
	// Password reveals the password; only what the server stores of it is sent.
	Password func() string
	// Grants maps a schema, or "" for the whole server, to its privileges, as
	// the server spells them in information_schema.
	Grants map[string][]string
	// TLS lets it in encrypted only.
	TLS bool
	// MaxConnections bounds its sessions; 0 is no bound.
	MaxConnections int
	// Overlap keeps the password there was beside a new one for the time being.
	Overlap bool
	// Owner knows which accounts are foobar's; one of somebody else is refused.
	Owner Owner
	// Former is the user that had this purpose in earlier versions.
	Former string
}

// OldPassword is the end of a rotation: the password that an account had
// before no longer lets in. It comes after all who log in have the new one.
type OldPassword struct{ Account Account }

// ID is "database-old-password:" and user@host.
func (d OldPassword) ID() resource.ID {
	return resource.NewID("database-old-password", d.Account.key())
}

// Stage is Converge.
func (OldPassword) Stage() resource.Stage { return resource.Converge }

// Probe asks for the accounts of the user.
func (d OldPassword) Probe() resource.Probe { return d.Account.Probe() }

// Diff takes the old password away. While the account's own change is still
// to come, that is looked at again after it; a server that does not run yet has none.
func (d OldPassword) Diff(o resource.Observed) (resource.Change, error) {
	s, silent, err := read(d.Account.Dialect, o, resource.Change{})
	if s == nil {
		return silent, err
	}
	got, exists := s.Accounts[d.Account.key()]
	fields := []resource.Field{{Name: "old password", Old: "lets in", New: "none"}}
	if o.Changes(d.Account.ID()) {
		if !exists || d.Account.retained(got) == "" {
			return resource.Change{}, nil
		}
		return resource.Change{Action: resource.Act, Provisional: true, Reason: "the account is about to get a new password beside the old one", Fields: fields}, nil
	}
	if !exists || !got.Second || !d.Account.made(got) {
		return resource.Change{}, nil
	}
	return resource.Change{Action: resource.Act, Fields: fields,
		Steps: []resource.Step{run(d.Account.Dialect, "end the old password of "+d.Account.key(), "", d.Account.Dialect.PutAccount(d.Account.want(), true, ""), "", false)}}, nil
}

// ID is "database-account:" and user@host.
func (a Account) ID() resource.ID { return resource.NewID("database-account", a.key()) }

// Removed is nil: accounts reach other servers by replication, and a host that
// made them goes on knowing them when it is no longer the primary.
func (Account) Removed(string) resource.Resource { return nil }

func (a Account) key() string { return a.User + "@" + a.Host }

// Stage is Converge.
func (Account) Stage() resource.Stage { return resource.Converge }

// Probe asks for the accounts of the user and of the former one.
func (a Account) Probe() resource.Probe {
	if a.Former == "" {
		return probe(a.Dialect, a.User)
	}
	return probe(a.Dialect, a.User, a.Former)
}

// made reports whether the account is foobar's.
func (a Account) made(got AccountState) bool {
	return a.Owner.made(a.Dialect, got) || got.Hash == a.Dialect.Hash(a.Password())
}

// Diff makes the account, or repairs its password, its limits and its
// privileges, each only where it differs.
func (a Account) Diff(o resource.Observed) (resource.Change, error) {
	s, silent, err := read(a.Dialect, o, later(o, resource.Create, resource.Field{Name: "privileges", New: describeGrants(a.Grants)}))
	if s == nil {
		return silent, err
	}
	want := a.want()
	got, exists := s.Accounts[a.key()]
	if exists && got.Hash != want.Hash && !a.Owner.made(a.Dialect, got) {
		return resource.Change{}, a.Owner.foreign(a.key())
	}
	c := resource.Change{Action: resource.Update, Fields: accountGaps(a.Dialect, want, got)}
	if got.Hash != want.Hash {
		c.Reason = "another password is derived from secrets.generation, site.name, site.domain and the master secret"
	}
	title, sql := "change the database account "+a.key(), ""
	if !exists {
		title = "create the database account " + a.key()
		c = resource.Change{Action: resource.Create, Fields: []resource.Field{{Name: "password", New: "[secret]"}, {Name: "privileges", New: describeGrants(a.Grants)}}}
		former := a.Former + "@" + a.Host
		if old, there := s.Accounts[former]; there && a.Owner.made(a.Dialect, old) {
			c.Reason = "it takes the place of " + former + ", whose password other sites with the same master secret have too"
		}
	}
	if len(c.Fields) > 0 {
		sql = a.Dialect.PutAccount(want, exists, a.retained(got))
	}
	fields, grants := a.grants(want, got)
	if exists {
		c.Fields = append(c.Fields, fields...)
	}
	if sql += grants; sql == "" {
		return resource.Change{}, nil
	}
	c.Steps = []resource.Step{run(a.Dialect, title, "", sql, "", false)}
	return c, nil
}

func (a Account) want() Identity {
	return Identity{User: a.User, Host: a.Host, Hash: a.Dialect.Hash(a.Password()), TLS: a.TLS, MaxConnections: a.MaxConnections}
}

// retained is the hash of a password that goes on letting in until all who log
// in with it have the new one; OldPassword ends it. Of an account that
// anybody may have changed by hand nothing is retained.
func (a Account) retained(got AccountState) string {
	if !a.Overlap || got.Plugin != a.Dialect.Words().Plugin || got.Locked || got.Hash == a.Dialect.Hash(a.Password()) {
		return ""
	}
	return got.Hash
}

// accountGaps compares everything but the privileges.
func accountGaps(f Dialect, want Identity, got AccountState) []resource.Field {
	var fields []resource.Field
	add := func(name, old, new string) { fields = append(fields, resource.Field{Name: name, Old: old, New: new}) }
	switch {
	case got.Plugin != f.Words().Plugin:
		add("login", cmp.Or(got.Plugin, "none"), f.Words().Plugin)
	case got.Hash != want.Hash:
		add("password", "[another]", "[secret]")
	}
	if got.TLS != want.TLS {
		add("only encrypted", yesNo(got.TLS), yesNo(want.TLS))
	}
	if got.MaxConnections != want.MaxConnections {
		add("connections", fmt.Sprint(got.MaxConnections), fmt.Sprint(want.MaxConnections))
	}
	if got.Locked {
		add("locked", "yes", "no")
	}
	if got.Demands != "" {
		add("demands", got.Demands, "none")
	}
	if got.Limits != "" {
		add("limits", got.Limits, "none")
	}
	if got.Expires != "" {
		add("password expires", got.Expires, "never")
	}
	return fields
}

// ExpiresByDefault is AccountState.Expires of an account that default_password_lifetime of
// the server decides about.
const ExpiresByDefault = "by the server's default"

// Expires is AccountState.Expires of an account with a lifetime of its own, in days.
func Expires(days int) string {
	switch days {
	case 0:
		return ""
	case 1:
		return "after 1 day"
	}
	return fmt.Sprintf("after %d days", days)
}

// grants are the statements between the privileges there are and those wanted.
func (a Account) grants(to Identity, got AccountState) (fields []resource.Field, sql string) {
	want := map[string][]string{}
	for schema, p := range a.Grants {
		if schema != "" {
			schema = schemaPattern(schema)
		}
		want[schema] = p
	}
	scopes := maps.Clone(want)
	maps.Copy(scopes, got.Grants)
	for _, scope := range sortedKeys(scopes) {
		more, less := lacking(want[scope], got.Grants[scope]), lacking(got.Grants[scope], want[scope])
		if len(less) > 0 {
			sql += revoke(a.Dialect, to, scope, less)
		}
		if len(more) > 0 {
			sql += grant(to, scope, more)
		}
		if len(more)+len(less) > 0 {
			fields = append(fields, resource.Field{Name: "privileges on " + scopeName(scope), Old: strings.Join(got.Grants[scope], ", "), New: strings.Join(want[scope], ", ")})
		}
	}
	for _, role := range got.Roles {
		sql += revokeRole(a.Dialect, to, role)
		fields = append(fields, resource.Field{Name: "role", Old: strings.TrimSuffix(role.User+"@"+role.Host, "@"), New: "none"})
	}
	for _, table := range got.Tables {
		// In this order: the account's entry for the table goes with the last one.
		sql += revoke(a.Dialect, to, table, []string{"GRANT OPTION"}) + revoke(a.Dialect, to, table, []string{"ALL PRIVILEGES"})
		fields = append(fields, resource.Field{Name: "privileges on " + strings.ReplaceAll(table, "\x00", "."), Old: "some", New: "none"})
	}
	return fields, sql
}

// lacking are the elements of a that b has not, sorted.
func lacking(a, b []string) []string {
	some := slices.DeleteFunc(slices.Clone(a), func(x string) bool { return slices.Contains(b, x) })
	slices.Sort(some)
	return some
}

func scopeName(scope string) string {
	if scope == "" {
		return "*.*"
	}
	return scope + ".*"
}

func describeGrants(grants map[string][]string) string {
	var parts []string
	for _, scope := range sortedKeys(grants) {
		parts = append(parts, strings.Join(grants[scope], ", ")+" on "+scopeName(scope))
	}
	return strings.Join(parts, "; ")
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
