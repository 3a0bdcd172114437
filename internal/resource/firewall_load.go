package resource

import (
	"strings"
	"time"
)

// firewallRecord holds both tables as the kernel had them after they were last
// loaded, and the digest of what was loaded.
const firewallRecord = "/var/lib/foobar/firewall.tables"

// The tables as they were are put back whole; a table that was never there is
// put back as the kernel's own, which lets everything through.
const (
	firewallSave = `PATH=/usr/sbin:/usr/bin:/sbin:/bin
for f in 4 6; do
  if [ $f = 4 ]; then iptables-save -t filter; else ip6tables-save -t filter; fi >was$f
  grep -q '^\*filter' was$f || printf '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n' >was$f
done`
	firewallRestore = `PATH=/usr/sbin:/usr/bin:/sbin:/bin
iptables-restore -w 10 <was4
ip6tables-restore -w 10 <was6`
)

func firewallGuard(within time.Duration) guard {
	return guard{name: "firewall", save: firewallSave, restore: firewallRestore, within: within}
}

// load brings the tables into the kernel, lets a new connection prove that the
// way in is still open, and only then goes on to the files: a change that locks
// out leaves nothing behind, not even for the next boot. Each table is replaced
// in one transaction, so that no packet sees a half of it; `ufw reload` would
// open the host for a moment.
func (f Firewall) load(o Observed, w wantedFirewall) []Step {
	g := firewallGuard(f.Confirm)
	var b strings.Builder
	b.WriteString("export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n")
	b.WriteString(g.arm())
	b.WriteString("take_back(){ echo \"the rules could not be loaded: $1\"\n" + strings.TrimSpace(g.undo()) + "\nexit 1; }\n")
	for _, t := range []struct {
		command      string
		seen, wanted table
	}{
		{"iptables-restore", parseTable(o.Get("live4")), w.v4},
		{"ip6tables-restore", parseTable(o.Get("live6")), w.v6},
	} {
		// A quoted here-document: nothing in it means anything to the shell.
		b.WriteString(t.command + " -w 10 -n <<'END_OF_RULES' || take_back " + t.command + "\n" + t.wanted.restore(t.seen) + "END_OF_RULES\n")
	}
	b.WriteString("{ echo '@key " + w.key + "'; echo @recorded4; iptables-save -t filter; echo @recorded6; ip6tables-save -t filter; } >" + g.dir() + "/record\n")
	return []Step{
		Run{Title: "load the firewall's rules", Script: b.String()},
		Prove{Undo: g.undo()},
		Run{Title: "keep the firewall's rules", Script: g.confirm() +
			"foobar_put 0600 root:root " + firewallRecord + " <" + g.dir() + "/record\n" + g.forget()},
	}
}

// firewallUnits has ufw start at boot. Its start is a formality while its chains
// are loaded. nftables.service is only disabled: its start and its stop both
// empty the kernel's rules.
const firewallUnits = `[ "$(systemctl show -p LoadState --value ufw.service)" != masked ] || systemctl unmask -q ufw.service
systemctl daemon-reload
if systemctl is-enabled -q nftables.service 2>/dev/null; then systemctl disable -q nftables.service; fi
systemctl is-enabled -q ufw.service || systemctl enable -q ufw.service
systemctl is-active -q ufw.service || systemctl start ufw.service
`
