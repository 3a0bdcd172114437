package database_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/go-crypt/x/crypt"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/internal/resource"
)

const (
	uuidA = "1629845e-e86c-11f1-b939-e67d1b364bb2"
	uuidB = "6a115fb6-e86c-11f1-b3d3-b2d7fa7ca20b"
)

// TestMySQLHash: what MySQL 9.7 stored of the password "geheim", with its own
// salt and rounds, and the form in which a hash is handed over.
func TestMySQLHash(t *testing.T) {
	stored, _ := hex.DecodeString("2441243030412437255A153C433E0C753A4F2D712D156062020F485247414A776B384B713732564D52546847444A7769797256474477556C44305876774E565051385A787336")
	salt, digest := stored[7:27], stored[27:]
	if got := crypt.KeySHACrypt(sha256.New, []byte("geheim"), salt, 10*1000); string(got) != string(digest) {
		t.Errorf("got %s, the server has %s", got, digest)
	}
	h := mysql.Dialect{}.Hash("pass-word")
	if len(h) != 70 || !strings.HasPrefix(h, "$A$005$") || h != (mysql.Dialect{}).Hash("pass-word") || h == (mysql.Dialect{}).Hash("pass-word2") {
		t.Errorf("the hash %q has not the form of the server's, or is not always the same", h)
	}
	if got := crypt.KeySHACrypt(sha256.New, []byte("pass-word"), []byte(h[7:27]), 5000); string(got) != h[27:] {
		t.Errorf("the hash %q is not that of its salt", h)
	}
}

// mysqlSession is the form of an answer to Session.
const mysqlSession = "t\tk\tv\nvar\tread_only\t1\nt\tk\tv\nvar\tsuper_read_only\t0\nt\tk\tv\nvar\tserver_id\t12\nt\tk\tv\nvar\tserver_uuid\t" + uuidB +
	"\nt\tk\tv\nvar\tgtid_binlog_pos\t" + uuidA + ":1-5,\\n" + uuidB + ":1-3\nt\tk\tv\nvar\tgtid_slave_pos\t" + uuidA + ":1-5,\\n" + uuidB + ":1-3\nt\tk\tv\nvar\tgtid_binlog_state\t" + uuidA + ":1-5,\\n" + uuidB + ":1-3" +
	"\nt\tk\tv\nschema\tmysql\tutf8mb4\nschema\tfoobar\tutf8mb4\nt\tk\tv\nvar\ttest tables\t0" +
	"\nt\tu\th\tp\ts\te\tm\tl\to\tq\tx\td\naccount\tapp_rw\t10.0.0.12\tcaching_sha2_password\t24\tANY\t0\tN\t1\t0\tN\t0\naccount\totel\tlocalhost\tcaching_sha2_password\t2441\tX509\t5\tY\t0\t9\tN\tdefault\nt\tu\th\tr\to\nrole\tapp_rw\t10.0.0.12\tboss\t%" +
	"\nt\tk\ts\tp\tg\ngrant\t'app_rw'@'10.0.0.12'\t\tUSAGE\tNO\ngrant\t'otel'@'localhost'\t\tPROCESS\tNO\nt\tk\ts\tp\tg\ngrant\t'app_rw'@'10.0.0.12'\tfoo\\\\_bar\tSELECT\tNO" +
	"\nt\th\tu\ts\nlogin\t10.0.0.11\trepl\tabcd" +
	"\nReplica_IO_State\tSource_Host\tSource_User\tSource_Port\tReplica_IO_Running\tReplica_SQL_Running\tSource_SSL_Allowed\tSource_SSL_CA_File\tSeconds_Behind_Source\tSource_SSL_Verify_Server_Cert\tLast_IO_Errno\tLast_IO_Error\tLast_SQL_Errno\tLast_SQL_Error\tAuto_Position\tChannel_Name" +
	"\nWaiting\t10.0.0.11\trepl\t3306\tYes\tNo\tYes\t/ca\tNULL\tYes\t13114\tGot fatal error 1236 from source when reading data from binary log: 'Cannot replicate because the source purged required binary logs.'\t0\t\t1\t" +
	"\nt\tk\nend\tend\n"

func TestMySQLRead(t *testing.T) {
	o := resource.Observed{State: resource.Present, Attrs: map[string]string{"out": mysqlSession, "begun": "yes"}}
	s, err := mysql.Dialect{}.Read(o)
	if err != nil {
		t.Fatal(err)
	}
	if !s.ReadOnly || !s.HalfOpen || s.ServerID != uuidB || s.Number != "12" || !s.Begun || s.HalfCopied || s.TestTables != 0 || len(s.UserSchemas()) != 1 {
		t.Errorf("%+v", s)
	}
	a := s.Accounts["app_rw@10.0.0.12"]
	if a.Hash != "$" || !a.TLS || !a.Second || a.Locked || strings.Join(a.Grants[`foo\_bar`], " ") != "SELECT" || len(a.Grants[""]) != 0 || len(a.Roles) != 1 || a.Roles[0] != (database.Identity{User: "boss", Host: "%"}) || a.Demands+a.Limits+a.Expires != "" {
		t.Errorf("%+v", a)
	}
	if o := s.Accounts["otel@localhost"]; o.TLS || !o.Locked || o.MaxConnections != 5 || strings.Join(o.Grants[""], " ") != "PROCESS" || o.Demands != "a certificate of its own" || o.Limits != "by the hour" || o.Expires != database.ExpiresByDefault {
		t.Errorf("%+v", o)
	}
	c := s.Sources[0]
	if c.Host != "10.0.0.11" || c.Port != 3306 || !c.Position || !c.TLS || !c.Verify || c.PasswordSum != "abcd" || c.Behind != -1 || !database.Purged(c) {
		t.Errorf("%+v", c)
	}
	o.Attrs["out"] = strings.TrimSuffix(mysqlSession, "end\tend\n")
	if _, err := (mysql.Dialect{}).Read(o); err == nil {
		t.Error("an answer without its end was taken")
	}
}

// TestMySQLHalfOpen: a replica that administrators can write to is closed; a
// primary that is closed is opened, whoever else may write.
func TestMySQLHalfOpen(t *testing.T) {
	o := resource.Observed{State: resource.Present, Attrs: map[string]string{"out": mysqlSession}}
	c, err := database.Mode{Dialect: mysql.Dialect{}, ReadOnly: true, ServerID: "12"}.Diff(o)
	if err != nil || len(c.Steps) != 1 || !strings.Contains(string(c.Steps[0].(resource.Run).Input), "super_read_only=ON") {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err = (database.Mode{Dialect: mysql.Dialect{}, ReadOnly: true, ServerID: "13"}).Diff(o); err != nil || !strings.Contains(string(c.Steps[0].(resource.Run).Input), "server_id=13") {
		t.Errorf("another number: %+v, %v", c, err)
	}
}

func TestBeginning(t *testing.T) {
	session := func(log string, more ...string) resource.Observed {
		out := "t\tk\tv\nvar\tread_only\t1\nvar\tserver_uuid\t" + uuidB + "\nvar\tgtid_binlog_pos\t" + log + "\nvar\tgtid_binlog_state\t" + log + "\nschema\tmysql\tutf8mb4\n"
		return resource.Observed{State: resource.Present, Attrs: map[string]string{"out": out + strings.Join(more, "") + "t\tk\nend\tend\n"}}
	}
	b := database.Beginning{Dialect: mysql.Dialect{}, Users: []string{"app_rw"}}
	for name, tc := range map[string]struct {
		o    resource.Observed
		acts bool
	}{
		"installed":          {session(uuidB + ":1-3"), true},
		"nothing logged":     {session(""), true},
		"was a replica":      {session(uuidA + ":1-9," + uuidB + ":1-3"), false},
		"has data":           {session(uuidB+":1-3", "schema\tshop\tutf8mb4\n"), false},
		"has accounts":       {session(uuidB+":1-3", "account\tapp_rw\t10.0.0.12\tcaching_sha2_password\t24\tANY\t0\tN\t0\t0\tN\t0\n"), false},
		"begun, and no data": {func() resource.Observed { o := session(uuidB + ":1-300"); o.Attrs["begun"] = "yes"; return o }(), false},
	} {
		c, err := b.Diff(tc.o)
		if err != nil || c.Empty() == tc.acts {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

// TestRotation: a new password comes beside the old one, which ends last.
func TestRotation(t *testing.T) {
	for _, f := range []database.Dialect{mariadb.Dialect{}, mysql.Dialect{}} {
		a := database.Account{Dialect: f, User: "app_rw", Host: "10.0.0.12", Password: func() string { return "new-pass-word" }, Overlap: true}
		got := database.AccountState{Identity: database.Identity{Hash: f.Hash("old-pass-word")}, Plugin: f.Words().Plugin}
		if a.Retained(got) != f.Hash("old-pass-word") {
			t.Errorf("%s: the old password is not kept", f.Words().Name)
		}
		sql := f.PutAccount(a.Want(), true, a.Retained(got))
		if !strings.Contains(sql, database.SQLText(f.Hash("new-pass-word"))) || !strings.Contains(sql, " OR ") && !strings.Contains(sql, "RETAIN CURRENT PASSWORD") || strings.Contains(sql, "DISCARD") {
			t.Errorf("%s: %s", f.Words().Name, sql)
		}
		got.Plugin = "unix_socket"
		if a.Retained(got) != "" {
			t.Errorf("%s: a way in that foobar did not make is kept", f.Words().Name)
		}
		for _, exists := range []bool{false, true} {
			if sql := f.PutAccount(a.Want(), exists, ""); !strings.Contains(sql, " PASSWORD EXPIRE NEVER") {
				t.Errorf("%s: the password expires: %s", f.Words().Name, sql)
			}
		}
		if sql := f.PutAccount(a.Want(), true, ""); strings.Contains(sql, " OR ") || strings.Contains(sql, "RETAIN") {
			t.Errorf("%s: %s", f.Words().Name, sql)
		}
	}
}
