package inventory

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"foobar/internal/fault"
)

// hosts reads [hosts.NAME] in the order of the file.
func (r *reader) hosts(t *table, inv *Inventory) {
	names := slices.Collect(maps.Keys(t.values))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(r.lines.of(t.key(a)), r.lines.of(t.key(b))), strings.Compare(a, b))
	})
	bare := false
	for _, name := range names {
		if slices.Contains(hostKeys(), name) && !isTable(t.values[name]) {
			if t.known = append(t.known, name); !bare {
				t.wrong(name, "%s is a key of one host, and [hosts] names none; write the host's name into the brackets: [hosts.web1]", name)
			}
			bare = true
			continue
		}
		h := t.sub(name)
		if h.values == nil {
			continue // take has noted what is wrong
		}
		if full := dotted(h.values); full != "" {
			label := name
			if labelRule(name) != "" || numeric(name) {
				label = "web1"
			}
			t.wrong(name, "the dots make tables in tables; write [hosts.%s], and in it address = %q", label, name+full)
			continue
		}
		if err := shortName(name); err != nil && name != anyName {
			t.wrong(name, "%v", asTyped(name, err))
		}
		inv.Hosts = append(inv.Hosts, r.host(h, name, inv.SSH))
	}
}

// dotted is the rest of a host name that was written into the header of a host's table,
// so that each of its labels opened a table in the one before: ".example.com", else "".
func dotted(values map[string]any) string {
	if len(values) != 1 {
		return ""
	}
	for name, v := range values {
		below, ok := v.(map[string]any)
		if !ok || slices.Contains(hostKeys(), name) {
			return ""
		}
		return "." + name + dotted(below)
	}
	return ""
}

// hostKeys are the keys of [hosts.NAME].
func hostKeys() []string {
	return []string{"address", "private_address", "roles", "weight", "host_key", "ssh"}
}

func (r *reader) host(t *table, name string, common SSH) *Host {
	h := &Host{Name: name, Weight: 100, SSH: common}
	if !t.has("address") {
		t.wrong("address", `the host has no address; add its own, such as address = "192.0.2.11"`)
	}
	t.text("address", &h.Address, sshAddress)
	r.private(t, h)
	r.roles(t, h)
	t.number("weight", &h.Weight, 0, 256)
	t.text("host_key", &h.HostKey, sshHostKey)
	r.ssh(t.sub("ssh"), &h.SSH)
	t.end()
	return h
}

// private reads the addresses for the other hosts; without them the address
// itself is one, if it is an address at all.
func (r *reader) private(t *table, h *Host) {
	var texts []string
	t.oneOrMore("private_address", &texts, privateAddress)
	for _, s := range texts {
		a, err := parseAddr(s)
		if err == nil && slices.Contains(h.Private, a) {
			t.wrong("private_address", "%s is there twice, in two spellings; remove one", a)
		} else if err == nil {
			h.Private = append(h.Private, a)
		}
	}
	t.nothing("private_address", "write an address of the network that the hosts share")
	if t.has("private_address") {
		return
	}
	if h.Address == "" {
		return // already an error
	}
	a, err := netip.ParseAddr(h.Address)
	switch {
	case err != nil:
		t.wrong("address", `%s is a name, and the other hosts need an IP address; add its own, such as private_address = "192.0.2.11"`, h.Address)
	case privateAddress(h.Address) != nil:
		t.wrong("address", `other hosts cannot reach %s; add the address by which they can, such as private_address = "192.0.2.11"`, h.Address)
	default:
		h.Private = []netip.Addr{a.Unmap()}
	}
}

func (r *reader) roles(t *table, h *Host) {
	h.Roles = []string{Web, App, DB}
	t.list("roles", &h.Roles, roleName)
	t.nothing("roles", "write what the host does, or remove the line for web, app and db")
	if h.Has(LB) && h.Has(Web) {
		t.fault(fault.Contradiction, "roles", "lb and web both listen on port 443, so a site needs two hosts at least: one with the role lb, and one server; take one of the two roles out")
	}
}
