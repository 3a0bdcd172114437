package roles

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

// The accounts of foobar, and the labels of their passwords.
const (
	writerUser, writerLabel   = "app_rw", "db/app_rw"
	readerUser, readerLabel   = "app_ro", "db/app_ro"
	replicaUser, replicaLabel = "repl", "db/replication"
	copierUser, copierLabel   = "backup", "db/backup"
	monitorUser, monitorLabel = "otel", "db/monitoring"
)

// DatabasePrimary is the server that takes the writes: open, with the schema
// and the accounts, which reach the replicas from here.
type DatabasePrimary struct{}

// Name is the role's name on the command line.
func (DatabasePrimary) Name() string { return "database" }

// Resources are what the primary needs beyond Database.
func (DatabasePrimary) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	e, err := databaseEngineOf(s.Inv)
	if err != nil {
		return nil, err
	}
	name, err := databaseName(s.Inv)
	if err != nil {
		return nil, err
	}
	id, err := databaseServerID(s.Inv, h)
	if err != nil {
		return nil, err
	}
	strays := resource.DatabaseStrays{Flavour: e.flavour, Users: []string{writerUser, readerUser, replicaUser, copierUser, monitorUser}}
	var want []resource.Resource
	if e.begins {
		want = append(want, resource.DatabaseBeginning{Flavour: e.flavour, Users: strays.Users})
	}
	want = append(want,
		resource.DatabaseMode{Flavour: e.flavour, ServerID: fmt.Sprint(id)},
		resource.DatabaseSchema{Flavour: e.flavour, Name: name},
	)
	for _, a := range databaseAccounts(s, e, name) {
		want = append(want, a)
		strays.Wanted = append(strays.Wanted, a.User+"@"+a.Host)
	}
	return append(want, strays), nil
}

// DatabaseRotation ends a rotation of passwords: what the accounts had before no
// longer lets in. It comes last, once all who log in have the new ones.
type DatabaseRotation struct{}

// Name is the role's name on the command line. It is one of its own: with
// --roles database the old passwords stay, since others still use them.
func (DatabaseRotation) Name() string { return "rotation" }

// Resources are the accounts on the primary.
func (DatabaseRotation) Resources(s *play.Site, _ *inventory.Host) ([]resource.Resource, error) {
	e, err := databaseEngineOf(s.Inv)
	if err != nil {
		return nil, err
	}
	name, err := databaseName(s.Inv)
	if err != nil {
		return nil, err
	}
	var want []resource.Resource
	for _, a := range databaseAccounts(s, e, name) {
		want = append(want, resource.DatabaseOldPassword{Account: a})
	}
	return want, nil
}

// databaseAccounts are an account for each purpose and each address it is used
// from: a password alone opens nothing from elsewhere.
func databaseAccounts(s *play.Site, e databaseEngine, schema string) []resource.DatabaseAccount {
	add := func(all []resource.DatabaseAccount, hosts []*inventory.Host, user, label string, grants map[string][]string) []resource.DatabaseAccount {
		for _, a := range databasePeers(s.Inv, hosts) {
			all = append(all, resource.DatabaseAccount{Flavour: e.flavour, User: user, Host: a, Password: s.Master.Password(label).Reveal, TLS: true, Grants: grants, Overlap: true})
		}
		return all
	}
	apps, dbs := s.Inv.Group(inventory.App), s.Inv.Group(inventory.DB)
	all := add(nil, apps, writerUser, writerLabel, map[string][]string{
		schema: {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "INDEX", "REFERENCES"}})
	all = add(all, apps, readerUser, readerLabel, map[string][]string{schema: {"SELECT"}})
	all = add(all, dbs, replicaUser, replicaLabel, map[string][]string{"": {"REPLICATION SLAVE"}})
	// A replica that cannot be filled from logs reads all data and accounts; one
	// that is to make a backup asks the others whether they replicate.
	all = add(all, dbs, copierUser, copierLabel, map[string][]string{"": e.copying})
	// The collector comes in by the socket, which is not encrypted and needs not be.
	return append(all, resource.DatabaseAccount{Flavour: e.flavour, User: monitorUser, Host: "localhost", Password: s.Master.Password(monitorLabel).Reveal, MaxConnections: 5, Overlap: true,
		Grants: map[string][]string{"": e.watching, "performance_schema": {"SELECT"}}})
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

// databaseLagMost is a lag that is usual under load.
const databaseLagMost = 30 * time.Second

// DatabaseReplica is a server that follows the primary and takes no writes.
type DatabaseReplica struct{}

// Name is the role's name on the command line.
func (DatabaseReplica) Name() string { return "database" }

// Resources are what a replica needs beyond Database.
func (DatabaseReplica) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	e, err := databaseEngineOf(s.Inv)
	if err != nil {
		return nil, err
	}
	primary, err := Primary(s)
	if err != nil {
		return nil, err
	}
	if h == primary {
		return nil, fmt.Errorf("%s is the primary and cannot be its own replica", h.Name)
	}
	patience := s.Inv.Deploy.HealthTimeout
	if patience == 0 {
		patience = time.Minute
	}
	id, err := databaseServerID(s.Inv, h)
	if err != nil {
		return nil, err
	}
	return []resource.Resource{
		resource.DatabaseMode{Flavour: e.flavour, ReadOnly: true, ServerID: fmt.Sprint(id)},
		resource.DatabaseReplica{Flavour: e.flavour, Name: primary.Name, Host: primary.IP().Unmap().String(), Port: databasePort(s.Inv),
			User: replicaUser, Password: s.Master.Password(replicaLabel).Reveal, CA: leafCA, SourceCA: vouchFor(s, primary),
			Whole: s.Facts[primary.Name].Database.Whole(), CopyUser: copierUser, CopyPassword: s.Master.Password(copierLabel).Reveal},
		resource.DatabaseLag{Flavour: e.flavour, Most: databaseLagMost, Patience: patience},
	}, nil
}

// vouchFor makes a certificate of the private CA by which only h's is found good.
func vouchFor(s *play.Site, h *inventory.Host) func() ([]byte, error) {
	return func() ([]byte, error) {
		if s.CA == nil {
			return nil, errors.New("the site has no private CA")
		}
		return s.CA.Narrow([]string{h.Internal()}, h.Private)
	}
}

// databaseURLs are where the application on h writes, the primary first and then
// the servers that may be the primary next, and where it reads: the replica on its
// own host first, then the others. The primary is not among the readers; the
// application falls back on it.
func databaseURLs(s *play.Site, h *inventory.Host) (writes, reads []secret.String, err error) {
	primary, err := Primary(s)
	if err != nil {
		return nil, nil, err
	}
	name, err := databaseName(s.Inv)
	if err != nil {
		return nil, nil, err
	}
	url := func(user, label string, to *inventory.Host) secret.String {
		at := netip.AddrPortFrom(to.IP().Unmap(), uint16(databasePort(s.Inv))).String()
		return secret.New("mysql://" + user + ":" + s.Master.Password(label).Reveal() + "@" + at + "/" + name + "?ssl_ca=" + leafCA)
	}
	writes = []secret.String{url(writerUser, writerLabel, primary)}
	for _, d := range s.Inv.Group(inventory.DB) {
		if d != primary {
			writes = append(writes, url(writerUser, writerLabel, d))
		}
		switch {
		case d == primary:
		case d == h:
			reads = slices.Insert(reads, 0, url(readerUser, readerLabel, d))
		default:
			reads = append(reads, url(readerUser, readerLabel, d))
		}
	}
	return writes, reads, nil
}
