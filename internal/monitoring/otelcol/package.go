package otelcol

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"foobar/internal/aptsource"
	"foobar/internal/play"
	"foobar/internal/resource"
)

// installed is the collector's package, from wherever the inventory says
// it comes, and the paths that change whenever it does.
func installed(s *play.Site) (want []resource.Resource, loads []resource.ID, err error) {
	p := s.Inv.Monitoring.Package
	deb := resource.Deb{Name: p.Name, Source: p.File, URL: p.URL, Sum: strings.ToLower(p.SHA256)}
	switch {
	case p.File != "":
		if deb.Sum, err = fileSum(p.File); err != nil {
			return nil, nil, fmt.Errorf("monitoring.package.file: %w", err)
		}
	case p.URL != "":
		want = append(want, resource.Packages{For: "collector-fetch", Names: []string{"ca-certificates", "curl"}, Early: true})
	default:
		source, err := aptsource.Resources(s, "monitoring.package", p.Name, p.Apt, p.Key)
		if err != nil {
			return nil, nil, err
		}
		list := "/var/lib/dpkg/info/" + p.Name + ".list" // written anew with every version
		return append(source, resource.Packages{For: "collector", Names: []string{p.Name}}), []resource.ID{resource.NewID("file", list)}, nil
	}
	return append(want, resource.DebFile{Deb: deb}, deb), []resource.ID{deb.ID()}, nil
}

// sums are those of the packages that were read, which every host is asked for.
var sums sync.Map

// fileSum is the SHA-256 of a file of the controller.
func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	key := fmt.Sprint(path, info.Size(), info.ModTime())
	if sum, known := sums.Load(key); known {
		return sum.(string), nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	text := hex.EncodeToString(sum.Sum(nil))
	sums.Store(key, text)
	return text, nil
}
