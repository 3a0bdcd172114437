package resource

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DatabaseAccount is an account on the primary, from where it reaches the
// replicas. Nothing is sent when nothing differs: even a statement without an
// effect would be logged and replicated.
type DatabaseAccount struct {
	Flavour    DatabaseFlavour
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
	Owner DatabaseOwner
	// Former is the user that had this purpose in earlier versions.
	Former string
}

// DatabaseOldPassword is the end of a rotation: the password that an account had
// before no longer lets in. It comes after all who log in have the new one.
type DatabaseOldPassword struct{ Account DatabaseAccount }

// ID is "database-old-password:" and user@host.
func (d DatabaseOldPassword) ID() ID { return NewID("database-old-password", d.Account.key()) }

// Stage is Converge.
func (DatabaseOldPassword) Stage() Stage { return Converge }

// Probe asks for the accounts of the user.
func (d DatabaseOldPassword) Probe() Probe { return d.Account.Probe() }

// Diff compares without knowledge of pending changes.
func (d DatabaseOldPassword) Diff(o Observed) (Change, error) {
	return d.DiffAfter(o, func(ID) bool { return false })
}

// DiffAfter takes the old password away. While the account's own change is still
// to come, that is looked at again after it; a server that does not run yet has none.
func (d DatabaseOldPassword) DiffAfter(o Observed, changes func(ID) bool) (Change, error) {
	if o.State != Present {
		return Change{}, nil
	}
	s, err := d.Account.Flavour.Read(o)
	if err != nil {
		return Change{}, err
	}
	got, exists := s.Accounts[d.Account.key()]
	fields := []Field{{Name: "old password", Old: "lets in", New: "none"}}
	if changes(d.Account.ID()) {
		if !exists || d.Account.retained(got) == "" {
			return Change{}, nil
		}
		return Change{Action: Act, Provisional: true, Reason: "the account is about to get a new password beside the old one", Fields: fields}, nil
	}
	if !exists || !got.Second || !d.Account.made(got) {
		return Change{}, nil
	}
	return Change{Action: Act, Fields: fields,
		Steps: []Step{databaseRun(d.Account.Flavour, "end the old password of "+d.Account.key(), "", d.Account.Flavour.PutAccount(d.Account.want(), true, ""), "", false)}}, nil
}

// ID is "database-account:" and user@host.
func (a DatabaseAccount) ID() ID { return NewID("database-account", a.key()) }

func (a DatabaseAccount) key() string { return a.User + "@" + a.Host }

// Stage is Converge.
func (DatabaseAccount) Stage() Stage { return Converge }

// Probe asks for the accounts of the user and of the former one.
func (a DatabaseAccount) Probe() Probe {
	if a.Former == "" {
		return databaseProbe(a.Flavour, a.User)
	}
	return databaseProbe(a.Flavour, a.User, a.Former)
}

// made reports whether the account is foobar's.
func (a DatabaseAccount) made(got DatabaseAccountState) bool {
	return a.Owner.made(a.Flavour, got) || got.Hash == a.Flavour.Hash(a.Password())
}

// Diff makes the account, or repairs its password, its limits and its
// privileges, each only where it differs.
func (a DatabaseAccount) Diff(o Observed) (Change, error) {
	if o.State != Present {
		return databaseLater(o, Create, Field{Name: "privileges", New: describeGrants(a.Grants)}), nil
	}
	s, err := a.Flavour.Read(o)
	if err != nil {
		return Change{}, err
	}
	want := a.want()
	got, exists := s.Accounts[a.key()]
	if exists && got.Hash != want.Hash && !a.Owner.made(a.Flavour, got) {
		return Change{}, a.Owner.stranger(a.key())
	}
	c := Change{Action: Update, Fields: accountGaps(a.Flavour, want, got)}
	if got.Hash != want.Hash {
		c.Reason = "another password is derived from secrets.generation, site.name, site.domain and the master secret"
	}
	title, sql := "change the database account "+a.key(), ""
	if !exists {
		title = "create the database account " + a.key()
		c = Change{Action: Create, Fields: []Field{{Name: "password", New: "[secret]"}, {Name: "privileges", New: describeGrants(a.Grants)}}}
		former := a.Former + "@" + a.Host
		if old, there := s.Accounts[former]; there && a.Owner.made(a.Flavour, old) {
			c.Reason = "it takes the place of " + former + ", whose password other sites with the same master secret have too"
		}
	}
	if len(c.Fields) > 0 {
		sql = a.Flavour.PutAccount(want, exists, a.retained(got))
	}
	fields, grants := a.grants(want, got)
	if exists {
		c.Fields = append(c.Fields, fields...)
	}
	if sql += grants; sql == "" {
		return Change{}, nil
	}
	c.Steps = []Step{databaseRun(a.Flavour, title, "", sql, "", false)}
	return c, nil
}

func (a DatabaseAccount) want() DatabaseUser {
	return DatabaseUser{User: a.User, Host: a.Host, Hash: a.Flavour.Hash(a.Password()), TLS: a.TLS, MaxConnections: a.MaxConnections}
}

// retained is the hash of a password that goes on letting in until all who log
// in with it have the new one; DatabaseOldPassword ends it. Of an account that
// anybody may have changed by hand nothing is retained.
func (a DatabaseAccount) retained(got DatabaseAccountState) string {
	if !a.Overlap || got.Plugin != a.Flavour.Plugin() || got.Locked || got.Hash == a.Flavour.Hash(a.Password()) {
		return ""
	}
	return got.Hash
}

// accountGaps compares everything but the privileges.
func accountGaps(f DatabaseFlavour, want DatabaseUser, got DatabaseAccountState) []Field {
	var fields []Field
	add := func(name, old, new string) { fields = append(fields, Field{Name: name, Old: old, New: new}) }
	switch {
	case got.Plugin != f.Plugin():
		add("login", orNone(got.Plugin), f.Plugin())
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
	return fields
}

// grants are the statements between the privileges there are and those wanted.
func (a DatabaseAccount) grants(to DatabaseUser, got DatabaseAccountState) (fields []Field, sql string) {
	want := map[string][]string{}
	for schema, p := range a.Grants {
		if schema != "" {
			schema = a.Flavour.Pattern(schema)
		}
		want[schema] = p
	}
	scopes := map[string]bool{}
	for s := range want {
		scopes[s] = true
	}
	for s := range got.Grants {
		scopes[s] = true
	}
	for _, scope := range sortedKeys(scopes) {
		more, less := lacking(want[scope], got.Grants[scope]), lacking(got.Grants[scope], want[scope])
		if len(less) > 0 {
			sql += a.Flavour.Revoke(to, scope, less)
		}
		if len(more) > 0 {
			sql += a.Flavour.Grant(to, scope, more)
		}
		if len(more)+len(less) > 0 {
			fields = append(fields, Field{Name: "privileges on " + scopeName(scope), Old: strings.Join(got.Grants[scope], ", "), New: strings.Join(want[scope], ", ")})
		}
	}
	for _, table := range got.Tables {
		// In this order: the account's entry for the table goes with the last one.
		sql += a.Flavour.Revoke(to, table, []string{"GRANT OPTION"}) + a.Flavour.Revoke(to, table, []string{"ALL PRIVILEGES"})
		fields = append(fields, Field{Name: "privileges on " + strings.ReplaceAll(table, "\x00", "."), Old: "some", New: "none"})
	}
	return fields, sql
}

// lacking are the elements of a that b has not, sorted.
func lacking(a, b []string) []string {
	var some []string
	for _, x := range a {
		if !slices.Contains(b, x) {
			some = append(some, x)
		}
	}
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
