package database_test

import (
	"fmt"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/dialects"
	"foobar/internal/fault/faulttest"
	"foobar/internal/resource"
)

// ownedServer is what a server of a dialect says of accounts with passwords.
func ownedServer(f database.Dialect, accounts ...[3]string) resource.Observed {
	var b strings.Builder
	b.WriteString("t\tk\tv\nschema\tmysql\tutf8mb4\n")
	for _, a := range accounts {
		if f.Words().Name == "mysql" {
			fmt.Fprintf(&b, "t\tu\naccount\t%s\t%s\tcaching_sha2_password\t%X\tANY\t0\tN\t0\t0\tN\t0\n", a[0], a[1], f.Hash(a[2]))
		} else {
			fmt.Fprintf(&b, "t\tu\naccount\t%s\t%s\t"+`{"plugin":"mysql_native_password","authentication_string":"%s","ssl_type":1,"password_lifetime":0}`+"\n", a[0], a[1], f.Hash(a[2]))
		}
	}
	b.WriteString("t\tk\nend\tend\n")
	return resource.Observed{State: resource.Present, Attrs: map[string]string{"out": b.String()}}
}

func testOwner(listed ...string) database.Owner {
	return database.Owner{Listed: listed, Passwords: func(user string) []string { return []string{"v2 of " + user, "v1 of " + user} }}
}

func sent(c resource.Change) string {
	var b strings.Builder
	for _, s := range c.Steps {
		b.Write(s.(resource.Run).Input)
	}
	return b.String()
}

// TestAccountsOfOthersStay: an operator's accounts have the names that foobar
// used to give, and one that it gives now. On both engines only those are
// dropped whose password foobar alone can have given, or that a ledger lists.
func TestAccountsOfOthersStay(t *testing.T) {
	for _, f := range dialects.All() {
		t.Run(f.Words().Name, func(t *testing.T) {
			o := ownedServer(f, [3]string{"backup", "localhost", "operator's"}, [3]string{"repl", "%", "operator's"}, [3]string{"foobar_backup", "localhost", "operator's"},
				[3]string{"backup", "10.0.0.12", "v1 of backup"}, [3]string{"backup", "10.0.0.99", "v1 of backup"}, [3]string{"backup", "10.0.0.13", "v1 of backup"},
				[3]string{"foobar_backup", "10.0.0.12", "v2 of foobar_backup"}, [3]string{"foobar_backup", "10.0.0.99", "of another domain"})
			strays := database.Strays{Dialect: f, Users: []string{"foobar_backup", "foobar_repl"}, Wanted: []string{"foobar_backup@10.0.0.12"}, Owner: testOwner("foobar_backup@10.0.0.99")}
			c, err := strays.Diff(o)
			if err != nil || fieldText(c) != "account foobar_backup@10.0.0.99>" {
				t.Errorf("strays: %s, %v", fieldText(c), err)
			}
			// The successor at 10.0.0.13 is wanted and not there yet.
			former := database.Former{Dialect: f, Owner: testOwner(), Successors: map[string]string{"backup": "foobar_backup", "repl": "foobar_repl"},
				Wanted: []string{"foobar_backup@10.0.0.12", "foobar_backup@10.0.0.13"}}
			c, err = former.Diff(o)
			if err != nil || fieldText(c) != "account backup@10.0.0.12>; account backup@10.0.0.99>" {
				t.Errorf("former: %s, %v", fieldText(c), err)
			}
			if sql := sent(c); strings.Contains(sql, "localhost") || strings.Contains(sql, "%") || !strings.Contains(sql, "DROP USER IF EXISTS 'backup'@'10.0.0.12';") {
				t.Errorf("former: %s", sql)
			}
			c, err = former.Diff(o.Before(func(id resource.ID) bool { return id == "database-account:foobar_backup@10.0.0.13" }))
			if err != nil || !strings.Contains(fieldText(c), "backup@10.0.0.13") {
				t.Errorf("with the successor about to be made: %s, %v", fieldText(c), err)
			}
		})
	}
}

// TestAccountTakesOver: the account of today comes beside the one of an earlier
// version and says why; one of somebody else is refused, and not shown to be foobar's.
func TestAccountTakesOver(t *testing.T) {
	for _, f := range dialects.All() {
		t.Run(f.Words().Name, func(t *testing.T) {
			a := database.Account{Dialect: f, User: "foobar_backup", Former: "backup", Host: "10.0.0.12", Password: func() string { return "v2 of foobar_backup" },
				TLS: true, Overlap: true, Owner: testOwner()}
			c, err := a.Diff(ownedServer(f, [3]string{"backup", "10.0.0.12", "v1 of backup"}))
			if err != nil || c.Action != resource.Create || !strings.Contains(c.Reason, "backup@10.0.0.12") || strings.Contains(sent(c), "'backup'") {
				t.Errorf("%+v, %v", c, err)
			}
			if c, err = a.Diff(ownedServer(f, [3]string{"backup", "10.0.0.12", "operator's"})); err != nil || c.Reason != "" {
				t.Errorf("beside an operator's: %+v, %v", c, err)
			}
			other := ownedServer(f, [3]string{"foobar_backup", "10.0.0.12", "of another domain"})
			c, err = a.Diff(other)
			if faulttest.Wants(t, err, "DB21"); !c.Empty() {
				t.Errorf("somebody's own: %+v", c)
			}
			if c, err = (database.OldPassword{a}).Diff(other); err != nil || !c.Empty() {
				t.Errorf("the password of somebody's own: %+v, %v", c, err)
			}
			// After a change of site.domain the ledger knows it, and what it has goes on letting in.
			a.Owner = testOwner("foobar_backup@10.0.0.12")
			c, err = a.Diff(other)
			if sql := sent(c); err != nil || c.Action != resource.Update || !strings.Contains(c.Reason, "site.domain") || !strings.Contains(sql, " OR ") && !strings.Contains(sql, "RETAIN CURRENT PASSWORD") {
				t.Errorf("foobar's own: %+v, %v", c, err)
			}
		})
	}
}
