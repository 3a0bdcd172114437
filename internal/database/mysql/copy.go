package mysql

import (
	"fmt"

	"foobar/internal/database"
	"foobar/internal/sh"
)

// Login is an option file of the mysql programs. The certificate's names are checked
// as well. Source: MySQL's manual, "Using Option Files" and "Command Options for
// Encrypted Connections".
func (Dialect) Login(s database.Source) string {
	return database.OptionFile(s, "ssl-mode=VERIFY_IDENTITY", "ssl-ca="+database.OptionText(s.CA))
}

// Compare asks both servers the same way. A clone leaves tables of other
// engines than InnoDB empty.
func (m Dialect) Compare(login string) string {
	ask := func(key, client, statement string) string {
		return fmt.Sprintf("out=$(%s -B -N -r -e %s </dev/null)\nprintf '%%s\\n' \"$out\" | sed 's/^/%s /'\n", client, sh.Quote(statement), key)
	}
	there := "mysql --defaults-file=" + sh.Quote(login) + " --local-infile=0"
	const (
		log     = "SELECT REPLACE(@@global.gtid_executed, '\\n', '')"
		schemas = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN " + database.SystemSchemas
		tables  = "FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN " + database.SystemSchemas
	)
	return ask("source-log", there, log) +
		ask("log", client, log) +
		ask("source-schema", there, schemas) +
		ask("schema", client, schemas) +
		ask("unsafe", there, "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, ' (', ENGINE, ')') "+tables+" AND ENGINE <> 'InnoDB'") +
		ask("size", there, "SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) "+tables) +
		database.RoomShell
}

// Copy clones the source's data directory over the port and the encryption of
// replication: its data, accounts and set of transactions as of one moment. The
// server then starts anew; the unit restarts it. Administrators alone may write
// here meanwhile. A clone compares no names of certificates, so that it is given a
// CA that vouches for the source alone. Sources: MySQL's "Cloning Remote Data", and
// mysql_clone_connect in its clone_protocol_service.cc.
func (m Dialect) Copy(c database.Copy) string {
	return fmt.Sprintf("umask 077\nd=%s login=%s attach=%s mark=%s name=%s size=%d\nca=%s vouches=%s\n", sh.Quote(c.Dir), sh.Quote(c.Login), sh.Quote(c.Attach), sh.Quote(c.Mark), sh.Quote(c.Name), c.Size>>20,
		sh.Quote(c.SourceCAPath), sh.Quote(string(c.SourceCA))) +
		copyBegin(client) + copyClone() + copyEnd(client)
}

// copyBegin reads what the option file holds: the statement needs it, which
// goes in on standard input.
func copyBegin(client string) string {
	return `watch=
trap '[ -z "$watch" ] || kill "$watch" 2>/dev/null || :; rm -rf -- "$d" "$ca"' EXIT
trap 'exit 143' TERM INT HUP
[ -s "$login" ] && [ -s "$attach" ] || { echo "the files with the logins are gone; deploy again"; exit 1; }
` + database.WordShell + `ask(){ ` + client + ` -B -N -r -e "$1" </dev/null; }
here(){ { echo "SET SESSION sql_log_bin=0, sql_mode='';"; cat; } | ` + client + ` -B -N "$@"; }
option(){ sed -n "s/^$1=\"\(.*\)\"\$/\1/p; s/^$1=\([0-9]*\)\$/\1/p" "$login"; }
host=$(option host) port=$(option port) user=$(option user) password=$(option password)
case $host$port$user$password$ca in *[!-A-Za-z0-9_./:+=,]*) echo "the login for the copy holds a character that a statement must not"; exit 1 ;; esac
`
}

// copyClone detaches the server, marks it and clones. Its connection ends
// with the server's restart, so that only the server's own word counts.
func copyClone() string {
	return `before=$(ask "SELECT COALESCE(MAX(CAST(BEGIN_TIME AS CHAR)), '') FROM performance_schema.clone_status")
word '0-9 :.-' "$before"
printf '%s\n' "$vouches" | foobar_put 0644 root:root "$ca"
said(){ s=$(tail -n 3 "$d/said"); case $s in *"$password"*) ;; *) printf '%s\n' "$s" ;; esac; }
at(){ ask "SELECT COALESCE((SELECT CONCAT_WS(' ', STATE, ERROR_NO, ERROR_MESSAGE) FROM performance_schema.clone_status WHERE CAST(BEGIN_TIME AS CHAR) <> '$before' LIMIT 1), 'none')" 2>/dev/null; }
echo "STOP REPLICA; RESET REPLICA ALL;" | here
` + database.MarkShell(`"$mark"`, `"a copy of $name lands here"`) + `echo "copying about $size MiB from $name"
progress(){
  while sleep 3; do
    ask "SELECT CONCAT(LOWER(STAGE), ': ', DATA DIV 1048576, ' of ', ESTIMATE DIV 1048576, ' MiB') FROM performance_schema.clone_progress WHERE STATE = 'In Progress'" 2>/dev/null || :
  done
}
progress & watch=$!
{ printf "SET GLOBAL super_read_only=OFF;\nSET GLOBAL clone_ssl_ca='%s';\nSET GLOBAL clone_valid_donor_list='%s:%s';\n" "$ca" "$host" "$port"
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
`
}

// copyEnd attaches; the server's file has closed it when it started.
func copyEnd(client string) string {
	return `[ "$(ask 'SELECT @@global.super_read_only')" = 1 ] || { echo "the server came back open"; exit 1; }
position=$(ask "SELECT REPLACE(@@global.gtid_executed, '\n', '')")
rm -f -- "$mark"; sync -- "${mark%/*}"
` + client + ` <"$attach"
echo "copied $name as of $position"
`
}
