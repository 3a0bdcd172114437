package inventory

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/fault"
)

// unknown notes a key that nobody asked for, and where it was meant to stand.
func (t *table) unknown(name string) {
	at := t.key(name)
	what := "unknown key " + cut(show(at), mostWord)
	var meant []string
	near := Nearest(name, t.known)
	if near != "" {
		meant = t.key(near)
	}
	say := func(advice string) {
		t.r.say(fault.UnknownKey, at, what+"; "+advice)
		t.r.errs.List[len(t.r.errs.List)-1].meant = show(meant)
	}
	if odd := lookAlike(name); odd != "" {
		say("it has " + odd + "; type it again")
		return
	}
	if advice := t.misplaced(name, &meant); advice != "" {
		say(advice)
		return
	}
	if advice := foreign(t.at, name); advice != "" {
		say(advice)
		return
	}
	if advice := familiar(t.at, name); advice != "" {
		if _, key, found := strings.Cut(advice, " is called "); found {
			key, _, _ = strings.Cut(key, ",")
			meant = t.key(key)
		}
		say(advice)
		return
	}
	if near != "" {
		say("did you mean " + near + "?")
		return
	}
	if tables := t.elsewhere(name); len(tables) > 0 {
		if len(tables) == 1 {
			meant = append(slices.Clone(tables[0]), name)
		}
		list := make([]string, len(tables))
		for i, table := range tables {
			list[i] = "[" + show(table) + "]"
		}
		say(name + " belongs to " + strings.Join(list, " or "))
		return
	}
	known, all := t.known, "the keys of "+header(t.at)+" are"
	if len(t.at) == 0 {
		known, all = slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == "version" }), "the tables are"
	}
	say(all + " " + strings.Join(known, ", "))
}

// header is a table as it stands in the file, one of a list in double brackets.
func header(at []string) string {
	if last := len(at) - 1; last > 0 && strings.HasPrefix(at[last], "[") {
		return "[[" + show(at[:last]) + "]]"
	}
	return "[" + show(at) + "]"
}

// misplaced says where a table belongs that is in the wrong place; "" for anything else.
func (t *table) misplaced(name string, meant *[]string) string {
	values, _ := t.values[name].(map[string]any)
	_, address := values["address"]
	_, top := child(t.r.all(), "properties")[name]
	switch {
	case values == nil:
	case len(t.at) == 0 && address:
		return fmt.Sprintf("a server is a table [hosts.%s]", name)
	case len(t.at) == 1 && t.at[0] == "ssh" && t.r.lines[pathOf([]string{"hosts", name})] != 0:
		return fmt.Sprintf("settings for one host belong to [hosts.%s.ssh]", name)
	case len(t.at) > 0 && name == t.at[len(t.at)-1]:
		for key := range values {
			*meant = t.key(key)
		}
		return fmt.Sprintf("the table [%s] is open already; write its keys without %s. before them", show(t.at), name)
	case len(t.at) > 0 && top:
		for key := range values {
			*meant = []string{name, key}
		}
		return fmt.Sprintf("here it is a key of [%s]; write it below [%s], or above the first table", show(t.at), name)
	}
	return ""
}

// foreign says how foobar writes what other programs have a table for; "" for nothing
// of the kind.
func foreign(at []string, name string) string {
	if len(at) > 0 {
		return ""
	}
	switch strings.ToLower(name) {
	case "groups", "group", "children":
		return `the groups of hosts are their roles: roles = ["web"] in [hosts.NAME], and -l web`
	case "vars", "variables", "env", "environment":
		return "environment variables of the app belong to [app.env]"
	case "all", "default", "defaults":
		return "settings for all hosts belong to [ssh], [deploy] and the other tables"
	case "server", "servers", "nodes", "inventory":
		return "a server is a table [hosts.NAME]"
	case "database", "mysql", "mariadb":
		return "databases are configured in [db]"
	case "tls", "ssl", "acme", "certbot", "letsencrypt", "certificate", "certificates":
		return "certificates are configured in [tls]"
	case "ufw", "iptables", "nftables", "network":
		return "the firewall is configured in [firewall]"
	case "prometheus", "sumologic", "sumo", "collector", "metrics", "logging":
		return "monitoring is configured in [monitoring]"
	case "nginx", "haproxy", "loadbalancer", "proxy":
		return "the load balancer is configured in [lb], the web servers in [web]"
	}
	return ""
}

// all is the schema of all keys.
func (r *reader) all() map[string]any {
	if r.tree == nil {
		r.tree = Schema()
	}
	return r.tree
}

// elsewhere are the tables that have a key of this name: of a host those below it, else
// those of the whole file, and none where there are many.
func (t *table) elsewhere(name string) (tables [][]string) {
	tree := t.r.all()
	if len(t.at) == 2 && t.at[0] == "hosts" {
		below, _ := child(child(tree, "properties"), "hosts")["additionalProperties"].(map[string]any)
		ssh := child(child(below, "properties"), "ssh")
		if _, ok := child(ssh, "properties")[name]; ok {
			return [][]string{append(slices.Clone(t.at), "ssh")}
		}
	}
	for top, node := range child(tree, "properties") {
		keys, _ := node.(map[string]any)["properties"].(map[string]any)
		if _, ok := keys[name]; ok && (len(t.at) == 0 || t.at[0] != top) {
			tables = append(tables, []string{top})
		}
	}
	if len(tables) > 3 {
		return nil
	}
	slices.SortFunc(tables, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return tables
}

// causes leaves out what is only said because another key is wrong: that a key is
// missing, where an unknown one was meant to be it, or where it or the table that it
// belongs to is of another type.
func causes(list []*Error) []*Error {
	meant, below := map[string]bool{}, false
	for _, e := range list {
		if e.meant != "" {
			meant[e.meant] = true
		}
		if e.Code == fault.WrongType {
			meant[e.Key] = true
		}
		below = below || e.Code == fault.WrongType && strings.HasPrefix(e.Key, "hosts.") && strings.Count(e.Key, ".") == 1
	}
	return slices.DeleteFunc(slices.Clone(list), func(e *Error) bool {
		if e.Code != fault.Lacking {
			return false
		}
		if e.Key == "hosts" && below {
			return true
		}
		for key := e.Key; key != ""; {
			if meant[key] {
				return true
			}
			i := strings.LastIndexByte(key, '.')
			key = key[:max(0, i)]
		}
		return false
	})
}

// Summary is how many errors there are.
func (e *Errors) Summary() string {
	if len(e.List) >= mostErrors {
		return fmt.Sprintf("at least %d errors", mostErrors)
	}
	return fmt.Sprintf("%d errors", len(e.List))
}

// wording is how a string is written that these checks accept: one of a few words, or any.
func wording(checks []check) string {
	for _, c := range checks {
		if err := c("?"); err != nil {
			if _, list, ok := strings.Cut(err.Error(), "; it can be "); ok && !strings.Contains(list, " or ") {
				words := strings.Split(list, ", ")
				last := len(words) - 1
				return strings.TrimPrefix(`"`+strings.Join(words[:last], `", "`)+`" or "`+words[last]+`"`, `"" or `)
			}
		}
	}
	return `a string, in quotes`
}
