package inventory

import (
	"maps"
	"strings"
	"testing"
)

// TestDatabaseSettings: values become what an option file and a running server take alike,
// and what has a key of its own is that key.
func TestDatabaseSettings(t *testing.T) {
	text := strings.Replace(minimal, "[hosts.", `[db.settings]
sql-mode = "ANSI,NO_ZERO_DATE"
long_query_time = 0.5
slow_query_log = true
max_allowed_packet = "64M"
loose_query_cache_size = 0
loose_max_execution_time = 2000
skip_show_database = true
optimizer_switch = ""
max_connections = 500
innodb_buffer_pool_size = "2G"

[hosts.`, 1)
	inv, err := Parse("testdata/t.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"sql_mode": "ANSI,NO_ZERO_DATE", "long_query_time": "0.5", "slow_query_log": "ON", "max_allowed_packet": "67108864",
		"loose_query_cache_size": "0", "loose_max_execution_time": "2000", "skip_show_database": "ON", "optimizer_switch": ""}
	if !maps.Equal(inv.DB.Settings, want) {
		t.Errorf("got %v", inv.DB.Settings)
	}
	if inv.DB.MaxConnections != 500 || inv.DB.BufferPool != 2<<30 {
		t.Errorf("%d connections, a pool of %d", inv.DB.MaxConnections, inv.DB.BufferPool)
	}
}

// TestOwnedVariables: a server takes the beginning of a name for the whole.
func TestOwnedVariables(t *testing.T) {
	for name, is := range map[string]bool{"server_id": true, "server_i": true, "ssl": true, "ssl_ca": true, "gtid_domain_id": true, "innodb_data_file_path": true, "innodb_data": true,
		"read_only": true, "read_buffer_size": false, "slave_parallel_threads": false, "innodb_flush_neighbors": false, "sql_mode": false, "sql_select_limit": true, "port": true, "character_set_server": false} {
		if got := owned(name) != ""; got != is {
			t.Errorf("%s: %v (%s)", name, got, owned(name))
		}
	}
}
