package ops

import (
	"context"
	"fmt"
	"strings"

	"foobar/internal/sh"
	"foobar/inventory"
)

// Balancer is what a failover needs of the balancer: the host that has it, and
// shell that takes a server out of service until Rejoin, or a deploy, puts it back.
type Balancer struct {
	Host *inventory.Host
	Shut func(host string) string
}

// fenced is what keeps a lost server from taking writes that nobody would get:
// the hosts on which its port is shut.
type fenced struct {
	site  *Site
	dead  *Node
	hosts []*Node
}

// shutOut fences a lost server off before another one is opened, since it may run on
// and only be out of the controller's reach: no host of the site reaches its port any
// more, and the balancer sends its host no requests. Should it start again, its own
// configuration keeps it closed to writes. Hosts that do not answer cannot be told,
// and are named.
func (s *Site) shutOut(ctx context.Context, t *Topology, dead *Node) (*fenced, error) {
	f := &fenced{site: s, dead: dead}
	rest := t.only(func(n *Node) bool { return n != dead && n.Err == nil && n.target != nil })
	var silent []string
	for _, h := range s.Inv.Group(inventory.App) {
		if t.Node(h.Name) != nil {
			continue
		}
		n := &Node{Host: h}
		if n.target, n.Err = s.Dial(ctx, h); n.Err != nil {
			silent = append(silent, h.Name)
			continue
		}
		rest = append(rest, n)
	}
	s.tell(dead, "can no longer be reached at its port %d by %s", s.Source.Port, names(rest))
	if len(silent) > 0 {
		s.tell(dead, "could not be blocked on %s, which cannot be reached either", strings.Join(silent, ", "))
	}
	for _, n := range rest {
		f.hosts = append(f.hosts, n)
		if _, err := s.script(ctx, n, f.rule("-I OUTPUT 1"), stepMost); err != nil {
			return f, fmt.Errorf("%s: block connections to %s: %w", n.Name(), dead.Name(), err)
		}
	}
	if s.Balancer != nil && dead.Host.Has(inventory.Web) {
		lb := &Node{Host: s.Balancer.Host}
		if lb.target, lb.Err = s.Dial(ctx, lb.Host); lb.Err == nil {
			_, lb.Err = s.script(ctx, lb, s.Balancer.Shut(dead.Name()), stepMost)
		}
		if lb.Err != nil {
			s.tell(dead, "may still get requests: %s: %s", lb.Name(), lb.Err)
		}
	}
	return f, nil
}

// rule is shell that adds or takes away, for all addresses of the lost host, the
// rule that shuts its port. A deploy of the firewall takes such a rule away too.
// Source: iptables(8).
func (f *fenced) rule(verb string) string {
	var b strings.Builder
	b.WriteString("command -v iptables >/dev/null || exit 0\n")
	for _, a := range f.dead.Host.Private {
		program := "iptables"
		if a = a.Unmap(); a.Is6() {
			program = "ip6tables"
		}
		rule := fmt.Sprintf("-d %s -p tcp --dport %d -m comment --comment %s -j REJECT --reject-with tcp-reset", a, f.site.Source.Port, sh.Quote("foobar failover"))
		if strings.HasPrefix(verb, "-I") {
			fmt.Fprintf(&b, "%[1]s -w 5 -C OUTPUT %[2]s 2>/dev/null || %[1]s -w 5 %[3]s %[2]s\n", program, rule, verb)
		} else {
			fmt.Fprintf(&b, "while %s -w 5 -D OUTPUT %s 2>/dev/null; do :; done\n", program, rule)
		}
	}
	return "( set -eu\n" + b.String() + ")\n"
}

// open takes the rules away again.
func (f *fenced) open(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	f.site.each(f.hosts, func(_ int, n *Node) {
		if _, err := f.site.script(ctx, n, f.rule("-D"), stepMost); err != nil {
			f.site.tell(n, "still blocks connections to %s: %s; the next deploy opens them", f.dead.Name(), err)
		}
	})
}

// Unfence opens the way to a host again, which a failover has shut, once nothing
// writes to it any more.
func (s *Site) Unfence(ctx context.Context, t *Topology, host *inventory.Host) {
	f := &fenced{site: s, dead: &Node{Host: host}}
	f.hosts = t.only(func(n *Node) bool { return n.Host != host && n.Err == nil && n.target != nil })
	for _, h := range s.Inv.Group(inventory.App) {
		if n := (&Node{Host: h}); t.Node(h.Name) == nil && h != host {
			if n.target, n.Err = s.Dial(ctx, h); n.Err == nil {
				f.hosts = append(f.hosts, n)
			}
		}
	}
	f.open(ctx)
}
