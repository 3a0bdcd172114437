package status

import (
	"path"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/facts"
	"foobar/internal/firewall"
	"foobar/internal/play"
	"foobar/inventory"
)

// Read understands the answer of one host; an answer that was cut off makes it
// a host that was not reached. All its texts are printable and bounded.
func Read(inv *inventory.Inventory, services play.Services, h *inventory.Host, a *ask.Answer) Host {
	if err := a.Err(); err != nil {
		return lost(h, err)
	}
	out := blank(h)
	asked := askOf(inv, services, h)
	out.Reached = true
	out.System = readSystem(a)
	out.Services = readUnits(a.Text("units"), asked.units())
	out.Timers = readTimers(a.Text("units"), asked.services)
	out.Packages = readPackages(a.Lines("packages"))
	out.LastRun = readLastRun(a.Lines("history"))
	if asked.firewall {
		out.Firewall = firewall.ReadState(a.Lines("firewall"))
	}
	if asked.domain != "" {
		out.Balancer = readBalancer(a.Lines("haproxy"))
		out.Balancer.readTraffic(a.Lines("traffic"))
		out.Balancer.drained(facts.ReadDrained(a.Lines("drained")))
		out.Certificate = readCertificate(a.Lines("certificate"), inv.Site.Names())
	}
	if asked.internal {
		out.Internal = readCertificate(a.Lines("internal-certificate"), []string{h.Internal()})
	}
	if asked.folder != "" {
		out.Release = readRelease(a.Lines("release"))
	}
	if asked.app {
		out.bound = readBound(a.Lines("app"))
	}
	if asked.database != nil {
		out.Database = readDatabase(inv, asked.database, a)
		out.Backup = readBackup(inv, h.Name, a)
	}
	out.Unmanaged = readUnmanaged(inv, a, out.Database)
	if c := asked.collector; c.Health != "" {
		said := lastSaid(a.Lines("collector"))
		out.Collector = &Collector{Healthy: said == "HTTP 200", Answer: said, service: c.Name, unit: c.Units[0]}
	}
	out.arrived = readArrivals(a, h.Name, asked.services)
	return out
}

func blank(h *inventory.Host) Host {
	return Host{Name: h.Name, Address: h.Address, Roles: append([]string{}, h.Roles...), Weight: h.Weight}
}

func readSystem(a *ask.Answer) *System {
	v := ask.Pairs(a.Lines("system"))
	s := &System{OS: printable(v["os"]), Kernel: printable(v["kernel"]), Uptime: decimal(v["uptime"]), Load: decimal(v["load"]),
		CPUs: int(ask.Number(v["cpus"])), Disks: readDisks(a), FailedUnits: []string{},
		MemoryTotal: bytesOf(v["MemTotal:"]), MemoryAvailable: bytesOf(v["MemAvailable:"])}
	if offset, within, ok := a.Offset(); ok {
		s.ClockOffset, s.ClockError = offset.Seconds(), within.Seconds()
	}
	if reboot := a.Lines("reboot"); len(reboot) > 0 {
		s.RebootPending = true
		for _, p := range reboot[1:] {
			s.RebootFor = append(s.RebootFor, printable(p))
		}
	}
	if s.NewerKernel = newerKernel(a.Lines("kernels")); s.NewerKernel != "" {
		s.RebootPending = true
	}
	for _, l := range a.Lines("failed") {
		if f := strings.Fields(l); len(f) > 0 {
			s.FailedUnits = append(s.FailedUnits, printable(f[0]))
		}
	}
	return s
}

// readDisks reads df's two tables; a mount that is listed twice counts once.
func readDisks(a *ask.Answer) []Disk {
	inodes := map[string]int{}
	for _, l := range a.Lines("inodes") {
		if f := strings.Fields(l); len(f) == 6 {
			inodes[f[5]] = percent(f[4])
		}
	}
	disks, seen := []Disk{}, map[string]bool{}
	for _, l := range a.Lines("disk") {
		f := strings.Fields(l)
		if len(f) != 6 || !strings.HasSuffix(f[4], "%") || seen[f[5]] {
			continue
		}
		seen[f[5]] = true
		disks = append(disks, Disk{Mount: printable(f[5]), Total: bytesOf(f[1]), Free: bytesOf(f[3]),
			UsedPct: percent(f[4]), InodesUsed: inodes[f[5]]})
	}
	return disks
}

// readUnits reads systemctl show, whose units are blocks of Name=value, in the
// order in which they were asked for, with an empty line after each. A unit without an
// answer has no Load.
func readUnits(text string, services []Service) []Service {
	byName := map[string]*Service{}
	for i, u := range services {
		byName[u.Unit] = &services[i]
	}
	block := map[string]string{}
	flush := func() {
		if s := byName[block["Id"]]; s != nil {
			s.Load, s.Active, s.Sub, s.Enabled = block["LoadState"], block["ActiveState"], block["SubState"], block["UnitFileState"]
			s.Result, s.Restarts, s.Since = block["Result"], int(ask.Number(block["NRestarts"])), unixTime(block["StateChangeTimestamp"])
		}
		block = map[string]string{}
	}
	for l := range strings.SplitSeq(text, "\n") {
		if k, v, ok := strings.Cut(l, "="); ok {
			block[k] = printable(v)
		} else if l == "" {
			flush()
		}
	}
	flush()
	return services
}

// readPackages reads "ii  NAME VERSION" of dpkg-query.
func readPackages(lines []string) map[string]string {
	m := map[string]string{}
	for _, l := range lines {
		if f := strings.Fields(l); len(f) == 3 && f[0] == "ii" {
			m[printable(f[1])] = printable(f[2])
		}
	}
	return m
}

func readRelease(lines []string) *Release {
	v := ask.Pairs(lines)
	r := &Release{Since: unixTime(v["since"]), Kept: int(ask.Number(v["kept"]))}
	_, r.Complete = v["complete"]
	if v["current"] != "" {
		r.Current = printable(path.Base(v["current"]))
	}
	if v["running"] != "" {
		r.Running = printable(path.Base(v["running"]))
	}
	return r
}
