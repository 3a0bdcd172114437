# Counting and dumping may take longer than the server's max_execution_time.
client=(mysql --no-defaults --binary-mode --local-infile=0 -uroot -S /run/mysqld/mysqld.sock --init-command='SET max_execution_time=0')
as_mysql=(setpriv --reuid=mysql --regid=mysql --clear-groups --no-new-privs --)
scratch_client=("${as_mysql[@]}" mysql --no-defaults --binary-mode --loose-commands=OFF --local-infile=0 -uroot)
load_client=(mysql --defaults-file="$work/login" --binary-mode --loose-commands=OFF --local-infile=0 --init-command='SET max_execution_time=0')

# sql fills in which databases are not users'.
sql() {
  local text
  text=$(cat)
  printf '%s\n' "${text//OWN/"('mysql','sys','performance_schema','information_schema')"}"
}

# The states of the default channel; a server without a source has none.
states="SELECT CONCAT_WS(' ', @@global.read_only,
 (SELECT COUNT(*) FROM performance_schema.replication_connection_configuration WHERE CHANNEL_NAME = '' AND HOST <> ''),
 COALESCE((SELECT SERVICE_STATE FROM performance_schema.replication_connection_status WHERE CHANNEL_NAME = ''), 'OFF'),
 COALESCE((SELECT SERVICE_STATE FROM performance_schema.replication_applier_status WHERE CHANNEL_NAME = ''), 'OFF'),
 (SELECT COUNT(*) FROM performance_schema.replication_applier_filters WHERE CHANNEL_NAME = '' AND FILTER_RULE <> ''
  AND NOT (FILTER_NAME LIKE '%IGNORE%' AND FILTER_RULE REGEXP '^((mysql|sys|performance_schema|information_schema|test)([.][^,]*)?(,|\$))+\$'))) AS states; SHOW REPLICA STATUS"
# known reads the answer in the client's form of a line for each column.
known() { sed -n 's/^ *states: //p; s/^ *Seconds_Behind_Source: \([0-9]\{1,9\}\)$/\1/p' <<<"$1" | paste -s -d ' ' -; }
# what CLOSED SOURCES READING APPLYING FILTERS BEHIND. What a replica's filters leave out would be in
# no backup of its, unless they name the server's own databases alone.
what() {
  case "$2 $3 $4 $5" in
    "1 ON ON 0") if ((${6:-0} < lag_problem)); then echo replica; else echo behind; fi ;;
    "1 "*" 0") echo broken ;;
    "1 "*) echo filtered ;;
    *) if [ "$1" = 0 ]; then echo primary; else echo neither; fi ;;
  esac
}
place() {
  local seen
  # shellcheck disable=SC2046
  seen=$(timeout 20 "${client[@]}" -E -e "$states" </dev/null 2>/dev/null) && what $(known "$seen")
}
peer() {
  local seen
  if seen=$(timeout 10 mysql --defaults-file="$login" --local-infile=0 --host="$1" -E -e "$states" </dev/null 2>/dev/null); then
    # shellcheck disable=SC2046
    what $(known "$seen")
  else
    echo silent
  fi
}

hold_sql() { echo "SET SESSION sql_mode='', lock_wait_timeout=10; FLUSH TABLES WITH READ LOCK; SELECT 'held';"; }
free_sql() { echo "UNLOCK TABLES;"; }
snapshot_sql() {
  cat <<'SQL'
SET SESSION sql_mode='';
SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
START TRANSACTION WITH CONSISTENT SNAPSHOT;
SELECT CONCAT('at ', JSON_UNQUOTE(JSON_EXTRACT(LOCAL, '$.binary_log_file')), ' ', JSON_EXTRACT(LOCAL, '$.binary_log_position')) FROM performance_schema.log_status;
SELECT CONCAT('position ', REPLACE(@@global.gtid_executed, '\n', ''));
SELECT CONCAT('version ', JSON_QUOTE(@@global.version));
SELECT 'begun';
SQL
}

# The server quotes names, in a session in which a backslash escapes.
schemas_sql() { sql <<<"SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN OWN ORDER BY 1;"; }
forgetful_sql() { :; }
# Of a table whose rows are another server's none are dumped, and none counted.
counting_sql() {
  sql <<'SQL'
SET SESSION sql_mode='';
SELECT CONCAT('SELECT JSON_ARRAY(', QUOTE(TABLE_SCHEMA), ', ', QUOTE(TABLE_NAME), IF(ENGINE = 'FEDERATED', ', 0);',
 CONCAT(', COUNT(*)) FROM `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.`', REPLACE(TABLE_NAME, '`', '``'), '`;')))
 FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN OWN AND TABLE_TYPE = 'BASE TABLE';
SQL
}
strays() { :; }
filled_sql() {
  sql <<'SQL'
SET SESSION sql_mode='';
SELECT CONCAT('SELECT 1 FROM `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.`', REPLACE(TABLE_NAME, '`', '``'), '` LIMIT 1;')
 FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN OWN AND TABLE_TYPE = 'BASE TABLE';
SQL
}
# Events that end by themselves are not counted: one whose end has come is not made again.
objects_sql() {
  sql <<'SQL'
SELECT JSON_OBJECT('views', (SELECT COUNT(*) FROM information_schema.VIEWS WHERE TABLE_SCHEMA NOT IN OWN),
 'triggers', (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN OWN),
 'routines', (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN OWN),
 'events', (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN OWN AND (ON_COMPLETION = 'PRESERVE' OR COALESCE(EXECUTE_AT, ENDS) IS NULL)));
SQL
}
size_sql() { sql <<<"SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN OWN;"; }

# An early mysqldump of 8.4 may not know --init-command; with "loose" it passes over it.
dump() {
  local ignore=() schema view
  while IFS=$'\t' read -r schema view; do ignore+=("--ignore-table=$schema.$view"); done <"$work/broken"
  mysqldump --no-defaults -uroot -S /run/mysqld/mysqld.sock --single-transaction --source-data=2 --set-gtid-purged=OFF \
    --routines --events --triggers --hex-blob --skip-add-locks --skip-dump-date --max-allowed-packet=1G \
    --loose-init-command='SET max_execution_time=0' "${ignore[@]}" --databases -- "$@"
}
dump_at() { sed -n "s/^-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='\([^']*\)', SOURCE_LOG_POS=\([0-9]*\);\$/at \1 \2/p" <<<"$1" | grep .; }

# zones_sql prints the number of events that keep the time of a zone that has a name.
zones_sql() { sql <<<"SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN OWN AND TIME_ZONE <> 'SYSTEM' AND TIME_ZONE NOT REGEXP '^[-+]';"; }
# scratch_zones gives the scratch server, which knows none of these, those of the live one.
scratch_zones() {
  [ "$(zones_sql | "${client[@]}" -B -N -r)" != 0 ] || return 0
  mysqldump --no-defaults -uroot -S /run/mysqld/mysqld.sock --single-transaction --set-gtid-purged=OFF --no-tablespaces --no-create-info --replace --skip-triggers \
    mysql time_zone time_zone_leap_second time_zone_name time_zone_transition time_zone_transition_type 2>>"$work/scratch.log" |
    "${scratch_client[@]}" mysql >>"$work/scratch.log" 2>&1
}
scratch_start() {
  local n nest page lower
  page=$("${client[@]}" -B -N -e 'SELECT @@global.innodb_page_size' </dev/null)
  lower=$("${client[@]}" -B -N -e 'SELECT @@global.lower_case_table_names' </dev/null)
  [[ $page$lower =~ ^[0-9]+$ ]] || return 1
  # Nobody else has reached the folder when it changes hands, nor can its name be
  # taken: it lies in one of root's. What is in it root no longer touches.
  nest=$(mktemp -d -- "$scratch/XXXXXXXXXX") || return 1
  chown -h -- mysql:mysql "$nest" || return 1
  scratch_client+=(-S "$nest/sock")
  "${as_mysql[@]}" mkdir -- "$nest/tmp" || return 1
  "${as_mysql[@]}" mysqld --no-defaults --initialize-insecure --datadir="$nest/data" --innodb-page-size="$page" --lower-case-table-names="$lower" \
    >"$work/scratch.log" 2>&1 || return 1
  # Nothing in it is worth a flush to the disk.
  "${as_mysql[@]}" mysqld --no-defaults --datadir="$nest/data" --socket="$nest/sock" --pid-file="$nest/pid" --tmpdir="$nest/tmp" \
    --skip-networking --mysqlx=OFF --disable-log-bin --skip-replica-start --event-scheduler=OFF --performance-schema=OFF \
    --innodb-page-size="$page" --lower-case-table-names="$lower" --innodb-redo-log-capacity=128M --innodb-buffer-pool-size=64M \
    --innodb-doublewrite=OFF --innodb-strict-mode=OFF --loose-restrict-fk-on-non-standard-key=OFF --innodb-flush-log-at-trx-commit=0 --key-buffer-size=1M --max-connections=5 --max-allowed-packet=1G \
    >>"$work/scratch.log" 2>&1 </dev/null &
  disown
  for ((n = 0; n < 600; n++)); do
    ! "${scratch_client[@]}" -e 'DO 0' </dev/null >/dev/null 2>&1 || { scratch_zones; return; }
    sleep 0.1
  done
  return 1
}
# Only a server whose command line names a folder in scratch is ended.
scratch_stop() {
  local p n
  for p in /proc/[0-9]*; do
    p=${p#/proc/}
    [ "$(cat "/proc/$p/comm" 2>/dev/null)" = mysqld ] || continue
    grep -qzx -- "--datadir=$scratch/[^/]*/data" "/proc/$p/cmdline" 2>/dev/null || continue
    kill -KILL "$p" 2>/dev/null || :
    for ((n = 0; n < 100; n++)); do
      grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$p/status" 2>/dev/null || break
      sleep 0.1
    done
  done
}

# super_read_only would keep root out, too; read_only stays.
closed_sql() { echo "SET GLOBAL read_only=ON; SET GLOBAL super_read_only=OFF;"; }
# Tables in memory may be as large as any server takes them.
load_sql() { echo "SET SESSION sql_mode='', foreign_key_checks=0, unique_checks=0, max_heap_table_size=4294966272;"; }
# A database that is read-only is not dropped.
drop_sql() {
  sql <<'SQL'
SET SESSION sql_mode='';
SELECT 'SET SESSION sql_mode='''', foreign_key_checks=0;';
SELECT CONCAT('ALTER DATABASE `', REPLACE(SCHEMA_NAME, '`', '``'), '` READ ONLY=0;') FROM information_schema.SCHEMATA_EXTENSIONS WHERE OPTIONS LIKE '%READ ONLY=1%';
SELECT CONCAT('DROP DATABASE IF EXISTS `', REPLACE(SCHEMA_NAME, '`', '``'), '`;') FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN OWN;
SQL
}
# ALTER EVENT without DEFINER would make root the definer. What a replica's events
# are called differs between versions.
events_sql() {
  sql <<'SQL' | sed "s/STATUS_WORD/$1/"
SET SESSION sql_mode='';
SELECT CONCAT('ALTER DEFINER=', QUOTE(SUBSTRING_INDEX(DEFINER, '@', LENGTH(DEFINER) - LENGTH(REPLACE(DEFINER, '@', '')))), '@', QUOTE(SUBSTRING_INDEX(DEFINER, '@', -1)),
 ' EVENT `', REPLACE(EVENT_SCHEMA, '`', '``'), '`.`', REPLACE(EVENT_NAME, '`', '``'), '` ENABLE;')
 FROM information_schema.EVENTS WHERE REPLACE(STATUS, 'REPLICA_SIDE', 'SLAVESIDE') = 'STATUS_WORD' AND EVENT_SCHEMA NOT IN OWN;
SQL
}
scheduler_sql() { echo "SELECT @@global.event_scheduler;"; }
scheduler_set() { echo "SET GLOBAL event_scheduler=$1;"; }
packet_sql() { echo "SELECT @@global.max_allowed_packet;"; }
packet_set() { echo "SET GLOBAL max_allowed_packet=$1;"; }
# The last one came with 8.4.
strict_sql() {
  echo "SELECT CONCAT('SET GLOBAL log_bin_trust_function_creators=', @@global.log_bin_trust_function_creators, ', innodb_strict_mode=', @@global.innodb_strict_mode,
 ', sql_require_primary_key=', @@global.sql_require_primary_key /*!80400 , ', restrict_fk_on_non_standard_key=', @@global.restrict_fk_on_non_standard_key */, ';');"
}
lenient_sql() { echo "SET GLOBAL log_bin_trust_function_creators=1, innodb_strict_mode=0, sql_require_primary_key=0 /*!80400 , restrict_fk_on_non_standard_key=0 */;"; }
keys_sql() {
  case $1 in
    *"='y'"*) echo "SELECT 'yes' FROM DUAL WHERE EXISTS (SELECT 1 FROM performance_schema.keyring_component_status WHERE STATUS_KEY = 'Component_status' AND STATUS_VALUE = 'Active')
 OR EXISTS (SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_NAME LIKE 'keyring%' AND PLUGIN_STATUS = 'ACTIVE');" ;;
    *) echo "SELECT 'yes';" ;;
  esac
}
undecided_sql() {
  "${client[@]}" -B -N -r <<<"XA RECOVER CONVERT XID;" |
    awk -v q="'" '{h = substr($4, 3); printf "XA ROLLBACK X%s%s%s,X%s%s%s,%s;\n", q, substr(h, 1, 2 * $2), q, q, substr(h, 2 * $2 + 1), q, $1}'
}
applier_sql() { echo "STOP REPLICA SQL_THREAD; START REPLICA SQL_THREAD;"; }
load_rights() { echo "SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SYSTEM_USER, CONNECTION_ADMIN"; }
# In a GRANT the name of a database is a pattern, unless rights can be revoked in part.
load_pattern() {
  if [ "$("${client[@]}" -B -N -r <<<'SELECT @@global.partial_revokes;')" = 1 ]; then cat; else sed 's/[\\_%]/\\&/g'; fi
}
own_sql() { echo "CHECKSUM TABLE mysql.user, mysql.global_grants, mysql.db, mysql.tables_priv, mysql.columns_priv, mysql.proxies_priv, mysql.role_edges, mysql.plugin, mysql.func, mysql.component, mysql.servers;"; }
