package database

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Dynamic are variables that people tune and that a server of either engine takes while it
// runs, without an effect on its data: a change of them needs no restart. Sources: MySQL's
// "Server System Variable Reference", MariaDB's "Server System Variables".
func Dynamic() []string {
	return []string{
		"binlog_cache_size", "concurrent_insert", "connect_timeout", "div_precision_increment", "event_scheduler", "general_log", "group_concat_max_len",
		"init_connect", "innodb_adaptive_hash_index", "innodb_io_capacity", "innodb_io_capacity_max", "innodb_lock_wait_timeout", "innodb_print_all_deadlocks", "innodb_stats_on_metadata",
		"innodb_stats_persistent", "interactive_timeout", "join_buffer_size", "key_buffer_size", "lock_wait_timeout", "log_queries_not_using_indexes", "long_query_time", "max_allowed_packet",
		"max_connect_errors", "max_execution_time", "max_heap_table_size", "max_prepared_stmt_count", "max_statement_time", "min_examined_row_limit",
		"net_buffer_length", "net_read_timeout", "net_write_timeout", "optimizer_search_depth", "read_buffer_size", "read_rnd_buffer_size", "slow_query_log", "sort_buffer_size", "sql_mode",
		"table_definition_cache", "table_open_cache", "thread_cache_size", "tmp_table_size", "wait_timeout",
	}
}

// Live reports whether a server takes a value of a variable while it runs. Some values it
// takes at its start alone: then nobody can start events until the next one, and a server
// that runs keeps its cache of keys. Sources: MySQL's "Event Scheduler Configuration" and
// "Multiple Key Caches", MariaDB's "Events".
func Live(name, value string) bool {
	name = strings.TrimPrefix(name, "loose_")
	switch {
	case name == "event_scheduler" && (strings.EqualFold(value, "DISABLED") || value == "2"):
		return false
	case name == "key_buffer_size" && value == "0":
		return false
	}
	return slices.Contains(Dynamic(), name)
}

// same reports whether a running server has the value of a variable that a file has: it
// writes the words of a list in an order of its own, the parts of a name for many beside
// it, and rounds sizes down.
func same(name, is, want string) bool {
	if setting(is) == setting(want) {
		return true
	}
	if name == "concurrent_insert" {
		return setting(is) == map[string]string{"0": "NEVER", "1": "AUTO", "2": "ALWAYS"}[want]
	}
	a, err := strconv.ParseFloat(is, 64)
	b, bad := strconv.ParseFloat(want, 64)
	if err == nil && bad == nil {
		return a == b || isSize(name) && slices.ContainsFunc([]float64{128, 1024, 4096, 16384}, func(unit float64) bool { return a == b-math.Mod(b, unit) })
	}
	has, asked := words(is), words(want)
	for _, word := range asked {
		if !slices.Contains(has, word) {
			return false
		}
	}
	many := slices.ContainsFunc(asked, func(word string) bool { return slices.Contains(modesOfMany, word) })
	return many || len(has) == len(asked)
}

// modesOfMany are words of sql_mode that stand for several. Source: MariaDB's "SQL_MODE".
var modesOfMany = []string{"ANSI", "TRADITIONAL", "DB2", "MAXDB", "MSSQL", "MYSQL323", "MYSQL40", "ORACLE", "POSTGRESQL"}

// isSize reports whether a variable is one of those that a server rounds.
func isSize(name string) bool {
	return strings.HasSuffix(name, "_size") || strings.HasSuffix(name, "_packet") || strings.HasSuffix(name, "_length")
}

// words are those of a list, each once.
func words(list string) []string {
	all := strings.Split(setting(list), ",")
	for i, word := range all {
		all[i] = strings.TrimSpace(word)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
