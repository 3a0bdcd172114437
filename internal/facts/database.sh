# The names of foobar's accounts, and those that earlier versions gave them.
users='"foobar_app_rw","foobar_app_ro","foobar_repl","foobar_backup","foobar_otel","app_rw","app_ro","repl","backup","otel"'
if command -v mariadbd >/dev/null; then echo "db installed mariadb"; elif command -v mysqld >/dev/null; then echo "db installed mysql"; fi
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
    dbask -B -N -e 'SELECT CONCAT("db login ",User," ",SHA2(authentication_string,256)) FROM mysql.user WHERE User IN ('"$users"') LIMIT 1000' ;;
  mariadb) dbask -B -N -e 'SELECT CONCAT("db position ",@@global.gtid_current_pos)'
    dbask -B -N -e 'SELECT CONCAT("db login ",User," ",SHA2(JSON_VALUE(Priv,"$.authentication_string"),256)) FROM mysql.global_priv WHERE User IN ('"$users"') LIMIT 1000'
    dbask -E -e 'SHOW ALL SLAVES STATUS' | while read -r k v; do [ "$k" != Master_Host: ] || echo "db source $v"; done ;;
  esac
fi
