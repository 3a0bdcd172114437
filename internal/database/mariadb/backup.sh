# Counting and loading may take longer than the server's max_statement_time; the dump
# program sets it to 0 by itself.
client=(mariadb --no-defaults --skip-ssl --binary-mode --local-infile=0 -uroot -S /run/mysqld/mysqld.sock --init-command='SET max_statement_time=0')
as_mysql=(setpriv --reuid=mysql --regid=mysql --clear-groups --no-new-privs --)
scratch_client=("${as_mysql[@]}" mariadb --no-defaults --skip-ssl --binary-mode --loose-sandbox --local-infile=0 -uroot)
load_client=(mariadb --defaults-file="$work/login" --binary-mode --loose-sandbox --local-infile=0 --init-command='SET max_statement_time=0')

# sql fills in which databases are not users'.
sql() {
  local text
  text=$(cat)
  text=${text//FORGETFUL/"$forgetful"}
  printf '%s\n' "${text//OWN/"('mysql','sys','performance_schema','information_schema')"}"
}

# what READ_ONLY STATUS. What a replica's filters leave out would be in no backup of its,
# unless they name the server's own databases alone.
what() {
  local behind system='(mysql|sys|performance_schema|information_schema|test)(\.[^,]*)?'
  if grep -q '^ *Master_Host: .' <<<"$2"; then
    if grep '^ *Replicate_[A-Za-z_]*: .' <<<"$2" | grep -v '_Server_Ids: ' | grep -vqE "^ *Replicate_(Wild_)?Ignore_(DB|Table): ($system(,|\$))+\$"; then
      echo filtered
    elif grep -q '^ *Slave_IO_Running: Yes$' <<<"$2" && grep -q '^ *Slave_SQL_Running: Yes$' <<<"$2"; then
      behind=$(sed -n '/^ *Seconds_Behind_Master: [0-9]\{1,9\}$/{s/.*: //p;q}' <<<"$2")
      if ((${behind:-0} < lag_problem)); then echo replica; else echo behind; fi
    else
      echo broken
    fi
  elif [ "$1" = 0 ]; then
    echo primary
  else
    echo neither
  fi
}
place() {
  local closed followed
  closed=$(timeout 20 "${client[@]}" -B -N -e 'SELECT @@global.read_only' </dev/null 2>/dev/null) &&
    followed=$(timeout 20 "${client[@]}" -E -e 'SHOW ALL SLAVES STATUS' </dev/null 2>/dev/null) && what "$closed" "$followed"
}
peer() {
  local closed followed
  if closed=$(timeout 10 mariadb --defaults-file="$login" --local-infile=0 --host="$1" -B -N -e 'SELECT @@global.read_only' </dev/null 2>/dev/null) &&
    followed=$(timeout 10 mariadb --defaults-file="$login" --local-infile=0 --host="$1" -E -e 'SHOW ALL SLAVES STATUS' </dev/null 2>/dev/null); then
    what "$closed" "$followed"
  else
    echo silent
  fi
}

hold_sql() { echo "SET SESSION sql_mode='', lock_wait_timeout=10; BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT; SELECT 'held';"; }
free_sql() { echo "BACKUP STAGE END;"; }
snapshot_sql() {
  cat <<'SQL'
SET SESSION sql_mode='';
SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
START TRANSACTION WITH CONSISTENT SNAPSHOT;
SELECT CONCAT('at ', f.VARIABLE_VALUE, ' ', p.VARIABLE_VALUE)
 FROM information_schema.SESSION_STATUS f JOIN information_schema.SESSION_STATUS p
 WHERE f.VARIABLE_NAME = 'Binlog_snapshot_file' AND p.VARIABLE_NAME = 'Binlog_snapshot_position';
SELECT CONCAT('position ', @@global.gtid_current_pos);
SELECT CONCAT('version ', JSON_QUOTE(@@global.version));
SELECT 'begun';
SQL
}

# The server quotes names, in a session in which a backslash escapes.
schemas_sql() { sql <<<"SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN OWN ORDER BY 1;"; }
# forgetful_sql prints the tables that keep their history by transactions, whose numbers mean
# nothing to another server: the dump program refuses to dump history where there is one.
forgetful_sql() { sql <<<"SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)$forgetful;"; }
forgetful=" FROM information_schema.COLUMNS WHERE TABLE_SCHEMA NOT IN OWN AND GENERATION_EXPRESSION = 'ROW START' AND DATA_TYPE = 'bigint'"
# Of a table that keeps its history all rows are dumped, and counted, unless there is one of
# those, and none of one whose rows are another server's.
counting_sql() {
  sql <<'SQL'
SET SESSION sql_mode='';
SELECT CONCAT('SELECT JSON_ARRAY(', QUOTE(TABLE_SCHEMA), ', ', QUOTE(TABLE_NAME), IF(ENGINE IN ('FEDERATED', 'SPIDER', 'OQGRAPH', 'VP'), ', 0);',
 CONCAT(', COUNT(*)) FROM `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.`', REPLACE(TABLE_NAME, '`', '``'), '`', IF(TABLE_TYPE = 'SYSTEM VERSIONED' AND NOT EXISTS (SELECT 1FORGETFUL), ' FOR SYSTEM_TIME ALL', ''), ';')))
 FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN OWN AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED');
SQL
}
# A database is not dropped whose folder has a file that is no table's, such as one of SELECT
# INTO OUTFILE: the server has taken away all else by then. Each table has a file .frm, and
# of the engines that are not named by what they call theirs none has a file .ibd, .MYD or .MAD.
strays() {
  local d f t
  for d in /var/lib/mysql/*/; do
    case ${d#/var/lib/mysql/} in mysql/ | sys/ | performance_schema/ | lost+found/ | '#'* | '*/') continue ;; esac
    find "$d" -mindepth 1 -maxdepth 1 -printf '%f\n' | while IFS= read -r f; do
      case $f in *.frm | *.opt | *.ibd | *.isl | *.cfg | *.par | *.TRG | *.TRN | *.MY[DI] | *.MA[DI] | *.CS[VM] | *.AR[ZMN] | *.MRG | *.BAK | *.TMD | arc) continue ;; esac
      t=$d${f%%[.#]*}
      [ -e "$t.frm" ] && [ ! -e "$t.ibd" ] && [ ! -e "$t.MYD" ] && [ ! -e "$t.MAD" ] || printf '%s\n' "$d$f"
    done
  done
}
filled_sql() {
  sql <<'SQL'
SET SESSION sql_mode='';
SELECT CONCAT('SELECT 1 FROM `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.`', REPLACE(TABLE_NAME, '`', '``'), '` LIMIT 1;')
 FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN OWN AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED');
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

# Loaded without --skip-no-autocommit, a table would be one transaction, however large.
dump() {
  local ignore=() history=(--dump-history) schema view
  [ -z "$(forgetful_sql | "${client[@]}" -B -N -r)" ] || history=()
  while IFS=$'\t' read -r schema view; do ignore+=("--ignore-table=$schema.$view"); done <"$work/broken"
  mariadb-dump --no-defaults --skip-ssl -uroot -S /run/mysqld/mysqld.sock --single-transaction --master-data=2 --gtid \
    --routines --events --triggers --hex-blob "${history[@]}" --skip-add-locks --skip-no-autocommit --skip-dump-date \
    --max-allowed-packet=1G "${ignore[@]}" --databases -- "$@"
}
dump_at() { sed -n "s/^-- CHANGE MASTER TO MASTER_LOG_FILE='\([^']*\)', MASTER_LOG_POS=\([0-9]*\);\$/at \1 \2/p" <<<"$1" | grep .; }

# zones_sql prints the number of events that keep the time of a zone that has a name.
zones_sql() { sql <<<"SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN OWN AND TIME_ZONE <> 'SYSTEM' AND TIME_ZONE NOT REGEXP '^[-+]';"; }
# scratch_zones gives the scratch server, which knows none of these, those of the live one.
scratch_zones() {
  [ "$(zones_sql | "${client[@]}" -B -N -r)" != 0 ] || return 0
  mariadb-dump --no-defaults --skip-ssl -uroot -S /run/mysqld/mysqld.sock --skip-lock-tables --no-create-info --replace --skip-triggers \
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
  "${as_mysql[@]}" mariadb-install-db --no-defaults --datadir="$nest/data" --auth-root-authentication-method=normal --skip-test-db \
    --skip-name-resolve --innodb-page-size="$page" --lower-case-table-names="$lower" --innodb-log-file-size=16M >"$work/scratch.log" 2>&1 || return 1
  # Nothing in it is worth a flush to the disk.
  "${as_mysql[@]}" mariadbd --no-defaults --datadir="$nest/data" --socket="$nest/sock" --pid-file="$nest/pid" --tmpdir="$nest/tmp" \
    --skip-networking --skip-log-bin --skip-slave-start --event-scheduler=OFF --performance-schema=OFF --character-set-server=utf8mb4 \
    --innodb-page-size="$page" --lower-case-table-names="$lower" --innodb-log-file-size=64M --innodb-buffer-pool-size=64M --innodb-doublewrite=0 \
    --innodb-flush-log-at-trx-commit=0 --key-buffer-size=1M --max-connections=5 --max-allowed-packet=1G \
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
    [ "$(cat "/proc/$p/comm" 2>/dev/null)" = mariadbd ] || continue
    grep -qzx -- "--datadir=$scratch/[^/]*/data" "/proc/$p/cmdline" 2>/dev/null || continue
    kill -KILL "$p" 2>/dev/null || :
    for ((n = 0; n < 100; n++)); do
      grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$p/status" 2>/dev/null || break
      sleep 0.1
    done
  done
}

# Root writes to a server that is read_only.
closed_sql() { echo "SET GLOBAL read_only=ON;"; }
# What the server holds it has taken once, perhaps while less was refused; tables in memory
# may be as large as any server takes them.
load_sql() { echo "SET SESSION sql_mode='', foreign_key_checks=0, unique_checks=0, max_heap_table_size=4294966272, check_constraint_checks=0, innodb_strict_mode=0;"; }
drop_sql() {
  sql <<'SQL'
SET SESSION sql_mode='';
SELECT 'SET SESSION sql_mode='''', foreign_key_checks=0;';
SELECT CONCAT('DROP DATABASE IF EXISTS `', REPLACE(SCHEMA_NAME, '`', '``'), '`;') FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN OWN;
SQL
}
# ALTER EVENT without DEFINER would make root the definer. A role has no host.
events_sql() {
  sql <<'SQL' | sed "s/STATUS_WORD/$1/"
SET SESSION sql_mode='';
SELECT CONCAT('ALTER DEFINER=', QUOTE(SUBSTRING_INDEX(DEFINER, '@', LENGTH(DEFINER) - LENGTH(REPLACE(DEFINER, '@', '')))),
 IF(DEFINER LIKE '%@', '', CONCAT('@', QUOTE(SUBSTRING_INDEX(DEFINER, '@', -1)))),
 ' EVENT `', REPLACE(EVENT_SCHEMA, '`', '``'), '`.`', REPLACE(EVENT_NAME, '`', '``'), '` ENABLE;')
 FROM information_schema.EVENTS WHERE STATUS = 'STATUS_WORD' AND EVENT_SCHEMA NOT IN OWN;
SQL
}
scheduler_sql() { echo "SELECT @@global.event_scheduler;"; }
scheduler_set() { echo "SET GLOBAL event_scheduler=$1;"; }
packet_sql() { echo "SELECT @@global.max_allowed_packet;"; }
packet_set() { echo "SET GLOBAL max_allowed_packet=$1;"; }
strict_sql() {
  echo "SELECT CONCAT('SET GLOBAL log_bin_trust_function_creators=', @@global.log_bin_trust_function_creators, ', innodb_strict_mode=', @@global.innodb_strict_mode,
 ', innodb_force_primary_key=', @@global.innodb_force_primary_key, ', strict_password_validation=', @@global.strict_password_validation, ';');"
}
lenient_sql() { echo "SET GLOBAL log_bin_trust_function_creators=1, innodb_strict_mode=0, innodb_force_primary_key=0, strict_password_validation=0;"; }
keys_sql() { echo "SET SESSION sql_log_bin=0, innodb_strict_mode=0; CREATE TEMPORARY TABLE mysql.foobar_try (a INT) ENGINE=InnoDB$1; SELECT 'yes';"; }
undecided_sql() { "${client[@]}" -B -N -r <<<"XA RECOVER FORMAT='SQL';" | cut -f 4 | sed 's/.*/XA ROLLBACK &;/'; }
applier_sql() { echo "STOP SLAVE SQL_THREAD; START SLAVE SQL_THREAD;"; }
load_rights() { echo "SET USER, READ_ONLY ADMIN"; }
# In a GRANT the name of a database is a pattern.
load_pattern() { sed 's/[\\_%]/\\&/g'; }
own_sql() { echo "CHECKSUM TABLE mysql.global_priv, mysql.db, mysql.tables_priv, mysql.columns_priv, mysql.proxies_priv, mysql.roles_mapping, mysql.plugin, mysql.func, mysql.servers;"; }
