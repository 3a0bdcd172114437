package database

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/resource"
)

// mostAccounts is how many are asked for.
const mostAccounts = 1000

// Everybody asks who can log in: a statement before a Session, for State.Anyone.
func Everybody(d Dialect) string {
	return fmt.Sprintf("SELECT 'anyone' AS t, User AS u, Host AS h FROM %s ORDER BY User, Host LIMIT %d;\n", d.Words().Everyone, mostAccounts)
}

// builtIn reports whether the server itself, or its package, made an account.
func builtIn(a Identity) bool {
	return slices.Contains(builtInKeys(), a.User+"@"+a.Host)
}

// builtInKeys are those accounts, as "user@host".
func builtInKeys() []string {
	var keys []string
	for _, user := range []string{"root", "mysql", "mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema", "debian-sys-maint", loader} {
		keys = append(keys, user+"@localhost")
	}
	return keys
}

// loader is the account, at localhost, that a restore makes for its time.
const loader = "foobar_restore"

// others are the accounts that neither foobar nor the server made.
func (d Strays) others(s State) []Identity {
	var all []Identity
	for _, a := range s.Anyone {
		key := a.User + "@" + a.Host
		got, asked := s.Accounts[key]
		if a.User == "" || builtIn(a) || slices.Contains(d.Wanted, key) || slices.Contains(d.Owner.Listed, key) || asked && d.Owner.made(d.Dialect, got) {
			continue
		}
		all = append(all, a)
	}
	return all
}

// strange reports whether an account came after foobar, by the ledger of this host or
// of another one of the site's databases.
func (d Strays) strange(o resource.Observed, key string) bool {
	return (o.Strange(key) || d.Recorded) && !slices.Contains(d.Stay, key)
}

// Found are the accounts of others.
func (d Strays) Found(o resource.Observed) ([]string, bool) {
	if o.State != resource.Present {
		return nil, false
	}
	s, err := d.Dialect.Read(o)
	if err != nil {
		return nil, false
	}
	var keys []string
	for _, a := range d.others(s) {
		key := a.User + "@" + a.Host
		// One that only stays because something runs in its name was not there before foobar,
		// whatever the ledger of a new primary does not know.
		if d.Recorded && !slices.Contains(d.Stay, key) && s.runsAs(key) != (InName{}) {
			continue
		}
		keys = append(keys, key)
	}
	return keys, true
}

// Unmanaged are those that stay.
func (d Strays) Unmanaged(o resource.Observed) []string {
	keys, ok := d.Found(o)
	if !ok {
		return nil
	}
	var lines []string
	s, _ := d.Dialect.Read(o)
	for _, key := range keys {
		if !d.strange(o, key) {
			lines = append(lines, "database account: "+key)
		}
	}
	for _, key := range s.Locked {
		_, ours := s.Accounts[key]
		if s.Among > 0 && (slices.Contains(builtInKeys(), key) || slices.Contains(d.Wanted, key) || !ours && !d.strange(o, key)) {
			continue // the server's own, one that is wanted, or one that was locked before
		}
		if in := s.runsAs(key).String(); in != "" && !slices.Contains(lines, "database account: "+key) {
			lines = append(lines, "database account: "+key+", locked, because "+in)
		}
	}
	return lines
}

// dropOthers are the statements that drop accounts that came after foobar, which a
// replica may not have.
func (d Strays) dropOthers(o resource.Observed, s State) (fields []resource.Field, sql string) {
	var b strings.Builder
	for _, a := range d.others(s) {
		if key := a.User + "@" + a.Host; d.strange(o, key) {
			some, statements := s.leaves(a, removed)
			fields = append(fields, some...)
			b.WriteString(statements)
		}
	}
	return fields, b.String()
}
