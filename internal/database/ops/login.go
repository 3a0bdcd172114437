package ops

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"foobar/internal/database"
	"foobar/inventory"
)

// source is what a replica needs to follow a host. What to log in with is asked
// of a server, since accounts are the same on all: they may not be those of the
// inventory yet, when passwords or an earlier version of foobar have changed
// and no deploy has come since.
func (s *Site) source(ctx context.Context, ask *Node, h *inventory.Host) database.Source {
	r := s.Source
	r.Host = h.IP().Unmap().String()
	if len(s.Logins) == 0 {
		return r
	}
	var users []string
	for _, l := range s.Logins {
		users = append(users, l.User)
	}
	out, err := s.send(ctx, ask, "-B -N", logins(s.Dialect, users), surveyMost)
	if err != nil {
		return r // what follows will say what is wrong with the server
	}
	has := map[string]bool{}
	for line := range strings.Lines(out) {
		has[strings.TrimSpace(line)] = true
	}
	for _, l := range s.Logins {
		sum := sha256.Sum256([]byte(s.Dialect.Hash(l.Password)))
		if has[l.User+"\t"+hex.EncodeToString(sum[:])] {
			r.User, r.Password = l.User, l.Password
			return r
		}
	}
	return r
}
