package mariadb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/database"
)

// gtid is a transaction of MariaDB: "DOMAIN-SERVER-SEQUENCE".
type gtid struct {
	domain, server string
	seq            uint64
}

func (g gtid) String() string {
	return g.domain + "-" + g.server + "-" + strconv.FormatUint(g.seq, 10)
}

// position is a list of transactions: of a server's log the last one of
// every writer, of its data the last one of every domain.
type position []gtid

// parsePosition reads "0-1-7,0-2-9"; "" is the empty position.
func parsePosition(text string) (position, error) {
	var p position
	parts := strings.Split(text, ",")
	if len(parts) > database.MostTransactions {
		return nil, fmt.Errorf("a position of %d transactions is not one of a database server", len(parts))
	}
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		f := strings.Split(part, "-")
		if len(f) != 3 {
			return nil, fmt.Errorf("%q is not a position of a database server", text)
		}
		seq, err := strconv.ParseUint(f[2], 10, 64)
		for _, number := range f[:2] {
			if _, bad := strconv.ParseUint(number, 10, 32); bad != nil {
				err = bad
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%q is not a position of a database server: %w", text, err)
		}
		p = append(p, gtid{f[0], f[1], seq})
	}
	return p, nil
}

func (p position) String() string {
	var parts []string
	for _, g := range p {
		parts = append(parts, g.String())
	}
	return strings.Join(parts, ",")
}

// last is the highest sequence number of a domain; 0 when there is none.
func (p position) last(domain string) uint64 {
	var seq uint64
	for _, g := range p {
		if g.domain == domain {
			seq = max(seq, g.seq)
		}
	}
	return seq
}

func parsePositions(texts ...string) ([]position, error) {
	var all []position
	for _, t := range texts {
		p, err := parsePosition(t)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// Covers compares domain by domain.
func (Dialect) Covers(a, b string) (bool, error) {
	p, err := parsePositions(a, b)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(p[1], func(g gtid) bool { return p[0].last(g.domain) < g.seq }), nil
}

// Known takes the later transaction of each domain.
func (Dialect) Known(current, received string) (string, error) {
	p, err := parsePositions(current, received)
	if err != nil {
		return "", err
	}
	known := p[0]
	for _, g := range p[1] {
		if known.last(g.domain) < g.seq {
			known = append(slices.DeleteFunc(known, func(o gtid) bool { return o.domain == g.domain }), g)
		}
	}
	return known.String(), nil
}

// Errant goes by the last transaction of every pair of domain and writer, as
// MariaDB's documentation of gtid_binlog_state describes. What the other took in
// as a copy is not in its log, but in its position as a replica.
func (Dialect) Errant(log, theirs, applied string) ([]string, error) {
	p, err := parsePositions(log, theirs, applied)
	if err != nil {
		return nil, err
	}
	seen := map[[2]string]uint64{}
	for _, g := range slices.Concat(p[1], p[2]) {
		key := [2]string{g.domain, g.server}
		seen[key] = max(seen[key], g.seq)
	}
	var list []string
	for _, g := range p[0] {
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
	return list, nil
}

// Own goes by the server's number.
func (Dialect) Own(log, id string) []string {
	p, err := parsePosition(log)
	if err != nil {
		return []string{log} // what cannot be read is not known to be another's
	}
	var own []string
	for _, g := range p {
		if g.server == id {
			own = append(own, g.String())
		}
	}
	return own
}

// Foreign is true of a server whose own log ends where its replication did, and
// with a transaction of another server.
func (m Dialect) Foreign(s database.State) bool {
	return s.Applied != "" && s.Applied == s.Written && len(m.Own(s.Written, s.ServerID)) == 0
}
