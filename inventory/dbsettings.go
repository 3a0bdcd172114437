package inventory

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/fault"
)

var (
	variableName  = regexp.MustCompile(`^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`)
	offset        = regexp.MustCompile(`^[+-](0?[0-9]|1[0-4]):[0-5][0-9]$`)
	inventorySize = regexp.MustCompile(`^([0-9]{1,15}) ?([KMGTkmgt])i?[Bb]$`)
	serverSize    = regexp.MustCompile(`^([0-9]{1,15})([KMGTkmgt])$`)
)

// ownedVariables are the server's variables that foobar sets or relies on, with what to do
// about each; a name that ends in * stands for all that begin so.
func ownedVariables() map[string]string {
	const replication = "foobar sets up replication"
	const where = "foobar decides where the server's files are"
	const start = "the server would not start, or lose data"
	const engine = "replication and backups need InnoDB"
	const keys = "the server would not start without a plugin that keeps keys"
	const differs = "replicas would not hold what the primary holds"
	return map[string]string{
		"port": "write db.port", "bind_address": "foobar binds the server to the private address and loopback", "skip_networking": "the other hosts could not reach the server",
		"admin_*": "foobar decides where the server listens", "extra_port": "foobar decides where the server listens", "mysqlx*": "foobar decides where the server listens", "socket": where,
		"datadir": where, "basedir": where, "pid_file": where, "user": where, "plugin_dir": where, "lc_messages_dir": where, "log_error": where, "tmpdir": where,
		"server_id": replication, "server_uuid": replication, "report_*": replication, "gtid_*": replication, "enforce_gtid_consistency": replication, "relay_log*": replication,
		"log_slave_updates": replication, "log_replica_updates": replication, "rpl_semi_sync_*": replication, "master_*": replication, "init_slave": replication, "init_replica": replication,
		"slave_net_timeout": replication, "replica_net_timeout": replication, "slave_start": replication, "replica_start": replication, "slave_skip_errors": differs, "replica_skip_errors": differs,
		"slave_exec_mode": differs, "replica_exec_mode": differs, "replicate_*": differs, "binlog_do_db": differs, "binlog_ignore_db": differs, "binlog_format": differs, "log_bin*": replication,
		"binlog_expire_logs_seconds": "write db.binlog_expire", "expire_logs_days": "write db.binlog_expire", "max_binlog_total_size": "write db.binlog_expire", "slave_connections_needed_for_purge": replication,
		"read_only": "foobar opens only the primary", "super_read_only": "foobar opens only the primary",
		"ssl*": "foobar encrypts what leaves the host", "tls_*": "foobar encrypts what leaves the host", "require_secure_transport": "foobar encrypts what leaves the host",
		"sync_binlog": "what was committed would be lost with the power", "innodb_flush_log_at_trx_commit": "what was committed would be lost with the power", "innodb_doublewrite": "what was committed would be lost with the power",
		"grant_tables": "anybody could log in", "skip_grant_tables": "anybody could log in", "name_resolve": "accounts go by addresses", "skip_name_resolve": "accounts go by addresses", "local_infile": "a server could read files of its clients",
		"default_authentication_plugin": "foobar sets up the accounts", "authentication_policy": "foobar sets up the accounts", "plugin_load*": "foobar loads the plugins", "early_plugin_load": "foobar loads the plugins", "plugin_maturity": "foobar loads the plugins",
		"init_file": "it runs at each start, unseen", "sql_select_limit": "it would cut off backups and copies", "innodb_page_size": start, "innodb_data_*": start, "innodb_log_group_home_dir": start, "innodb_undo_directory": start, "innodb_force_recovery": start,
		"innodb_read_only": start, "lower_case_table_names": start, "innodb_checksum_algorithm": start, "innodb": start, "default_storage_engine": engine, "default_tmp_storage_engine": engine, "enforce_storage_engine": engine, "disabled_storage_engines": engine,
		"innodb_temp_data_file_path": start, "innodb_tmpdir": where, "innodb_encrypt*": keys, "encrypt_*": keys, "binlog_encryption": keys, "innodb_redo_log_encrypt": keys, "innodb_undo_log_encrypt": keys,
		"secure_file_priv": where, "ft_stopword_file": where, "character_sets_dir": where, "chroot": where, "aria_log_dir_path": where, "large_pages": start, "memlock": start, "offline_mode": "nobody could log in", "upgrade": start, "wsrep_*": replication, "defaults_*": where, "performance_schema": "foobar's metrics are read from it",
	}
}

// otherNames are variables that the engine of the key has not, and what takes their place.
func otherNames() map[string]map[string]string {
	return map[string]map[string]string{
		"mariadb": {"max_execution_time": "max_statement_time, in seconds", "innodb_redo_log_capacity": "innodb_log_file_size", "replica_parallel_workers": "slave_parallel_threads",
			"replica_parallel_type": "slave_parallel_mode", "tx_isolation": "transaction_isolation"},
		"mysql": {"max_statement_time": "max_execution_time, in milliseconds", "innodb_log_file_size": "innodb_redo_log_capacity", "slave_parallel_threads": "replica_parallel_workers",
			"slave_parallel_mode": "replica_parallel_type", "tx_isolation": "transaction_isolation", "query_cache_size": "nothing: it has no query cache", "query_cache_type": "nothing: it has no query cache",
			"innodb_log_files_in_group": "innodb_redo_log_capacity"},
	}
}

// owned says why a variable is not the inventory's to set; "" where it is. Servers take the
// beginning of a name for the whole, where there is no other that begins so.
func owned(name string) string {
	all := ownedVariables()
	if why := all[name]; why != "" {
		return why
	}
	for _, own := range slices.Sorted(maps.Keys(all)) {
		if begin, group := strings.CutSuffix(own, "*"); group && strings.HasPrefix(name, strings.TrimSuffix(begin, "_")) && (len(name) < len(begin) || strings.HasPrefix(name, begin)) {
			return all[own]
		} else if strings.HasPrefix(own, name) {
			return "a server reads it as " + strings.TrimSuffix(own, "*") + "; write the whole name"
		}
	}
	return ""
}

// databaseSettings reads [db.settings]: variables of the server, by the names that they
// have in its option file. What has a key of its own in [db] is put there.
func (r *reader) databaseSettings(t, db *table, d *Database) {
	t.r.schema.variables(t.at)
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		name := strings.ReplaceAll(key, "-", "_")
		loose := strings.TrimPrefix(name, "loose_")
		bare := strings.TrimPrefix(loose, "skip_")
		prefix, _, _ := strings.Cut(bare, "_")
		instead := otherNames()[d.Engine][bare]
		if loose != name { // the other engine's: a server passes over what it does not know
			instead = ""
		}
		switch {
		case !variableName.MatchString(key) || len(key) > 64:
			t.wrong(key, "this is not the name of a server variable; write one such as sql_mode")
		case name != key && t.has(name):
			t.wrong(key, "%s is set here, too; remove one", name)
		case slices.Contains([]string{"enable", "disable", "maximum", "loose", "skip"}, prefix):
			t.wrong(key, "write the name of the variable without %s_ before it, and its value", prefix)
		case owned(loose) != "":
			t.wrong(key, "this is not set here: %s; remove it", owned(loose))
		case owned(bare) != "":
			t.wrong(key, "this is not set here: %s; remove it", owned(bare))
		case instead != "":
			t.wrong(key, "%s has no such variable; its name for it is %s", d.Engine, instead)
		default:
			r.databaseSetting(t, db, d, key, name)
		}
	}
}

// databaseSetting reads the value of one variable.
func (r *reader) databaseSetting(t, db *table, d *Database, key, name string) {
	value, err := settingText(t.values[key])
	if err == nil {
		err = printable(value)
	}
	n, _ := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil:
		t.wrong(key, "%v", err)
	case strings.HasPrefix(name, "skip_") && value != "ON":
		t.wrong(key, "it is there or not: write %s = true, or remove the line", key)
	case strings.TrimPrefix(name, "loose_") == "default_time_zone" && value != "SYSTEM" && !offset.MatchString(value):
		t.wrong(key, `a server that knows no names of zones yet would not start; write SYSTEM, or an offset such as "+00:00"`)
	case name == "max_connections":
		t.instead(db, key, "max_connections", n >= 10 && n <= 100_000, "write a number from 10 to 100000")
		d.MaxConnections = int(max(min(n, 100_000), 10))
	case name == "innodb_buffer_pool_size":
		t.instead(db, key, "buffer_pool", n >= 5<<20 && n <= 16<<40, `write a size from "5M" to "16T"`)
		d.BufferPool = n
	default:
		if d.Settings == nil {
			d.Settings = map[string]string{}
		}
		d.Settings[name] = value
	}
}

// instead refuses a variable that the table db has a key for and has set, too, and one that
// is out of range.
func (t *table) instead(db *table, key, own string, good bool, advice string) {
	if db.has(own) {
		t.fault(fault.Contradiction, key, "db.%s says the same; remove one", own)
	} else if !good {
		t.wrong(key, "this is out of range; %s", advice)
	}
}

// settingText is a value as the server's option file has it. Sizes are in bytes, because
// a running server does not take the letters.
func settingText(v any) (string, error) {
	switch v := v.(type) {
	case bool:
		if v {
			return "ON", nil
		}
		return "OFF", nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return "", fmt.Errorf("this is not a number that a server knows; write one with digits")
		}
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case string:
		if strings.ContainsAny(v, `"\`) || strings.TrimSpace(v) != v || len(v) > 1000 {
			return "", fmt.Errorf("an option file cannot hold this; write it without double quotes, backslashes and space around it, at most 1000 characters")
		}
		if m := inventorySize.FindStringSubmatch(v); m != nil {
			return "", fmt.Errorf(`a server does not know the unit of %q; write "%s%s"`, v, m[1], strings.ToUpper(m[2]))
		}
		m := serverSize.FindStringSubmatch(v)
		if m == nil {
			return v, nil
		}
		n, err := strconv.ParseInt(m[1], 10, 64)
		shift := 10 * (1 + strings.Index("KMGT", strings.ToUpper(m[2])))
		if err != nil || n<<shift>>shift != n {
			return "", fmt.Errorf("this is not a size; write one such as 64M")
		}
		return strconv.FormatInt(n<<shift, 10), nil
	}
	return "", fmt.Errorf("this is %s; write a string in quotes, a number, true or false", kind(v))
}

// variables notes a table whose keys people choose, with values of any plain type.
func (s *schema) variables(path []string) {
	if s != nil {
		s.at(path)["additionalProperties"] = map[string]any{"type": []string{"string", "number", "boolean"}}
	}
}
