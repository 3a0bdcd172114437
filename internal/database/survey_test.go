package database_test

import (
	"strings"
	"testing"

	"foobar/internal/database/mariadb"
	"foobar/internal/resource"
)

// answered is what a server has said.
func answered(out string) resource.Observed {
	return resource.Observed{Attrs: map[string]string{"out": out}}
}

func TestSurvey(t *testing.T) {
	out := "t\tk\tv\nvar\tversion\t11.8.9-MariaDB\nt\tk\tv\nvar\tread_only\t1\nt\tk\tv\nvar\tgtid_binlog_state\t0-1-7,0-2-9\nt\tk\tv\nschema\tapp\tutf8mb4\n" +
		"Connection_name\tMaster_Host\tMaster_Port\tSlave_IO_Running\tSlave_SQL_Running\tLast_IO_Error\tSeconds_Behind_Master\tGtid_IO_Pos\n" +
		"\t10.0.0.11\t3306\tYes\tNo\tsaid\\tthis\t3\t0-2-10\nt\tk\nend\tend\n"
	s, err := mariadb.Dialect{}.Read(answered(out))
	if err != nil {
		t.Fatal(err)
	}
	if s.Version != "11.8.9-MariaDB" || !s.ReadOnly || s.Log != "0-1-7,0-2-9" || len(s.UserSchemas()) != 1 || s.Received != "0-2-10" || len(s.Sources) != 1 {
		t.Fatalf("got %+v", s)
	}
	if c := s.Sources[0]; c.Host != "10.0.0.11" || c.Reading != "Yes" || c.Applying != "No" || c.Behind != 3 || c.ReadError != "said\tthis" {
		t.Errorf("got %+v", c)
	}
	if _, err := (mariadb.Dialect{}).Read(answered(strings.TrimSuffix(out, "end\tend\n"))); err == nil {
		t.Error("an answer that was cut off was taken")
	}
}
