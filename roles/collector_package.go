package roles

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"foobar/internal/play"
	"foobar/internal/resource"
)

// collectorPackage is the collector's package, from wherever the inventory says
// it comes, and the paths that change whenever it does.
func collectorPackage(s *play.Site) (want []resource.Resource, loads []resource.ID, err error) {
	p := s.Inv.Monitoring.Package
	name := orDefault(p.Name, "otelcol-sumo")
	deb := resource.Deb{Name: name, Source: p.File, URL: p.URL, Sum: strings.ToLower(p.SHA256)}
	switch {
	case p.File != "":
		if deb.Sum, err = fileSum(p.File); err != nil {
			return nil, nil, fmt.Errorf("monitoring.package.file: %w", err)
		}
	case p.URL != "":
		want = append(want, resource.Packages{For: "collector-fetch", Names: []string{"ca-certificates", "curl"}, Early: true})
	default:
		source, err := collectorSource(s, name)
		if err != nil {
			return nil, nil, err
		}
		list := "/var/lib/dpkg/info/" + name + ".list" // written anew with every version
		return append(source, resource.Packages{For: "collector", Names: []string{name}}), []resource.ID{resource.NewID("file", list)}, nil
	}
	return append(want, resource.DebFile{Deb: deb}, deb), []resource.ID{deb.ID()}, nil
}

// fileSum is the SHA-256 of a file of the controller.
func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

var (
	signedBy  = regexp.MustCompile(`(?im)^signed-by[ \t]*:`)
	stanzaEnd = regexp.MustCompile(`\n(?:[ \t]*\n)+`)
)

// collectorSource is the package source of the inventory, or nothing when the
// package is in one that the host has already. apt trusts the key for this
// source only. Source: sources.list(5).
func collectorSource(s *play.Site, name string) ([]resource.Resource, error) {
	p := s.Inv.Monitoring.Package
	text := strings.TrimSpace(strings.ReplaceAll(p.Apt, "\r\n", "\n"))
	if text == "" {
		return nil, nil
	}
	// An index may come over TLS. Not later: the source is only written after this.
	want := []resource.Resource{resource.Packages{For: "ca-certificates", Names: []string{"ca-certificates"}, Early: true}}
	signed := signedBy.MatchString(text)
	switch {
	case p.Key == "" && !signed:
		return nil, fmt.Errorf("monitoring.package.apt names no key; add key = \"vendor.asc\" beside it")
	case p.Key != "" && signed:
		return nil, fmt.Errorf("monitoring.package.apt has Signed-By and there is monitoring.package.key too; take one of them out")
	case p.Key != "":
		key := s.Secrets["monitoring.package.key"].Reveal()
		if key == "" {
			return nil, fmt.Errorf("monitoring.package.key: %s was not read, or is empty", p.Key)
		}
		path := "/etc/apt/keyrings/foobar-" + name + ".gpg"
		if strings.Contains(key, "-----BEGIN PGP") {
			path = strings.TrimSuffix(path, ".gpg") + ".asc" // apt goes by the ending
		}
		want = append(want, resource.File{Path: path, Content: []byte(key)})
		stanzas := stanzaEnd.Split(text, -1)
		for i := range stanzas {
			stanzas[i] = strings.TrimRight(stanzas[i], " \t\n") + "\nSigned-By: " + path
		}
		text = strings.Join(stanzas, "\n\n")
	}
	return append(want, resource.File{Path: "/etc/apt/sources.list.d/foobar-" + name + ".sources", Content: []byte(text + "\n")}), nil
}
