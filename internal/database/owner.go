package database

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/fault"
	"foobar/internal/resource"
)

// Owner tells the accounts that foobar made from those of others that
// have the same name. Only its own are changed or dropped.
type Owner struct {
	// Listed are the accounts, "user@host", that the ledgers of the site's hosts
	// name: whatever their passwords are by now, foobar made them.
	Listed []string
	// Passwords are those that foobar may have given to a user's accounts. One
	// that lets in is proof: nobody else can derive it.
	Passwords func(user string) []string
}

// made reports whether foobar made an account.
func (d Owner) made(f Dialect, a AccountState) bool {
	return slices.Contains(d.Listed, a.User+"@"+a.Host) || d.derived(f, a)
}

// derived reports whether an account's password is one that foobar may have given to it.
func (d Owner) derived(f Dialect, a AccountState) bool {
	if d.Passwords == nil || a.Hash == "" {
		return false
	}
	return slices.ContainsFunc(d.Passwords(a.User), func(p string) bool { return f.Hash(p) == a.Hash })
}

// foreign is the refusal to take over an account that somebody else made.
func (d Owner) foreign(key string) error {
	return fault.Wrap(fault.ForeignAccount, fmt.Errorf("the database has an account %s that foobar did not make; it is not changed: give whoever uses it an account of another name and drop this one", key))
}

// Former are the accounts that earlier versions of foobar made under
// ordinary names, such as "backup". They end when nobody logs in with them any
// more; accounts of others that have these names stay as they are.
type Former struct {
	Dialect Dialect
	Owner   Owner
	// Successors is the user that took the place of each of the former ones.
	Successors map[string]string
	// Wanted are the accounts, "user@host", that are to be there.
	Wanted []string
}

// ID is "database-accounts:former".
func (Former) ID() resource.ID { return resource.NewID("database-accounts", "former") }

// Stage is Converge.
func (Former) Stage() resource.Stage { return resource.Converge }

// Probe asks for the accounts of the former users and their successors, and for what runs
// in their name: in its turn nobody else does.
func (d Former) Probe() resource.Probe {
	users := sortedKeys(d.Successors)
	for _, u := range sortedKeys(d.Successors) {
		users = append(users, d.Successors[u])
	}
	return probe(d.Dialect, slices.Concat(users, d.Wanted, builtInKeys())...)
}

// Diff drops those that have a successor, or whose host is no peer any
// more. A server that does not run yet has none.
func (d Former) Diff(o resource.Observed) (resource.Change, error) {
	s, silent, err := read(d.Dialect, o, resource.Change{})
	if s == nil {
		return silent, err
	}
	c := resource.Change{Action: resource.Remove, Reason: "foobar's accounts have names of their own now"}
	var sql strings.Builder
	for _, key := range sortedKeys(s.Accounts) {
		a := s.Accounts[key]
		next := d.Successors[a.User]
		if next == "" || !d.Owner.made(d.Dialect, a) {
			continue
		}
		successor := next + "@" + a.Host
		if _, there := s.Accounts[successor]; slices.Contains(d.Wanted, successor) && !there && !o.Changes(resource.NewID("database-account", successor)) {
			continue
		}
		some, statements := s.leaves(a.Identity, "")
		c.Fields = append(c.Fields, some...)
		sql.WriteString(statements)
	}
	if len(c.Fields) == 0 {
		return resource.Change{}, nil
	}
	c.Reason = locking(c.Fields, c.Reason)
	c.Steps = []resource.Step{run(d.Dialect, "remove the former accounts", "", sql.String(), "", false)}
	return c, nil
}
