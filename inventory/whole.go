package inventory

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"foobar/internal/fault"
)

// whole checks what only the whole file shows.
func (r *reader) whole(inv *Inventory) {
	if len(inv.Hosts) == 0 {
		r.lacks([]string{"hosts"}, `there are no hosts; add a table [hosts.NAME] with address = "…" for each server`)
		return
	}
	if !r.wrongBelow("hosts") {
		r.groups(inv)
	}
	r.addresses(inv)
	r.rolling(inv)
	r.timeouts(inv)
	r.primary(inv)
	r.wholeBackup(inv)
	r.ruleHosts(inv)
	r.commandHosts(inv)
	r.prometheusHost(inv)
	r.appMetrics(inv)
	r.notifyLoopback(inv)
	r.ambiguous(inv)
	r.outsideSource(inv)
	r.guardedHealth(inv)
	r.manyNames(inv)
	if inv.Site.Email == "" && inv.TLS.Cert == "" && !r.mentioned("site", "email") && !r.mentioned("tls", "cert") {
		r.lacks([]string{"site", "email"}, `the certificate authority needs an e-mail address; add email = "ops@example.com" to [site], or tls.cert and tls.key`)
	}
}

// mostNames is how many names an authority writes into one certificate.
// Source: letsencrypt.org/docs/rate-limits.
const mostNames = 100

// manyNames refuses more names than an authority would give a certificate for.
func (r *reader) manyNames(inv *Inventory) {
	if n := len(inv.Site.Names()); n > mostNames && inv.TLS.Cert == "" && !r.mentioned("tls", "cert") {
		r.clash([]string{"site", "aliases"}, "the site has %d names with its domain, and a certificate of Let's Encrypt holds at most %d; remove %d, or give a certificate of your own in tls.cert and tls.key", n, mostNames, n-mostNames)
	}
}

// wrongBelow reports whether something in a table is wrong already, so that what it seems
// to lack may be a consequence.
func (r *reader) wrongBelow(table string) bool {
	return slices.ContainsFunc(r.errs.List, func(e *Error) bool {
		return strings.HasPrefix(e.Key, table+".") && (strings.HasSuffix(e.Key, ".roles") || strings.Contains(e.Key, ".roles[") || strings.Count(e.Key, ".") == 1 || e.Code == fault.UnknownKey)
	})
}

// mentioned reports whether the file has a key, right or wrong.
func (r *reader) mentioned(at ...string) bool {
	_, ok := r.lines[pathOf(at)]
	return ok
}

func names(hosts []*Host) string { return strings.Join(Names(hosts), ", ") }

// groups checks that each role that another one needs is there.
func (r *reader) groups(inv *Inventory) {
	hosts := []string{"hosts"}
	lbs, webs, apps := inv.Group(LB), inv.Group(Web), inv.Group(App)
	switch {
	case len(lbs) == 0:
		r.lacks(hosts, `no host has the role lb; write roles = ["lb"] into the table of the one that faces the internet`)
	case len(lbs) > 1:
		r.clash([]string{"hosts", lbs[1].Name, "roles"}, "only one host can have the role lb, and %s has it already; take it from %s", lbs[0].Name, names(lbs[1:]))
	}
	switch {
	case len(webs) == 0:
		r.lacks(hosts, `no host has the role web, and the load balancer needs at least one; add "web" to the roles of a host, or leave its roles out`)
	case !slices.ContainsFunc(webs, func(h *Host) bool { return h.Weight > 0 }):
		r.clash([]string{"hosts", webs[0].Name, "weight"}, "every web host has weight 0, so none would get a request; give one of them another weight")
	}
	if len(webs) > 0 && len(apps) == 0 {
		r.lacks(hosts, `no host has the role app, and the web servers need at least one; add "app" to the roles of a host, or leave its roles out`)
	}
	if len(apps) > 0 && len(inv.Group(DB)) == 0 {
		r.lacks(hosts, `no host has the role db, and the app needs at least one; add "db" to the roles of a host, or leave its roles out`)
	}
	if len(apps) > 0 && inv.App.Source == "" && !r.mentioned("app", "source") {
		r.lacks([]string{"app", "source"}, `%s the role app, but [app] names no app; add source = "./app" to [app]`, has(apps))
	}
}

// addresses checks that each private address belongs to one host, and so does each
// address with its SSH port: several hosts may stand behind one address.
func (r *reader) addresses(inv *Inventory) {
	owners, said := map[netip.Addr]*Host{}, map[*Host]bool{}
	for _, h := range inv.Hosts {
		for _, a := range h.Private {
			key := "private_address"
			if !r.mentioned("hosts", h.Name, key) {
				key = "address"
			}
			if other := owners[a]; other != nil {
				said[h] = said[h] || key == "address"
				r.clash([]string{"hosts", h.Name, key}, "%s is the address of %s too; give each host its own", a, other.Name)
				continue
			}
			owners[a] = h
		}
	}
	type door struct {
		address string
		port    int
	}
	doors := map[door]*Host{}
	for _, h := range inv.Hosts {
		d := door{oneSpelling(h.Address), h.SSHPort()}
		other := doors[d]
		doors[d] = h
		if a, err := netip.ParseAddr(h.Address); other == nil && err == nil && d.port == 22 && owners[a.Unmap()] != h {
			other = owners[a.Unmap()]
		}
		if other != nil && h.Address != "" && !said[h] {
			r.clash([]string{"hosts", h.Name, "address"}, "%s is the address of %s too; give each host its own", h.Address, other.Name)
		}
	}
}

// oneSpelling is an address in the one spelling of several that all mean the same host.
func oneSpelling(address string) string {
	if a, err := netip.ParseAddr(address); err == nil {
		return a.Unmap().String()
	}
	return strings.ToLower(strings.TrimSuffix(address, "."))
}

// rolling refuses a deploy.serial that would take every host of a role out at once.
func (r *reader) rolling(inv *Inventory) {
	for _, role := range []string{Web, App} {
		n := len(inv.Group(role))
		if limit := max(1, n-1); n > 0 && inv.Deploy.Serial > limit {
			r.clash([]string{"deploy", "serial"}, "%d at a time would take out every host with the role %s (%d) at once; write at most %d", inv.Deploy.Serial, role, n, limit)
			return
		}
	}
}

func (r *reader) primary(inv *Inventory) {
	if inv.DB.Primary != "" {
		r.databaseHost(fault.Contradiction, inv, inv.DB.Primary, "db", "primary")
	} else if dbs := inv.Group(DB); len(dbs) > 0 {
		inv.DB.Primary = dbs[0].Name
	}
}

// databaseHost checks that the host which a key names has the role db.
func (r *reader) databaseHost(code fault.Code, inv *Inventory, name string, at ...string) {
	dbs := inv.Group(DB)
	switch h := inv.Host(name); {
	case h == nil:
		r.fault(code, at, "there is no host %q; %s", name, DidYouMean(name, Names(dbs), "the db hosts are"))
	case !h.Has(DB):
		r.fault(code, at, "%s does not have the role db; the db hosts are %s", name, names(dbs))
	}
}

// ruleHosts puts the hosts of a role in the place of its name.
func (r *reader) ruleHosts(inv *Inventory) {
	for i, rule := range inv.Firewall.Extra {
		var hosts []string
		for _, name := range rule.Hosts {
			named := []string{name}
			if inv.Host(name) == nil {
				if named = Names(inv.Group(name)); len(named) == 0 {
					r.clash([]string{"firewall", "extra", element(i), "hosts"}, "there is no host and no role %q; %s", name, DidYouMean(name, append(Names(inv.Hosts), LB, Web, App, DB), "it can be"))
				}
			}
			for _, n := range named {
				if !slices.Contains(hosts, n) {
					hosts = append(hosts, n)
				}
			}
		}
		inv.Firewall.Extra[i].Hosts = hosts
	}
}

// ambiguous refuses a host with the name of a role that other hosts have: -l and
// firewall.extra.hosts could not name the role.
func (r *reader) ambiguous(inv *Inventory) {
	for _, role := range []string{LB, Web, App, DB} {
		h, group := inv.Host(role), inv.Group(role)
		if h != nil && (len(group) > 1 || len(group) == 1 && group[0] != h) {
			r.clash([]string{"hosts", role}, "%s is the name of a role, which %s; give the host another name, such as %s", role, has(group), inv.free(role))
		}
	}
}

// free is the first name of that kind that no host has.
func (inv *Inventory) free(kind string) string {
	for n := 1; ; n++ {
		if name := fmt.Sprintf("%s%d", kind, n); inv.Host(name) == nil {
			return name
		}
	}
}

func has(group []*Host) string {
	if len(group) == 1 {
		return group[0].Name + " has"
	}
	return names(group) + " have"
}

// outsideSource refuses private files inside app.source, all of which is copied to the
// servers.
func (r *reader) outsideSource(inv *Inventory) {
	if inv.App.Source == "" {
		return
	}
	if home, err := os.UserHomeDir(); err == nil && home != "/" && within(inv.App.Source, home) {
		r.say(fault.Contradiction, []string{"app", "source"}, fmt.Sprintf("app.source: the home folder %s is inside it, with keys and other private files, and would be copied to the servers; give the app a folder of its own", home))
		return
	}
	files := map[string]string{"secrets.master": inv.Secrets.Master, "tls.key": inv.TLS.Key, "monitoring.token": inv.Monitoring.Token.File, "monitoring.api_key": inv.Monitoring.APIKey.File, "monitoring.application_key": inv.Monitoring.ApplicationKey.File, "monitoring.access_id": inv.Monitoring.AccessID.File, "monitoring.access_key": inv.Monitoring.AccessKey.File}
	for name, s := range inv.Monitoring.NotifySources() {
		files[name] = s.File
	}
	for name, s := range inv.App.Secrets {
		files["app.secrets."+name] = s.File
	}
	if inv.App.IndexSecret != nil {
		files["app.index_url"] = inv.App.IndexSecret.File
	}
	for name, s := range inv.Web.Auth.Users {
		files["web.auth.users."+name] = s.File
	}
	for i, path := range inv.SSH.Identity {
		files["ssh.identity"+element(i)] = path
	}
	for name, path := range files {
		if path == "" || !within(inv.App.Source, path) {
			continue
		}
		r.say(fault.Contradiction, []string{"app", "source"}, fmt.Sprintf("app.source: %s (%s) is inside it and would be copied to the servers; give the app a folder of its own", path, name))
	}
}

// within reports whether a path, or the file that it is a link to, is inside a folder,
// links resolved as far as they exist.
func within(folder, path string) bool {
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	named := path
	if real, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		named = filepath.Join(real, filepath.Base(path))
	}
	inside := func(path string) bool {
		rel, err := filepath.Rel(folder, path)
		return err == nil && filepath.IsLocal(rel)
	}
	real, err := filepath.EvalSymlinks(path)
	return inside(named) || err == nil && inside(real)
}
