package action

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/fault"
	"foobar/internal/preflight"
	"foobar/inventory"
	"foobar/playbooks"
)

// habits warns of what an inventory may say, and hardly anybody means.
func (c *hereCheck) habits() {
	warn := func(id, fix, format string, args ...any) {
		c.add(id, preflight.Warn, fix, format, args...)
		c.list[len(c.list)-1].Code = fault.WrongValue
	}
	if dbs := c.inv.Group(inventory.DB); len(dbs) == 1 {
		warn("replica", "give another host the role db", "%s is the only host with the role db: no replica, so no failover, and backups run on the primary", dbs[0].Name)
	}
	for _, name := range slices.Sorted(maps.Keys(c.inv.App.Env)) {
		if secretName.MatchString(name) && c.inv.App.Env[name] != "" {
			warn("app-env", `move it to [app.secrets]: `+name+` = { env = "`+name+`" }`, "app.env.%s looks like a secret, and the inventory has it in clear text", name)
		}
	}
	for _, h := range c.inv.Hosts {
		for _, s := range playbooks.Services(c.inv)[h.Name] {
			for _, p := range s.Ports {
				if p.Number == h.SSHPort() {
					warn("ssh-port", "correct the port, unless a router maps it to another one", "%s: ssh.port %d is the port of %s there", h.Name, p.Number, s.Name)
				}
			}
		}
	}
	c.wideRules(warn)
	if c.inv.TLS.Cert == "" && strings.Contains(c.inv.TLS.ACME, "letsencrypt.org") {
		for _, name := range append(c.inv.Site.Names(), c.inv.Site.Email[strings.IndexByte(c.inv.Site.Email, '@')+1:]) {
			if reservedName.MatchString(name) {
				warn("public-name", "use a domain of your own, or tls.cert and tls.key", "Let's Encrypt refuses %s: the name is reserved for examples or private networks", name)
			}
		}
	}
}

// wideRules warns of rules that open to anyone what foobar opens to some.
func (c *hereCheck) wideRules(warn func(id, fix, format string, args ...any)) {
	for _, r := range c.inv.Firewall.Extra {
		for _, h := range c.inv.Hosts {
			if r.Proto != "tcp" || len(r.From) > 0 || len(r.Hosts) > 0 && !slices.Contains(r.Hosts, h.Name) {
				continue
			}
			switch {
			case r.Port == 443 && h.Has(inventory.Web):
				warn("extra-443", "name the sources with from, or use monitoring.allow_from", "firewall.extra opens port 443 of %s to anyone, past the load balancer", h.Name)
			case r.Port == c.inv.DB.Port && h.Has(inventory.DB):
				warn("extra-db", "name the sources with from", "firewall.extra opens the database's port %d of %s to anyone", r.Port, h.Name)
			case r.Port == h.SSHPort() && len(c.inv.Firewall.SSHFrom) > 0:
				warn("extra-ssh", "add the sources to firewall.ssh_from, and remove the rule", "firewall.extra opens the ssh port %d of %s to anyone, whatever firewall.ssh_from says", r.Port, h.Name)
			default:
				continue
			}
			break
		}
	}
}

var (
	secretName = regexp.MustCompile(`(^|_)(SECRET|TOKEN|PASSWORD|PASSWD|PRIVATE_KEY|API_KEY|ACCESS_KEY)(_|$)|_(SECRET|TOKEN|PASSWORD|KEY)$`)
	// Source: RFC 2606, RFC 6761, RFC 6762, and ICANN's reservation of .internal.
	reservedName = regexp.MustCompile(`(^|\.)(example\.(com|net|org)|example|test|invalid|localhost|local|internal|lan|home|corp)$`)
)
