package roles

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"foobar/internal/database"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
)

// databasePurpose is what accounts in the databases are for.
type databasePurpose struct {
	// user is the accounts' name, label that of their password.
	user, label string
	// former is the name that earlier versions gave them.
	former string
}

// The purposes of foobar's accounts. Their names belong to foobar: a database
// that it takes over may have a "backup" of its own.
var (
	databaseWriter  = databasePurpose{"foobar_app_rw", "db/app_rw", "app_rw"}
	databaseReader  = databasePurpose{"foobar_app_ro", "db/app_ro", "app_ro"}
	databaseFollows = databasePurpose{"foobar_repl", "db/replication", "repl"}
	databaseCopier  = databasePurpose{"foobar_backup", "db/backup", "backup"}
	databaseMonitor = databasePurpose{"foobar_otel", "db/monitoring", "otel"}
)

func databasePurposes() []databasePurpose {
	return []databasePurpose{databaseWriter, databaseReader, databaseFollows, databaseCopier, databaseMonitor}
}

// databaseGenerations is how many generations of passwords are recognised.
const databaseGenerations = 10

// databaseLogin is a user and its password.
type databaseLogin struct {
	user     string
	password secret.String
}

// passwords are those that a user of foobar's may have, the latest first.
func (p databasePurpose) passwords(m *secret.Master, user string) []secret.String {
	var all []secret.String
	for g := m.Generation(); g > 0 && len(all) < databaseGenerations; g-- {
		if user == p.user {
			all = append(all, m.PasswordAt(g, p.label))
		} else {
			all = append(all, m.PasswordV1(g, p.label))
		}
	}
	return all
}

// databaseOwner knows foobar's accounts by the ledgers of the database hosts,
// which count for names with foobar's prefix only, and by their passwords.
func databaseOwner(s *play.Site) database.Owner {
	owner := database.Owner{Passwords: func(user string) []string {
		var all []string
		for _, p := range databasePurposes() {
			if user == p.user || user == p.former {
				for _, word := range p.passwords(s.Master, user) {
					all = append(all, word.Reveal())
				}
			}
		}
		return all
	}}
	for _, h := range s.Inv.Group(inventory.DB) {
		for _, id := range s.Facts[h.Name].Owned {
			if key, ok := strings.CutPrefix(id, "database-account:"); ok && strings.HasPrefix(key, "foobar_") {
				owner.Listed = append(owner.Listed, key)
			}
		}
	}
	return owner
}

// databaseLoginOf is what to log in with. A run that makes the accounts uses the
// wanted logins. One that leaves the accounts out uses those that the primary has, or
// the hosts that it works on could no longer log in.
func databaseLoginOf(s *play.Site, p databasePurpose) (databaseLogin, error) {
	wanted := databaseLogin{p.user, s.Master.Password(p.label)}
	primary, err := Primary(s)
	if err != nil {
		return wanted, err
	}
	has := s.Facts[primary.Name].Database.Logins
	known := func(user string) bool {
		return slices.ContainsFunc(has, func(l facts.Login) bool { return l.User == user })
	}
	if s.WorksOn(Database{}.Name(), primary.Name) || !known(p.user) && !known(p.former) {
		return wanted, nil
	}
	e := databaseEngineOf(s.Inv)
	for _, l := range p.logins(s.Master) {
		sum := sha256.Sum256([]byte(e.dialect.Hash(l.password.Reveal())))
		if slices.Contains(has, facts.Login{User: l.user, Sum: hex.EncodeToString(sum[:])}) {
			return l, nil
		}
	}
	return wanted, fault.Wrap(fault.AccountsFirst, fmt.Errorf("the account %s of the databases gets a new password, and this run leaves out %s, where that is set; deploy without --limit and --parts first", p.user, primary.Name))
}

// logins are all that the accounts of a purpose may have, the latest first.
func (p databasePurpose) logins(m *secret.Master) []databaseLogin {
	var all []databaseLogin
	for _, user := range []string{p.user, p.former} {
		for _, word := range p.passwords(m, user) {
			all = append(all, databaseLogin{user, word})
		}
	}
	return all
}

// DatabaseFollowers are the logins that replicas may have at a source, the
// wanted one first.
func DatabaseFollowers(m *secret.Master) []database.Source {
	var all []database.Source
	for _, l := range databaseFollows.logins(m) {
		all = append(all, database.Source{User: l.user, Password: l.password.Reveal()})
	}
	return all
}
