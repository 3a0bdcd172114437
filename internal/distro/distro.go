// Package distro is the table of the systems that foobar deploys to. What differs
// from one release to another stands here and nowhere else: roles, checks and the
// lab ask for what a release has, never for its name.
package distro

import (
	"slices"
	"strings"
)

// Release is one release of a distribution.
type Release struct {
	// ID, Version and Codename are ID, VERSION_ID and VERSION_CODENAME of os-release(5).
	ID, Version, Codename string
	// Name is what people call it: "Debian 13".
	Name string
	// Tested says that the lab's hosts run it. On one that is not, nothing here was
	// ever run: it is what the release's documentation says.
	Tested bool

	// Origins are the patterns by which unattended-upgrades knows security fixes.
	Origins []string
	// Syslog is the account that rsyslog writes its files as.
	Syslog string
	// OpenLogs says that the group of that account may write to /var/log, so that root
	// must not trust a name there.
	OpenLogs bool
	// HybridTLS says that OpenSSL knows the post-quantum group X25519MLKEM768, which
	// came with 3.5; older versions refuse a list that names it.
	HybridTLS bool
	// RejectsHandshakes says that nginx has ssl_reject_handshake, which came with
	// 1.19.4.
	RejectsHandshakes bool
	// CountsReloads says that HAProxy's master process tells how many reloads failed,
	// which came with 2.5.
	CountsReloads bool
	// UnixTimes says that systemctl has --timestamp=unix, which came with systemd 251.
	UnixTimes bool
	// SetsUser says that its gunicorn's workers call setuid even for the user that they run
	// as, which one before 21 does.
	SetsUser bool
	// Python is the version of /usr/bin/python3, without its patch level.
	Python string
}

// Known are the releases, those that are tested first, the newest of them first.
//
// Versions in them, by packages.debian.org and packages.ubuntu.com:
//
//	              13       12       24.04   22.04
//	HAProxy       3.0      2.6      2.8     2.4
//	nginx         1.26     1.22     1.24    1.18
//	MariaDB       11.8     10.11    10.11   10.6
//	MySQL         -        -        8.0     8.0
//	certbot       4.0      2.1      2.9     1.21
//	gunicorn      23.0     20.1     20.1    20.1
//	OpenSSL       3.5      3.0      3.0     3.0
//	OpenSSH       10.0     9.2      9.6     8.9
//	systemd       257      252      255     249
//	ufw           0.36.2   0.36.2   0.36.2  0.36.1
func Known() []Release {
	debian := []string{"origin=Debian,codename=${distro_codename},label=Debian-Security", "origin=Debian,codename=${distro_codename}-security,label=Debian-Security"}
	ubuntu := []string{"origin=Ubuntu,archive=${distro_codename}-security,label=Ubuntu",
		"origin=UbuntuESMApps,archive=${distro_codename}-apps-security", "origin=UbuntuESM,archive=${distro_codename}-infra-security"}
	return []Release{
		{ID: "debian", Version: "13", Codename: "trixie", Name: "Debian 13", Tested: true,
			Origins: debian, Syslog: "root", HybridTLS: true, RejectsHandshakes: true, CountsReloads: true, UnixTimes: true, Python: "3.13"},
		{ID: "debian", Version: "12", Codename: "bookworm", Name: "Debian 12", Tested: true,
			Origins: debian, Syslog: "root", RejectsHandshakes: true, CountsReloads: true, UnixTimes: true, Python: "3.11", SetsUser: true},
		{ID: "ubuntu", Version: "24.04", Codename: "noble", Name: "Ubuntu 24.04",
			Origins: ubuntu, Syslog: "syslog", OpenLogs: true, RejectsHandshakes: true, CountsReloads: true, UnixTimes: true, Python: "3.12", SetsUser: true},
		{ID: "ubuntu", Version: "22.04", Codename: "jammy", Name: "Ubuntu 22.04",
			Origins: ubuntu, Syslog: "syslog", OpenLogs: true, Python: "3.10", SetsUser: true},
	}
}

// Find is the release that a host's os-release names by its ID and VERSION_CODENAME.
func Find(id, codename string) (Release, bool) {
	for _, r := range Known() {
		if r.ID == id && r.Codename == codename {
			return r, true
		}
	}
	return Release{}, false
}

// Of is what is done on a host with these names: what the table says, and for a
// system that is not in it, or has not been looked at, what the newest release has.
func Of(id, codename string) Release {
	if r, ok := Find(id, codename); ok {
		return r
	}
	return Known()[0]
}

// ByCodename is the release of that codename, "trixie". Package sources name
// releases so.
func ByCodename(codename string) (Release, bool) {
	all := Known()
	if i := slices.IndexFunc(all, func(r Release) bool { return r.Codename == codename }); i >= 0 {
		return all[i], true
	}
	return Release{}, false
}

// Names lists the releases that are tested, or those that are not, as a sentence
// does: "Debian 13 and Debian 12".
func Names(tested bool) string {
	var names []string
	for _, r := range Known() {
		if r.Tested == tested {
			names = append(names, r.Name)
		}
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}
