package facts

import (
	"slices"
	"strconv"
	"strings"
)

// databaseUsers are the names of foobar's accounts, and those that earlier
// versions gave them, as SQL.
const databaseUsers = `"foobar_app_rw","foobar_app_ro","foobar_repl","foobar_backup","foobar_otel","app_rw","app_ro","repl","backup","otel"`

// databaseScript asks for the replication role of a database server: what lies
// in its data directory, and, where one runs, what it says over its socket to
// root. Nothing is asked where no server is installed. The first binary log's
// time is read from its first event, at byte 4, and so does not depend on what
// the file system remembers. Sources: MariaDB's "Binlog Event Header",
// stat(1), od(1).
const databaseScript = `if command -v mariadbd >/dev/null; then echo "db installed mariadb"; elif command -v mysqld >/dev/null; then echo "db installed mysql"; fi
( cd /var/lib/mysql 2>/dev/null || exit 0
  [ ! -d mysql ] || echo "db data"
  [ ! -e foobar-begun ] || echo "db begun"
  n=0; oldest=
  for d in */; do
    d=${d%/}
    case $d in '*'|mysql|sys|performance_schema|test|lost+found|'#'*) continue ;; esac
    n=$((n+1))
    for t in $(stat -c %W "./$d" 2>/dev/null) $(stat -c %Y "./$d/db.opt" 2>/dev/null); do
      case $t in 0|-|'') continue ;; esac
      if [ -z "$oldest" ] || [ "$t" -lt "$oldest" ]; then oldest=$t; fi
    done
  done
  echo "db schemas $n"
  [ -z "$oldest" ] || echo "db oldest-schema $oldest"
  # What the server's account has put there leads root to no other file.
  [ -f binlog.index ] && [ ! -L binlog.index ] || exit 0
  read -r first <binlog.index || exit 0
  first=${first##*/}
  [ -f "./$first" ] && [ ! -L "./$first" ] || exit 0
  t=$(od -An -tu4 -j4 -N4 -- "./$first" 2>/dev/null | tr -d ' ')
  [ -z "$t" ] || echo "db first-log $first $t" )
if [ -S /run/mysqld/mysqld.sock ]; then
  c=mariadb; command -v mariadb >/dev/null || c=mysql
  dbask(){ timeout 10 "$c" --no-defaults -uroot -S /run/mysqld/mysqld.sock "$@" 2>/dev/null </dev/null || :; }
  dbask -B -N -e 'SELECT CONCAT("db version ",@@version); SELECT CONCAT("db read_only ",@@global.read_only)'
  case $c in
  mysql) dbask -B -N -e 'SELECT CONCAT("db position ",REPLACE(@@global.gtid_executed,"\\n","")); SELECT "db purged" FROM DUAL WHERE @@global.gtid_purged<>""; SELECT CONCAT("db source ",HOST) FROM performance_schema.replication_connection_configuration WHERE HOST<>""'
    dbask -B -N -e 'SELECT CONCAT("db login ",User," ",SHA2(authentication_string,256)) FROM mysql.user WHERE User IN (` + databaseUsers + `) LIMIT 1000' ;;
  mariadb) dbask -B -N -e 'SELECT CONCAT("db position ",@@global.gtid_current_pos)'
    dbask -B -N -e 'SELECT CONCAT("db login ",User," ",SHA2(JSON_VALUE(Priv,"$.authentication_string"),256)) FROM mysql.global_priv WHERE User IN (` + databaseUsers + `) LIMIT 1000'
    dbask -E -e 'SHOW ALL SLAVES STATUS' | while read -r k v; do [ "$k" != Master_Host: ] || echo "db source $v"; done ;;
  esac
fi
`

// Whole reports whether the server's binary logs reach back to before its first
// database, so that an empty replica can be filled from them alone. The log of
// MySQL's installation, unlike MariaDB's, is no beginning for a replica.
func (d Database) Whole() bool {
	if d.Schemas == 0 {
		return true
	}
	if d.Engine == "mysql" && (!d.Begun || d.Purged) {
		return false
	}
	return strings.HasSuffix(d.FirstLog, ".000001") && d.OldestSchema > 0 && d.FirstLogTime > 0 && d.FirstLogTime <= d.OldestSchema
}

func (d *Database) set(key, value string) error {
	if key != "db" {
		return nil // a later version may print more
	}
	key, value, _ = strings.Cut(value, " ")
	var err error
	switch key {
	case "installed":
		d.Installed, d.Engine = true, value
	case "begun":
		d.Begun = true
	case "purged":
		d.Purged = true
	case "data":
		d.Data = true
	case "schemas":
		d.Schemas, err = strconv.Atoi(value)
	case "oldest-schema":
		d.OldestSchema, err = strconv.ParseInt(value, 10, 64)
	case "first-log":
		name, at, _ := strings.Cut(value, " ")
		d.FirstLog = name
		d.FirstLogTime, err = strconv.ParseInt(at, 10, 64)
	case "version":
		d.Running, d.Version = true, value
	case "read_only":
		d.ReadOnly = value != "0" && value != "OFF"
	case "position":
		d.Position = value
	case "source":
		d.Source = value
	case "login":
		if user, sum, ok := strings.Cut(value, " "); ok && !slices.Contains(d.Logins, Login{user, sum}) {
			d.Logins = append(d.Logins, Login{user, sum})
		}
	}
	return err
}
