// Package firewall is ufw as a subject: its files, its rules, and the tables of
// the kernel they stand for.
package firewall

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/resource"
)

// UFW is ufw in exactly this state: its files, and the rules in the kernel
// they stand for. ufw's own view is not trusted, because it shows neither a rule
// inserted by hand nor a flushed chain. Sources: ufw(8), ufw-framework(8),
// iptables-restore(8).
type UFW struct {
	// Rules are what is open from outside; everything else is dropped.
	Rules []Opening
	// Before and After, with their IPv6 halves, are the rule files around the
	// openings; Defaults is /etc/default/ufw and Conf is /etc/ufw/ufw.conf.
	// Default policies are drop for input and forward, accept for output.
	Before, Before6, After, After6, Defaults, Conf []byte
	// Loopback is what Before and Before6 let through on it.
	Loopback Loopback
	// PurgeAll removes rules of ufw's command line that are not foobar's; without it
	// those that were there before foobar are kept where they stand, and listed.
	PurgeAll bool
	// SSHPorts are those of Rules by which people log in.
	SSHPorts []int
	// SSHFrom bounds who may log in; empty means anyone. It only serves to warn
	// that a change would lock foobar out.
	SSHFrom []netip.Prefix
	// Client is where the host sees foobar come from; invalid where it did not say.
	Client netip.Addr
	// Tunnel is that of WireGuard's or OpenVPN's by which foobar comes in, TunnelPort the UDP port that it
	// needs to be open; 0 for none.
	Tunnel     string
	TunnelPort int
	// Confirm is the time in which a new connection must prove the change.
	Confirm time.Duration
}

// ID is "firewall:ufw".
func (f UFW) ID() resource.ID { return resource.NewID("firewall", "ufw") }

// Stage is Converge: the firewall's package must be there.
func (f UFW) Stage() resource.Stage { return resource.Converge }

// Probe asks for the files, the units, the kernel's tables and, where loopback is
// about to become narrower, for who listens.
func (f UFW) Probe() resource.Probe {
	return resource.Probe{Kind: kind{}, Args: []string{f.Loopback.rules(f.Before)}}
}

// The files of the firewall, in the order in which they are written: the one
// that switches it on is the last.
const (
	ufwUser     = "/etc/ufw/user.rules"
	ufwUser6    = "/etc/ufw/user6.rules"
	ufwBefore   = "/etc/ufw/before.rules"
	ufwBefore6  = "/etc/ufw/before6.rules"
	ufwAfter    = "/etc/ufw/after.rules"
	ufwAfter6   = "/etc/ufw/after6.rules"
	ufwDefaults = "/etc/default/ufw"
	ufwConf     = "/etc/ufw/ufw.conf"
	packaged    = "/usr/share/ufw/iptables/" // the package's own rule files
)

type file struct {
	path, content string
	mode          uint32
	seen          string
	stay, gone    []string // lines of others
}

// state is the firewall as it shall be on a host that has rules and settings of others.
type state struct {
	files     []file
	v4, v6    table
	rules     [2]string // user.rules and user6.rules
	unmanaged []string
	bans      int    // rules of fail2ban's, which stay as well
	key       string // digest of both tables
}

// wanted is made of what was seen, once a look: it takes every rule apart.
func (f UFW) wanted(o resource.Observed) state {
	return resource.Once(o, func() state { return f.compute(o) })
}

func (f UFW) compute(o resource.Observed) state {
	seen := func(path string) string { return o.Get("text " + path) }
	defaults := file{path: ufwDefaults, mode: 0o644, seen: seen(ufwDefaults)}
	conf := file{path: ufwConf, mode: 0o644, seen: seen(ufwConf)}
	defaults.content, defaults.stay = settle(ufwDefaults, string(f.Defaults), defaults.seen, f.PurgeAll, o.Strange)
	conf.content, conf.stay = settle(ufwConf, string(f.Conf), conf.seen, f.PurgeAll, o.Strange)
	how := logging{level: cmp.Or(assigned(conf.content)["LOGLEVEL"], "low"), forward: cmp.Or(assigned(defaults.content)["DEFAULT_FORWARD_POLICY"], "DROP")}
	var w state
	var kept []tuple
	for i, half := range []family{ipv4(), ipv6()} {
		path := []string{ufwUser, ufwUser6}[i]
		w.rules[i], kept = f.userRules(half, seen(path), how, o.Strange)
		user := file{path: path, content: w.rules[i], mode: 0o640, seen: seen(path)}
		for _, t := range kept {
			if t.ban() {
				w.bans++
			} else {
				user.stay = append(user.stay, half.describe(t))
			}
		}
		w.files = append(w.files, user)
	}
	for _, a := range []around{{path: ufwBefore, own: string(f.Before)}, {path: ufwBefore6, own: string(f.Before6)},
		{path: ufwAfter, own: string(f.After)}, {path: ufwAfter6, own: string(f.After6)}} {
		a.seen, a.distribution = seen(a.path), seen(packaged+path.Base(a.path))
		rules := file{path: a.path, mode: 0o640, seen: a.seen}
		rules.content, rules.stay, rules.gone = a.merge(f.PurgeAll, o.Strange)
		w.files = append(w.files, rules)
	}
	w.files = append(w.files, defaults, conf)
	for _, file := range w.files {
		w.unmanaged = append(w.unmanaged, file.stay...)
	}
	w.v4 = ufwTable(ipv4(), w.files[2].content, w.files[4].content, w.rules[0], how.forward)
	w.v6 = ufwTable(ipv6(), w.files[3].content, w.files[5].content, w.rules[1], how.forward)
	w.key = resource.Digest([]byte(w.v4.canonical() + w.v6.canonical()))
	return w
}

func (w state) overruled() []string {
	return append(overruled(ipv4(), w.rules[0]), overruled(ipv6(), w.rules[1])...)
}

// Unmanaged lists what stays and is not foobar's: rules of ufw's command line, lines of
// its files, settings, and what goes past them.
func (f UFW) Unmanaged(o resource.Observed) []string {
	if o.State != resource.Present {
		return nil
	}
	w := f.wanted(o)
	if w.bans > 0 {
		w.unmanaged = append(w.unmanaged, fmt.Sprintf("ufw rules of fail2ban: %d", w.bans))
	}
	return slices.Concat(w.unmanaged, w.overruled(), published(o.Get("live4"), w.v4.policy["FORWARD"]))
}

// Found are those that a later deploy may take away, once ufw is there.
func (f UFW) Found(o resource.Observed) ([]string, bool) {
	if o.State != resource.Present {
		return nil, false
	}
	return slices.Clone(f.wanted(o).unmanaged), true
}

// Diff compares files, units and both tables of the kernel.
func (f UFW) Diff(o resource.Observed) (resource.Change, error) {
	switch o.State {
	case resource.Unknown:
		return resource.Unseen(o), nil
	case resource.Absent:
		if err := cmp.Or(otherFirewall(o), f.shutsTunnel(o, state{})); err != nil {
			return resource.Change{}, err
		}
		saved, why := unloaded(o)
		return resource.Change{Action: resource.Create, Provisional: true, Fields: slices.Concat(f.openings(), going(o), saved),
			Reason: joined("ufw is not installed yet", f.lockout(), stranded(o), why, f.ways(), f.Loopback.reason(o))}, nil
	}
	if err := otherFirewall(o); err != nil {
		return resource.Change{}, err
	}
	w := f.wanted(o)
	c := resource.Change{Action: resource.Update}
	var puts []resource.Step
	for _, file := range w.files {
		if fields := file.diff(o); len(fields) > 0 {
			c.Fields = append(c.Fields, fields...)
			puts = append(puts, resource.Put{Path: file.path, Content: []byte(file.content), Mode: file.mode, Owner: "root", Group: "root"})
		}
	}
	kernel := f.kernel(o, w)
	if err := f.shutsTunnel(o, w); err != nil && len(kernel) > 0 {
		return resource.Change{}, err
	}
	c.Fields = append(c.Fields, kernel...)
	if len(kernel) == 0 && o.Get("unproved") != "" {
		kernel = []resource.Field{{Name: "way in", Old: "not tested since the last change", New: "proved"}}
		c.Fields = append(c.Fields, kernel...)
	}
	units := unitFields(o)
	c.Fields = append(c.Fields, units...)
	if len(kernel) > 0 {
		c.Steps = f.load(o, w)
		c.Reason = joined(f.lockout(), stranded(o), strings.Join(w.overruled(), "; "), f.ways(), w.waiting(o), f.Loopback.reason(o))
	}
	c.Steps = append(c.Steps, puts...)
	if len(units) > 0 {
		c.Steps = append(c.Steps, resource.Run{Title: "enable ufw", Script: unitsScript})
	}
	return c, nil
}

// diff is how a file differs. Of one that foobar has not written yet only what others
// put there is shown, not what the distribution says in it.
func (f file) diff(o resource.Observed) []resource.Field {
	if o.Get("sum "+f.path) == resource.Digest([]byte(f.content)) {
		is, mode := o.Get("mode "+f.path), fmt.Sprintf("%04o", f.mode)
		if is == mode {
			return nil
		}
		return []resource.Field{{Name: "mode of " + f.path, Old: is, New: mode}}
	}
	if f.path == ufwDefaults || f.path == ufwConf {
		if fields := f.differences(); f.seen != "" && len(fields) > 0 {
			return fields
		}
	}
	if f.seen == "" || f.path == ufwUser || f.path == ufwUser6 || strings.HasPrefix(f.seen, written) {
		return []resource.Field{{Name: f.path, Old: f.seen, New: f.content, Text: true}}
	}
	fields := []resource.Field{{Name: f.path, Old: "the distribution's", New: "foobar's"}}
	if n := len(f.stay) + len(f.gone); n > 0 {
		fields[0].Old += fmt.Sprintf(", and %d made by others", n)
		fields[0].New += fmt.Sprintf(", and %d made by others", len(f.stay))
	}
	for _, line := range f.gone {
		fields = append(fields, resource.Field{Name: "line", Old: line, New: "removed"})
	}
	return fields
}

// kernel compares the tables. Where this version of iptables prints a rule in a form
// not known here, the table recorded when it was last loaded decides.
func (f UFW) kernel(o resource.Observed, w state) []resource.Field {
	var fields []resource.Field
	for _, t := range []struct{ name, live, recorded, want string }{
		{"IPv4 rules in the kernel", o.Get("live4"), o.Get("recorded4"), w.v4.canonical()},
		{"IPv6 rules in the kernel", o.Get("live6"), o.Get("recorded6"), w.v6.canonical()},
	} {
		live := parseTable(t.live).canonical()
		if live == t.want {
			continue
		}
		if o.Get("key") == w.key && t.recorded != "" && live == parseTable(t.recorded).canonical() {
			continue
		}
		fields = append(fields, resource.Field{Name: t.name, Old: live, New: t.want, Text: true})
	}
	return fields
}

// otherFirewall refuses a host whose firewall is firewalld's: its tables drop what ufw
// lets in, and it empties ufw's. Until foobar has its firewall there, it refuses other
// chains that do so, too.
func otherFirewall(o resource.Observed) error {
	if o.Get("firewalld active") != "active" && !resource.UnitEnabled(o.Get("firewalld enabled")) {
		names, ends := Beside(o.Get("beside"))
		if len(names) == 0 {
			return nil
		}
		return fault.Wrap(fault.OtherFirewall, fmt.Errorf("another firewall would drop what ufw lets in: %s; take it away there (%s) and what loads it, such as /etc/nftables.conf, "+
			"or leave the firewall to it (enabled = false in [firewall])", strings.Join(names, ", "), strings.Join(ends, "; ")))
	}
	return fault.Wrap(fault.OtherFirewall, errors.New("firewalld runs this host's firewall, and would drop what ufw lets in; "+
		"switch it off there (systemctl disable --now firewalld), or leave the firewall to it (enabled = false in [firewall])"))
}

func unitFields(o resource.Observed) []resource.Field {
	var fields []resource.Field
	if s := o.Get("ufw load"); s == "masked" {
		fields = append(fields, resource.Field{Name: "ufw.service", Old: s, New: "enabled"})
	} else if s := o.Get("ufw enabled"); !resource.UnitEnabled(s) {
		fields = append(fields, resource.Field{Name: "ufw.service", Old: cmp.Or(s, "none"), New: "enabled"})
	}
	if s := o.Get("ufw active"); s != "active" {
		fields = append(fields, resource.Field{Name: "ufw.service state", Old: cmp.Or(s, "none"), New: "active"})
	}
	if s := o.Get("nftables enabled"); s == "enabled" {
		fields = append(fields, resource.Field{Name: "nftables.service", Old: s, New: "disabled"})
	}
	return fields
}

// lockout warns of a change that is bound to be undone.
func (f UFW) lockout() string {
	holds := func(p netip.Prefix) bool { return p.Contains(f.Client) }
	if !f.Client.IsValid() || len(f.SSHFrom) == 0 || slices.ContainsFunc(f.SSHFrom, holds) {
		return ""
	}
	return fmt.Sprintf("this host sees foobar connect from %s, which firewall.ssh_from does not contain: expect the change to be undone, or add %[1]q to it", f.Client.String())
}

// waiting says that tables of others take effect later, where ufw was off: only its start
// loads them, and foobar starts no rules that nobody has proved.
func (w state) waiting(o resource.Observed) string {
	is := strings.ToLower(assigned(o.Get("text " + ufwConf))["ENABLED"])
	if is == "yes" || is == "" || !slices.ContainsFunc(w.unmanaged, func(name string) bool {
		return strings.Contains(name, ", table ") && !strings.Contains(name, ", table filter: ")
	}) {
		return ""
	}
	return "ufw was off: what its files have for other tables than filter, as listed, takes effect at its next start"
}

// ways says which ports of sshd stay open, where it is not the usual one.
func (f UFW) ways() string {
	if len(f.SSHPorts) < 2 {
		return ""
	}
	list := strings.Join(strings.Fields(fmt.Sprint(f.SSHPorts)), ", ")
	return "sshd listens on the ports " + list[1:len(list)-1] + ": all stay open, to the same addresses"
}

// going are the rules that the kernel has without ufw and that ufw's come instead of.
func going(o resource.Observed) []resource.Field {
	var fields []resource.Field
	for i, half := range []family{ipv4(), ipv6()} {
		t := parseTable(o.Get([]string{"live4", "live6"}[i]))
		for _, r := range t.rules {
			if slices.Contains(builtins(), r.chain) && !t.unmanaged(r) {
				fields = append(fields, resource.Field{Name: half.name + " rule in the kernel", Old: r.raw, New: "removed"})
			}
		}
	}
	return fields
}

// unloaded are the rules of other tables that nothing loads any more once ufw is there, as
// apt takes iptables-persistent away for it.
func unloaded(o resource.Observed) (fields []resource.Field, why string) {
	for line := range strings.Lines(o.Get("saved")) {
		fields = append(fields, resource.Field{Name: "rule that iptables-persistent loads", Old: ask.Printable(strings.TrimSpace(line), mostText), New: "gone after the next start"})
	}
	if len(fields) > 0 {
		why = "apt takes iptables-persistent away for ufw; to keep what it loads into other tables, as listed: install ufw there first, and write that into /etc/ufw/before.rules, for IPv6 before6.rules, where it stays"
	}
	return fields, why
}

// openings are the rules as a person reads them, for a host without ufw.
func (f UFW) openings() []resource.Field {
	var fields []resource.Field
	for _, r := range sortOpenings(f.Rules) {
		fields = append(fields, resource.Field{Name: fmt.Sprintf("open %d/%s", r.Port, r.proto()), New: r.from() + " (" + r.Comment + ")"})
	}
	return append(fields, resource.Field{Name: "everything else", New: "dropped"})
}
