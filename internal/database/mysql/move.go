package mysql

import (
	"fmt"
	"strings"

	"foobar/internal/database"
)

// Survey asks a statement per variable.
func (m Dialect) Survey() string {
	var b strings.Builder
	variables(&b, "version", "version", "server_id", "server_id", "server_uuid", "server_uuid", "read_only", "read_only",
		"gtid_binlog_state", "gtid_executed", "gtid_slave_pos", "gtid_executed", "gtid_current_pos", "gtid_executed")
	fmt.Fprintf(&b, "SELECT 'var' AS t, 'schemas' AS k, (%s) AS v;\nSHOW REPLICA STATUS;\nSELECT 'end' AS t, 'end' AS k;\n", database.CountSchemas)
	return b.String()
}

// ReadSurvey understands the answer to Survey.
func (Dialect) ReadSurvey(out string) (database.Survey, error) {
	var s database.Survey
	err := answer(out, func(f []string) error {
		if f[0] == "var" && len(f) == 3 {
			s.Set(f[1], f[2])
		}
		return nil
	}, func(columns, row []string) {
		s.Sources = append(s.Sources, connection(columns, row, ""))
		for i, name := range columns {
			if name == "Retrieved_Gtid_Set" && s.Received == "" {
				s.Received = row[i]
			}
		}
	})
	// The server breaks long sets into lines.
	for _, p := range []*string{&s.Log, &s.Applied, &s.Current, &s.Received} {
		*p = strings.Join(strings.Fields(*p), "")
	}
	return s, err
}
