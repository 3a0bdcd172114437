package resource

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DatabasePositions is how an engine writes down which transactions a server
// has. Positions are text as the server gives it; the error of each method is
// about text that is no position.
type DatabasePositions interface {
	// Covers reports whether a server at position a has everything up to b.
	Covers(a, b string) (bool, error)
	// Known is the position of all that a server received, applied or not.
	Known(current, received string) (string, error)
	// Errant are the transactions in a server's log that another server never
	// had, as people read them; theirs is the other's log, applied its position
	// as a replica. The other must have been asked after the first.
	Errant(log, theirs, applied string) ([]string, error)
	// Own are the transactions in a log that the server of that ID wrote itself.
	Own(log, id string) []string
	// Foreign reports whether all that the server holds came from another one by
	// replication or as a copy.
	Foreign(s DatabaseState) bool
}

// mariaGTID is a transaction of MariaDB: "DOMAIN-SERVER-SEQUENCE".
type mariaGTID struct {
	domain, server string
	seq            uint64
}

func (g mariaGTID) String() string {
	return g.domain + "-" + g.server + "-" + strconv.FormatUint(g.seq, 10)
}

// mariaPosition is a list of transactions: of a server's log the last one of
// every writer, of its data the last one of every domain.
type mariaPosition []mariaGTID

// mostTransactions bounds a position: they are compared with one another.
const mostTransactions = 10_000

// parseMariaPosition reads "0-1-7,0-2-9"; "" is the empty position.
func parseMariaPosition(text string) (mariaPosition, error) {
	var p mariaPosition
	parts := strings.Split(text, ",")
	if len(parts) > mostTransactions {
		return nil, fmt.Errorf("a position of %d transactions is no position of a database server", len(parts))
	}
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		f := strings.Split(part, "-")
		if len(f) != 3 {
			return nil, fmt.Errorf("%q is no position of a database server", text)
		}
		seq, err := strconv.ParseUint(f[2], 10, 64)
		for _, number := range f[:2] {
			if _, bad := strconv.ParseUint(number, 10, 32); bad != nil {
				err = bad
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no position of a database server: %w", text, err)
		}
		p = append(p, mariaGTID{f[0], f[1], seq})
	}
	return p, nil
}

func (p mariaPosition) String() string {
	var parts []string
	for _, g := range p {
		parts = append(parts, g.String())
	}
	return strings.Join(parts, ",")
}

// last is the sequence number of a domain; 0 when nothing of it is there.
func (p mariaPosition) last(domain string) uint64 {
	var seq uint64
	for _, g := range p {
		if g.domain == domain {
			seq = max(seq, g.seq)
		}
	}
	return seq
}

func parseMariaPositions(texts ...string) ([]mariaPosition, error) {
	var all []mariaPosition
	for _, t := range texts {
		p, err := parseMariaPosition(t)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// Covers compares domain by domain.
func (MariaDB) Covers(a, b string) (bool, error) {
	p, err := parseMariaPositions(a, b)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(p[1], func(g mariaGTID) bool { return p[0].last(g.domain) < g.seq }), nil
}

// Known takes the later transaction of each domain.
func (MariaDB) Known(current, received string) (string, error) {
	p, err := parseMariaPositions(current, received)
	if err != nil {
		return "", err
	}
	known := p[0]
	for _, g := range p[1] {
		if known.last(g.domain) < g.seq {
			known = append(slices.DeleteFunc(known, func(o mariaGTID) bool { return o.domain == g.domain }), g)
		}
	}
	return known.String(), nil
}

// Errant goes by the last transaction of every pair of domain and writer, as
// MariaDB's documentation of gtid_binlog_state describes. What the other took in
// as a copy is not in its log, but in its position as a replica.
func (MariaDB) Errant(log, theirs, applied string) ([]string, error) {
	p, err := parseMariaPositions(log, theirs, applied)
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
func (MariaDB) Own(log, id string) []string {
	p, err := parseMariaPosition(log)
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
func (m MariaDB) Foreign(s DatabaseState) bool {
	return s.Applied != "" && s.Applied == s.Written && len(m.Own(s.Written, s.ServerID)) == 0
}
