package mariadb

import (
	"fmt"
	"strings"

	"foobar/internal/database"
	"foobar/internal/fault"
)

// Survey asks a statement per variable, as Session does.
func (m Dialect) Survey() string {
	var b strings.Builder
	for _, v := range []string{"version", "server_id", "read_only", "gtid_binlog_state", "gtid_slave_pos", "gtid_current_pos"} {
		fmt.Fprintf(&b, "SELECT 'var' AS t, '%s' AS k, @@global.%s AS v;\n", v, v)
	}
	fmt.Fprintf(&b, "SELECT 'var' AS t, 'schemas' AS k, (%s) AS v;\nSHOW ALL SLAVES STATUS;\nSELECT 'end' AS t, 'end' AS k;\n", database.CountSchemas)
	return b.String()
}

// ReadSurvey understands the answer to Survey.
func (Dialect) ReadSurvey(out string) (database.Survey, error) {
	var s database.Survey
	var columns []string
	ended := false
	for _, line := range strings.Split(out, "\n") {
		f := strings.Split(line, "\t")
		for i := range f {
			f[i] = database.BatchText(f[i])
		}
		switch {
		case f[0] == "t":
			columns = nil
		case f[0] == "Connection_name":
			columns = f
		case columns != nil && len(f) == len(columns):
			s.Sources = append(s.Sources, connection(columns, f, ""))
			for i, name := range columns {
				if name == "Gtid_IO_Pos" && s.Received == "" {
					s.Received = f[i]
				}
			}
		case f[0] == "end":
			ended = true
		case f[0] == "var" && len(f) == 3:
			s.Set(f[1], f[2])
		}
	}
	if !ended {
		return s, fault.Wrap(fault.AnswerCut, fmt.Errorf("the database server's answer was cut off before its end"))
	}
	return s, nil
}
