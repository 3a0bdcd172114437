package roles

import (
	_ "embed" // scripts
	"fmt"
	"maps"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// BalancerHealth is what the running HAProxy thinks of the web servers. It
// comes after them: only then can they be well.
type BalancerHealth struct{}

// Name is the role's name on the command line.
func (BalancerHealth) Name() string { return "health" }

// Resources are that every web server is in service with its own weight, that it is asked
// for what the inventory says, and that every one is up.
func (BalancerHealth) Resources(s *play.Site, _ *inventory.Host) ([]resource.Resource, error) {
	servers := serversOf(s)
	if len(servers) == 0 {
		return nil, nil
	}
	b := balancerState{servers: servers, within: s.Inv.Deploy.HealthTimeout, check: healthCheck(s.Inv), interval: s.Inv.LB.HealthInterval}
	return []resource.Resource{
		resource.Custom{Name: "servers:" + haproxyBackend, Ask: askBalancer(), Compare: b.service, In: resource.Converge},
		resource.Custom{Name: "checks:" + haproxyBackend, Ask: askBalancer(), Compare: b.checks, In: resource.Converge},
		resource.Custom{Name: "health:" + haproxyBackend, Ask: askBalancer(), Compare: b.health, In: resource.Converge},
	}, nil
}

// askBalancer asks the running HAProxy for its servers, and what they are asked for.
// Source: HAProxy's management guide, "show servers state", "show stat" and "show map".
func askBalancer() string { return balancerVars() + checksVars() + askScript }

// balancerVars are what scripts need to talk to the running HAProxy.
func balancerVars() string {
	return sh.Set("admin", haproxyAdmin, "backend", haproxyBackend, "failed", haproxyFailed) + ticks
}

// ticks prints seconds by which scripts wait: nobody sets them back or on.
const ticks = "ticks(){ read -r up _ </proc/uptime; echo \"${up%%.*}\"; }\n"

//go:embed haproxy_ask.sh
var askScript string

// balancerState compares the servers wanted with those of the running HAProxy.
type balancerState struct {
	servers []haproxyServer
	within  time.Duration // for all to be up
	// check is what every server is to be asked for, interval how often.
	check    string
	interval time.Duration
}

// Bits of srv_admin_state that an administrator sets. Source: HAProxy's
// management guide, "show servers state".
const (
	adminMaintenance = 0x01
	adminDrain       = 0x08
)

// seenServer is a server as the running HAProxy describes it.
type seenServer struct {
	admin, weight int
	at            string // address and port; "" when it does not say
	status        string // "UP", "UP 1/3", "DOWN", "MAINT", "DRAIN"…
	check         string // of the last check: "L7OK", "L4CON"…; "INI" before the first
}

// seenServers reads both tables: that of states comes first.
func seenServers(out string) map[string]seenServer {
	found := map[string]seenServer{}
	ReadHAProxy(strings.Split(out, "\n"), func(cell func(string) string) {
		if v, ok := found[cell("svname")]; ok && cell("pxname") == haproxyBackend {
			v.status, v.check = cell("status"), strings.TrimPrefix(cell("check_status"), "* ")
			found[cell("svname")] = v
		}
		admin, err := strconv.Atoi(cell("srv_admin_state"))
		weight, err2 := strconv.Atoi(cell("srv_uweight"))
		if cell("be_name") == haproxyBackend && err == nil && err2 == nil {
			v := seenServer{admin: admin, weight: weight}
			if at, err := netip.ParseAddr(cell("srv_addr")); err == nil && cell("srv_port") != "" {
				v.at = net.JoinHostPort(at.String(), cell("srv_port"))
			}
			found[cell("srv_name")] = v
		}
	})
	return found
}

// shutFrontends are those that somebody disabled in the running HAProxy. Their names are
// those of its configuration, which knows no others.
func shutFrontends(out string) (names []string) {
	ReadHAProxy(strings.Split(out, "\n"), func(cell func(string) string) {
		name := cell("pxname")
		if cell("svname") == "FRONTEND" && cell("status") == "PAUSED" && frontendName.MatchString(name) {
			names = append(names, name)
		}
	})
	return names
}

// frontendName is what HAProxy takes for a name.
var frontendName = regexp.MustCompile(`^[A-Za-z0-9_.:-]+$`)

// look returns the servers seen, or the change that says why they cannot be.
func (b balancerState) look(o resource.Observed) (map[string]seenServer, *resource.Change) {
	later := func(why string) *resource.Change {
		return &resource.Change{Action: resource.Act, Provisional: true, Reason: why,
			Fields: []resource.Field{{Name: "servers", Old: "unknown", New: "known once HAProxy runs with them"}}}
	}
	switch o.State {
	case resource.Absent:
		return nil, later("HAProxy does not run")
	case resource.Unknown:
		return nil, later("HAProxy did not answer on " + haproxyAdmin)
	}
	seen := seenServers(o.Get("out"))
	for _, want := range b.servers {
		if _, ok := seen[want.Name]; !ok {
			return nil, later("the running HAProxy does not know " + want.Name)
		}
	}
	return seen, nil
}

// service puts servers back that are drained or in maintenance, but for those that a
// person took out, and gives back their weight and their address. What a deploy takes out it puts back itself, unless
// it failed. Servers that the configuration does not have go.
func (b balancerState) service(o resource.Observed) (resource.Change, error) {
	seen, later := b.look(o)
	if later != nil {
		return *later, nil
	}
	c := resource.Change{Action: resource.Act}
	var commands []string
	for _, want := range b.servers {
		got, name := seen[want.Name], haproxyBackend+"/"+want.Name
		if want.Out != nil {
			if got.admin&adminMaintenance == 0 {
				c.Fields = append(c.Fields, resource.Field{Name: want.Name, Old: "in service", New: want.Out.String()})
				commands = append(commands, "set server "+name+" state maint")
			}
		} else if got.admin&(adminMaintenance|adminDrain) != 0 {
			old := "in maintenance"
			if got.admin&adminMaintenance == 0 {
				old = "drained"
			}
			c.Fields = append(c.Fields, resource.Field{Name: want.Name, Old: old, New: "in service"})
			commands = append(commands, "set server "+name+" state ready")
		}
		if got.weight != want.Weight {
			c.Fields = append(c.Fields, resource.Field{Name: "weight of " + want.Name, Old: strconv.Itoa(got.weight), New: strconv.Itoa(want.Weight)})
			commands = append(commands, fmt.Sprintf("set server %s weight %d", name, want.Weight))
		}
	}
	for _, name := range shutFrontends(o.Get("out")) {
		c.Fields = append(c.Fields, resource.Field{Name: "frontend " + name, Old: "takes no connections", New: "in service"})
		commands = append(commands, "enable frontend "+name)
	}
	if len(commands) > 0 {
		c.Steps = []resource.Step{resource.Run{Title: "put servers back into service", Script: tellBalancer("tell", commands...)}}
	}
	if fields, commands := b.others(seen); len(commands) > 0 && !o.Changes(resource.NewID("file", haproxyConf)) { // else a reload does it
		c.Fields = append(c.Fields, fields...)
		c.Steps = append(c.Steps, resource.Run{Title: "give HAProxy the servers of its configuration", Script: tellBalancer("say", commands...)})
	}
	return c, nil
}

// others are what was changed in the running HAProxy and is in no file: addresses, and
// servers of others.
func (b balancerState) others(seen map[string]seenServer) (fields []resource.Field, commands []string) {
	left := maps.Clone(seen)
	for _, want := range b.servers {
		delete(left, want.Name)
		got := seen[want.Name]
		if at, err := netip.ParseAddrPort(want.Address); err == nil && got.at != "" && got.at != want.Address {
			fields = append(fields, resource.Field{Name: "address of " + want.Name, Old: got.at, New: want.Address})
			commands = append(commands, fmt.Sprintf("set server %s/%s addr %s port %d", haproxyBackend, want.Name, at.Addr(), at.Port()))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		if !serverName.MatchString(name) {
			continue
		}
		server := haproxyBackend + "/" + name
		fields = append(fields, resource.Field{Name: "server", Old: strings.TrimSpace(name + " " + left[name].at), New: "removed"})
		commands = append(commands, "set server "+server+" state maint", "shutdown sessions server "+server, "del server "+server)
	}
	return fields, commands
}

// serverName is what HAProxy's own names are made of.
var serverName = regexp.MustCompile(`^[A-Za-z0-9_.:-]+$`)

// health waits until all servers are up that nobody took out.
func (b balancerState) health(o resource.Observed) (resource.Change, error) {
	seen, later := b.look(o)
	if later != nil {
		later.Health = true
		return *later, nil
	}
	c := resource.Change{Action: resource.Act, Health: true}
	var names []string
	for _, want := range b.servers {
		if want.Out != nil {
			continue
		}
		names = append(names, want.Name)
		got := seen[want.Name]
		// So HAProxy calls a server of weight 0 that is up.
		idle := want.Weight == 0 && strings.HasPrefix(got.status, "DRAIN")
		if !got.up() && !idle {
			c.Fields = append(c.Fields, resource.Field{Name: want.Name, Old: strings.TrimSpace(got.status + " " + got.check), New: "UP"})
		}
	}
	if len(c.Fields) == 0 {
		return resource.Change{}, nil
	}
	c.Steps = []resource.Step{resource.Run{Title: "wait for the web servers to be up", Script: sh.Set("question", b.check) + tellBalancer("wait_up", append([]string{seconds(b.within)}, names...)...), Timeout: b.within + time.Minute}}
	return c, nil
}

// up reports whether the server is in use and has passed a check: before the
// first one, HAProxy takes every server to be up.
func (v seenServer) up() bool {
	return strings.HasPrefix(v.status, "UP") && v.check != "" && v.check != "INI" && v.check != "UNK"
}

//go:embed haproxy_admin.sh
var adminScript string

// tellBalancer is shell that calls one of the functions for the running HAProxy.
func tellBalancer(function string, args ...string) string {
	return balancerVars() + sh.Func("unhealthy", fault.Shell(fault.Unhealthy)) + sh.Func("stays", fault.Shell(fault.DrainFailed)) + adminScript +
		function + " " + sh.Join(args...) + "\n"
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Round(time.Second).Seconds())) }
