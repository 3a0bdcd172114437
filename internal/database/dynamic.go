package database

import (
	"slices"
	"strconv"
	"strings"
)

// Dynamic are variables that people tune and that a server of either engine takes while it
// runs, without an effect on its data: a change of them needs no restart. Sources: MySQL's
// "Server System Variable Reference", MariaDB's "Server System Variables".
func Dynamic() []string {
	return []string{
		"binlog_cache_size", "collation_server", "concurrent_insert", "connect_timeout", "div_precision_increment", "event_scheduler", "general_log", "group_concat_max_len",
		"init_connect", "innodb_adaptive_hash_index", "innodb_io_capacity", "innodb_io_capacity_max", "innodb_lock_wait_timeout", "innodb_print_all_deadlocks", "innodb_stats_on_metadata",
		"innodb_stats_persistent", "interactive_timeout", "join_buffer_size", "key_buffer_size", "lock_wait_timeout", "log_queries_not_using_indexes", "long_query_time", "max_allowed_packet",
		"max_connect_errors", "max_execution_time", "max_heap_table_size", "max_prepared_stmt_count", "max_statement_time", "max_user_connections", "min_examined_row_limit",
		"net_buffer_length", "net_read_timeout", "net_write_timeout", "optimizer_search_depth", "read_buffer_size", "read_rnd_buffer_size", "slow_query_log", "sort_buffer_size", "sql_mode",
		"table_definition_cache", "table_open_cache", "thread_cache_size", "tmp_table_size", "wait_timeout",
	}
}

// same reports whether a running server has a value that a file has: it writes the words of
// a list in an order of its own, the parts of a name for many beside it, and rounds sizes.
func same(is, want string) bool {
	if setting(is) == setting(want) {
		return true
	}
	a, err := strconv.ParseFloat(is, 64)
	b, bad := strconv.ParseFloat(want, 64)
	if err == nil && bad == nil {
		return a == b || b >= 4096 && max(a, b)-min(a, b) < 4096
	}
	has, asked := strings.Split(setting(is), ","), strings.Split(setting(want), ",")
	for _, word := range asked {
		if !slices.Contains(has, strings.TrimSpace(word)) {
			return false
		}
	}
	many := slices.ContainsFunc(asked, func(word string) bool { return word == "ANSI" || word == "TRADITIONAL" })
	return many || len(has) == len(asked)
}
