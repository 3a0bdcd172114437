# The accounts that views, triggers, routines and events of the dump run as. What runs as an
# account that is missing fails, and a view of such a view cannot even be made. So those that
# the server lacks are made: nobody can log in with them, and their rights end at the
# databases of the dump. The replicas get them, too.
# shellcheck shell=bash disable=SC2016,SC2154

# named writes to $work/schemas the names of the databases that the dump makes, quoted, and
# to $work/accounts these accounts, as texts of SQL. How tables are encrypted is in
# $work/named, too. With sql_quote_show_create off the server quotes no plain name.
named() {
  unpacked | LC_ALL=C sed -n \
    -e 's/^CREATE DATABASE \(\/\*![0-9]* IF NOT EXISTS\*\/ \)\{0,1\}\(`\([^`]\|``\)*`\).*/schema \2/p' \
    -e 's/^CREATE DATABASE \(\/\*![0-9]* IF NOT EXISTS\*\/ \)\{0,1\}\([A-Za-z0-9_$]\{1,\}\) .*/schema `\2`/p' \
    -e '/^DELIMITER ;;/,/^DELIMITER ;$/!s/^) \(\/\*![0-9]* TABLESPACE [^*]*\*\/ \)\{0,1\}ENGINE=.*ENCRYPT.*/table &/Ip' \
    -e '/^\/\*M\{0,1\}!\|^CREATE /s/^[^`]* DEFINER=\(`\([^`]\|``\)*`\(@`\([^`]\|``\)*`\)\{0,1\}\).*/account \1/p' | LC_ALL=C sort -u >"$work/named" || :
  LC_ALL=C sed -n 's/^schema //p' "$work/named" | LC_ALL=C grep -vixE '`(mysql|sys|performance_schema|information_schema)`' >"$work/schemas" || :
  LC_ALL=C sed -n "/^account /!d; s/^account //; s/\\\\/\\\\\\\\/g; s/'/''/g; s/\`\`/\x01/g; s/\`/'/g; s/\x01/\`/g; p" "$work/named" | head -n 1000 >"$work/accounts"
}
# keys_there fails where the server cannot encrypt a table as one of the dump's is; $keys then
# says how. Its name is written there as whoever made the table wrote it.
keys_there() {
  sed -n 's/^table //p' "$work/named" | sed "s/ COMMENT='\([^'\\\\]\|''\|\\\\.\)*'//" | LC_ALL=C awk -v word="\`?(encrypted\`?='?(yes|no|default)|encryption_key_id\`?='?[0-9]+|encryption\`?='?[yn])'?" '
    {o = ""; for (l = tolower($0); match(l, " " word); l = substr(l, RSTART + RLENGTH)) o = o substr(l, RSTART, RLENGTH)} o != "" {print o}' | sort -u >"$work/keys"
  while IFS= read -r keys; do
    [ "$(keys_sql "$keys" | "${client[@]}" -B -N -r)" = yes ] || return 1
  done <"$work/keys"
}
# parts ACCOUNT sets user and host. A role has no host.
parts() {
  case $1 in
    *"'@'"*) user="${1%"'@'"*}'" host="'${1##*"'@'"}" ;;
    *) user=$1 host="''" ;;
  esac
}
# those FILE CONDITION prints the lines of a file, accounts, for which a condition is true,
# in which %s stands for the user and for the host.
those() {
  local a n=0 user host
  {
    echo "SET SESSION sql_mode=''; SET NAMES utf8mb4;"
    while IFS= read -r a; do
      n=$((n + 1))
      parts "$a"
      # shellcheck disable=SC2059
      printf "SELECT $n FROM DUAL WHERE $2;\n" "$user" "$host"
    done <"$1"
  } | "${client[@]}" -B -N -r >"$work/those" || return 1
  while read -r n; do
    case $n in '' | *[!0-9]*) return 1 ;; esac
    sed -n "${n}p" "$1"
  done <"$work/those"
}
# stand_ins makes those that are missing. Which they are is remembered from the first try on.
stand_ins() {
  local a
  those "$work/accounts" 'NOT EXISTS (SELECT 1 FROM mysql.user WHERE User = %s AND Host = %s)' >"$work/missing" || return 1
  [ ! -e "$keep/accounts" ] || cat "$keep/accounts" >>"$work/missing"
  LC_ALL=C sort -u "$work/missing" >"$keep/accounts.new" && mv -- "$keep/accounts.new" "$keep/accounts" || return 1
  {
    echo "SET SESSION sql_mode=''; SET NAMES utf8mb4;"
    while IFS= read -r a; do
      case $a in
        *"'@'"*) printf 'CREATE USER IF NOT EXISTS %s %s ACCOUNT LOCK;\n' "$a" "$unknown" ;;
        *) printf 'CREATE ROLE IF NOT EXISTS %s;\n' "$a" ;;
      esac
      while IFS= read -r schema; do
        printf 'GRANT SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, SHOW VIEW, EVENT, TRIGGER ON %s.* TO %s;\n' "$schema" "$a"
      done <"$work/patterns"
    done <"$keep/accounts"
  } >"$work/stand_ins" && "${client[@]}" <"$work/stand_ins"
}
# untouched writes to $work/ours those that are still as stand_ins made them: somebody else may
# have given one a password since, or a role to somebody.
untouched() {
  LC_ALL=C grep -F "'@'" "$keep/accounts" >"$work/users" || :
  LC_ALL=C grep -vF "'@'" "$keep/accounts" >"$work/roles" || :
  { those "$work/users" "$is_locked" && { [ ! -s "$work/roles" ] || those "$work/roles" "$is_unused"; }; } | LC_ALL=C sort >"$work/ours"
}
# unneeded drops those of them that nothing runs as.
unneeded() {
  local a
  [ -s "$keep/accounts" ] || return 0
  untouched && those "$work/ours" "$in_name" | LC_ALL=C sort >"$work/used" || return 1
  LC_ALL=C comm -23 "$work/ours" "$work/used" >"$work/unused"
  {
    echo "SET SESSION sql_mode=''; SET NAMES utf8mb4;"
    while IFS= read -r a; do
      case $a in
        *"'@'"*) printf 'DROP USER IF EXISTS %s;\n' "$a" ;;
        *) printf 'DROP ROLE IF EXISTS %s;\n' "$a" ;;
      esac
    done <"$work/unused"
  } | "${client[@]}"
}
# kept_in names those that stay.
kept_in() {
  local a
  [ -s "$keep/accounts" ] || return 0
  unneeded || return 1
  while IFS= read -r a; do
    say "made the account $a, locked, because it was missing, and views, triggers, routines or events of the backup run in its name"
  done <"$work/used"
}
