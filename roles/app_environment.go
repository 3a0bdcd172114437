package roles

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
)

// appEnvironment is the environment file: what the inventory sets, its secrets,
// who and which release this is, and where the databases are.
func appEnvironment(s *play.Site, h *inventory.Host) ([]byte, error) {
	d, err := appDatabasesOf(s, h)
	if err != nil {
		return nil, err
	}
	values := appValues(s, h, d)
	env := map[string]string{"DATABASE_URL": values["database.url"]}
	for name, text := range s.Inv.App.Env {
		env[name] = inventory.Fill(text, func(name string) string { return values[name] })
	}
	for name := range s.Inv.App.Secrets {
		env[name] = s.Secrets["app.secrets."+name].Reveal()
	}
	env["SITE_HOST"], env["SITE_NAME"], env["SITE_DOMAINS"] = h.Name, s.Inv.Site.Name, values["site.domains"]
	if id := s.ReleaseID(); id != "" {
		env["SITE_RELEASE"] = id
	}
	env["DATABASE_WRITE_URL"], env["DATABASE_WRITE_URLS"] = d.writes[0].url("ssl_ca"), urls(d.writes)
	env["DATABASE_READ_URLS"], env["DATABASE_READ_FALLBACK"] = urls(d.reads), "primary"
	var b strings.Builder
	b.WriteString("# Written by foobar; changes made here are undone by the next deploy.\n")
	for _, name := range slices.Sorted(maps.Keys(env)) {
		b.WriteString(name + "=" + sh.EnvValue(env[name]) + "\n")
	}
	return []byte(b.String()), nil
}

// appValues are what the placeholders of app.env stand for on a host.
func appValues(s *play.Site, h *inventory.Host, d appDatabases) map[string]string {
	values := map[string]string{
		"site.name": s.Inv.Site.Name, "site.domain": s.Inv.Site.Domain, "site.domains": strings.Join(s.Inv.Site.Names(), ","),
		"host.name": h.Name, "host.address": h.IP().Unmap().String(),
	}
	query := "ssl_ca" // of SQLAlchemy and PyMySQL
	if s.App != nil {
		values["release"] = s.ReleaseID()
		for _, folder := range append(strings.Split(s.Inv.App.Env["PYTHONPATH"], ":"), ".", "src") {
			if s.App.Django(folder) { // dj-database-url makes OPTIONS["ssl"]["ca"] of this one
				query = "ssl-ca"
			}
		}
	}
	for prefix, at := range map[string]appDatabase{"database.": d.writes[0], "database.read.": d.read()} {
		for name, value := range map[string]string{
			"url": at.url(query), "host": at.at.Addr().String(), "port": strconv.Itoa(int(at.at.Port())), "name": at.schema,
			"user": at.login.user, "password": at.login.password.Reveal(), "ca": leafCA,
		} {
			values[prefix+name] = value
		}
	}
	return values
}

// appDatabase is a database as the application logs in to it.
type appDatabase struct {
	login  databaseLogin
	at     netip.AddrPort
	schema string
}

// url holds a password. Drivers differ in the name that they give to the file of the CA.
func (d appDatabase) url(ca string) string {
	return "mysql://" + d.login.user + ":" + d.login.password.Reveal() + "@" + d.at.String() + "/" + d.schema + "?" + ca + "=" + leafCA
}

func urls(all []appDatabase) string {
	var texts []string
	for _, d := range all {
		texts = append(texts, d.url("ssl_ca"))
	}
	return strings.Join(texts, ",")
}

// appDatabases are where an application writes: the primary first, then the servers
// that may be the primary next; and where it reads: the replica on its own host first,
// then the others. The primary is not among the latter; the application falls back on it.
type appDatabases struct {
	writes, reads []appDatabase
	fallback      appDatabase // the primary, with the account that only reads
}

// read is where an application reads that knows one place for it.
func (d appDatabases) read() appDatabase {
	if len(d.reads) > 0 {
		return d.reads[0]
	}
	return d.fallback
}

func appDatabasesOf(s *play.Site, h *inventory.Host) (d appDatabases, err error) {
	primary, err := Primary(s)
	if err != nil {
		return d, err
	}
	writer, err := databaseLoginOf(s, databaseWriter)
	if err != nil {
		return d, err
	}
	reader, err := databaseLoginOf(s, databaseReader)
	if err != nil {
		return d, err
	}
	to := func(l databaseLogin, to *inventory.Host) appDatabase {
		return appDatabase{l, netip.AddrPortFrom(to.IP().Unmap(), uint16(s.Inv.DB.Port)), s.Inv.DB.Name}
	}
	d.writes, d.fallback = []appDatabase{to(writer, primary)}, to(reader, primary)
	for _, db := range s.Inv.Group(inventory.DB) {
		switch {
		case db == primary:
			continue
		case db == h:
			d.reads = slices.Insert(d.reads, 0, to(reader, db))
		default:
			d.reads = append(d.reads, to(reader, db))
		}
		d.writes = append(d.writes, to(writer, db))
	}
	return d, nil
}
