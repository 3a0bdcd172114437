package preflight

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"foobar/internal/distro"
	"foobar/inventory"
	"foobar/playbooks"
	"foobar/roles"
)

// system judges what runs there.
func (j *judge) system(a *Answer) {
	f := a.Facts
	r, known := distro.Find(f.OS, f.Codename)
	switch {
	case playbooks.Supported(j.inv, f) && r.Tested:
		j.ok("os", "%s", f.Pretty)
	case playbooks.Supported(j.inv, f):
		j.add("os", Warn, "install "+distro.Names(true)+" on it, or go on at your own risk", "it runs %s, on which foobar was never run", f.Pretty)
	case known:
		j.add("os", Fail, "allow_untested = true under [deploy], or install "+distro.Known()[0].Name+" on it", "it runs %s, on which foobar was never run; it deploys to %s", f.Pretty, distro.Names(true))
	default:
		j.add("os", Fail, "install "+distro.Known()[0].Name+" on it", "it runs %s; foobar deploys to %s", f.Pretty, playbooks.Systems())
	}
	if known {
		j.upgraded(a, r)
		j.python(r)
	}
	if f.Arch == "amd64" {
		j.ok("arch", "amd64")
	} else {
		j.add("arch", Warn, "make sure that the collector's package is for this architecture", "%s; foobar is tested only on amd64", cmp.Or(f.Arch, "unknown"))
	}
	if a.Init == "systemd" && a.Systemd != "" {
		j.ok("systemd", "version %s is process 1", a.Systemd)
	} else {
		j.add("systemd", Fail, "install and boot it: "+j.exec("apt-get install -y systemd-sysv && reboot"), "process 1 is %s, and services need systemd", cmp.Or(a.Init, "unknown"))
	}
}

// python judges whether the app runs with the system's.
func (j *judge) python(on distro.Release) {
	if err := roles.RefusesPython(j.inv, j.here.Python, on); err != nil && j.inv.Host(j.host).Has(inventory.App) {
		seen, fix, _ := strings.Cut(err.Error(), "; ")
		j.add("app", Fail, fix, "%s", seen)
	}
}

// upgraded judges whether the host's system is the one that the last deploy found, and
// the one that its package sources are for.
func (j *judge) upgraded(a *Answer, now distro.Release) {
	var others []string
	for _, m := range a.Mirrors {
		_, dist, _ := strings.Cut(m.uri, "/dists/")
		suite, _, _ := strings.Cut(dist, "/")
		codename, _, _ := strings.Cut(suite, "-") // of bookworm-updates
		if _, known := distro.ByCodename(codename); known && codename != now.Codename {
			others = once(others, codename)
		}
	}
	if len(others) > 0 {
		j.add("upgrade", Warn, "see which: "+j.exec("grep -rnF "+others[0]+" /etc/apt/sources.list /etc/apt/sources.list.d")+"; if it is Debian's own source, finish the upgrade: apt full-upgrade",
			"it runs %s, and one of its package sources is for %s", now.Name, strings.Join(others, ", "))
	}
	id, codename, _ := strings.Cut(a.Facts.Deployed, " ")
	if a.Facts.Deployed == "" || id == a.Facts.OS && codename == a.Facts.Codename {
		return
	}
	was, known := distro.Find(id, codename)
	if !known {
		was.Name = a.Facts.Deployed
	}
	j.add("upgrade", Warn, "foobar plan "+j.file+" shows what that changes; then: "+j.deploy(), "it was upgraded: it runs %s, and ran %s at its last deploy", now.Name, was.Name)
}

// machines judges whether two hosts are one, or one was made as a copy of the other.
func (j *judge) machines() {
	by := map[string]*Look{}
	for i := range j.looks {
		l := &j.looks[i]
		id := strings.Join(l.Answer.set("machine"), "")
		first := by[id]
		switch {
		case l.Refused != nil || id == "":
		case first == nil:
			by[id] = l
		case len(l.Answer.Facts.Addresses) > 0 && slices.Equal(first.Answer.Facts.Addresses, l.Answer.Facts.Addresses) && slices.Equal(first.Answer.set("boot"), l.Answer.set("boot")):
			j.add("machine", Fail, "write each machine into the inventory once; one host may have several roles", "%s and %s are one machine: a deploy would set it up twice, and wait for itself", first.Host.Name, l.Host.Name)
		default:
			j.host = l.Host.Name
			fix := j.exec("rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup && reboot")
			j.host = ""
			j.add("machine", Warn, fix, "%s has the machine-id of %s, of which it seems to be a copy: DHCP may give both one address, and a monitoring may take them for one host", l.Host.Name, first.Host.Name)
		}
	}
}

func (j *judge) clock(a *Answer) {
	_, common := j.clocksAgree()
	off := max(a.Offset, -a.Offset) - a.Error
	way := "ahead of"
	if a.Offset < 0 {
		way = "behind"
	}
	set := "set it from this machine, if this one is right: foobar exec " + j.file + " -b -l " + j.host + ` -- "date -s @$(date +%s)"`
	switch {
	case a.Timeless:
		j.add("clock", Warn, j.exec("date"), "not checked: the host did not report its time")
	case off <= clockWarn:
		j.ok("clock", "right")
	case common:
		j.ok("clock", "as the other hosts' clocks")
	case off > clockFail:
		j.add("clock", Fail, set, "%s %s this machine's: signatures of packages and certificates count as invalid", spanned(a.Offset), way)
	default:
		j.add("clock", Warn, set, "%s %s this machine's", spanned(a.Offset), way)
	}
	switch f := a.Facts; {
	case roles.Contained(f.Container):
		j.ok("time-sync", "a container (%s) has its machine's clock", f.Container)
	case a.Synchronised:
		j.ok("time-sync", "the clock is synchronised")
	case f.TimeService != "":
		j.add("time-sync", Warn, j.exec("systemctl status "+f.TimeService), "%s is installed, and the clock is not synchronised", f.TimeService)
	case f.OwnedBy != "":
		j.add("time-sync", Warn, j.exec("timedatectl timesync-status"), "the clock is not synchronised")
	default:
		j.add("time-sync", Warn, "nothing to do if UDP port 123 is open to the outside: the deploy sets up systemd-timesyncd", "the clock is not synchronised yet")
	}
}

// disks adds up what paths on one file system need.
func (j *judge) disks(l *Look) {
	type mounted struct {
		disk
		paths []string
		need  int64
	}
	var list []*mounted
	for i, p := range placesOf(j.services.On(l.Host.Name)) {
		at := slices.IndexFunc(l.Answer.Disks, func(d disk) bool { return d.path == p.Path })
		if at < 0 || l.Answer.Disks[at].unknown {
			j.add("disk", Warn, j.exec("df -h"), "not checked: how much is free at %s", p.Path)
			continue
		}
		d := l.Answer.Disks[at]
		m := slices.IndexFunc(list, func(m *mounted) bool { return m.mount == d.mount })
		if m < 0 {
			list = append(list, &mounted{disk: d})
			m = len(list) - 1
		}
		list[m].paths = append(list[m].paths, p.Path)
		if j.deployed(l) && i < 2 { // packages and their archives
			p.MiB /= deployedShare
		}
		list[m].need += p.MiB
	}
	var well []string
	for _, m := range list {
		level := OK
		switch {
		case m.free < m.need:
			level = Fail
		case m.free < 2*m.need:
			level = Warn
		}
		if level != OK {
			j.add("disk", level, j.exec("du -xh --max-depth=2 "+m.mount), "%s has %s free, and %s need %s", m.mount, mib(m.free), strings.Join(m.paths, ", "), mib(m.need))
		} else {
			well = append(well, m.mount+" "+mib(m.free))
		}
		if !m.inodesUnlisted && m.inodesFree < 30000 {
			j.add("inodes", failOr(m.inodesFree < 5000), j.exec("du -x --inodes --max-depth=2 "+m.mount), "%s has %d inodes free, and packages need thousands", m.mount, m.inodesFree)
		}
	}
	if len(well) > 0 {
		j.ok("disk", "free: %s", strings.Join(well, ", "))
	}
}

// mib writes MiB as df -h does.
func mib(n int64) string {
	if n >= 10*1024 {
		return fmt.Sprintf("%dG", n/1024)
	}
	if n >= 1024 {
		return fmt.Sprintf("%.1fG", float64(n)/1024)
	}
	return fmt.Sprintf("%dM", n)
}

func (j *judge) memory(l *Look) {
	memory := l.Answer.Facts.Memory
	if !l.Host.Has(inventory.DB) {
		j.ok("memory", "%s", mib(memory>>20))
		return
	}
	pool := roles.BufferPool(j.inv, memory)
	smaller := fmt.Sprintf(`write buffer_pool = "%dMiB" into [db], or give the host more memory`, max(memory>>20/4, 64))
	shared := l.Host.Has(inventory.App) || l.Host.Has(inventory.Web)
	switch {
	case pool > memory/10*8:
		j.add("memory", Fail, smaller, "db.buffer_pool of %s does not fit into the host's memory of %s", mib(pool>>20), mib(memory>>20))
	case pool > memory/2 && shared:
		j.add("memory", Warn, smaller, "db.buffer_pool of %s leaves little of %s for the web server and the app", mib(pool>>20), mib(memory>>20))
	case memory < leastMemory:
		j.add("memory", Warn, "give the host 1 GiB of memory or more", "%s is little for a database server", mib(memory>>20))
	default:
		j.ok("memory", "%s, of which the database's buffer pool takes %s", mib(memory>>20), mib(pool>>20))
	}
}
