package preflight

import (
	"slices"
	"strconv"
	"strings"

	"foobar/internal/facts"
	"foobar/inventory"
)

// older says which replicas are of an older series than their primary, as they are
// when the primary's system was upgraded before theirs: neither MariaDB nor MySQL
// promises that they can follow.
func (j *judge) older(dbs []*inventory.Host, primary *inventory.Host, seen map[string]facts.Facts) {
	newest := seen[primary.Name].Database
	for _, h := range dbs {
		d := seen[h.Name].Database
		if h == primary || !d.Running || d.Engine != newest.Engine || len(series(d.Version)) == 0 || slices.Compare(series(d.Version), series(newest.Version)) >= 0 {
			continue
		}
		j.add("database", Warn, "upgrade "+h.Name+" as well", "%s runs %s, older than %s of the primary %s, and may not be able to follow it", h.Name, upstream(d.Version), upstream(newest.Version), primary.Name)
	}
}

// series is [11 8] of "11.8.3-MariaDB-deb13-log"; nil of what is no version.
func series(version string) []int {
	parts := strings.SplitN(upstream(version), ".", 3)
	var numbers []int
	for _, p := range parts[:min(2, len(parts))] {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// upstream is a server's version without what the distribution adds.
func upstream(version string) string {
	version, _, _ = strings.Cut(version, "-")
	return version
}
