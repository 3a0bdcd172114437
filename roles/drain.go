package roles

import (
	"slices"

	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
)

// HAProxyDrain takes web servers out of the balancer and puts them back. Out returns
// when the server has no session left, or after deploy.drain_timeout; In when
// HAProxy's own checks find it up, and fails after deploy.health_timeout. A server is
// not drained while no other is up: the short break of a restart is better than a
// long one, and one that a person took out is left alone. Both fail when more requests
// failed at the balancer since the run began than deploy.max_failed_requests.
func HAProxyDrain(s *play.Site) *play.Drain {
	drain, health := s.Inv.Deploy.DrainTimeout, s.Inv.Deploy.HealthTimeout
	return &play.Drain{
		On: s.Inv.Group(inventory.LB)[0],
		Out: func(host string) string {
			if drainedAt(s, host) != nil {
				return ":\n"
			}
			return balancerOf(host) + few(s.Inv) + "drain " + sh.Join(host, seconds(drain)) + "\n)\n"
		},
		In: func(host string) string {
			if drainedAt(s, host) != nil {
				return ":\n" // a person puts it back
			}
			return toBalancer() + putBack(s, host) + ")\n"
		},
		Both: func(back, out string) string {
			if drainedAt(s, back) != nil || drainedAt(s, out) != nil {
				return ""
			}
			return toBalancer() + putBack(s, back) + "echo " + sh.Quote(play.IsBack) + "\nknown " + sh.Join(out) + "\ndrain " + sh.Join(out, seconds(drain)) + "\n)\n"
		},
		Away: func(host string) string {
			if drainedAt(s, host) != nil {
				return ":\n"
			}
			return balancerOf(host) + "drain " + sh.Join(host, seconds(drain)) + "\n)\n"
		},
		Back: func(host string) string {
			if drainedAt(s, host) != nil {
				return ":\n"
			}
			return balancerOf(host) + backAgain(host, health) + ")\n"
		},
		Count:  "rm -f " + checksBefore + "\n" + balancerVars() + failedScript + "count_anew\n",
		Failed: balancerVars() + failedScript + "count\nfailures\n",
	}
}

// serverOf is a web server as HAProxy knows it.
func serverOf(inv *inventory.Inventory, host string) haproxyServer {
	servers := haproxyServers(inv)
	if i := slices.IndexFunc(servers, func(s haproxyServer) bool { return s.Name == host }); i >= 0 {
		return servers[i]
	}
	return haproxyServer{Name: host} // HAProxy does not know it either
}

// balancerOf begins a script about one web server, which ends well where HAProxy does
// not run or does not know it.
func balancerOf(host string) string { return toBalancer() + "known " + sh.Join(host) + "\n" }

// toBalancer begins a script that talks to HAProxy.
func toBalancer() string { return "( set -eu\n" + tellBalancer(":") }

// putBack goes on with one that puts a web server back into service.
func putBack(s *play.Site, host string) string {
	return backInService(serverOf(s.Inv, host), healthCheck(s.Inv), s.Inv.Deploy.HealthTimeout) + few(s.Inv)
}

func put(host, state string) string {
	return "tell " + sh.Quote("set server "+haproxyBackend+"/"+host+" state "+state) + "\n"
}

// HAProxyShut is shell that takes a web server out of the balancer at once. It
// stays out until a deploy, which looks for servers in maintenance, puts it back.
func HAProxyShut(host string) string { return balancerOf(host) + put(host, "maint") + ")\n" }
