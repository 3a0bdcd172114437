package roles

import (
	_ "embed" // scripts
	"maps"
	"slices"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// haproxyChecks is a map of what HAProxy asks each web server for to see whether it is
// well: host and path, as in www.example.com/healthz. A server with a new release, or a
// new configuration of nginx, may answer something else than one with the old, so no
// question is right for all of them while they are replaced one by one. Hence each
// server has a question of its own, which changes in the running HAProxy when that
// server has changed: in HAProxyDrain as it is put back, else in BalancerHealth at the
// end. The file has the same for after a reload. Source: HAProxy's configuration manual,
// "http-check send" with uri-lf, and srv_name.
const haproxyChecks = "/etc/haproxy/checks.map"

// healthCheck is what every web server is to be asked for in the end.
func healthCheck(inv *inventory.Inventory) string { return inv.Site.Domain + inv.LB.HealthPath }

//go:embed haproxy_checks_ask.sh
var checksAsk string

// checksVars are the variables and the function by which scripts see what servers are
// asked for.
func checksVars() string {
	return sh.Set("checks", haproxyChecks, "conf", haproxyConf) + sh.Func("asks", checksAsk)
}

// checksBefore is what servers were asked for before they were put back in this run.
const checksBefore = haproxyChecks + ".before"

//go:embed haproxy_checks_put.sh
var checksPut string

// checksFile has a line for each web server. A new one begins with what the server is
// asked for by now, so that to write it and to reload HAProxy changes no question.
func checksFile(s *play.Site) resource.Resource {
	var lines strings.Builder
	var names, pairs []string
	for _, server := range haproxyServers(s.Inv) {
		names, pairs = append(names, server.Name), append(pairs, server.Name, healthCheck(s.Inv))
		lines.WriteString(server.Name + " " + healthCheck(s.Inv) + "\n")
	}
	file := resource.File{Path: haproxyChecks, Content: []byte(lines.String())}
	put := resource.Run{Title: "write " + haproxyChecks, Script: checksVars() + "set -- " + sh.Join(pairs...) + "\n" + checksPut}
	return resource.Custom{Name: file.ID(), Of: file.Probe(), In: resource.Prepare, Compare: func(o resource.Observed) (resource.Change, error) {
		c, err := file.Diff(o)
		if err != nil || c.Empty() || c.Provisional {
			return c, err
		}
		var lacks []string
		has := askedOf("asks " + strings.ReplaceAll(o.Get("content"), "\n", "\nasks "))
		for _, name := range names {
			if has[name] == "" && o.Get("sum") != resource.Digest(file.Content) {
				lacks = append(lacks, name)
			}
		}
		c.Fields = slices.DeleteFunc(c.Fields, func(f resource.Field) bool { return f.Name == "content" })
		if len(lacks) > 0 {
			c.Fields = append(c.Fields, resource.Field{Name: "servers", New: strings.Join(lacks, ", ")})
		}
		if len(c.Fields) == 0 {
			return resource.Change{}, nil
		}
		if c.Steps = []resource.Step{put}; o.State == resource.Present && len(lacks) == 0 && o.Get("type") == "regular file" {
			c.Steps = []resource.Step{resource.Run{Title: "mode and owner of " + haproxyChecks, Script: "foobar_own 0644 root:root " + haproxyChecks}}
		}
		return c, nil
	}}
}

// askedOf reads what checksAsk prints: what each server is asked for. The name * is that of
// a server which is not among them.
func askedOf(out string) map[string]string {
	asked := map[string]string{}
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "asks" {
			asked[f[1]] = f[2]
		}
	}
	return asked
}

// askedNow reads what the running HAProxy says to "show map": an address, a server and
// what that is asked for. Source: HAProxy's management guide.
func askedNow(out string) map[string]string {
	asked := map[string]string{}
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) == 3 && strings.HasPrefix(f[0], "0x") {
			asked[f[1]] = f[2]
		}
	}
	return asked
}

// checks has HAProxy ask for what the inventory says where that did not change as a
// server was put back into service.
func (b balancerState) checks(o resource.Observed) (resource.Change, error) {
	_, later := b.look(o)
	if later != nil {
		return *later, nil
	}
	file, now := askedOf(o.Get("out")), askedNow(o.Get("out"))
	if o.Changes(resource.NewID("file", haproxyConf)) || o.Changes(resource.NewID("file", haproxyChecks)) {
		now = maps.Clone(file) // as a reload before it has it
	}
	c := resource.Change{Action: resource.Act}
	var args []string
	for _, server := range b.servers {
		is, in := now[server.Name], file[server.Name]
		if in == "" {
			in = file["*"]
		}
		if is == "" {
			is = now["*"]
		}
		if is == b.check && in == b.check {
			continue
		}
		if is == b.check {
			is = in
		}
		c.Fields = append(c.Fields, resource.Field{Name: "health check of " + server.Name, Old: is, New: b.check})
		args = append(args, server.Name, server.Address, server.Internal, b.check)
	}
	if len(args) == 0 {
		return resource.Change{}, nil
	}
	times := []string{seconds(min(b.within, 10*time.Second)), seconds(min(b.interval+2*time.Second, 10*time.Second))}
	c.Steps = []resource.Step{resource.Run{Title: "have HAProxy ask for " + b.check, Script: checking("switch", append(times, args...)...)}}
	return c, nil
}

//go:embed haproxy_checks.sh
var checksScript string

// checking is shell that calls one of the functions of haproxy_checks.sh.
func checking(function string, args ...string) string {
	return balancerVars() + sh.Set("ca", leafCA) + checksVars() + sh.Func("unanswered", fault.Shell(fault.CheckReverted)) + adminScript + checksScript +
		function + " " + sh.Join(args...) + "\n"
}

// backInService is shell that puts a web server back into service, once it answers what it is
// to be asked for.
func backInService(server haproxyServer, check string, within time.Duration) string {
	return sh.Set("ca", leafCA) + checksVars() + sh.Func("unanswered", fault.Shell(fault.CheckReverted)) + checksScript +
		"back " + sh.Join(server.Name, server.Address, server.Internal, check, seconds(within)) + "\n"
}

// backAgain is shell that puts a web server back that runs what it ran before this run.
func backAgain(host string, within time.Duration) string {
	return sh.Set("ca", leafCA) + checksVars() + sh.Func("unanswered", fault.Shell(fault.CheckReverted)) + checksScript +
		"again " + sh.Join(host, seconds(within)) + "\n"
}
