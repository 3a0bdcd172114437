// Package aptsource makes package sources of apt from the inventory's tables.
package aptsource

import (
	"fmt"
	"regexp"
	"strings"

	"foobar/internal/play"
	"foobar/internal/resource"
)

var (
	signedBy  = regexp.MustCompile(`(?im)^signed-by[ \t]*:`)
	stanzaEnd = regexp.MustCompile(`\n(?:[ \t]*\n)+`)
)

// Resources are a package source of the inventory, from the table called section,
// or none when the package is in one that the host has already. apt trusts the
// key for this source only. Source: sources.list(5).
func Resources(s *play.Site, section, name, apt, keyFile string) ([]resource.Resource, error) {
	text := strings.TrimSpace(strings.ReplaceAll(apt, "\r\n", "\n"))
	if text == "" {
		return nil, nil
	}
	// An index may come over TLS. Not later: the source is only written after this.
	want := []resource.Resource{resource.Packages{For: "ca-certificates", Names: []string{"ca-certificates"}, Early: true}}
	signed := signedBy.MatchString(text)
	switch {
	case keyFile == "" && !signed:
		return nil, fmt.Errorf("%s.apt names no key; add key = \"vendor.asc\" to the same table", section)
	case keyFile != "" && signed:
		return nil, fmt.Errorf("%[1]s.apt has Signed-By and there is %[1]s.key too; take one of them out", section)
	case keyFile != "":
		key := s.Secrets[section+".key"].Reveal()
		if key == "" {
			return nil, fmt.Errorf("%s.key: %s was not read, or is empty", section, keyFile)
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
