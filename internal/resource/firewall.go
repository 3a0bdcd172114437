package resource

import (
	"fmt"
	"net/netip"
	"sort"
	"strings"
	"time"

	"foobar/internal/sh"
)

// Firewall is ufw in exactly this state: its files, and the rules in the kernel
// they stand for. ufw's own view is not trusted, because it shows neither a rule
// inserted by hand nor a flushed chain. Sources: ufw(8), ufw-framework(8),
// iptables-restore(8).
type Firewall struct {
	// Rules are what is open from outside; everything else is dropped.
	Rules []Opening
	// Before and After, with their IPv6 halves, are the rule files around the
	// openings; Defaults is /etc/default/ufw and Conf is /etc/ufw/ufw.conf.
	// Default policies are drop for input and forward, accept for output.
	Before, Before6, After, After6, Defaults, Conf []byte
	// PurgeAll removes rules of ufw's command line that are not foobar's;
	// without it they are kept where they stand, and listed.
	PurgeAll bool
	// SSHFrom bounds who may log in; empty means anyone. It only serves to
	// say beforehand that a change would lock out.
	SSHFrom []netip.Prefix
	// Confirm is the time in which a new connection must prove the change.
	Confirm time.Duration
}

// ID is "firewall:ufw".
func (f Firewall) ID() ID { return NewID("firewall", "ufw") }

// Stage is Converge: the firewall's package must be there.
func (f Firewall) Stage() Stage { return Converge }

// Probe asks for the files, the units and the kernel's tables.
func (f Firewall) Probe() Probe { return Probe{Kind: firewallKind{}} }

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
)

type firewallFile struct {
	path, content string
	mode          uint32
}

// wantedFirewall is the firewall as it shall be on a host that has these rules of its own.
type wantedFirewall struct {
	files     []firewallFile
	v4, v6    table
	rules     [2]string // user.rules and user6.rules
	strangers []string
	key       string // digest of both tables
}

func (f Firewall) wanted(o Observed) wantedFirewall {
	var w wantedFirewall
	var kept []tuple
	w.rules[0], kept = f.userRules(ipv4(), o.Get("user4"))
	w.strangers = describeTuples(ipv4(), kept)
	w.rules[1], kept = f.userRules(ipv6(), o.Get("user6"))
	w.strangers = append(w.strangers, describeTuples(ipv6(), kept)...)
	w.files = []firewallFile{{ufwUser, w.rules[0], 0o640}, {ufwUser6, w.rules[1], 0o640},
		{ufwBefore, string(f.Before), 0o640}, {ufwBefore6, string(f.Before6), 0o640},
		{ufwAfter, string(f.After), 0o640}, {ufwAfter6, string(f.After6), 0o640},
		{ufwDefaults, string(f.Defaults), 0o644}, {ufwConf, string(f.Conf), 0o644}}
	w.v4 = ufwTable(ipv4(), string(f.Before), string(f.After), w.rules[0])
	w.v6 = ufwTable(ipv6(), string(f.Before6), string(f.After6), w.rules[1])
	w.key = sumText(w.v4.canonical() + w.v6.canonical())
	return w
}

// Strangers lists the rules of ufw's command line that are not foobar's.
func (f Firewall) Strangers(o Observed) []string {
	if o.State != Present || f.PurgeAll {
		return nil
	}
	return f.wanted(o).strangers
}

// Diff compares files, units and both tables of the kernel.
func (f Firewall) Diff(o Observed) (Change, error) {
	switch o.State {
	case Unknown:
		return unknown(o), nil
	case Absent:
		return Change{Action: Create, Provisional: true, Fields: f.openings(), Reason: "ufw is not installed yet"}, nil
	}
	w := f.wanted(o)
	c := Change{Action: Update}
	var puts []Step
	for _, file := range w.files {
		if field, differs := file.diff(o); differs {
			c.Fields = append(c.Fields, field)
			puts = append(puts, Put{Path: file.path, Content: []byte(file.content), Mode: file.mode, Owner: "root", Group: "root"})
		}
	}
	kernel := f.kernel(o, w)
	c.Fields = append(c.Fields, kernel...)
	if len(kernel) == 0 && o.Get("unproved") != "" {
		kernel = []Field{{Name: "way in", Old: "not proved since the last change", New: "proved"}}
		c.Fields = append(c.Fields, kernel...)
	}
	units := unitFields(o)
	c.Fields = append(c.Fields, units...)
	if len(kernel) > 0 {
		c.Steps = f.load(o, w)
		c.Reason = f.lockout(o)
	}
	c.Steps = append(c.Steps, puts...)
	if len(units) > 0 {
		c.Steps = append(c.Steps, Run{Title: "enable ufw", Script: firewallUnits})
	}
	return c, nil
}

func (f firewallFile) diff(o Observed) (Field, bool) {
	got, want := o.Get("sum "+f.path), sumText(f.content)
	if got == want {
		mode := o.Get("mode " + f.path)
		return Field{Name: "mode of " + f.path, Old: mode, New: octal(f.mode)}, mode != octal(f.mode)
	}
	switch f.path {
	case ufwUser:
		return Field{Name: f.path, Old: o.Get("user4"), New: f.content, Text: true}, true
	case ufwUser6:
		return Field{Name: f.path, Old: o.Get("user6"), New: f.content, Text: true}, true
	}
	return Field{Name: f.path, Old: short(got), New: short(want)}, true
}

// kernel compares the tables. Where this version of iptables words a rule in a
// way not foreseen here, the table recorded when it was last loaded decides.
func (f Firewall) kernel(o Observed, w wantedFirewall) []Field {
	var fields []Field
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
		fields = append(fields, Field{Name: t.name, Old: live, New: t.want, Text: true})
	}
	return fields
}

func unitFields(o Observed) []Field {
	var fields []Field
	if s := o.Get("ufw load"); s == "masked" {
		fields = append(fields, Field{Name: "ufw.service", Old: s, New: "enabled"})
	} else if s := o.Get("ufw enabled"); !isEnabled(s) {
		fields = append(fields, Field{Name: "ufw.service", Old: orNone(s), New: "enabled"})
	}
	if s := o.Get("ufw active"); s != "active" {
		fields = append(fields, Field{Name: "ufw.service state", Old: orNone(s), New: "active"})
	}
	if s := o.Get("nftables enabled"); s == "enabled" {
		fields = append(fields, Field{Name: "nftables.service", Old: s, New: "disabled"})
	}
	return fields
}

// lockout says when the change is bound to be undone.
func (f Firewall) lockout(o Observed) string {
	source, err := netip.ParseAddr(o.Get("source"))
	if err != nil || len(f.SSHFrom) == 0 {
		return ""
	}
	source = source.Unmap().WithZone("")
	for _, p := range f.SSHFrom {
		if p.Contains(source) {
			return ""
		}
	}
	return fmt.Sprintf("foobar is connected from %s, which firewall.ssh_from does not hold: expect the change to be undone", source)
}

// openings are the rules as a person reads them, for a host without ufw.
func (f Firewall) openings() []Field {
	var fields []Field
	for _, r := range sortOpenings(f.Rules) {
		fields = append(fields, Field{Name: fmt.Sprintf("open %d/%s", r.Port, r.proto()), New: r.from() + " (" + r.Comment + ")"})
	}
	return append(fields, Field{Name: "everything else", New: "dropped"})
}

// firewallKind answers for ufw. No arguments. Attributes: "sum PATH" and "mode
// PATH" of each file, user4 and user6 (the rule files), live4 and live6 (the
// kernel's filter tables as iptables-save prints them), recorded4, recorded6 and
// key (the tables as they were when last loaded, and the digest of what was),
// "ufw load", "ufw active", "ufw enabled", "nftables enabled", and source (the
// address this connection comes from, when the host says), unproved ("yes" while a
// change waits for its proof, and would be undone without). Absent: no ufw.
type firewallKind struct{}

func (firewallKind) Script([][]string) string {
	paths := sh.Join(ufwUser, ufwUser6, ufwBefore, ufwBefore6, ufwAfter, ufwAfter6, ufwDefaults, ufwConf)
	return `if [ ! -x /usr/sbin/ufw ]; then o 0 state absent; else
PATH=/usr/sbin:/usr/bin:/sbin:/bin
sha256sum -- ` + paths + ` 2>/dev/null
stat --printf 'mode\t%n\t%04a\n' -- ` + paths + ` 2>/dev/null
systemctl show -p Id,LoadState,ActiveState,UnitFileState -- ufw.service nftables.service
s=${SSH_CONNECTION:-}
[ -n "$s" ] || s=$(tr '\0' '\n' 2>/dev/null </proc/$PPID/environ | sed -n 's/^SSH_CONNECTION=//p')
o 0 source "${s%% *}"
[ ! -e ` + firewallGuard(0).dir() + `/saved ] || o 0 unproved yes
{ echo @user4; cat ` + ufwUser + `; echo @user6; cat ` + ufwUser6 + `
echo @live4; iptables-save -t filter || echo @failed
echo @live6; ip6tables-save -t filter || echo @failed
[ ! -f ` + firewallRecord + ` ] || cat ` + firewallRecord + `
echo @end; } 2>/dev/null | b 0 all
fi
`
}

func (firewallKind) Parse(args [][]string, lines []string, found []Observed) {
	if len(found) == 0 {
		return
	}
	unit := ""
	names := map[string]string{"LoadState": "load", "ActiveState": "active", "UnitFileState": "enabled"}
	o := &found[0]
	for _, line := range lines {
		if f := strings.Split(line, "\t"); len(f) == 3 && f[0] == "mode" {
			o.set("mode "+f[1], f[2])
		} else if digest, path, ok := strings.Cut(line, "  "); ok && len(digest) == 64 {
			o.set("sum "+path, digest)
		} else if key, value, ok := strings.Cut(line, "="); ok && key == "Id" {
			unit = strings.TrimSuffix(value, ".service")
		} else if ok && names[key] != "" && unit != "" {
			o.set(unit+" "+names[key], value)
		}
	}
	if _, asked := o.Attrs["all"]; asked {
		o.sections(o.Get("all"))
		delete(o.Attrs, "all")
	}
	for i := range found {
		found[i] = *o
	}
}

// sections takes the parts of the answer apart; it counts only as a whole.
func (o *Observed) sections(text string) {
	name, part := "", map[string]*strings.Builder{}
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "@"); ok {
			name = strings.TrimSpace(rest)
			key, value, _ := strings.Cut(name, " ")
			part[key] = &strings.Builder{}
			part[key].WriteString(value)
			name = key
		} else if b := part[name]; b != nil {
			b.WriteString(line)
		}
	}
	if part["failed"] != nil || part["end"] == nil {
		o.State, o.Reason = Unknown, "iptables-save failed, or its answer was cut off"
		return
	}
	o.State = Present
	keys := make([]string, 0, len(part))
	for k := range part {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if k != "end" {
			o.set(k, part[k].String())
		}
	}
}
