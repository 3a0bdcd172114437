package dbops

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// gtid is a transaction of MariaDB: "DOMAIN-SERVER-SEQUENCE".
type gtid struct {
	domain, server string
	seq            uint64
}

// position is a list of transactions: of a server's log the last one of every
// writer, of its data the last one of every domain.
type position []gtid

// parsePosition reads "0-1-7,0-2-9"; "" is the empty position.
func parsePosition(text string) (position, error) {
	var p position
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		f := strings.Split(part, "-")
		if len(f) != 3 {
			return nil, fmt.Errorf("%q is no position of a database server", text)
		}
		seq, err := strconv.ParseUint(f[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no position of a database server: %w", text, err)
		}
		p = append(p, gtid{f[0], f[1], seq})
	}
	return p, nil
}

func (g gtid) String() string { return g.domain + "-" + g.server + "-" + strconv.FormatUint(g.seq, 10) }

// String is the position as a server takes it.
func (p position) String() string {
	var parts []string
	for _, g := range p {
		parts = append(parts, g.String())
	}
	return strings.Join(parts, ",")
}

// last is the sequence number of a domain; 0 when nothing of it is there.
func (p position) last(domain string) uint64 {
	var seq uint64
	for _, g := range p {
		if g.domain == domain {
			seq = max(seq, g.seq)
		}
	}
	return seq
}

// covers reports whether p is at least as far as q in every domain.
func (p position) covers(q position) bool {
	return !slices.ContainsFunc(q, func(g gtid) bool { return p.last(g.domain) < g.seq })
}

// errants are the transactions of a server's log that the primary's log has
// never seen, as ranges. The primary must have been asked after the server.
// Source: MariaDB's documentation of gtid_binlog_state, which has the last
// transaction of every pair of domain and writer. What the primary took in as a
// copy is not in its log, but in applied, the position of the copy.
func errants(log, primaryLog, applied position) []string {
	seen := map[[2]string]uint64{}
	for _, g := range slices.Concat(primaryLog, applied) {
		key := [2]string{g.domain, g.server}
		seen[key] = max(seen[key], g.seq)
	}
	var list []string
	for _, g := range log {
		have, known := seen[[2]string{g.domain, g.server}]
		switch {
		case known && have >= g.seq:
		case known && have+1 < g.seq:
			list = append(list, fmt.Sprintf("%s-%s-%d to %s", g.domain, g.server, have+1, g))
		case known:
			list = append(list, g.String())
		default:
			list = append(list, "up to "+g.String())
		}
	}
	slices.Sort(list)
	return list
}
