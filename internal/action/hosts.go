package action

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/playbooks"
)

// Hosts says what the inventory says of its hosts, and connects to none.
type Hosts struct {
	Common Common
	// Form is plain (a table), tree or json.
	Form string
}

// hostView is a host as the inventory has it.
type hostView struct {
	Name    string   `json:"name"`
	Roles   []string `json:"roles"`
	Address string   `json:"address"`         // for this machine
	Private []string `json:"private_address"` // for the other hosts
	SSHPort int      `json:"ssh_port"`
	User    string   `json:"user,omitempty"` // "" where ssh_config or OpenSSH decides
	// Primary says that this one is the primary of the first deploy; afterwards the
	// servers say which one it is.
	Primary bool       `json:"primary"`
	Ports   []portView `json:"ports"`
}

// portView is a port on which a service of a host listens.
type portView struct {
	Port    int    `json:"port"`
	Service string `json:"service"`
	// From are those who may reach it: hosts of the site, networks, or "anyone"; none
	// where only the host itself may.
	From []string `json:"from"`
}

// Run prints.
func (v *Hosts) Run() error {
	inv, hosts, err := v.Common.pick(nil)
	if err != nil {
		return err
	}
	services := playbooks.Services(inv)
	list := make([]hostView, len(hosts))
	for i, h := range hosts {
		list[i] = viewOf(inv, h, services.On(h.Name))
	}
	out := v.Common.Console.Out
	switch v.Form {
	case "json":
		err = ask.WriteJSON(out, struct {
			V      int        `json:"v"`
			Site   string     `json:"site"`
			Domain string     `json:"domain"`
			Hosts  []hostView `json:"hosts"`
		}{1, inv.Site.Name, inv.Site.Domain, list})
	case "tree":
		err = hostTree(ask.Safe(out), inv, list)
	default:
		err = hostTable(ask.Safe(out), list)
	}
	return shown(unlessGone(err), false, true, engine.ExitOK)
}

func viewOf(inv *inventory.Inventory, h *inventory.Host, services []play.Service) hostView {
	v := hostView{Name: h.Name, Roles: h.Roles, Address: h.Address, SSHPort: h.SSHPort(), User: h.SSH.User,
		Primary: h.Name == inv.DB.Primary, Ports: []portView{}}
	for _, a := range h.Private {
		v.Private = append(v.Private, a.String())
	}
	if inv.Firewall.Enabled {
		v.Ports = append(v.Ports, portView{v.SSHPort, "ssh", sourcesOf(play.Port{Open: []play.Way{from(inv.Firewall.SSHFrom)}})})
	}
	for _, r := range inv.Firewall.Extra {
		if inv.Firewall.Enabled && (len(r.Hosts) == 0 || slices.Contains(r.Hosts, h.Name)) {
			v.Ports = append(v.Ports, portView{r.Port, cmp.Or(r.Comment, "firewall.extra"), sourcesOf(play.Port{Open: []play.Way{from(r.From)}})})
		}
	}
	for _, s := range services {
		for _, p := range s.Ports {
			v.Ports = append(v.Ports, portView{p.Number, cmp.Or(p.For, s.Name), sourcesOf(p)})
		}
	}
	slices.SortStableFunc(v.Ports, func(a, b portView) int { return cmp.Compare(a.Port, b.Port) })
	return v
}

// from lets in networks; none means anyone.
func from(networks []netip.Prefix) play.Way {
	if len(networks) == 0 {
		return play.Public("")
	}
	return play.Way{From: networks}
}

// sourcesOf are those who may reach a port, each once.
func sourcesOf(p play.Port) []string {
	list := []string{}
	for _, way := range p.Open {
		var names []string
		switch {
		case way.Peer != nil:
			names = []string{way.Peer.Name}
		default:
			for _, from := range way.From {
				name := "anyone"
				if from.IsValid() {
					name = from.String()
				}
				names = append(names, name)
			}
		}
		for _, n := range names {
			if !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	return list
}

// open are the ports that others may reach, with their sources.
func (v hostView) open() (ports []portView) {
	for _, p := range v.Ports {
		if len(p.From) > 0 {
			ports = append(ports, p)
		}
	}
	return ports
}

func hostTable(out io.Writer, list []hostView) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HOST\tROLES\tADDRESS\tPRIVATE\tSSH\tOPEN PORTS")
	primary := ""
	for _, v := range list {
		var ports []string
		for _, p := range v.open() {
			if n := strconv.Itoa(p.Port); !slices.Contains(ports, n) {
				ports = append(ports, n)
			}
		}
		ssh := strconv.Itoa(v.SSHPort)
		if v.User != "" {
			ssh = v.User + ", " + ssh
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", v.Name, strings.Join(v.Roles, ", "), v.Address, strings.Join(v.Private, ", "), ssh, strings.Join(ports, ", "))
		if v.Primary {
			primary = v.Name
		}
	}
	if primary != "" {
		fmt.Fprintf(w, "\nThe databases start with %s as the primary; foobar db status shows which one it is now.\n", primary)
	}
	return w.Flush()
}

// hostTree is the site, its hosts, their open ports, and who may reach each.
func hostTree(out io.Writer, inv *inventory.Inventory, list []hostView) error {
	var b strings.Builder
	fmt.Fprintln(&b, inv.Site.Domain)
	for i, v := range list {
		branch, stem := "├── ", "│   "
		if i == len(list)-1 {
			branch, stem = "└── ", "    "
		}
		fmt.Fprintf(&b, "%s%s  %s  (%s)\n", branch, v.Name, v.Address, strings.Join(v.Roles, ", "))
		ports := v.open()
		for j, p := range ports {
			twig := "├── "
			if j == len(ports)-1 {
				twig = "└── "
			}
			fmt.Fprintf(&b, "%s%s%d %s, from %s\n", stem, twig, p.Port, p.Service, strings.Join(p.From, ", "))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
