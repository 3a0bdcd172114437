package roles

import (
	"errors"
	"fmt"
	"slices"

	"foobar/internal/database"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// DatabasePrimary is the server that takes the writes, with the schema and the
// accounts, which the replicas get from it.
type DatabasePrimary struct{}

// Name is the role's name on the command line.
func (DatabasePrimary) Name() string { return "database" }

// Resources are what the primary needs beyond Database.
func (DatabasePrimary) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	e := databaseEngineOf(s.Inv)
	id, err := databaseServerID(s.Inv, h)
	if err != nil {
		return nil, err
	}
	strays := databaseStrays(s, e)
	var want []resource.Resource
	if e.begins {
		want = append(want, database.Beginning{Dialect: e.dialect, Users: strays.Users})
	}
	want = append(want,
		database.Mode{Dialect: e.dialect, ServerID: fmt.Sprint(id)},
		database.Schema{Dialect: e.dialect, Name: s.Inv.DB.Name},
	)
	for _, a := range databaseAccounts(s, e) {
		want = append(want, a)
	}
	want = append(want, strays)
	if !manyEvents(s, h) {
		want = append(want, database.Events{Dialect: e.dialect, Off: databaseEventsOff(s, h)})
	}
	return want, nil
}

// manyEvents reports whether more events may be disabled than are named: whether somebody
// disabled one that is not, nobody knows, so all stay as they are. On a replica all wait,
// however many they are; what matters there is named first.
func manyEvents(s *play.Site, primary *inventory.Host) bool {
	return s.Facts[primary.Name].Database.ManyWait() ||
		slices.ContainsFunc(s.Inv.Group(inventory.DB), func(h *inventory.Host) bool { return s.Facts[h.Name].Database.ManyOff() })
}

// databaseEventsOff are the events that are disabled: on the primary or, where they wait
// there because it was a replica, on another server that still knows.
func databaseEventsOff(s *play.Site, primary *inventory.Host) []string {
	off := slices.Clone(s.Facts[primary.Name].Database.EventsOff)
	for _, h := range s.Inv.Group(inventory.DB) {
		for _, key := range s.Facts[h.Name].Database.EventsOff {
			if slices.Contains(s.Facts[primary.Name].Database.EventsWait, key) && !slices.Contains(off, key) {
				off = append(off, key)
			}
		}
	}
	return off
}

// databaseStrays are accounts that are not wanted. What stood there before foobar the
// ledgers of all databases know: their primary may be another one by now, and what stood
// on a replica alone may come to stand on the primary.
func databaseStrays(s *play.Site, e databaseEngine) database.Strays {
	d := database.Strays{Dialect: e.dialect, Owner: databaseOwner(s), Stay: slices.Clone(s.Inv.Deploy.Keep)}
	for _, p := range databasePurposes() {
		d.Users, d.Former = append(d.Users, p.user), append(d.Former, p.former)
	}
	for _, a := range databaseAccounts(s, e) {
		d.Wanted = append(d.Wanted, a.User+"@"+a.Host)
	}
	if s.Inv.Deploy.Purge == "all" {
		return d
	}
	for _, h := range s.Inv.Group(inventory.DB) {
		if found, ok := s.Facts[h.Name].Found[string(d.ID())]; ok {
			d.Stay, d.Recorded = append(d.Stay, found...), true
		}
		d.Stay = append(d.Stay, s.Facts[h.Name].Found[string(database.Copies{}.ID())]...)
	}
	return d
}

// DatabaseRotation ends a rotation of passwords: the old ones, and accounts of
// earlier versions, are dropped. It comes last, once all who log in have the new
// ones.
type DatabaseRotation struct{}

// Name is the role's name on the command line. It is one of its own: with
// --parts database the old passwords stay, since others still use them.
func (DatabaseRotation) Name() string { return "rotation" }

// Resources are the accounts on the primary.
func (DatabaseRotation) Resources(s *play.Site, _ *inventory.Host) ([]resource.Resource, error) {
	e := databaseEngineOf(s.Inv)
	former := database.Former{Dialect: e.dialect, Owner: databaseOwner(s), Successors: map[string]string{}}
	for _, p := range databasePurposes() {
		former.Successors[p.former] = p.user
	}
	var want []resource.Resource
	for _, a := range databaseAccounts(s, e) {
		want = append(want, database.OldPassword{Account: a})
		former.Wanted = append(former.Wanted, a.User+"@"+a.Host)
	}
	return append(want, former), nil
}

// databaseAccounts are an account for each purpose and each address it is used
// from: a password alone opens nothing from elsewhere.
func databaseAccounts(s *play.Site, e databaseEngine) []database.Account {
	owner := databaseOwner(s)
	account := func(p databasePurpose, from string, grants map[string][]string) database.Account {
		return database.Account{Dialect: e.dialect, User: p.user, Former: p.former, Host: from, Password: s.Master.Password(p.label).Reveal,
			Grants: grants, Overlap: true, Owner: owner}
	}
	add := func(all []database.Account, hosts []*inventory.Host, p databasePurpose, grants map[string][]string) []database.Account {
		for _, from := range databasePeers(s.Inv, hosts) {
			a := account(p, from, grants)
			a.TLS = true
			all = append(all, a)
		}
		return all
	}
	apps, dbs := s.Inv.Group(inventory.App), s.Inv.Group(inventory.DB)
	all := add(nil, apps, databaseWriter, map[string][]string{
		s.Inv.DB.Name: appRights(s.Inv)})
	all = add(all, apps, databaseReader, map[string][]string{s.Inv.DB.Name: {"SELECT"}})
	all = add(all, dbs, databaseFollows, map[string][]string{"": {"REPLICATION SLAVE"}})
	// A replica that cannot be filled from logs reads all data and accounts; one
	// that is to make a backup asks the others whether they replicate.
	all = add(all, dbs, databaseCopier, map[string][]string{"": e.copying})
	// The collector connects to the socket, which needs no TLS.
	monitor := account(databaseMonitor, "localhost", map[string][]string{"": e.watching, "performance_schema": {"SELECT"}})
	monitor.MaxConnections = 5
	return append(all, monitor)
}

// appRights are those of the app's account: what frameworks do at run time and, with
// "all", what their migrations do. Passing rights on is not among them.
// Source: https://mariadb.com/kb/en/grant/#database-privileges and
// https://dev.mysql.com/doc/refman/8.4/en/privileges-provided.html
func appRights(inv *inventory.Inventory) []string {
	rights := []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "INDEX", "REFERENCES", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "SHOW VIEW"}
	if inv.DB.AppRights == "all" {
		rights = append(rights, "DROP", "CREATE VIEW", "TRIGGER", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT")
	}
	return rights
}

// databasePeers are the addresses from which hosts reach the databases: those
// of the families that the databases listen on.
func databasePeers(inv *inventory.Inventory, hosts []*inventory.Host) []string {
	var v4, v6 bool
	for _, d := range inv.Group(inventory.DB) {
		v4, v6 = v4 || d.IP().Unmap().Is4(), v6 || !d.IP().Unmap().Is4()
	}
	var all []string
	for _, h := range hosts {
		for _, a := range h.Private {
			if a = a.Unmap(); a.Is4() && v4 || a.Is6() && v6 {
				all = append(all, a.String())
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// DatabaseReplica is a server that follows the primary and takes no writes.
type DatabaseReplica struct{}

// Name is the role's name on the command line.
func (DatabaseReplica) Name() string { return "database" }

// Resources are what a replica needs beyond Database.
func (DatabaseReplica) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	e := databaseEngineOf(s.Inv)
	primary, err := Primary(s)
	if err != nil {
		return nil, err
	}
	if h == primary {
		return nil, fmt.Errorf("%s is the primary and cannot be its own replica", h.Name)
	}
	id, err := databaseServerID(s.Inv, h)
	if err != nil {
		return nil, err
	}
	follows, err := databaseLoginOf(s, databaseFollows)
	if err != nil {
		return nil, err
	}
	copier, err := databaseLoginOf(s, databaseCopier)
	if err != nil {
		return nil, err
	}
	return []resource.Resource{
		database.Mode{Dialect: e.dialect, ReadOnly: true, ServerID: fmt.Sprint(id)},
		database.Replica{Dialect: e.dialect, Name: primary.Name, Host: primary.IP().Unmap().String(), Port: s.Inv.DB.Port,
			User: follows.user, Password: follows.password.Reveal, CA: leafCA, SourceCA: vouchFor(s, primary),
			Names:    s.Facts[primary.Name].Database.Names,
			Unlogged: database.LogFilters(s.Facts[primary.Name].Database.LogHas, s.Facts[primary.Name].Database.LogLacks),
			Whole:    s.Facts[primary.Name].Database.Whole(), CopyUser: copier.user, CopyPassword: copier.password.Reveal},
		database.Lag{Dialect: e.dialect, Patience: s.Inv.Deploy.HealthTimeout},
		databaseCopies(s, e, h, primary),
		database.Events{Dialect: e.dialect, Replica: true, Off: databaseEventsOff(s, primary), Known: s.Facts[primary.Name].Database.Running && !manyEvents(s, primary)},
	}, nil
}

// databaseCopies are the accounts of a replica, whose own ledger alone says what of others
// came later: what the primary has, that says.
func databaseCopies(s *play.Site, e databaseEngine, h, primary *inventory.Host) database.Copies {
	here, there := s.Facts[h.Name].Database.Accounts, s.Facts[primary.Name].Database.Accounts
	d := database.Copies{Strays: databaseStrays(s, e), Accounts: databaseAccounts(s, e), Same: here == "" || there == "" || here == there, Fresh: !s.Facts[h.Name].Database.Data}
	d.Recorded = d.Strays.Recorded || s.Inv.Deploy.Purge == "all"
	if !d.Same {
		d.Strays.Recorded = false
	}
	return d
}

// vouchFor makes the CA certificates by which a replica accepts the certificate of h
// and no other: one of the private CA and, while h has a certificate of an earlier
// CA, one of that.
func vouchFor(s *play.Site, h *inventory.Host) func() ([]byte, error) {
	return func() ([]byte, error) {
		if s.CA == nil {
			return nil, errors.New("the site has no private CA")
		}
		cas := []*pki.CA{s.CA}
		for _, ca := range s.EarlierCAs {
			if signed(s, h, ca.Certificate()) {
				cas = append(cas, ca)
			}
		}
		var text []byte
		for _, ca := range cas {
			narrow, err := ca.Narrow([]string{h.Internal()}, h.Private)
			if err != nil {
				return nil, err
			}
			text = append(text, narrow...)
		}
		return text, nil
	}
}
