package preflight

import (
	"strings"

	"foobar/internal/fault"
)

// codeOf is the code of a finding that is not well, by its ID. What stands apart has set
// its own.
func codeOf(id, seen string) fault.Code {
	if strings.HasPrefix(seen, "not checked") || strings.Contains(seen, "was not asked") {
		return fault.NotProven
	}
	switch name, _, _ := strings.Cut(id, "-"); id {
	case "time-sync":
		return fault.ClockOff
	case "apt-lock":
		return fault.AptLocked
	case "apt-sources", "apt-mirror":
		return fault.MirrorDown
	case "database-data":
		return fault.ForeignData
	case "master-secret":
		return fault.MasterMissing
	case "host-key":
		return fault.HostKeyUnknown
	default:
		return byName(name)
	}
}

func byName(name string) fault.Code {
	code, ok := map[string]fault.Code{
		"ssh": fault.Unreachable, "login": fault.KeyRefused, "root": fault.SudoFailed, "shell": fault.NoShell,
		"os": fault.UnsupportedOS, "arch": fault.UnsupportedOS, "systemd": fault.UnsupportedOS,
		"clock": fault.ClockOff, "disk": fault.DiskFull, "inodes": fault.DiskFull, "memory": fault.OutOfMemory, "closed": fault.PlaceClosed,
		"dns": fault.NameUnresolved, "acme": fault.AuthorityAway, "intake": fault.MirrorDown, "address": fault.NotItsAddress, "reach": fault.PeersApart,
		"port": fault.PortTaken, "ports": fault.PortTaken, "package": fault.PackageConflict, "packages": fault.PackageConflict, "dpkg": fault.DpkgInterrupted,
		"site": fault.OtherSite, "lock": fault.HostLocked, "reboot": fault.RebootDue, "database": fault.PrimaryUnclear, "loopback": fault.FirewallOpen, "shut": fault.FirewallOpen, "firewall": fault.OtherFirewall,
		"secret": fault.SecretMissing, "file": fault.LocalFile, "certificate": fault.CertificateBad, "app": fault.AppSource, "inventory": fault.WrongValue,
	}[name]
	if !ok {
		return fault.NotProven
	}
	return code
}

// coded gives every finding that is not well its code.
func coded(list []Finding) []Finding {
	for i, f := range list {
		if f.Level != OK && f.Code == "" {
			list[i].Code = codeOf(f.ID, f.Seen)
		}
	}
	return list
}
