package ops

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"foobar/internal/database"
)

// TestFollowsWithTheAccountThereIs: where no deploy has come since an account
// got another name or password, a move of the primary uses what the servers have.
func TestFollowsWithTheAccountThereIs(t *testing.T) {
	for name, c := range map[string]struct{ has, want string }{
		"deployed":        {"foobar_repl new", "MASTER_USER='foobar_repl', MASTER_PASSWORD='new'"},
		"before a deploy": {"repl old", "MASTER_USER='repl', MASTER_PASSWORD='old'"},
		"nothing known":   {"repl of-somebody", "MASTER_USER='foobar_repl', MASTER_PASSWORD='new'"},
	} {
		f, s := newFleet(t)
		s.Source.User, s.Source.Password = "foobar_repl", "new"
		s.Logins = []database.Source{{User: "foobar_repl", Password: "new"}, {User: "repl", Password: "old"}}
		user, word, _ := strings.Cut(c.has, " ")
		sum := sha256.Sum256([]byte(s.Dialect.Hash(word)))
		f.logins = []string{user + "\t" + hex.EncodeToString(sum[:])}
		if _, err := s.Switchover(t.Context(), "web2", nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f.want("web2", "web1", "web3")
		moved := 0
		for _, script := range f.sent {
			if strings.Contains(script, "CHANGE MASTER") {
				if moved++; !strings.Contains(script, c.want) {
					t.Errorf("%s: %s", name, script)
				}
			}
		}
		if moved != 2 {
			t.Errorf("%s: %d servers were pointed at the new primary", name, moved)
		}
	}
}
