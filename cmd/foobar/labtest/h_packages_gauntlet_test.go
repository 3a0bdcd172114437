//go:build lab && gauntlet

package labtest

import "testing"

// packaging makes packages that cannot be installed, and says where from.
const packaging = `mkdir -p /root/kept && cp -a /etc/apt/sources.list.d /root/kept/ && { cp -a /etc/apt/sources.list /root/kept/ 2>/dev/null || :; }
mkdir -p /srv/faults /srv/unsigned && cd /srv/faults
mk(){ mkdir -p d/DEBIAN; printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.com>\nDescription: x\n%s' "$1" "$2" >d/DEBIAN/control
  rm -f d/DEBIAN/postinst; [ -z "$3" ] || { printf '#!/bin/sh\n%s\n' "$3" >d/DEBIAN/postinst; chmod 0755 d/DEBIAN/postinst; }
  dpkg-deb -b d $1.deb >/dev/null; }
list(){ dpkg-deb -f $1.deb; echo "Filename: ./$1.deb"; echo "Size: $(stat -c %s $1.deb)"; echo "SHA256: $2"; echo; }
mk needy 'Depends: nothere (>= 2)
' ''
mk plain '' ''
mk grumpy '' 'echo "this cannot be configured"; exit 3'
{ list needy "$(sha256sum <needy.deb | cut -d' ' -f1)"; list plain 0000000000000000000000000000000000000000000000000000000000000000; } >Packages
cd /srv/unsigned && cp ../faults/Packages . && printf 'Suite: x\nDate: %s\nSHA256:\n %s %s Packages\n' "$(date -uR)" "$(sha256sum <Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" >Release
`

// sources replaces the sources of packages.
func sources(line string) string {
	return "rm -rf /etc/apt/sources.list.d/*; echo '" + line + "' >/etc/apt/sources.list; rm -rf /var/lib/apt/lists/*"
}

const sourcesBack = "rm -rf /etc/apt/sources.list /etc/apt/sources.list.d; cp -a /root/kept/* /etc/apt/; touch /etc/apt/sources.list.d"

// TestH1PackageFaults: what keeps a package from being installed, in apt's and
// dpkg's own words.
func TestH1PackageFaults(t *testing.T) {
	with := func(name string) []string {
		return []string{"deploy", "-l", "web2", "-r", "app", edit(t, "with-"+name+".toml", `"python3-pymysql"]`, `"python3-pymysql", "`+name+`"]`)}
	}
	const trusted = "deb [trusted=yes] file:/srv/faults ./"
	on(t, "web2", packaging)
	provoke(t, []fault{
		{"mirror down", "web2", sources("deb [trusted=yes] http://127.0.0.1:1/debian trixie main"), "PKG02", 1, with("tree"), ""},
		{"no name server", "web2", "mv /etc/apt/apt.conf.d/01lab-proxy /root/; cat /etc/resolv.conf >/root/resolv.conf; echo 'nameserver 127.0.0.1' >/etc/resolv.conf; " + sources("deb [trusted=yes] http://mirror.invalid/debian trixie main"),
			"HOST06", 1, with("tree"), "mv /root/01lab-proxy /etc/apt/apt.conf.d/; cat /root/resolv.conf >/etc/resolv.conf"},
		{"list that is not signed", "web2", sources("deb file:/srv/unsigned ./"), "PKG07", 1, with("plain"), ""},
		{"package that is not there", "web2", sources(trusted), "PKG05", 1, with("nothere"), ""},
		{"package without what it needs", "web2", "", "PKG06", 1, with("needy"), ""},
		{"package of another digest", "web2", "", "PKG08", 1, with("plain"), ""},
		{"script of a package fails", "web2", "dpkg -i /srv/faults/grumpy.deb || :", "PKG04", 1, with("tree"), ""},
		{"dpkg cut off", "web2", `sed -i '/^Package: grumpy$/,/^$/s/^Status: .*/Status: install reinstreq half-installed/' /var/lib/dpkg/status`, "PKG03", 1, with("tree"),
			"dpkg --remove --force-remove-reinstreq grumpy"},
		// As if the host's clock were twelve years slow.
		{"clock off", "web2", sourcesBack + `; rm -rf /var/lib/apt/lists/*; echo 'Acquire::Max-FutureTime "-400000000";' >/etc/apt/apt.conf.d/99faults`, "HOST03", 1, with("tree"),
			"rm -rf /etc/apt/apt.conf.d/99faults /srv/faults /srv/unsigned /root/kept; touch /etc/apt/sources.list.d"},
	})
}
