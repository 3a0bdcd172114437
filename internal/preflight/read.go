package preflight

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/firewall"
)

// readDisks reads "PATH kib FS SIZE USED FREE PERCENT MOUNT" and the same of inodes.
func readDisks(lines []string) []disk {
	var disks []disk
	at := func(path string) *disk {
		i := slices.IndexFunc(disks, func(d disk) bool { return d.path == path })
		if i < 0 {
			disks = append(disks, disk{path: path, unknown: true, inodesUnlisted: true})
			i = len(disks) - 1
		}
		return &disks[i]
	}
	for _, l := range lines {
		f := strings.Fields(l)
		if len(f) < 2 || !strings.HasPrefix(f[0], "/") {
			continue
		}
		d := at(printable(f[0]))
		if len(f) != 8 {
			continue
		}
		switch f[1] {
		case "kib":
			d.unknown, d.mount, d.size, d.free = false, printable(f[7]), ask.Number(f[3])/1024, ask.Number(f[5])/1024
		case "inodes":
			d.inodes, d.inodesFree = ask.Number(f[3]), ask.Number(f[5])
			d.inodesUnlisted = d.inodes == 0 // as btrfs does
		}
	}
	return disks
}

var user = regexp.MustCompile(`\("([^"]*)",pid=([0-9]+)`)

// ports reads ss -ltnpH and ss -lunpH, the units of the processes and the sockets that
// systemd holds for others.
func (a *Answer) ports(lines, sockets []string) {
	units := map[int]string{}
	for _, l := range lines {
		if f := strings.Fields(l); len(f) == 3 && f[0] == "pid" {
			units[int(ask.Number(f[1]))] = printable(f[2])
		}
	}
	held := map[string]string{}
	for _, l := range sockets {
		if f := strings.Fields(l); len(f) >= 2 {
			held[f[0]] = printable(f[1])
		}
	}
	for _, l := range lines {
		f := strings.Fields(l)
		a.PortsSeen = a.PortsSeen || l == "seen"
		a.Strict = a.Strict || l == "strict"
		a.Filtered = a.Filtered || l == "ours"
		if len(f) < 5 || f[0] != "LISTEN" && f[0] != "UNCONN" {
			continue
		}
		at, ok := firewall.Endpoint(f[3])
		if !ok {
			continue
		}
		list := &a.Ports
		if f[0] == "UNCONN" {
			list = &a.Datagrams
		}
		users := user.FindAllStringSubmatch(l, 20)
		if len(users) == 0 {
			*list = append(*list, listening{at: at})
		}
		// Workers share a socket: the first of each unit stands for them.
		seen := map[string]bool{}
		for _, u := range users {
			p := listening{at: at, program: printable(u[1]), pid: int(ask.Number(u[2]))}
			if p.unit = units[p.pid]; p.pid == 1 {
				p.unit = held[f[3]]
			}
			if !seen[p.unit] {
				seen[p.unit] = true
				*list = append(*list, p)
			}
		}
	}
}

// mirrors reads what apt said of its sources and of each one's head.
func (a *Answer) mirrors(about, lines []string) {
	for i, l := range about {
		rc, isStatus := strings.CutPrefix(l, "rc ")
		switch {
		case isStatus:
			a.Sources.status = int(ask.Number(rc))
		case i == len(about)-1:
			a.Sources.count = int(ask.Number(l))
		case strings.HasPrefix(l, "E: ") && a.Sources.said == "":
			a.Sources.said = printable(l[3:])
		}
	}
	for _, l := range lines {
		if uri, ok := strings.CutPrefix(l, "uri "); ok {
			a.Mirrors = append(a.Mirrors, mirror{uri: printable(withoutUser(uri))})
			continue
		}
		if len(a.Mirrors) == 0 {
			continue
		}
		m := &a.Mirrors[len(a.Mirrors)-1]
		if rc, ok := strings.CutPrefix(l, "rc "); ok {
			m.status = int(ask.Number(rc))
		} else if l == "Origin: Debian" || l == "Origin: Ubuntu" {
			m.debian = true
		} else if why := complaint(l); why != "" && m.said == "" {
			m.said = why
		}
	}
}

// withoutUser takes user and password out of a URL, which people are shown.
func withoutUser(uri string) string {
	scheme, rest, ok := strings.Cut(uri, "://")
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); ok && i >= 0 {
		return scheme + "://" + host[i+1:] + "/" + path
	}
	return uri
}

// complaint is the reason in apt's "E: Failed to fetch URL  REASON", without
// the URL.
func complaint(line string) string {
	rest, ok := strings.CutPrefix(line, "E: Failed to fetch ")
	if !ok {
		return ""
	}
	_, why, _ := strings.Cut(rest, " ")
	why, _, _ = strings.Cut(why, " [IP: ")
	return printable(strings.TrimSuffix(strings.Join(strings.Fields(why), " "), " / Success"))
}

// readReach is open, refused, timeout, or what bash said, and the address that the host
// itself has there.
func readReach(lines []string) (how string, from netip.Addr) {
	how = "no answer"
	for _, l := range lines {
		source, ours := strings.CutPrefix(l, "source ")
		switch {
		case ours:
			from, _ = netip.ParseAddr(source)
		case l == "open", l == "timeout":
			how = l
		case strings.Contains(l, "Connection refused"):
			how = "refused"
		case how == "no answer" && strings.Contains(l, ": "):
			how = printable(l[strings.LastIndex(l, ": ")+2:])
		}
	}
	return how, from
}

// readName reads getent ahosts.
func readName(lines []string) Resolved {
	var r Resolved
	for _, l := range lines {
		f := strings.Fields(l)
		if len(f) == 0 {
			continue
		}
		if addr, err := netip.ParseAddr(f[0]); err == nil {
			r.Addresses = once(r.Addresses, addr.Unmap())
		}
	}
	if len(r.Addresses) == 0 {
		r.Error = "it does not resolve"
	}
	return r
}

var httpStatus = regexp.MustCompile(`^([1-5][0-9][0-9]) `)

func readFetched(lines, text []string) fetched {
	f := fetched{helper: true, text: strings.Join(text, "\n")}
	var tcp []string
	for _, l := range lines {
		switch {
		case l == "fetched":
			f.ok = true
		case l == "no roots":
			f.noRoots = true
		case strings.HasPrefix(l, "tcp "):
			tcp = append(tcp, l[4:])
		case f.said == "":
			f.said = complaint(l)
		}
	}
	if len(tcp) > 0 {
		f.tcp, _ = readReach(tcp)
		f.helper = f.said != ""
	}
	if m := httpStatus.FindStringSubmatch(f.said + " "); m != nil {
		f.status = int(ask.Number(m[1]))
	}
	return f
}
