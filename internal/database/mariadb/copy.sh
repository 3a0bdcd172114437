# Fills this server with a dump of its source. Accounts are given up first and made
# last, so that nobody reads from elsewhere what is not whole. Given are the folder d
# of the copy, the files login and attach in it, the path mark, the name and size (in
# MiB) of the source, and the functions server, set_mark and word.

# ask answers one statement, raw, so that a name with a backslash comes back as it
# is; here runs statements without logging them.
watch=
trap '[ -z "$watch" ] || kill "$watch" 2>/dev/null || :; rm -rf -- "$d"' EXIT
trap 'exit 143' TERM INT HUP
[ -s "$login" ] && [ -s "$attach" ] || { echo "the files with the logins are gone; deploy again"; exit 1; }
ask(){ server -B -N -r -e "$1" </dev/null; }
from(){ mariadb --defaults-file="$login" --local-infile=0 --init-command='SET max_statement_time=0' "$@"; }
here(){ { echo "SET SESSION sql_log_bin=0, sql_mode='', foreign_key_checks=0;"; cat; } | server -B -N "$@"; }
accounts(){ mariadb-dump --defaults-file="$login" --system=users --insert-ignore --skip-dump-date >"$1"; }

# Views that do not work would end the dump; they are made before it.
work=$d
definers from && views_broken from && views_read from || { echo "the views of $name could not be read: $(tail -n 1 "$d/views.err" 2>/dev/null)"; exit 1; }

# Accounts that log in with a plugin are made last, and cannot be made without it.
accounts "$d/accounts.sql"
plugins="SELECT PLUGIN_NAME, PLUGIN_LIBRARY FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'AUTHENTICATION' AND PLUGIN_STATUS = 'ACTIVE'"
ask "$plugins" >"$d/plugins"
mariadb --defaults-file="$login" --local-infile=0 -B -N -r -e "$plugins" </dev/null >"$d/plugins.source"
while read -r plugin library; do
  word -A-Za-z0-9_. "$plugin$library"
  if ! grep -q "^$plugin$tab" "$d/plugins" && grep -q "^CREATE USER .* \(VIA\|OR\) $plugin\([ ;]\|\$\)" "$d/accounts.sql"; then
    echo "accounts of $name log in with the plugin $plugin, which is not loaded here; nothing was changed: run INSTALL SONAME '${library%.so}' in mariadb on this host, and deploy again"
    exit 1
  fi
done <"$d/plugins.source"

# The server is detached, marked, and what it holds taken away. Sessions of others
# are ended: they outlive their accounts.
echo "STOP ALL SLAVES; RESET SLAVE ALL; SET GLOBAL replicate_do_db='', replicate_ignore_db='', replicate_do_table='', replicate_ignore_table='', replicate_wild_do_table='', replicate_wild_ignore_table=''/*M!101100 , replicate_rewrite_db=''*/;" | here
set_mark
sql=$(ask "$accounts_sql")
printf '%s\n' "$sql" | here
sql=$(ask "$sessions_sql")
printf '%s\n' "$sql" | here --force >/dev/null 2>&1 || :
sql=$(ask "$schemas_sql")
printf '%s\n' "$sql" | here
echo "RESET MASTER; SET GLOBAL gtid_slave_pos='';" | here
here <"$d/definers"
if [ -s "$d/broken" ]; then
  views_made here || { echo "views of $name that do not work could not be made here: $(tail -n 1 "$d/one.err")"; exit 1; }
  sed 's/^/this view of the source does not work, and cannot be made here: /' "$d/lost"
fi
set --
while IFS=$tab read -r schema view; do set -- "$@" "--ignore-table=$schema.$view"; done <"$d/broken"

# The dump. Its position is among its first or its last lines, as the version goes; no
# row has a line like it, because a dump writes a line's end within a value as \n. The
# rows of the dump may be longer than what the server takes by default, and tables have
# no key that were made while it asked for none; events wait until they are known not to
# run on a replica. How the server was before is noted beside the folder: a copy that is
# killed leaves it changed, and the next one is to set back what nobody has set since.
is=$(ask "SELECT CONCAT_WS(' ', @@global.max_allowed_packet, @@global.innodb_force_primary_key+0, @@global.event_scheduler)")
read -r packet keyed events <<IS
$is
IS
if [ -s "$d.was" ]; then
  read -r was_packet was_keyed was_events <"$d.was"
  [ "$packet" != 1073741824 ] || packet=$was_packet
  [ "$keyed" != 0 ] || keyed=$was_keyed
  [ "$events" != OFF ] || events=$was_events
fi
echo "$packet $keyed $events" >"$d.was.new"
mv -f -- "$d.was.new" "$d.was"
past=$(mariadb --defaults-file="$login" --local-infile=0 -B -N -r -e "SELECT @@global.gtid_binlog_state" </dev/null)
word 0-9 "$packet"; word 0-9 "$keyed"; word -0-9, "$past"
echo "SET GLOBAL max_allowed_packet=1073741824, innodb_force_primary_key=0;" | here
[ "$events" != ON ] || echo "SET GLOBAL event_scheduler=OFF;" | here
echo "copying about $size MiB from $name"
progress(){
  while sleep 3; do
    w=$(sed -n 's/^wchar: //p' "/proc/$(cat "$d/pid")/io" 2>/dev/null) || continue
    [ -z "$w" ] || echo "$((w/1048576)) MiB of statements so far; $name has about $size MiB of data"
  done
}
progress & watch=$!
rm -f "$d/last"; mkfifo "$d/last"
tail -c 16384 <"$d/last" >"$d/end" & last=$!
{ mariadb-dump --defaults-file="$login" --all-databases --ignore-database=mysql --ignore-database=sys --single-transaction --master-data=2 --gtid \
    --routines --events --triggers --hex-blob --dump-history --skip-add-locks --max-allowed-packet=1G "$@" && : >"$d/whole"; } |
sh -c 'echo $$ >"$0/pid"; exec dd bs=256k iflag=fullblock status=none' "$d" | tee "$d/last" |
{ echo "SET SESSION sql_log_bin=0, check_constraint_checks=0, innodb_strict_mode=0;"; n=0
  while [ $n -lt 40 ] && IFS= read -r line; do
    n=$((n+1)); printf '%s\n' "$line"; printf '%s\n' "$line" >>"$d/first"
  done
  cat; } | server --max-allowed-packet=1G
kill "$watch" 2>/dev/null || :; watch=
wait "$last"
[ -e "$d/whole" ] || { echo "the copy of $name was cut off"; exit 1; }
cat "$d/first" "$d/end" | sed -n "s/^-- SET GLOBAL gtid_slave_pos='\([-0-9,]*\)'.*/\1/p" | tail -n 1 >"$d/position"
[ -s "$d/position" ] || { echo "the copy of $name does not say its position"; exit 1; }
at=$(cat "$d/position"); word -0-9, "$at"

# The server gets the position of the copy, in its own log too, beside the last
# transactions of earlier writers: so it answers rightly when another server wants
# what came before. The last of a domain is written last. The first log goes, because
# it is the sign of a server with a log from its beginning.
accounts "$d/again.sql"
cmp -s "$d/accounts.sql" "$d/again.sql" || { echo "accounts changed on $name while it was copied; deploy again"; exit 1; }
# Not in their table: the scheduler would go on with what it has read of it.
sql=$(ask "$events_sql")
printf '%s\n' "$sql" | here
[ "$events" != ON ] || echo "SET GLOBAL event_scheduler=ON;" | here
here <"$d/definers.drop"
here <"$d/accounts.sql"
state=$at
for g in $(printf %s "$past" | tr ',' ' '); do
  for p in $(printf %s "$at" | tr ',' ' '); do
    if [ "${g%%-*}" = "${p%%-*}" ] && [ "${g%-*}" != "${p%-*}" ] && [ "${g##*-}" -lt "${p##*-}" ]; then state=$g,$state; fi
  done
done
printf '%s\n' "SET GLOBAL max_allowed_packet=$packet, innodb_force_primary_key=$keyed;" "RESET MASTER;" "SET GLOBAL gtid_binlog_state='$state';" "SET GLOBAL gtid_slave_pos='$at';" "FLUSH BINARY LOGS;" | here
last=$(ask "SHOW BINARY LOGS" | tail -n 1 | cut -f 1); word -A-Za-z0-9_. "$last"
printf "PURGE BINARY LOGS TO '%s';\n" "$last" | here
rm -f -- "$mark" "$d.was"; sync -- "${mark%/*}"
server <"$attach"
echo "copied $name as of $at"
