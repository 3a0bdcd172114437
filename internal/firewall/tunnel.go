package firewall

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/resource"
)

// shutsTunnel refuses rules that shut the tunnel by which foobar comes in: the connection
// that proves them passes all the same, as part of what the kernel has seen of the tunnel,
// and minutes later nobody could come in. Where ufw shut it before, the host was reached
// all the same.
func (f UFW) shutsTunnel(o resource.Observed, w state) error {
	port := strconv.Itoa(f.TunnelPort)
	if f.TunnelPort == 0 || w.v4.letsIn(f.Tunnel, port) || w.v6.letsIn(f.Tunnel, port) ||
		slices.ContainsFunc(f.Rules, func(r Opening) bool { return r.Port == f.TunnelPort && r.Proto == "udp" }) {
		return nil
	}
	if live := parseTable(o.Get("live4")); live.has["ufw-user-input"] && live.policy["INPUT"] == "DROP" && !live.letsIn(f.Tunnel, port) {
		return nil
	}
	return fault.Wrap(fault.TunnelShut, fmt.Errorf("foobar comes in by the tunnel %s, whose port %s/udp no rule opens: the firewall would lock it out once the tunnel rests; "+
		"write into the inventory: [[firewall.extra]] with port = %[2]s and proto = \"udp\"", ask.Printable(f.Tunnel, 20), port))
}

// letsIn reports whether a rule lets packets to a port of UDP in from outside a tunnel.
func (t table) letsIn(tunnel, port string) bool {
	return slices.ContainsFunc(t.rules, func(r tableRule) bool {
		w := r.words
		accepts := w.target == "ACCEPT" || strings.HasSuffix(w.target, "-user-limit-accept")
		if !accepts || r.chain != "INPUT" && !strings.HasSuffix(r.chain, "-input") || w.head["-p"] != "" && w.head["-p"] != "-p udp" ||
			w.head["-i"] == "-i lo" || w.head["-i"] == "-i "+tunnel {
			return false
		}
		for _, o := range w.options {
			name, list, _ := strings.Cut(o, " ")
			if (name == "--dport" || name == "--dports") && holdsPort(list, port) {
				return true
			}
		}
		return len(w.options) == 0 && w.head["-s"] == "" && w.head["-d"] == ""
	})
}
