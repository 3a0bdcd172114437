package status

import (
	_ "embed" // the question
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/facts"
	"foobar/internal/firewall"
	"foobar/internal/planview"
	"foobar/internal/resource"
	"foobar/inventory"
)

// Unmanaged is something of others in an area that foobar owns as a whole, and that
// stays: it stood there when foobar first came, or deploy.keep names it.
type Unmanaged struct {
	// Resource is foobar's, beside which it stands; "" where only deploy.keep tells of it.
	Resource resource.ID `json:"resource,omitempty"`
	// Name is its path, account or rule.
	Name string `json:"name"`
}

// text is what people read.
func (u Unmanaged) text() string {
	noun := map[string]string{"database-accounts": "database account ", "service": "drop-in ", "acme": "certbot's hook ", "access": "folder "}[u.Resource.Kind()]
	return noun + u.Name
}

//go:embed unmanaged.sh
var askOthers string

// mostUnmanaged is how many of them people are shown by name.
const mostUnmanaged = 8

// readUnmanaged is what the ledger and deploy.keep name and the host has; a ledger that
// is damaged names nothing here: deploy and plan say so.
func readUnmanaged(inv *inventory.Inventory, a *ask.Answer, db *Database) []Unmanaged {
	var l facts.Ledger
	if json.Unmarshal([]byte(a.Text("ledger")), &l) != nil || inv.Deploy.Purge == "all" {
		l.Found = nil
	}
	here := map[string]bool{}
	for _, name := range slices.Concat(a.Lines("there"), firewall.Others(a.Text("ufw4"), a.Text("ufw6"))) {
		here[name] = true
	}
	for _, l := range a.Lines("groups") {
		if f := strings.Split(l, ":"); len(f) == 4 {
			for member := range strings.SplitSeq(f[3], ",") {
				here[member+" in the group "+f[0]] = true
			}
		}
	}
	if db != nil {
		for _, who := range db.state.Anyone {
			here[who.User+"@"+who.Host] = true
		}
	}
	var list []Unmanaged
	add := func(id, name string) {
		u := Unmanaged{resource.ID(printable(id)), printable(name)}
		if name != "" && here[name] && !slices.ContainsFunc(list, func(o Unmanaged) bool { return o.Name == u.Name }) {
			list = append(list, u)
		}
	}
	for id, names := range l.Found {
		for _, name := range names {
			if !strings.HasPrefix(id, "firewall:") || inv.Firewall.Purge != "all" {
				add(id, name)
			}
		}
	}
	for _, name := range inv.Deploy.Keep {
		add("", name)
	}
	slices.SortFunc(list, func(x, y Unmanaged) int { return strings.Compare(x.text(), y.text()) })
	return list
}

// others lists what is left alone: each thing once, with its hosts.
func others(b *strings.Builder, hosts []Host) {
	on, things := map[string][]string{}, []string{}
	for _, h := range hosts {
		for _, u := range h.Unmanaged {
			if on[u.text()] == nil {
				things = append(things, u.text())
			}
			on[u.text()] = append(on[u.text()], h.Name)
		}
	}
	if len(things) == 0 {
		return
	}
	slices.Sort(things)
	fmt.Fprintf(b, "\nNOT FOOBAR'S  %s, left alone\n", planview.Count(len(things), "thing"))
	shown := things
	if len(things) > mostUnmanaged+1 {
		shown = things[:mostUnmanaged]
	}
	for _, t := range shown {
		fmt.Fprintf(b, "  %s: %s\n", planview.Names(on[t]), t)
	}
	if more := len(things) - len(shown); more > 0 {
		fmt.Fprintf(b, "  and %d more: foobar status -o json names them\n", more)
	}
}
