# A dump is the text of another host. What reads it runs as nobody, in a client
# that takes no command but statements, and logs in with an account that lives as
# long as the load and may do what a dump of users' databases has to do: neither
# plugins nor files, accounts or the server's own databases.
outsider() {
  setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}
unpacked() { outsider zstd -q -d -c <"$file"; }
# anywhere takes out folders and tablespaces of tables, as the backup's check did: this host
# may have none of them, and the account may not name a folder. No row is on a line that
# begins like these. Keys stay: a table that was encrypted does not come to lie here in clear.
anywhere() {
  outsider env LC_ALL=C sed -E "/^(\) | *\(?(SUB)?PARTITION )/{
    s/ (DATA|INDEX) DIRECTORY ?= ?'([^']|'')*'//g
    s/ TABLESPACE ?=? ?\`([^\`]|\`\`)*\`//g
  }"
}
loader="'foobar_restore'@'localhost'"
# admit makes the account, for the databases that the dump makes. The replicas get it, too:
# a view of a view is made there in its name, and stops them where it is not known. A server
# with rules for passwords makes no account without one.
admit() {
  local word
  word=Aa1-$(head -c 24 /dev/urandom | base64 | tr -dc 'A-Za-z0-9')
  named && load_pattern <"$work/schemas" >"$work/patterns" || return 1
  {
    echo "SET SESSION sql_mode=''; DROP USER IF EXISTS $loader; CREATE USER $loader $unknown ACCOUNT LOCK;"
    echo "GRANT $(load_rights) ON *.* TO $loader;"
    sed "s/^/GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER ON /; s/\$/.* TO $loader;/" "$work/patterns"
    # No log has the password, and on the replicas nobody can log in with it.
    echo "SET SESSION sql_log_bin=0; ALTER USER $loader IDENTIFIED BY '$word' ACCOUNT UNLOCK;"
  } | "${client[@]}" && stand_ins || return 1
  printf '[client]\nuser=foobar_restore\npassword="%s"\nsocket=/run/mysqld/mysqld.sock\n' "$word" >"$work/login" &&
    chown nobody -- "$work/login" && chmod 0711 -- "$work"
}
dismiss() { "${client[@]}" <<<"DROP USER IF EXISTS $loader;"; }

say() { printf '%s\n' "$*"; }
die() { say "error: $*"; exit 1; }
why() { tail -n 1 -- "$work/err" | sed "s/ entry '.*' for / entry for /" | cut -c 1-300; }
# clear_way ends, until all is loaded, the other sessions while the load waits for a lock: one
# of a reader that does not end its transaction would keep the site closed for a day.
clear_way() {
  while sleep 2; do
    "${client[@]}" -B -N -r <<<"$in_the_way" >"$work/way" 2>/dev/null || continue
    [ -s "$work/way" ] || continue
    "${client[@]}" --force <"$work/way" 2>/dev/null || :
    [ ! -e "$mark" ] || undecided # before, no data is changed
    say "ended $(wc -l <"$work/way") sessions, since the load waited for a lock"
  done
}
# undecided rolls prepared XA transactions back, which hold their locks without a session.
undecided() {
  undecided_sql >"$work/undecided" 2>/dev/null && [ -s "$work/undecided" ] || return 0
  "${client[@]}" --force <"$work/undecided" 2>/dev/null || :
  say "rolled back $(wc -l <"$work/undecided") prepared XA transactions, whose locks the load would wait for"
}
note() {
  printf '%s\n{"backup":"%s","sha256":"%s","state":"%s","began":"%s"}\n' "$name" "$name" "$sum" "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$mark.new"
  sync -- "$mark.new"; mv -f -- "$mark.new" "$mark"; sync -- "${mark%/*}"
}
# remember NAME QUESTION… keeps what the server answered before the first try.
remember() {
  [ ! -e "$keep/$1" ] || return 0
  "${@:2}" | "${client[@]}" -B -N -r >"$keep/$1.new"
  mv -- "$keep/$1.new" "$keep/$1"
}
[ "$(sha256sum <"$file" | cut -c 1-64)" = "$sum" ] || die "$file is not the backup that was checked"
grep '^\["' "${file%.sql.zst}.json" | sed 's/,$//' | sort >"$work/counts" || :
[ -z "$counted" ] || [ "$(sha256sum <"$work/counts" | cut -c 1-64)" = "$counted" ] || die "the tables and rows that stand beside $file are not those that were signed"
install -d -m 0700 -- "$keep"
# What a try remembers that changed nothing is old by now: an account that was missing then may
# be the app's today.
[ -e "$mark" ] || (cd -- "$keep" && rm -f -- scheduler packet disabled accounts)
remember scheduler scheduler_sql
remember packet packet_sql
remember disabled events_sql DISABLED
closed_sql | "${client[@]}"
clear_way & way=$!
trap 'kill "$way" 2>/dev/null || :; dismiss 2>/dev/null || :; rm -rf -- "$work"' EXIT
# cannot begin WHY: a restore that has dropped nothing leaves nothing behind.
cannot() {
  [ -e "$mark" ] || unneeded 2>/dev/null || say "accounts that were made for the backup, locked, may be left: the next deploy drops them"
  die "$*"
}
admit 2>"$work/err" || cannot "the accounts that the backup needs could not be made: $(why)"
keys_there 2>"$work/err" || cannot "tables of the backup are encrypted, and this server has no such key ($keys): set up the one that it was made with. $(why)"
# From here on only a restore that ends leaves data behind.
install -d -m 0700 /var/lib/foobar
note loading
[ "$(cat "$keep/scheduler")" != ON ] || scheduler_set OFF | "${client[@]}"
packet_set 1073741824 | "${client[@]}"
say "dropping the databases there are"
undecided
drop_sql | "${client[@]}" -B -N -r >"$work/drop.sql"
"${client[@]}" <"$work/drop.sql" 2>"$work/err" || die "$(why)"
own_sql | "${client[@]}" -B -N -r >"$work/own"
say "loading $bytes of statements"
{ load_sql; unpacked | anywhere; } | outsider "${load_client[@]}" --max-allowed-packet=1G 2>"$work/err" || die "the backup could not be loaded: $(why)"
kill "$way"
closed_sql | "${client[@]}"
# The account could do neither; a program of the dump's that runs with another's rights could.
own_sql | "${client[@]}" -B -N -r | cmp -s - "$work/own" || die "while the backup was loaded, accounts, rights or plugins of the server were changed; look at them"
dismiss
counting_sql | "${client[@]}" -B -N -r >"$work/counting.sql"
"${client[@]}" -B -N -r <"$work/counting.sql" 2>"$work/err" | sort >"$work/have" || die "what was loaded could not be counted: $(why)"
if ! cmp -s "$work/counts" "$work/have"; then
  diff "$work/counts" "$work/have" | grep '^[<>]' | head -n 20 | cut -c 1-200 || :
  die "the rows that were loaded (>) are not those of the backup (<)"
fi
events_sql SLAVESIDE_DISABLED | "${client[@]}" -B -N -r | grep -vxFf "$keep/disabled" >"$work/events.sql" || :
if [ -s "$work/events.sql" ]; then
  "${client[@]}" <"$work/events.sql"
  say "enabled $(wc -l <"$work/events.sql") events, which a backup of a replica has disabled"
fi
kept_in 2>"$work/err" || die "the accounts that the backup needs could not be looked at: $(why)"
packet_set "$(cat "$keep/packet")" | "${client[@]}"
[ "$(cat "$keep/scheduler")" != ON ] || scheduler_set ON | "${client[@]}"
note loaded
printf '%s\n' "$sum" >/run/foobar/restore.ok
say "loaded and counted: $rows rows of $tables tables"
