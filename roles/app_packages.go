package roles

import (
	_ "embed" // the program
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"foobar/internal/bundle"
	"foobar/internal/distro"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// Settings of pip for a build, which the build reads as credentials: no other account of
// the host sees a password in them. app_release.sh has the same paths.
const (
	pipConf  = "/etc/foobar/pip.conf"
	indexCA  = "/etc/foobar/index-ca.pem"
	pipCreds = "/run/credentials/foobar-build-packages.service"
)

// installPackages installs the Python packages of a release, in the sandbox of its build.
//
//go:embed app_packages.py
var installPackages string

// namesPackages reports whether a source may name Python packages of its own.
func namesPackages(b *bundle.Bundle) bool {
	return b.Has("requirements.txt") || b.Has("pyproject.toml")
}

// pipSettings are the files of app.index_url and app.index_ca.
func pipSettings(s *play.Site) ([]resource.Resource, error) {
	index := s.Inv.App.Index
	if s.Inv.App.IndexSecret != nil {
		index = s.Secrets["app.index_url"].Reveal()
		u, err := url.Parse(index)
		if err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsAny(index, "\r\n\t ") {
			return nil, fault.Wrap(fault.SecretBad, errors.New("app.index_url: what its source gives is not a URL that begins with https://; correct it there"))
		}
	}
	if index == "" && s.Inv.App.IndexCA == "" {
		return nil, nil
	}
	var want []resource.Resource
	text := "# Written by foobar; changes made here are undone by the next deploy.\n[global]\nretries = 2\n"
	if index != "" {
		text += "index-url = " + index + "\n"
	}
	if s.Inv.App.IndexCA != "" {
		text += "cert = " + pipCreds + "/index-ca.pem\n"
		want = append(want, resource.File{Path: indexCA, Content: []byte(s.Secrets["app.index_ca"].Reveal())})
	}
	return append(want, resource.File{Path: pipConf, Content: []byte(text), Mode: 0o600, Secret: true}), nil
}

// RefusesPython is the error of an app that asks for another Python than a system has. Without
// it packages for that one alone would not be installed, or the app would stop at its first line.
func RefusesPython(inv *inventory.Inventory, asked string, on distro.Release) error {
	if on.HasPython(asked) {
		return nil
	}
	for _, other := range distro.Known() {
		if other.Tested && other.HasPython(asked) {
			return fault.Wrap(fault.AppSource, fmt.Errorf("%s asks for Python %s, and %s has %s; use hosts with %s, or correct it there", path.Join(inv.App.Source, "pyproject.toml"), asked, on.Name, on.Python, other.Name))
		}
	}
	return fault.Wrap(fault.AppSource, fmt.Errorf("%s asks for Python %s, and %s has %s; correct it there if the app runs with that one, too", path.Join(inv.App.Source, "pyproject.toml"), asked, on.Name, on.Python))
}

// room refuses a release for which the host has too little room: it is unpacked beside
// the ones that are kept, and its packages and what its build makes come to it.
func (r release) room(o resource.Observed) error {
	for line := range strings.Lines(o.Get("out")) {
		var srv, lib int64
		if n, err := fmt.Sscanf(line, "room %d %d", &srv, &lib); n != 2 || err != nil {
			continue
		}
		for _, at := range []struct {
			path       string
			free, need int64
		}{{"/srv", srv << 10, 2 * r.size}, {"/var/lib", lib << 10, 2 * r.archive.Size()}} {
			if at.free < at.need {
				return fault.Wrap(fault.DiskFull, fmt.Errorf("%s has %s free, and release %s needs %s there; make room, or leave data out of app.source with .foobarignore", at.path, mib(at.free), r.id, mib(at.need)))
			}
		}
	}
	return nil
}

func mib(bytes int64) string { return fmt.Sprintf("%d MiB", (bytes+1<<20-1)>>20) }
