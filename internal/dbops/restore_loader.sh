# A dump is the text of another host. What reads it runs as nobody, in a client
# that takes no command but statements, and logs in with an account that lives as
# long as the load and may do what a dump of users' databases has to do: neither
# plugins nor files, accounts or the server's own databases.
outsider() {
  setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}
unpacked() { outsider zstd -q -d -c <"$file"; }
loader="'foobar_restore'@'localhost'"
# admit makes the account, for the databases that the dump makes. It is not logged:
# the replicas do without it.
admit() {
  local word
  word=Aa1-$(head -c 24 /dev/urandom | base64 | tr -dc 'A-Za-z0-9')
  unpacked | LC_ALL=C sed -n 's/^CREATE DATABASE \(\/\*![0-9]* IF NOT EXISTS\*\/ \)\{0,1\}\(`\([^`]\|``\)*`\).*/\2/p' |
    LC_ALL=C grep -vixE '`(mysql|sys|performance_schema|information_schema)`' | LC_ALL=C sort -u >"$work/schemas" || :
  load_pattern <"$work/schemas" >"$work/patterns" || return 1
  {
    echo "SET SESSION sql_mode='', sql_log_bin=0; DROP USER IF EXISTS $loader; CREATE USER $loader IDENTIFIED BY '$word';"
    echo "GRANT $(load_rights) ON *.* TO $loader;"
    sed "s/^/GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER ON /; s/\$/.* TO $loader;/" "$work/patterns"
  } | "${client[@]}" || return 1
  printf '[client]\nuser=foobar_restore\npassword="%s"\nsocket=/run/mysqld/mysqld.sock\n' "$word" >"$work/login" &&
    chown nobody -- "$work/login" && chmod 0711 -- "$work"
}
dismiss() { "${client[@]}" <<<"SET SESSION sql_log_bin=0; DROP USER IF EXISTS $loader;"; }
