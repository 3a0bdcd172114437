# Clones a source into this server. Given are the folder d of the copy, the files login
# and attach in it, the paths mark and ca, the certificate vouches, the name and size
# (in MiB) of the source, and the functions server, set_mark and word.

# The statement needs what the option file holds; it goes in on standard input.
watch=
trap '[ -z "$watch" ] || kill "$watch" 2>/dev/null || :; rm -rf -- "$d" "$ca"' EXIT
trap 'exit 143' TERM INT HUP
[ -s "$login" ] && [ -s "$attach" ] || { echo "the files with the logins are gone; deploy again"; exit 1; }
ask(){ server -B -N -r -e "$1" </dev/null; }
here(){ { echo "SET SESSION sql_log_bin=0, sql_mode='';"; cat; } | server -B -N; }
option(){ sed -n "s/^$1=\"\(.*\)\"\$/\1/p; s/^$1=\([0-9]*\)\$/\1/p" "$login"; }
host=$(option host) port=$(option port) user=$(option user) password=$(option password)
case $host$port$user$password$ca in *[!-A-Za-z0-9_./:+=,]*) echo "the login for the copy holds a character that a statement must not"; exit 1 ;; esac

# The server is detached, marked and cloned. The connection ends with the server's
# restart, so that only the server's own word counts.
before=$(ask "SELECT COALESCE(MAX(CAST(BEGIN_TIME AS CHAR)), '') FROM performance_schema.clone_status")
word '0-9 :.-' "$before"
printf '%s\n' "$vouches" | foobar_put 0644 root:root "$ca"
said(){ s=$(tail -n 3 "$d/said"); case $s in *"$password"*) ;; *) printf '%s\n' "$s" ;; esac; }
at(){ ask "SELECT COALESCE((SELECT CONCAT_WS(' ', STATE, ERROR_NO, ERROR_MESSAGE) FROM performance_schema.clone_status WHERE CAST(BEGIN_TIME AS CHAR) <> '$before' LIMIT 1), 'none')" 2>/dev/null; }
echo "STOP REPLICA; RESET REPLICA ALL;" | here
set_mark
echo "copying about $size MiB from $name"
progress(){
  while sleep 3; do
    ask "SELECT CONCAT(LOWER(STAGE), ': ', DATA DIV 1048576, ' of ', ESTIMATE DIV 1048576, ' MiB') FROM performance_schema.clone_progress WHERE STATE = 'In Progress'" 2>/dev/null || :
  done
}
progress & watch=$!
# A database that is read-only here would end the clone, which drops it.
sql=$(ask "$writable_sql")
{ printf "SET GLOBAL super_read_only=OFF;\n%s\nSET GLOBAL clone_ssl_ca='%s';\nSET GLOBAL clone_valid_donor_list='%s:%s';\n" "$sql" "$ca" "$host" "$port"
  printf "CLONE INSTANCE FROM '%s'@'%s':%s IDENTIFIED BY '%s' REQUIRE SSL;\n" "$user" "$host" "$port" "$password"
} | here >"$d/said" 2>&1 || :
kill "$watch" 2>/dev/null || :; watch=
n=0
while :; do
  s=$(at || :)
  case $s in Completed*) break ;; Failed*) echo "the copy of $name failed: ${s#Failed }"; exit 1 ;; esac
  # No answer is no word: the server may be about to come back.
  if [ $n -gt 5 ] && [ "$s" = none ]; then said; echo "no copy was begun"; exit 1; fi
  n=$((n+1)); [ $n -lt 1200 ] || { said; echo "the server does not come back after the copy"; exit 1; }
  sleep 0.5
done

# The server's file has closed it when it started.
[ "$(ask 'SELECT @@global.super_read_only')" = 1 ] || { echo "the server came back open"; exit 1; }
# It has the source's events as they are there, and runs them.
sql=$(ask "$events_sql")
if [ -n "$sql" ]; then
  events=$(ask "SELECT @@global.event_scheduler")
  [ "$events" != ON ] || echo "SET GLOBAL event_scheduler=OFF;" | here
  { echo "SET GLOBAL super_read_only=OFF;"; printf '%s\n' "$sql"; } | here && done=yes || done=
  echo "SET GLOBAL super_read_only=ON;" | here
  [ -n "$done" ] || { echo "the events that were copied could not be kept from running"; exit 1; }
  [ "$events" != ON ] || echo "SET GLOBAL event_scheduler=ON;" | here
fi
position=$(ask "SELECT REPLACE(@@global.gtid_executed, '\n', '')")
rm -f -- "$mark"; sync -- "${mark%/*}"
server <"$attach"
echo "copied $name as of $position"
