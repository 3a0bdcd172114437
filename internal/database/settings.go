package database

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/resource"
)

// Settings are values of the running server that are as its file has them. Whoever
// changes one by SET GLOBAL, or by a file that the server reads later, contradicts it.
type Settings struct {
	Dialect Dialect
	// Conf is the server's file. Of its values those are compared that the server
	// takes while it runs and gives back as they are written.
	Conf []byte
}

// comparable are the names of both dialects' settings that are compared. The others in
// the files need a restart, which only a file can change them by, are rounded by the
// server, or belong to resources of their own.
func comparable() []string {
	return append(Dynamic(), []string{
		"binlog_expire_logs_seconds", "binlog_format", "character_set_server", "gtid_domain_id", "gtid_strict_mode", "init_replica", "init_slave", "innodb_flush_log_at_trx_commit", "local_infile", "log_bin_trust_function_creators",
		"max_connections", "replica_net_timeout", "require_secure_transport", "rpl_semi_sync_master_enabled", "rpl_semi_sync_master_timeout",
		"rpl_semi_sync_master_wait_no_slave", "rpl_semi_sync_master_wait_point", "rpl_semi_sync_slave_enabled", "rpl_semi_sync_replica_enabled", "rpl_semi_sync_source_enabled",
		"rpl_semi_sync_source_timeout", "rpl_semi_sync_source_wait_no_replica", "slave_connections_needed_for_purge", "slave_net_timeout", "sync_binlog",
	}...)
}

// unwritten are settings that foobar's files leave at what they are by themselves, given
// here, and that people change for an hour and forget: a log of every statement, checks
// that are off, statements at each login, errors that a replica passes over, and what else
// has it hold other rows than its primary. They are compared where somebody set them in the
// running server; a file may say otherwise.
func unwritten() map[string]string {
	return map[string]string{"foreign_key_checks": "ON", "general_log": "OFF", "init_connect": "", "replica_exec_mode": "STRICT", "replica_type_conversions": "", "rpl_semi_sync_source_wait_point": "AFTER_SYNC",
		"slave_exec_mode": "STRICT", "slave_run_triggers_for_rbr": "NO", "slave_type_conversions": "", "unique_checks": "ON"}
}

// settingsQuestion asks for them. What a server does not have is not in its answer.
func settingsQuestion(d Dialect) string {
	names := SQLTexts(slices.Concat(comparable(), sortedKeys(unwritten())))
	return d.Words().ByHand + " IN (" + names + ");\n" + d.Words().Persisted + fmt.Sprintf("SELECT 'setting' AS t, LOWER(VARIABLE_NAME) AS k, VARIABLE_VALUE AS v FROM %s WHERE LOWER(VARIABLE_NAME) IN (%s);\n", d.Words().Variables, SQLTexts(comparable()))
}

// ID is "database-settings:running".
func (Settings) ID() resource.ID { return resource.NewID("database-settings", "running") }

// Stage is Converge.
func (Settings) Stage() resource.Stage { return resource.Converge }

// Probe asks for the variables.
func (s Settings) Probe() resource.Probe { return probe(s.Dialect) }

// Diff sets what differs. A server that does not run yet, or is about to be
// restarted, reads its file.
func (s Settings) Diff(o resource.Observed) (resource.Change, error) {
	if o.State == resource.Unknown {
		return later(o, resource.Update), nil
	}
	if o.State != resource.Present || o.Changes(resource.Restarting(unit(s.Dialect))) {
		return resource.Change{}, nil
	}
	got, err := s.Dialect.Read(o)
	if err != nil {
		return resource.Change{}, err
	}
	c, sql := resource.Change{Action: resource.Update, Reason: "the running server contradicts its file"}, ""
	want := s.wanted()
	for _, name := range sortedKeys(want) {
		is, there := got.Settings[name]
		if !there || same(name, is, want[name]) {
			continue
		}
		c.Fields = append(c.Fields, resource.Field{Name: name, Old: cut(is), New: cut(want[name])})
		value := SQLText(want[name])
		if number(want[name]) {
			value = want[name]
		}
		set := "SET GLOBAL " + name + "=" + value + ";\n"
		if name == "innodb_io_capacity_max" { // it bounds another of them
			sql = set + sql
		} else {
			sql += set
		}
	}
	for _, name := range sortedKeys(got.ByHand) {
		if is, known := unwritten()[name]; known && want[name] == "" && setting(got.ByHand[name]) != setting(is) {
			c.Fields = append(c.Fields, resource.Field{Name: name, Old: cut(got.ByHand[name]), New: is})
			sql += "SET GLOBAL " + name + "=DEFAULT;\n"
		}
	}
	for _, name := range got.Persisted {
		if !s.ours(name) {
			continue
		}
		c.Fields = append(c.Fields, resource.Field{Name: name, Old: "set for every start to come", New: "as the file has it"})
		sql += "RESET PERSIST IF EXISTS " + name + ";\n"
	}
	if sql == "" {
		return resource.Change{}, nil
	}
	c.Steps = []resource.Step{run(s.Dialect, "set the running database's values again", "", sql, "", false)}
	return c, nil
}

// ours reports whether a value that the server would set at each start, after what its
// files say, is foobar's to say: it is compared, it is in the file, or it opens a server.
func (s Settings) ours(name string) bool {
	_, written := s.written()[name]
	_, known := unwritten()[name]
	return written || known || name == "read_only" || slices.Contains(comparable(), name)
}

// written are the values of the file.
func (s Settings) written() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(string(s.Conf)) {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		all[strings.TrimPrefix(strings.TrimSpace(name), "loose_")] = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return all
}

// wanted are those of them that are compared.
func (s Settings) wanted() map[string]string {
	want := map[string]string{}
	for name, value := range s.written() {
		if slices.Contains(comparable(), name) && (Live(name, value) || !slices.Contains(Dynamic(), name)) {
			want[name] = value
		}
	}
	return want
}

// setting is a value as all servers write it.
func setting(v string) string {
	switch v = strings.ToUpper(v); v {
	case "ON", "TRUE", "YES":
		return "1"
	case "OFF", "FALSE", "NO":
		return "0"
	}
	return v
}

// cut bounds a value that may be a program.
func cut(v string) string {
	if len(v) > 100 {
		return v[:100] + "…"
	}
	return v
}

func number(v string) bool {
	return v != "" && v != "." && strings.Trim(v, "0123456789.") == "" && strings.Count(v, ".") < 2
}
