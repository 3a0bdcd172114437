#!/bin/bash
# Written by foobar; changes made here are undone by the next deploy.
#
# Backs up the databases of this server, restores the backup into a scratch
# server, counts its rows there, and only then gives it its name.
#
#   foobar-backup turn    is it this server's turn? 0 yes, 1 no, 255 it cannot be said
#   foobar-backup run     make a backup
#   foobar-backup clean   take away what a run that was killed has left
#
# A file SITE-TIME.sql.zst is always whole and checked; what is known of it stands
# in SITE-TIME.json, whose first line has all but the tables.
set -euo pipefail
export LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
umask 077
cd /

site=foobar host=web2 engine=mariadb
dir=/var/backups/foobar made=/var/lib/foobar-events/backup keep=3 scratch=/var/lib/foobar-scratch login=/etc/foobar/backup.cnf key=/etc/foobar/backup.key
# The servers that may make the backup, in the order in which they are asked.
servers='web1 10.77.0.11
web2 10.77.0.12
web3 10.77.0.13'
# From how many seconds on a replica is too far behind: its backup would be older than it says.
lag_problem=60
work=$dir/.work asked=/run/foobar-backup/now restoring=/run/foobar/restoring
readonly site host engine dir made keep scratch login key servers lag_problem work asked restoring

say() { printf '%s\n' "$*"; }
die() { say "error: $*"; exit 1; }
# why FILE is the last line that a program wrote there, without the values of a row.
why() { tail -n 1 -- "$1" 2>/dev/null | sed "s/ entry '.*' for / entry for /" | cut -c 1-300; }
size() { numfmt --to=iec-i --suffix=B -- "$1"; }

# Views that do not work, because a table, a column or a function that they name is gone.
# They end a dump, and no statement makes one as it is. So they are left out of the dump
# and made before it is loaded, while empty tables stand in for what is missing. For sh
# and bash; work is a private folder, a client reads statements and takes -B -N -r --force.
# shellcheck shell=sh disable=SC2016,SC2154,SC3043
tab=$(printf '\t')
# In which names are quoted as here, whatever the server's sql_mode is.
quotes="SET SESSION sql_mode='', sql_quote_show_create=1;"
name() { printf '`%s`' "$(printf %s "$1" | sed 's/`/``/g')"; }

# definers CLIENT… writes to $work/definers statements that make the accounts in whose name
# the views of users read, and to $work/definers.drop those that take them away: a view of
# a view can only be made where the account of that one is. Nobody can log in with them.
definers() {
  "$@" -B -N -r >"$work/definers.names" <<'SQL' || return 1
SET SESSION sql_mode='';
SELECT DISTINCT CONCAT(QUOTE(SUBSTRING_INDEX(DEFINER, '@', LENGTH(DEFINER) - LENGTH(REPLACE(DEFINER, '@', '')))), '@', QUOTE(SUBSTRING_INDEX(DEFINER, '@', -1)))
 FROM information_schema.VIEWS WHERE TABLE_SCHEMA NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema') AND DEFINER LIKE '_%@_%' AND INSTR(DEFINER, '\n') = 0
 AND DEFINER NOT IN ('root@localhost', 'mysql@localhost', 'mariadb.sys@localhost', 'mysql.sys@localhost', 'mysql.session@localhost', 'mysql.infoschema@localhost') AND SUBSTRING_INDEX(DEFINER, '@', 1) NOT IN ('root', 'mysql', 'mariadb.sys');
SQL
  sed 's/.*/CREATE USER IF NOT EXISTS & ACCOUNT LOCK; GRANT SELECT, SHOW VIEW, EXECUTE ON *.* TO &;/' "$work/definers.names" >"$work/definers"
  sed 's/.*/DROP USER IF EXISTS &;/' "$work/definers.names" >"$work/definers.drop"
}

# views_broken CLIENT… writes to $work/broken which views of users give an error when
# their columns are asked for, as a dump asks: a line "SCHEMA<tab>VIEW" each.
views_broken() {
  : >"$work/broken"
  "$@" -B -N -r >"$work/views" <<'SQL' || return 1
SET SESSION sql_mode='';
SELECT TABLE_SCHEMA, TABLE_NAME, CONCAT('SHOW FIELDS FROM `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.`', REPLACE(TABLE_NAME, '`', '``'), '`;')
 FROM information_schema.TABLES WHERE TABLE_TYPE = 'VIEW' AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')
 AND INSTR(CONCAT(TABLE_SCHEMA, TABLE_NAME), '\n') = 0 AND INSTR(CONCAT(TABLE_SCHEMA, TABLE_NAME), '\t') = 0 ORDER BY 1, 2;
SQL
  [ -s "$work/views" ] || return 0
  { cut -f 3 "$work/views"; echo "SELECT 'all asked';"; } >"$work/views.sql"
  { "$@" --force -B -N <"$work/views.sql" 2>"$work/views.err" || :; } | tail -n 1 | grep -qx 'all asked' || return 1
  sed -n 's/^ERROR [0-9]* ([0-9A-Z]*) at line \([0-9]*\):.*/\1p/p' "$work/views.err" >"$work/views.at"
  [ ! -s "$work/views.at" ] || cut -f 1,2 "$work/views" | sed -n -f "$work/views.at" >"$work/broken"
}

# views_read CLIENT… writes to $work/view.N how the view in line N of $work/broken is made,
# and to $work/view.schemas how the databases are in which they lie.
views_read() {
  local n schema view row words
  n=0
  while IFS=$tab read -r schema view; do
    n=$((n + 1))
    row=$(printf '%s SHOW CREATE VIEW %s.%s;\n' "$quotes" "$(name "$schema")" "$(name "$view")" | "$@" -B -N 2>/dev/null) || return 1
    words=$(printf '%s\n' "$row" | cut -f 4 | tr -cd 'A-Za-z0-9_')
    # The client has written a line's end as \n.
    printf 'SET collation_connection=%s;\n%b;\n' "$words" "$(printf '%s\n' "$row" | cut -f 2)" >"$work/view.$n"
  done <"$work/broken"
  cut -f 1 "$work/broken" | sort -u | while IFS= read -r schema; do
    row=$(printf '%s SHOW CREATE DATABASE %s;\n' "$quotes" "$(name "$schema")" | "$@" -B -N -r) || exit 1
    printf '%s;\n' "$row" | cut -f 2 | sed 's|^CREATE DATABASE |CREATE DATABASE /*!32312 IF NOT EXISTS*/ |'
  done >"$work/view.schemas"
}

# views_made CLIENT… makes them on a server that has none of their tables yet. What it did
# is in $work/views.made, and what could not be made, too: in comments there, and in
# $work/lost, a line "SCHEMA.VIEW" each.
views_made() {
  local n schema view moved
  : >"$work/stubs"; : >"$work/stubs.drop"; : >"$work/lost"
  { echo "SET NAMES utf8mb4;"; cat "$work/view.schemas"; } >"$work/views.made"
  views_run "$work/view.schemas" "$@" || return 1
  # A view that names another one of them waits for it.
  moved=yes
  while [ $moved = yes ]; do
    moved=no n=0
    while IFS=$tab read -r schema view; do
      n=$((n + 1))
      [ -e "$work/view.$n" ] || continue
      if view_made "$n" "$schema" "$@"; then rm -f -- "$work/view.$n"; moved=yes; fi
    done <"$work/broken"
  done
  n=0
  while IFS=$tab read -r schema view; do
    n=$((n + 1))
    [ -e "$work/view.$n" ] || continue
    printf '%s.%s\n' "$schema" "$view" >>"$work/lost"
    { echo "This view could not be made, because of what is gone:"; cat "$work/view.$n"; } | sed 's/^/-- /' >>"$work/views.made"
  done <"$work/broken"
  [ ! -s "$work/stubs.drop" ] || views_run "$work/stubs.drop" "$@" || return 1
  cat "$work/stubs.drop" >>"$work/views.made"
}
# views_run FILE CLIENT… runs statements; what the server says against them is in
# $work/one.err. Messages come in the language in which they are read here.
views_run() {
  local file="$1"
  shift
  { echo "SET SESSION sql_mode='', lc_messages='en_US'; SET NAMES utf8mb4;"; cat "$file"; } | "$@" -B -N >/dev/null 2>"$work/one.err"
}
# view_made N SCHEMA CLIENT… makes one view; before each new try it makes what was missing.
view_made() {
  local n="$1" schema="$2" tries=0
  shift 2
  { printf 'USE %s;\n' "$(name "$schema")"; cat "$work/view.$n"; } >"$work/one.sql"
  while ! views_run "$work/one.sql" "$@"; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] && view_stub "$@" || return 1
  done
  cat "$work/one.sql" >>"$work/views.made"
}
# stub UNDO STATEMENT CLIENT… makes a thing that stands in; nothing is made twice.
stub() {
  local undo="$1" statement="$2"
  shift 2
  ! grep -qxF -- "$statement" "$work/stubs" || return 1
  printf '%s\n' "$statement" >>"$work/stubs"
  printf '%s\n' "$statement" >"$work/stub.sql"
  views_run "$work/stub.sql" "$@" || return 1
  cat "$work/stub.sql" >>"$work/views.made"
  [ -z "$undo" ] || printf '%s\n' "$undo" >>"$work/stubs.drop"
}
# view_stub CLIENT… makes what the last try says is missing; fails where it cannot.
view_stub() {
  local said what at
  said=$(sed -n 's/^ERROR \([0-9]*\) ([0-9A-Z]*) at line [0-9]*: /\1 /p' "$work/one.err" | tail -n 1)
  case $said in
    "1049 Unknown database '"*"'")
      # One that is there by then is another's: no IF NOT EXISTS.
      what=${said#*\'}; what=$(name "${what%\'}")
      stub "DROP DATABASE IF EXISTS $what;" "CREATE DATABASE $what;" "$@" ;;
    "1146 Table '"*.*"' doesn't exist")
      what=${said#*\'}; what=${what%"' doesn't exist"}
      at=$(tr '\t' . <"$work/broken" | grep -nxF -- "$what" | cut -d : -f 1)
      [ -z "$at" ] || [ ! -e "$work/view.$at" ] || return 1
      at=$(name "${what%%.*}").$(name "${what#*.}")
      if ! stub "DROP TABLE IF EXISTS $at;" "CREATE TABLE $at (foobar_stub INT);" "$@"; then
        grep -q '^ERROR 1049 ' "$work/one.err" && view_stub "$@" && : >"$work/stubs"
      fi ;;
    "1054 Unknown column '"*"' in "*)
      # In the text of a view a column has a table's name or alias before it, so that it
      # does no harm in the others.
      what=${said#*\'}; what=${what%"' in "*}; what=$(name "${what##*.}")
      at=no
      while IFS= read -r said; do
        case $said in "DROP TABLE IF EXISTS "*) said=${said#DROP TABLE IF EXISTS } ;; *) continue ;; esac
        ! stub "" "ALTER TABLE ${said%;} ADD COLUMN $what INT;" "$@" || at=yes
      done <"$work/stubs.drop"
      [ $at = yes ] ;;
    "1305 FUNCTION "*.*" does not exist")
      what=${said#1305 FUNCTION }; what=${what% does not exist}
      what=$(name "${what%%.*}").$(name "${what#*.}")
      stub "DROP FUNCTION IF EXISTS $what;" "CREATE FUNCTION $what() RETURNS INT DETERMINISTIC NO SQL RETURN NULL;" "$@" ;;
    *) return 1 ;;
  esac
}
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

# turn decides without a controller, and so that all servers come to the same
# answer: the first in the list that replicates and is not far behind. Where all that
# replicate are, it waits for one, for an hour. The primary is left alone unless it is
# the only server there is.
turn() {
  local own name address n late
  if [ -e "$restoring" ]; then
    say "a restore is under way: half of it is no backup"
    return 1
  fi
  if [ -e "$asked" ]; then
    rm -f -- "$asked"
    say "asked for by a person"
    return 0
  fi
  own=$(place) || { say "error: the database server does not answer"; return 255; }
  case $own in
    replica | behind) ;;
    primary)
      [ "$(printf '%s\n' "$servers" | wc -l)" -gt 1 ] || return 0
      say "this server takes the writes; the backup is made on a replica"
      return 1 ;;
    *)
      say "this server does not replicate ($own); the backup is left to another"
      return 1 ;;
  esac
  for ((n = 0; n < 60; n++)); do
    late=''
    while read -r name address; do
      if [ "$name" != "$host" ]; then own=$(peer "$address"); else own=$(place) || own=silent; fi
      case $own in
        replica)
          [ "$name" != "$host" ] || return 0
          say "$name makes the backup"
          return 1 ;;
        behind) late=$late${late:+, }$name ;;
        primary) ;;
        *) say "$name does not replicate ($own)" ;;
      esac
    done <<<"$servers"
    [ -n "$late" ] || return 1
    [ $n -gt 0 ] || say "$late: $lag_problem seconds behind, or more; the backup waits until one has caught up"
    sleep 60
  done
  say "error: $late: $lag_problem seconds behind, or more, for an hour"
  return 255
}

# heard waits for a line of a session's output, at most 15 s.
heard() {
  local n
  for ((n = 0; n < 300; n++)); do
    ! grep -qx -- "$2" "$1" || return 0
    kill -0 "$3" 2>/dev/null || { grep -qx -- "$2" "$1"; return; } # its last word
    sleep 0.05
  done
  return 1
}

# seal prints the signature of standard input with this host's key: HMAC-SHA256, RFC
# 2104. No program is given the key, whose arguments others could read.
seal() {
  local k byte inner='' outer='' i sum
  IFS= read -r k <"$key"
  [[ $k =~ ^[0-9a-f]{64}$ ]] || return 1
  for ((i = 0; i < 64; i++)); do
    byte=0; [ $i -ge 32 ] || byte=$((16#${k:2*i:2}))
    printf -v inner '%s\\x%02x' "$inner" $((byte ^ 0x36))
    printf -v outer '%s\\x%02x' "$outer" $((byte ^ 0x5c))
  done
  # shellcheck disable=SC2059
  sum=$({ printf "$inner"; printf 'foobar backup 1\n'; cat; } | sha256sum)
  # shellcheck disable=SC2059
  { printf "$outer"; printf "$(sed 's/ .*//; s/../\\x&/g' <<<"$sum")"; } | sha256sum | cut -c 1-64
}

free() { df -B1 --output=avail -- "$1" | tail -n 1; }

# room refuses a backup for which the disk is too small: the scratch server takes
# what the data takes, the file about half of it, or what the last one took.
room() {
  local data=$1 last file copy
  last=$(newest)
  file=$((data / 2)); [ -z "$last" ] || file=$(($(stat -c %s -- "$dir/$last.sql.zst") * 3 / 2))
  file=$((file + 67108864)); copy=$((data * 5 / 4 + 402653184))
  if [ "$(stat -c %d -- "$dir")" = "$(stat -c %d -- "$scratch")" ]; then
    [ "$(free "$dir")" -gt $((file + copy)) ] || die "$dir has room for $(size "$(free "$dir")"); the backup and its check need about $(size $((file + copy)))"
    return
  fi
  [ "$(free "$dir")" -gt $file ] || die "$dir has room for $(size "$(free "$dir")"); the backup needs about $(size $file)"
  [ "$(free "$scratch")" -gt $copy ] || die "$scratch has room for $(size "$(free "$scratch")"); the check needs about $(size $copy)"
}

# names are the good backups, the oldest first.
names() {
  local f
  for f in "$dir/$site"-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z.sql.zst; do
    f=${f%.sql.zst}
    [ ! -f "$f.json" ] || printf '%s\n' "${f##*/}"
  done
}
newest() { names | tail -n 1; }

# What the server's account wrote in scratch goes as that account; root takes away
# the folders, which lie in its own.
clean() {
  scratch_stop
  rm -rf -- "$work"
  [ -d "$scratch" ] || return 0
  find "$scratch" -mindepth 1 -maxdepth 1 -type d -user mysql -exec "${as_mysql[@]}" find {} -mindepth 1 -delete \; 8>&- || :
  find "$scratch" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} + || :
}

# first passes the dump on, and notes where in the server's log it begins.
first() {
  local line n
  for ((n = 0; n < 60; n++)); do
    IFS= read -r line || return 0
    printf '%s\n' "$line"
    if dump_at "$line" >"$work/dump.at"; then break; fi
  done
  exec cat
}

# views finds those that do not work, and reads how they are made.
views() {
  local schema view
  definers "${client[@]}" || die "it could not be read in whose name the views read"
  views_broken "${client[@]}" || die "the views could not be looked at: $(why "$work/views.err")"
  awk -F '\t' 'NR == FNR {own[$0]; next} $1 in own' "$work/schemas" "$work/broken" >"$work/own"
  mv -- "$work/own" "$work/broken"
  views_read "${client[@]}" || die "it could not be read how the views are made that do not work"
  while IFS=$'\t' read -r schema view; do
    say "warning: the view $schema.$view does not work, because something that it names is gone"
  done <"$work/broken"
}

# mend puts the making of those views before the dump. What that takes is found out on the
# scratch server, which is then emptied again. What is lost are views of which the dump
# has the text alone.
mend() {
  local name
  views_made "${scratch_client[@]}" || die "the views that do not work could not be made: $(why "$work/one.err")"
  drop_sql | "${scratch_client[@]}" -B -N -r >"$work/drop.sql" && "${scratch_client[@]}" <"$work/drop.sql" || die "the scratch server could not be emptied"
  zstd -q -1 -T1 -c <"$work/views.made" >"$work/mended.zst"
  cat -- "$work/dump.sql.zst" >>"$work/mended.zst"
  mv -- "$work/mended.zst" "$work/dump.sql.zst"
  sync -- "$work/dump.sql.zst"
  while IFS= read -r name; do say "warning: $name cannot be made again as it is; the backup has its text, as a comment"; done <"$work/lost"
}

# lost prints the names of the first twenty lost views as JSON strings; what JSON or a
# terminal would not take is a ? in them.
lost() { head -n 20 -- "$work/lost" | LC_ALL=C sed 's/[[:cntrl:]"\\]/?/g; s/^\(.\{130\}\).*/\1/; s/.*/"&"/' | paste -s -d , -; }

# tell N COMMAND... writes to a session. One that has ended cannot be written to; why it
# ended is said where its end is looked at.
tell() {
  local to=$1
  shift
  { "$@" >&"$to"; } 2>/dev/null || :
}

# hold_back has a session hold commits back. Where it waits too long for a lock, as while a
# long query or a change of a table runs, it tries again, less and less often: what comes
# after it waits, too.
hold_back() {
  local pause
  for pause in 60 120 240 480 960 ''; do
    schemas_sql | "${client[@]}" -B -N -r >"$work/schemas"
    mapfile -t schemas <"$work/schemas"
    [ ${#schemas[@]} -gt 0 ] || die "there is no database of users yet"
    views
    forgetful_sql | "${client[@]}" -B -N -r >"$work/forgetful"
    [ ! -s "$work/forgetful" ] || say "warning: the backup has no history of any table, since these keep theirs by transactions: $(head -n 5 -- "$work/forgetful" | paste -s -d ' ' -)"
    : >"$work/hold.out"
    timeout 20 bash -c 'exec "$@"' - "${client[@]}" -B -N -r -n <"$work/hold.in" >"$work/hold.out" 2>"$work/hold.err" & hold=$!
    exec 3>"$work/hold.in"
    tell 3 hold_sql
    ! heard "$work/hold.out" held $hold || return 0
    exec 3>&-
    wait "$hold" || :
    [ -n "$pause" ] && { [ ! -s "$work/hold.err" ] || grep -q '^ERROR 1205 ' "$work/hold.err"; } || break
    say "commits could not be held back for the moment it takes to begin, the next try is in $pause s: $(why "$work/hold.err")"
    sleep "$pause"
  done
  die "commits could not be held back for the moment it takes to begin: $(why "$work/hold.err")"
}

# again FILE WHAT ends a run that failed as FILE says. Where a table was truncated, altered or
# dropped that was still to be read as of the moment before, it is begun anew a little later.
again() {
  local pause
  pause=$(cut -d ' ' -f $((${FOOBAR_BACKUP_TRIES:-0} + 1)) <<<"60 300 900 ")
  grep -qE '(^ERROR |: Error |\()(1412|1146)\>' "$1" && [ -n "$pause" ] || die "$2: $(why "$1")"
  say "$2, because tables were changed meanwhile; the next try is in $pause s: $(why "$1")"
  kill "$snap" 2>/dev/null || :
  clean
  sleep "$pause"
  FOOBAR_BACKUP_TRIES=$((${FOOBAR_BACKUP_TRIES:-0} + 1)) exec /bin/bash "$0" run
}

# take makes the dump and counts the rows, both as of one moment: while commits
# are held back, for as long as it takes the two sessions to begin, each of them
# begins a transaction with a snapshot. That they see the same is not taken on
# trust: both say at which place in the server's log they began. Replication is
# not stopped, so that nothing is left stopped when a backup is killed: what
# holds the commits ends with its session, and that ends after 20 s at most.
take() {
  local hold snap dumping begun r
  mkfifo "$work/hold.in" "$work/snap.in"
  : >"$work/dump.at"
  : >"$work/snap.out"
  hold_back
  begun=$EPOCHREALTIME
  "${client[@]}" -B -N -r -n <"$work/snap.in" >"$work/snap.out" 2>"$work/snap.err" 3>&- & snap=$!
  exec 4>"$work/snap.in"
  tell 4 snapshot_sql
  heard "$work/snap.out" begun $snap || die "no snapshot could be begun: $(why "$work/snap.err")"
  { dump "${schemas[@]}" 2>"$work/dump.err" | first | zstd -q -1 -T1 -o "$work/dump.sql.zst"; } 3>&- 4>&- & dumping=$!
  counting_sql | "${client[@]}" -B -N -r >"$work/counting.sql"
  objects_sql | "${client[@]}" -B -N -r >"$work/objects"
  grep -Exq -- '\{("[a-z]+": [0-9]+(, )?)+\}' "$work/objects" || die "the database server does not count its views, triggers, routines and events"
  heard "$work/dump.at" 'at .*' $dumping || die "the dump did not begin: $(why "$work/dump.err")"
  tell 3 free_sql
  exec 3>&-
  wait "$hold" || die "commits were held back for too long: $(why "$work/hold.err")"
  say "commits waited for $((${EPOCHREALTIME//./} / 1000 - ${begun//./} / 1000)) ms"
  grep -qxF -- "$(cat "$work/dump.at")" "$work/snap.out" || die "the dump and the counts began at different places in the log"
  tell 4 cat "$work/counting.sql"
  exec 4>&-
  progress 8>&- & watch=$!
  wait $dumping && r=0 || r=$?
  kill $watch 2>/dev/null || :; watch=
  [ $r -eq 0 ] || again "$work/dump.err" "the dump failed"
  wait $snap || again "$work/snap.err" "the rows could not be counted"
  grep '^\[' "$work/snap.out" | sort >"$work/counts" || [ ! -s "$work/counting.sql" ]
}

# value of a line "KEY VALUE" that the snapshot's session printed. It becomes part of
# JSON, and so is nothing where it has a form that it cannot have.
value() { sed -n "s/^$1 //p" "$work/snap.out" | head -n 1 | grep -Ex -- '[-A-Za-z0-9_:,]*|"[^"\\[:cntrl:]]*"' || :; }

progress() {
  local s
  while sleep 10; do
    s=$(stat -c %s -- "$work/dump.sql.zst" 2>/dev/null || echo 0)
    say "$(size "$s") written"
  done
}

# anywhere takes out of the statements that make tables and databases what this host alone
# has: folders, tablespaces and keys. The scratch server has none of them, and may write to
# no folder of the live one. No row is on a line that begins like these.
anywhere() {
  LC_ALL=C sed -E "/^(\) | *\(?(SUB)?PARTITION |CREATE DATABASE )/{
    s/ (DATA|INDEX) DIRECTORY ?= ?'([^']|'')*'//g
    s/ TABLESPACE ?=? ?\`([^\`]|\`\`)*\`//g
    s/ (DEFAULT )?ENCRYPTION='[YyNn]'//g
    s/ \`?(ENCRYPTED|ENCRYPTION_KEY_ID)\`?='?[A-Za-z0-9]+'?//gI
  }"
}

# check restores the file that was written and compares tables, rows, views,
# triggers, routines and events with those of the snapshot.
check() {
  local counter
  scratch_start || die "the scratch server did not start: $(why "$work/scratch.log")"
  "${scratch_client[@]}" <"$work/definers" 2>"$work/one.err" || die "the accounts of the views could not be made on the scratch server: $(why "$work/one.err")"
  : >"$work/lost"
  [ ! -s "$work/broken" ] || mend
  mkfifo "$work/sql"
  wc -c <"$work/sql" >"$work/sql.size" & counter=$!
  { load_sql; zstd -q -d -c -- "$work/dump.sql.zst" | tee "$work/sql" | anywhere; } | "${scratch_client[@]}" --max-allowed-packet=1G 2>"$work/load.err" ||
    die "the backup could not be restored: $(why "$work/load.err")"
  wait $counter
  counting_sql | "${scratch_client[@]}" -B -N -r | "${scratch_client[@]}" -B -N -r | sort >"$work/counts.back"
  objects_sql | "${scratch_client[@]}" -B -N -r >"$work/objects.back"
  # The text of a view counts for none.
  awk -F '"views": ' -v lost="$(wc -l <"$work/lost")" '{split($2, n, "[^0-9]"); sub(/"views": [0-9]+/, "\"views\": " (n[1] - lost))} 1' "$work/objects" >"$work/objects.less"
  mv -- "$work/objects.less" "$work/objects"
  scratch_stop
  if ! cmp -s "$work/counts" "$work/counts.back"; then
    diff "$work/counts" "$work/counts.back" | grep '^[<>]' | head -n 20 | cut -c 1-200 || :
    die "the restored backup does not have the rows that the server had (<); tables that know no transactions may have been written to meanwhile"
  fi
  cmp -s "$work/objects" "$work/objects.back" || die "the restored backup has $(cat "$work/objects.back"), and the server had $(cat "$work/objects")"
}

run() {
  local began stamp name data rows tables size sum old version position about mac
  [ -f "$dir/.foobar" ] || die "$dir is not a folder that foobar made for the backups; deploy again"
  [ "$(stat -c '%u %a %F' -- "$scratch" 2>/dev/null)" = "$EUID 711 directory" ] || die "$scratch is no folder of root's own with the mode 711; deploy again"
  exec 8>"$dir/.lock"
  flock -n 8 || die "another backup is being made"
  clean
  mkdir -- "$work"
  watch=
  trap 'r=$?; [ -z "$watch" ] || kill "$watch" 2>/dev/null || :; clean; exit $r' EXIT
  trap 'exit 143' TERM INT HUP
  trap '' PIPE
  began=$(date -u +%Y-%m-%dT%H:%M:%SZ); stamp=${began//[-:]/}; name=$site-$stamp
  data=$(size_sql | "${client[@]}" -B -N -r) || die "the database server does not answer"
  # bash would run commands that stand in what it takes for a number.
  [[ $data =~ ^[0-9]+$ ]] || die "the database server names no size of its data"
  room "$data"
  say "dumping about $(size "$data") of data"
  take
  sync -- "$work/dump.sql.zst"
  tables=$(wc -l <"$work/counts")
  rows=$(sed 's/.*, *\([0-9]*\)]$/\1/' "$work/counts" | awk '{n += $1} END {printf "%d", n}')
  version=$(value version) position=$(value position)
  [ -n "$version" ] || die "the database server does not say its version"
  say "checking: $rows rows of $tables tables are to be found in the restored backup"
  check 8>&- # the lock is not handed to the server's account
  size=$(stat -c %s -- "$work/dump.sql.zst"); sum=$(sha256sum <"$work/dump.sql.zst"); sum=${sum%% *}
  about=$(printf '{"v":1,"site":"%s","host":"%s","engine":"%s","server_version":%s,"position":"%s","began":"%s","ended":"%s",' \
      "$site" "$host" "$engine" "$version" "$position" "$began" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    printf '"file":"%s","size":%d,"sql_size":%d,"data_size":%d,"sha256":"%s","schemas":%d,"table_count":%d,"rows":%d,"objects":%s,"broken_views":%d,"lost_views":[%s],"lost_view_count":%d,"checked":true,"counts_sha256":"%s"' \
      "$name.sql.zst" "$size" "$(cat "$work/sql.size")" "$data" "$sum" "${#schemas[@]}" "$tables" "$rows" "$(cat "$work/objects")" "$(wc -l <"$work/broken")" "$(lost)" "$(wc -l <"$work/lost")" "$(sha256sum <"$work/counts" | cut -c 1-64)")
  mac=$(printf %s "$about" | seal) || die "$key has no key to sign the backup with"
  {
    printf '%s,"mac":"%s",\n' "$about" "$mac"
    printf '"tables":[\n'
    sed '$!s/$/,/' "$work/counts"
    printf ']}\n'
  } >"$work/about.json"
  sync -- "$work/about.json"
  mv -f -- "$work/about.json" "$dir/$name.json"
  mv -f -- "$work/dump.sql.zst" "$dir/$name.sql.zst"
  sync -- "$dir"
  touch -- "$made" || :
  names | head -n "-$keep" | while read -r old; do
    rm -f -- "$dir/$old.sql.zst" "$dir/$old.json"
    say "removed $old, which is older than the newest $keep"
  done
  # Of a run that was killed between the two names.
  for old in "$dir/$site"-*T*Z.json; do
    [ ! -f "$old" ] || [ -f "${old%.json}.sql.zst" ] || rm -f -- "$old"
  done
  say "made $dir/$name.sql.zst: $(size "$size"), $rows rows of $tables tables, at $position"
}

case ${1-} in
  turn) r=0; turn || r=$?; exit $r ;;
  run) run ;;
  clean) clean ;;
  *) say "usage: foobar-backup turn | run | clean"; exit 64 ;;
esac
