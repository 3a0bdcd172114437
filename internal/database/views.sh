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
