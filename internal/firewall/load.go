package firewall

import (
	_ "embed" // scripts
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/resource"
)

// record holds both tables as the kernel had them after they were last
// loaded, and the digest of what was loaded.
const record = "/var/lib/foobar/firewall.tables"

// saveScript keeps the tables as they are, to be put back whole. A table that does
// not exist is kept as the kernel's own, which lets everything through.
//
//go:embed save.sh
var saveScript string

const restoreScript = `PATH=/usr/sbin:/usr/bin:/sbin:/bin
iptables-restore -w 10 <was4
ip6tables-restore -w 10 <was6`

func guard(within time.Duration) resource.Guard {
	return resource.Guard{Name: "firewall", Save: saveScript, Restore: restoreScript, Within: within}
}

// load brings the tables into the kernel, and has a new connection prove that foobar
// can still log in. Only then the files are written: a change that locks out leaves
// nothing behind, not even for the next boot. Each table is replaced in one
// transaction, so that no packet sees half of it; `ufw reload` would open the host
// for a moment.
func (f UFW) load(o resource.Observed, w state) []resource.Step {
	g := guard(f.Confirm)
	var b strings.Builder
	b.WriteString("export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n")
	b.WriteString(g.Arm())
	b.WriteString("take_back(){ echo \"the rules could not be loaded: $1\"\n" + strings.TrimSpace(g.Undo()) + "\nexit 1; }\n")
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
	b.WriteString("{ echo '@key " + w.key + "'; echo @recorded4; iptables-save -t filter; echo @recorded6; ip6tables-save -t filter; } >" + g.Dir() + "/record\n")
	return []resource.Step{
		resource.Run{Title: "load the firewall's rules", Script: b.String()},
		resource.Prove{Undo: g.Undo(), Code: fault.FirewallReverted},
		resource.Run{Title: "keep the firewall's rules", Script: g.Confirm() +
			"foobar_put 0600 root:root " + record + " <" + g.Dir() + "/record\n" + g.Forget()},
	}
}

// unitsScript has ufw start at boot. Starting it now changes nothing, because its
// chains are loaded. nftables.service is disabled but not stopped: its start and its
// stop both empty the kernel's rules.
//
//go:embed units.sh
var unitsScript string
