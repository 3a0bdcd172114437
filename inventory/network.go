package inventory

import (
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/fault"
)

func (r *reader) firewall(t *table, f *Firewall) {
	t.boolean("enabled", &f.Enabled)
	t.prefixes("ssh_from", &f.SSHFrom)
	t.nothing("ssh_from", "write who may log in, or remove the line to allow anyone")
	t.text("loopback", &f.Loopback, oneOf("off", Strict))
	t.ports("loopback_ports", &f.LoopbackPorts)
	t.text("purge", &f.Purge, oneOf("owned", "all"))
	for i, values := range t.tables("extra") {
		rule := &table{r: r, at: append(t.key("extra"), element(i)), values: values}
		f.Extra = append(f.Extra, r.rule(rule))
	}
	t.end()
}

// tables reads an array of tables, written as [[a.b]] or as a list of inline tables.
func (t *table) tables(name string) []map[string]any {
	t.known = append(t.known, name)
	switch v := t.values[name].(type) {
	case nil:
		return nil
	case []map[string]any:
		return v
	case []any:
		var list []map[string]any
		for i, one := range v {
			values, ok := one.(map[string]any)
			if !ok {
				t.r.fault(fault.WrongType, append(t.key(name), element(i)), "this is %s; write a table [[%s]] for each", kind(one), show(t.key(name)))
				return nil
			}
			list = append(list, values)
		}
		return list
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if isTable(v[key]) {
				t.fault(fault.WrongType, name, "these tables have no name in their brackets; write [[%s]] instead of [%s.%s]", show(t.key(name)), show(t.key(name)), key)
				return nil
			}
		}
		t.fault(fault.WrongType, name, "this is a table; write double brackets: [[%s]]", show(t.key(name)))
		return nil
	default:
		t.fault(fault.WrongType, name, "this is %s; write double brackets: [[%s]]", kind(v), show(t.key(name)))
		return nil
	}
}

func (r *reader) rule(t *table) Rule {
	rule := Rule{Proto: "tcp"}
	if !t.has("port") {
		t.wrong("port", "a rule needs a port; add port = 8080")
	}
	t.number("port", &rule.Port, 1, 65535)
	t.text("proto", &rule.Proto, oneOf("tcp", "udp"))
	t.prefixes("from", &rule.From)
	t.nothing("from", "write who may reach the port, or remove the line to allow anyone")
	t.list("hosts", &rule.Hosts)
	t.nothing("hosts", "name the hosts that open the port, or remove the line for all of them")
	t.text("comment", &rule.Comment, ruleComment)
	t.end()
	return rule
}

func (r *reader) monitoring(t *table, m *Monitoring) {
	t.boolean("enabled", &m.Enabled)
	provider := t.text("provider", &m.Provider, providerName)
	if v := t.values["prometheus"]; v != nil && kind(v) != kind("") {
		t.known = append(t.known, "prometheus")
		t.fault(fault.WrongType, "prometheus", `this is %s; write the name of the host that runs Prometheus: prometheus = "lb1"`, kind(v))
	} else {
		t.text("prometheus", &m.Prometheus, notEmpty)
	}
	if t.text("endpoint", &m.Endpoint, webURL("https")) {
		m.Endpoint = strings.TrimRight(m.Endpoint, "/")
	}
	t.file("ca", &m.CA)
	t.prefixes("allow_from", &m.AllowFrom)
	t.texts("fields", &m.Fields, fieldOf(m.Provider))
	t.management(m, provider)
	r.alerts(t.sub("alerts"), m)
	r.notify(t, m)
	r.collector(t.sub("package"), &m.Package)
	t.end()
}

func (r *reader) collector(t *table, p *Package) {
	var given []string
	for _, name := range []string{"file", "url", "apt"} {
		if t.has(name) {
			given = append(given, name)
		}
	}
	if len(given) > 1 {
		t.fault(fault.Contradiction, given[1], "the collector has one source, and %s is given too; remove one", given[0])
	}
	if t.file("file", &p.File) && !strings.HasSuffix(p.File, ".deb") {
		t.wrong("file", "%s is not a Debian package; name a file that ends in .deb", p.File)
	}
	t.text("url", &p.URL, webURL("https", "http"))
	if t.has("url") != t.has("sha256") {
		t.wrong("url", "url and sha256 belong together: the hosts compare what they fetch with this digest; add the one that is missing")
	}
	if t.text("sha256", &p.SHA256, only(sha256Form, "is not a SHA-256 digest; write its "+fmt.Sprint(hex.EncodedLen(32))+" hex digits")) {
		p.SHA256 = strings.ToLower(p.SHA256)
	}
	r.repository(t, &p.Apt, &p.Key)
	t.text("name", &p.Name, only(debianName, "is not the name of a Debian package; write one such as otelcol-sumo"))
	t.end()
}

// repository reads a package source and the key that signs it.
func (r *reader) repository(t *table, apt, key *string) {
	if text, ok := take[string](t, "apt", "a string in triple quotes"); ok {
		if err := aptSource(text); err != nil {
			t.wrong("apt", "%v", err)
		}
		*apt = text
	}
	switch {
	case t.has("key") && !t.has("apt"):
		t.wrong("key", "a signing key is for an apt source; add apt or remove the key")
	case t.has("apt") && !t.has("key") && !strings.Contains(*apt, "Signed-By:"):
		t.wrong("apt", "a package source needs its signing key; add key = \"vendor.asc\"")
	}
	t.file("key", key)
}

var fingerprintForm = regexp.MustCompile(`^[0-9A-F]{40}([0-9A-F]{24})?$`)

func (r *reader) databasePackage(t *table, db *Database) {
	p := &db.Package
	r.repository(t, &p.Apt, &p.Key)
	if t.has("key") != t.has("fingerprint") {
		t.wrong("key", "key and fingerprint belong together: the database's packages are trusted to the key that its owner publishes; add the one that is missing")
	}
	if text, ok := take[string](t, "fingerprint", "a string such as \"BCA4 3417 …\""); ok {
		p.Fingerprint = strings.ToUpper(strings.ReplaceAll(text, " ", ""))
		if !fingerprintForm.MatchString(p.Fingerprint) {
			t.wrong("fingerprint", "%q is not a key's fingerprint; write its 40 hex digits", text)
		}
	}
	t.text("name", &p.Name, only(debianName, "is not the name of a Debian package; write one such as mysql-server"))
	t.end()
}
