package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// suite is the Debian release of the hosts.
const suite = "trixie"

// archive is where Debian is found by default; the hosts always know it by this name.
const archive = "http://deb.debian.org/debian"

// security is the archive of security updates.
const security = "http://deb.debian.org/debian-security"

// engineSources are package sources and preferences that hosts have beside Debian 13's
// own, by database engine. Debian 13 ships MariaDB only; MySQL comes from its unstable
// suite, with what it needs of that and nothing else. A mirror may have an index of it
// that has expired, so for this source Valid-Until is not checked.
func engineSources(engine string) (files map[string]string, known bool) {
	switch engine {
	case "", "mariadb":
		return nil, true
	case "mysql":
		return map[string]string{
			"etc/apt/sources.list.d/unstable.sources": "Types: deb\nURIs: " + archive + "\nSuites: sid\nComponents: main\nCheck-Valid-Until: no\nSigned-By: " + keyring + "\n",
			"etc/apt/preferences.d/unstable": "Package: *\nPin: release n=sid\nPin-Priority: 100\n\n" +
				"Package: mysql-server mysql-server-core mysql-client mysql-client-core libgoogle-perftools4t64 libtcmalloc-minimal4t64 libstdc++6 libgcc-s1 gcc-16-base libicu78\n" +
				"Pin: release n=sid\nPin-Priority: 500\n",
		}, true
	}
	return nil, false
}

// mirrors are the archives this machine itself uses, which may be nearer than
// Debian's own, or the only ones it reaches.
type mirrors struct {
	Debian   string
	Security string // empty when the machine's sources name none beside a mirror of their own
}

// machineMirrors reads the machine's apt sources.
func machineMirrors() mirrors {
	var text []byte
	files, _ := filepath.Glob("/etc/apt/sources.list.d/*")
	for _, f := range append([]string{"/etc/apt/sources.list"}, files...) {
		if data, err := os.ReadFile(f); err == nil {
			text = append(append(text, data...), "\n\n"...)
		}
	}
	return findMirrors(text)
}

// findMirrors takes the first mirror of Debian, and of its security archive, out of
// the text of apt sources in either format. A source counts as Debian's when its path
// ends as the archive's does: other repositories are named otherwise.
func findMirrors(sources []byte) mirrors {
	var m mirrors
	for line := range strings.Lines(string(sources)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "URIs:" && fields[0] != "deb" {
			continue
		}
		for _, f := range fields[1:] {
			f = strings.TrimSuffix(f, "/")
			if !strings.HasPrefix(f, "http://") && !strings.HasPrefix(f, "https://") {
				continue
			}
			switch {
			case strings.HasSuffix(f, "/debian-security") && m.Security == "":
				m.Security = f
			case strings.HasSuffix(f, "/debian") && m.Debian == "":
				m.Debian = f
			}
		}
	}
	if m.Debian == "" {
		m = mirrors{archive, security}
	}
	return m
}

// machineProxy is the HTTP proxy that the machine's apt uses, empty when there is none.
func machineProxy() string {
	out, err := exec.Command("apt-config", "--format=%v%n", "dump", "Acquire::http::Proxy").Output()
	if err != nil {
		return ""
	}
	proxy := strings.TrimSpace(string(out))
	if proxy == "DIRECT" {
		return ""
	}
	return proxy
}
