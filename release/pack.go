package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// shells are those that foobar writes completions for, and where packages put them.
var shells = [...]struct{ name, deb, rpm string }{
	{"bash", "/usr/share/bash-completion/completions/foobar", "/usr/share/bash-completion/completions/foobar"},
	{"zsh", "/usr/share/zsh/vendor-completions/_foobar", "/usr/share/zsh/site-functions/_foobar"},
	{"fish", "/usr/share/fish/vendor_completions.d/foobar.fish", "/usr/share/fish/vendor_completions.d/foobar.fish"},
}

// pack makes the .deb and the .rpm for one architecture.
func (r *release) pack(arch, licences string) error {
	for _, format := range []string{"deb", "rpm"} {
		if err := r.packAs(format, arch, licences); err != nil {
			return fmt.Errorf("%s for %s: %w", format, arch, err)
		}
	}
	return nil
}

func (r *release) packAs(format, arch, licences string) (err error) {
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	contents, err := r.contents(format, arch, licences)
	if err != nil {
		return err
	}
	info := &nfpm.Info{
		Name: "foobar", Arch: arch, Platform: "linux",
		Version: r.version, VersionSchema: "none",
		Section: "admin", Priority: "optional", Maintainer: r.maintainer,
		Description: `turns bare Debian servers into a secured, monitored web service
Reads an inventory, looks at every server once over SSH, and changes only what
differs: a load balancer with a certificate, web servers, an app, a replicated
database, firewalls and collectors. Run again, it corrects drift.`,
		MTime: r.source.Time,
		Overridables: nfpm.Overridables{
			Contents:   contents,
			Umask:      0o022,
			Recommends: []string{"openssh-client"}, // foobar ssh is this machine's ssh
			Suggests:   []string{"systemd-container", "mmdebstrap", "iproute2", "debian-archive-keyring"},
		},
	}
	if format == "rpm" {
		info.Recommends, info.Suggests = []string{"openssh-clients"}, nil
		info.RPM = nfpm.RPM{BuildHost: "localhost", Packager: r.maintainer}
	}
	info = nfpm.WithDefaults(info)
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(r.out, packager.ConventionalFileName(info)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return packager.Package(info, f)
}

// contents lists a package's files: owned by root, none that others may write.
func (r *release) contents(format, arch, licences string) (files.Contents, error) {
	list := files.Contents{}
	add := func(from, to string, mode os.FileMode) {
		list = append(list, &files.Content{Source: from, Destination: to,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: r.source.Time}})
	}
	add(r.binary("linux", arch), "/usr/bin/foobar", 0o755)
	add(r.binary("linux", arch)+".cdx.json", "/usr/share/doc/foobar/foobar.cdx.json", 0o644)
	add(licences, "/usr/share/doc/foobar/licenses.txt", 0o644)
	add(filepath.Join(r.source.Dir, "README.md"), "/usr/share/doc/foobar/README.md", 0o644)
	for _, shell := range shells {
		to := shell.deb
		if format == "rpm" {
			to = shell.rpm
		}
		add(filepath.Join(r.work, shell.name), to, 0o644)
	}
	for pattern, to := range map[string]string{
		filepath.Join(r.work, "man", "*.1.gz"):                           "/usr/share/man/man1",
		filepath.Join(r.source.Dir, "examples", "inventories", "*.toml"): "/usr/share/doc/foobar/examples",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			return nil, errors.Join(err, fmt.Errorf("no file is like %s", pattern))
		}
		for _, f := range found {
			add(f, to+"/"+filepath.Base(f), 0o644)
		}
	}
	return list, nil
}
