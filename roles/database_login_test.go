package roles

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/facts"
	"foobar/internal/fault/faulttest"
	"foobar/internal/play"
	"foobar/internal/secret"
)

// allPasswords are the passwords of a site's accounts.
func allPasswords(t *testing.T, s *play.Site) []string {
	t.Helper()
	e := databaseEngineOf(s.Inv)
	var all []string
	for _, a := range databaseAccounts(s, e) {
		all = append(all, a.Password())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestTwoSitesOneKey: two inventories beside one foobar.key have no password in common.
func TestTwoSitesOneKey(t *testing.T) {
	production, staging := databaseSite(t), databaseSite(t)
	var err error
	if staging.Master, err = secret.NewMaster(bytes.Repeat([]byte{9}, 32), 1, secret.Site{Name: "foobar", Domain: "staging.foobar.com"}); err != nil {
		t.Fatal(err)
	}
	all := append(allPasswords(t, production), allPasswords(t, staging)...)
	if len(all) != 10 {
		t.Fatalf("%d passwords for five purposes of two sites", len(all))
	}
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Error("two sites have a password in common")
	}
	env, err := appEnvironment(staging, staging.Inv.Host("web1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range allPasswords(t, production) {
		if bytes.Contains(env, []byte(word)) {
			t.Error("staging's app.env has a password of production")
		}
	}
}

// TestAccountNames: every account has foobar's prefix and fits both engines.
func TestAccountNames(t *testing.T) {
	for _, p := range databasePurposes() {
		if !strings.HasPrefix(p.user, "foobar_") || len(p.user) > 32 {
			t.Errorf("%s is no name for an account of foobar's", p.user)
		}
	}
}

func login(s *play.Site, user string, word secret.String) facts.Login {
	e := databaseEngineOf(s.Inv)
	sum := sha256.Sum256([]byte(e.dialect.Hash(word.Reveal())))
	return facts.Login{User: user, Sum: hex.EncodeToString(sum[:])}
}

// TestLoginsOfALimitedRun: a run that does not make the accounts goes on with
// those that the primary has, also those of an earlier version; one that would
// cut the app off is refused.
func TestLoginsOfALimitedRun(t *testing.T) {
	for _, engine := range []string{"mariadb", "mysql"} {
		s := databaseSite(t)
		s.Inv.DB.Engine = engine
		var err error
		if s.Master, err = secret.NewMaster(bytes.Repeat([]byte{9}, 32), 3, secret.Site{Name: "foobar", Domain: "www.foobar.com"}); err != nil {
			t.Fatal(err)
		}
		m, label := s.Master, databaseWriter.label
		for _, c := range []struct {
			name         string
			limit, roles []string
			has          []facts.Login
			user         string
			word         secret.String
		}{
			{"whole, before the first with these names", nil, nil, []facts.Login{login(s, "app_rw", m.PasswordV1(3, label))}, "foobar_app_rw", m.Password(label)},
			{"the app alone, before it", nil, []string{"app"}, []facts.Login{login(s, "app_rw", m.PasswordV1(3, label))}, "app_rw", m.PasswordV1(3, label)},
			{"another host, before it, a generation raised", []string{"web2"}, nil, []facts.Login{login(s, "app_rw", m.PasswordV1(2, label))}, "app_rw", m.PasswordV1(2, label)},
			{"the primary's host", []string{"web1"}, nil, []facts.Login{login(s, "app_rw", m.PasswordV1(3, label))}, "foobar_app_rw", m.Password(label)},
			{"another host, after it", []string{"web2"}, nil, []facts.Login{login(s, "app_rw", m.PasswordV1(3, label)), login(s, "foobar_app_rw", m.Password(label))}, "foobar_app_rw", m.Password(label)},
			{"another host, a generation raised", []string{"web2"}, nil, []facts.Login{login(s, "foobar_app_rw", m.PasswordAt(2, label))}, "foobar_app_rw", m.PasswordAt(2, label)},
			{"beside an operator's", []string{"web2"}, nil, []facts.Login{login(s, "app_rw", secret.New("operator's")), login(s, "foobar_app_rw", m.Password(label))}, "foobar_app_rw", m.Password(label)},
			{"nothing known", []string{"web2"}, nil, nil, "foobar_app_rw", m.Password(label)},
		} {
			s.Limit, s.Roles = c.limit, c.roles
			f := s.Facts["web1"]
			f.Database.Logins = c.has
			s.Facts["web1"] = f
			got, err := databaseLoginOf(s, databaseWriter)
			if err != nil || got.user != c.user || got.password.Reveal() != c.word.Reveal() {
				t.Errorf("%s, %s: %s, %v", engine, c.name, got.user, err)
			}
		}
		s.Limit = []string{"web2"}
		f := s.Facts["web1"]
		f.Database.Logins = []facts.Login{login(s, "foobar_app_rw", secret.New("of another domain"))}
		s.Facts["web1"] = f
		_, err = App{}.Resources(s, s.Inv.Host("web2"))
		faulttest.Wants(t, err, "DB22")
	}
}

// TestFormerAccountsEndLast: the rotation, and nothing before it, drops what
// earlier versions made; the ledgers of all database hosts know foobar's own.
func TestFormerAccountsEndLast(t *testing.T) {
	s := databaseSite(t)
	f := s.Facts["web3"]
	f.Owned = []string{"database-account:foobar_app_rw@10.0.0.99", "database-account:backup@localhost", "file:/etc/x"}
	s.Facts["web3"] = f
	strays := databaseWanted(t, DatabasePrimary{}, s, "web1")["database-accounts:strays"].(database.Strays)
	if strings.Join(strays.Owner.Listed, " ") != "foobar_app_rw@10.0.0.99" {
		t.Errorf("the ledgers list %v", strays.Owner.Listed)
	}
	former := databaseWanted(t, DatabaseRotation{}, s, "web1")["database-accounts:former"].(database.Former)
	for _, p := range databasePurposes() {
		if slices.Contains(strays.Users, p.former) || former.Successors[p.former] != p.user {
			t.Errorf("%s: strays %v, former %v", p.former, strays.Users, former.Successors)
		}
		words := former.Owner.Passwords(p.former)
		if !slices.Contains(words, s.Master.PasswordV1(1, p.label).Reveal()) || slices.Contains(words, s.Master.Password(p.label).Reveal()) {
			t.Errorf("%s: what foobar gave it is not known", p.former)
		}
	}
}
