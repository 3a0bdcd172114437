package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"foobar/internal/distro"
)

// releases are those that hosts of a lab can run, the one they run by default first:
// the releases of Debian that foobar is tested on.
func releases() []distro.Release {
	return slices.DeleteFunc(distro.Known(), func(r distro.Release) bool { return r.ID != "debian" || !r.Tested })
}

// Releases are the codenames of the Debian releases that hosts can run, the default first.
func Releases() []string {
	var names []string
	for _, r := range releases() {
		names = append(names, r.Codename)
	}
	return names
}

// releaseOf finds one by its codename or its number; "" is the default.
func releaseOf(name string) (distro.Release, error) {
	all := releases()
	if name == "" {
		return all[0], nil
	}
	for _, r := range all {
		if name == r.Codename || name == r.Version {
			return r, nil
		}
	}
	return distro.Release{}, fmt.Errorf("release %q: the lab has %s", name, strings.Join(Releases(), " and "))
}

// known is the name under which hosts know an archive of this machine: that of http, for
// they reach it by way of the lab's own cache.
func known(archive string) string {
	_, rest, _ := strings.Cut(archive, "://")
	return "http://" + rest
}

// engineSources are package sources and preferences that hosts have beside Debian's
// own, by database engine. Debian ships MariaDB only; for the newest release MySQL comes
// from the unstable suite, with what it needs of that and nothing else. A mirror may have
// an index of it that has expired, so for this source Valid-Until is not checked.
func (m mirrors) engineSources(engine, suite string) (files map[string]string, err error) {
	switch engine {
	case "", "mariadb":
		return nil, nil
	case "mysql":
		if newest := releases()[0]; suite != newest.Codename {
			return nil, fmt.Errorf("database engine mysql on %s: the lab has it for %s alone, because Debian's unstable suite, where it comes from, wants newer libraries", suite, newest.Codename)
		}
		return map[string]string{
			"etc/apt/sources.list.d/unstable.sources": "Types: deb\nURIs: " + known(m.Debian) + "\nSuites: sid\nComponents: main\nCheck-Valid-Until: no\nSigned-By: " + keyring + "\n",
			"etc/apt/preferences.d/unstable": "Package: *\nPin: release n=sid\nPin-Priority: 100\n\n" +
				"Package: mysql-server mysql-server-core mysql-client mysql-client-core libgoogle-perftools4t64 libtcmalloc-minimal4t64 libstdc++6 libgcc-s1 gcc-16-base libicu78\n" +
				"Pin: release n=sid\nPin-Priority: 500\n",
		}, nil
	}
	return nil, fmt.Errorf("database engine %q: the lab has mariadb and mysql", engine)
}

// mirrors are the archives this machine itself uses; the lab knows no others.
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
	return m
}

// errNoArchive says what a machine lacks whose sources name no archive of Debian.
var errNoArchive = errors.New("this machine's apt sources name no archive of Debian, from which the lab's hosts are made; " +
	"a file in /etc/apt/sources.list.d names one: Types: deb, URIs: http://…/debian and, where this machine is to use nothing of it, Enabled: no")

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
