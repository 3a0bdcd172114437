package database

import "testing"

// TestSameValue has what servers make of values, and what they do not.
func TestSameValue(t *testing.T) {
	for _, c := range []struct {
		name, is, want string
		same           bool
	}{
		{"max_allowed_packet", "67108864", "67109000", true}, // rounded down to 1024
		{"group_concat_max_len", "1024", "4096", false},
		{"wait_timeout", "28800", "30000", false},
		{"max_connections", "4500", "5000", false},
		{"table_open_cache", "4000", "6000", false},
		{"concurrent_insert", "AUTO", "1", true},
		{"concurrent_insert", "AUTO", "2", false},
		{"sql_mode", "STRICT_TRANS_TABLES,ANSI_QUOTES", "ANSI_QUOTES, STRICT_TRANS_TABLES,ANSI_QUOTES", true},
		{"sql_mode", "PIPES_AS_CONCAT,ANSI_QUOTES,ORACLE", "ORACLE", true},
		{"sql_mode", "STRICT_TRANS_TABLES", "ANSI_QUOTES", false},
	} {
		if got := same(c.name, c.is, c.want); got != c.same {
			t.Errorf("%s: %s for %s: %v", c.name, c.is, c.want, got)
		}
	}
}
