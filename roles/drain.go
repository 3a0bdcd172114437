package roles

import (
	"time"

	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
)

// HAProxyDrain takes web servers out of the balancer and puts them back, nil
// without a balancer. Out returns when the server has no session left, or after
// deploy.drain_timeout; In when HAProxy's own checks find it up, and fails
// after deploy.health_timeout. A server is not drained while no other is up:
// the short break of a restart is better than a long one.
func HAProxyDrain(s *play.Site) *play.Drain {
	balancers := s.Inv.Group(inventory.LB)
	if len(balancers) == 0 {
		return nil
	}
	drain := s.Inv.Deploy.DrainTimeout
	health := s.Inv.Deploy.HealthTimeout
	return &play.Drain{
		On:  balancers[0],
		Out: func(host string) string { return "( set -eu\n" + drainScript(host, drain) + ")\n" },
		In:  func(host string) string { return "( set -eu\n" + undrainScript(host, health) + ")\n" },
	}
}

// knownServer ends the script well where there is nothing to drain: HAProxy
// does not run, or does not have this server.
func knownServer(host string) string {
	return "name=" + sh.Quote(host) + `
[ -S ` + haproxyAdmin + ` ] || exit 0
state=$(echo 'show servers state ` + haproxyBackend + `' | socat -t 10 - UNIX-CONNECT:` + haproxyAdmin + `) || exit 0
printf '%s\n' "$state" | awk -v n="$name" '$4 == n { found = 1 } END { exit !found }' || exit 0
` + haproxyTell
}

// drainScript relies on the columns of show servers state: 4 is the name, 6 the
// operational state (1 starting, 2 running), 7 the administrative one, 8 the
// weight; and of show stat: 5 is the number of current sessions.
func drainScript(host string, within time.Duration) string {
	return knownServer(host) + `others=$(printf '%s\n' "$state" | awk -v n="$name" '$2 == "` + haproxyBackend + `" && $4 != n && $7 == 0 && $8 > 0 && ($6 == 1 || $6 == 2) { c++ } END { print c + 0 }')
[ "$others" -gt 0 ] || { echo "$name is not drained: no other server is up"; exit 0; }
tell "set server ` + haproxyBackend + `/$name state drain"
end=$(($(date +%s) + ` + seconds(within) + `))
while [ "$(date +%s)" -lt $end ]; do
  left=$(echo 'show stat' | socat -t 10 - UNIX-CONNECT:` + haproxyAdmin + ` | awk -F, -v n="$name" '$1 == "` + haproxyBackend + `" && $2 == n { print $5 }')
  [ "$left" != 0 ] || exit 0
  sleep 0.2
done
echo "$name still has $left sessions after ` + seconds(within) + ` s"
`
}

func undrainScript(host string, within time.Duration) string {
	return knownServer(host) + "tell \"set server " + haproxyBackend + "/$name state ready\"\n" + waitUp(within, host)
}

// HAProxyShut is shell that takes a web server out of the balancer at once. It
// stays out until a deploy, which looks for servers in maintenance, puts it back.
func HAProxyShut(host string) string {
	return "( set -eu\n" + knownServer(host) + "tell \"set server " + haproxyBackend + "/$name state maint\"\n)\n"
}
