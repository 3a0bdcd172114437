if command -v mariadbd >/dev/null; then echo "db installed mariadb"; elif command -v mysqld >/dev/null; then echo "db installed mysql"; fi
# The names of foobar's accounts, and those that earlier versions gave them.
users="'foobar_app_rw','foobar_app_ro','foobar_repl','foobar_backup','foobar_otel','app_rw','app_ro','repl','backup','otel'"
# What two servers may have differently: the system's own accounts.
system="NOT IN ('root@localhost','mysql@localhost','mariadb.sys@localhost','mysql.sys@localhost','mysql.session@localhost','mysql.infoschema@localhost','debian-sys-maint@localhost','foobar_restore@localhost')"
sum="SELECT CONCAT('db accounts ', COUNT(*), ' ', COALESCE(SUM(CRC32(CONCAT_WS(' '"
who="CONCAT(User, '@', Host)" whose="REPLACE(GRANTEE, '''', '')"
common="SET SESSION sql_mode='';
SELECT CONCAT('db version ', @@version) AS x;
SELECT CONCAT('db read_only ', @@global.read_only) AS x;
SELECT CONCAT('db datadir ', @@global.datadir) AS x;
SELECT CONCAT('db names ', @@global.lower_case_table_names) AS x;
$sum, GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE))), 0)) AS x FROM information_schema.USER_PRIVILEGES WHERE $whose $system;
$sum, GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE, IS_GRANTABLE))), 0)) AS x FROM information_schema.SCHEMA_PRIVILEGES WHERE $whose $system;
$sum, GRANTEE, TABLE_SCHEMA, TABLE_NAME, PRIVILEGE_TYPE))), 0)) AS x FROM information_schema.TABLE_PRIVILEGES WHERE $whose $system;
$sum, GRANTEE, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, PRIVILEGE_TYPE))), 0)) AS x FROM information_schema.COLUMN_PRIVILEGES WHERE $whose $system;
SELECT CONCAT('db event ', STATUS, ' ', HEX(EVENT_SCHEMA), '.', HEX(EVENT_NAME)) AS x FROM information_schema.EVENTS WHERE STATUS <> 'ENABLED' AND EVENT_SCHEMA NOT IN ('mysql','sys','performance_schema','information_schema') ORDER BY STATUS <> 'DISABLED' LIMIT 10000;
"
mariadb="SELECT CONCAT('db position ', @@global.gtid_current_pos) AS x;
SELECT CONCAT('db login ', User, ' ', SHA2(JSON_VALUE(Priv, '$.authentication_string'), 256)) AS x FROM mysql.global_priv WHERE User IN ($users) LIMIT 1000;
$sum, User, Host, JSON_VALUE(Priv, '$.plugin'), JSON_VALUE(Priv, '$.authentication_string'), JSON_EXTRACT(Priv, '$.auth_or'), IFNULL(JSON_VALUE(Priv, '$.ssl_type'), 0), IFNULL(JSON_VALUE(Priv, '$.max_user_connections'), 0), IFNULL(JSON_VALUE(Priv, '$.max_questions'), 0), IFNULL(JSON_VALUE(Priv, '$.account_locked'), '0') IN ('1', 'true'), IFNULL(JSON_VALUE(Priv, '$.password_lifetime'), -1)))), 0)) AS x FROM mysql.global_priv WHERE $who $system;
$sum, User, Host, Role))), 0)) AS x FROM mysql.roles_mapping WHERE $who $system;
SHOW ALL SLAVES STATUS;
"
mysql="$sum, User, Host, plugin, HEX(authentication_string), ssl_type, max_user_connections, max_questions, account_locked, IFNULL(password_lifetime, -1)))), 0)) AS x FROM mysql.user WHERE $who $system AND @@version NOT LIKE '%MariaDB%';
$sum, TO_USER, TO_HOST, FROM_USER, FROM_HOST))), 0)) AS x FROM mysql.role_edges WHERE CONCAT(TO_USER, '@', TO_HOST) $system;
SELECT CONCAT('db position ', REPLACE(@@global.gtid_executed, CHAR(10), '')) AS x;
SELECT 'db purged' AS x FROM DUAL WHERE @@global.gtid_purged <> '';
SELECT CONCAT('db source ', HOST) AS x FROM performance_schema.replication_connection_configuration WHERE HOST <> '' AND @@version NOT LIKE '%MariaDB%';
SELECT CONCAT('db login ', User, ' ', SHA2(authentication_string, 256)) AS x FROM mysql.user WHERE User IN ($users) AND @@version NOT LIKE '%MariaDB%' LIMIT 1000;
"
data=/var/lib/mysql
# db_folder FOLDER prints where the server keeps its data, unless that is where it is looked for.
db_folder(){ [ "${1%/}" = $data ] || [ "$1" -ef $data ] || echo "db elsewhere $1"; }
# db_rows ANSWER prints the facts among its rows. In a row of SHOW ALL SLAVES STATUS the
# source is the fourth column.
db_rows(){
  tab='	' rows='' IFS='
'
  set -f
  for l in $1; do
    case $l in
    "db over") break ;;
    "Connection_name$tab"*) rows=yes; continue ;;
    *"$tab"*"$tab"*"$tab"*)
      [ -n "$rows" ] || continue
      l=${l#*"$tab"} l=${l#*"$tab"} l=${l#*"$tab"} l="db source ${l%%"$tab"*}" ;;
    "db datadir "*) db_folder "${l#db datadir }"; continue ;;
    "db "*) rows= ;;
    *) continue ;;
    esac
    printf '%s\n' "$l"
    case $l in "db source "?*) follows=yes ;; esac
  done
  unset IFS
  set +f
}
follows=
if [ -S /run/mysqld/mysqld.sock ]; then
  said='' db_said='' r=1
  # Where the look at the resources comes with the facts, one session answers both. It ends
  # at the first statement that fails.
  if command -v db_asks >/dev/null; then
    own=$mysql r=0
    ! command -v mariadbd >/dev/null || own=$mariadb
    db_said=$(db_asks "$common${own}SELECT 'db over' AS x;
") || r=$?
    [ $r = 0 ] || db_said=
    said=$db_said
  fi
  # MariaDB's client would encrypt what goes through the server's own socket.
  c='mariadb --no-defaults --skip-ssl'; command -v mariadb >/dev/null || c='mysql --no-defaults'
  # shellcheck disable=SC2086 # its words
  # Each server passes over the statements of the other; --execute would end at the first
  # that fails, whatever --force says.
  [ $r = 0 ] || said=$(timeout 10 $c --force -uroot -S /run/mysqld/mysqld.sock -B 2>/dev/null <<E
$common$mariadb$mysql
E
)
  db_rows "$said"
  # As much as is taken of a look's answer.
  [ ${#db_said} -le 262144 ] || db_said=
  case $said in
  *"db version "*) ;;
  *)
    # shellcheck disable=SC2086
    said=$(timeout 10 $c -uroot -S /run/mysqld/mysqld.sock -e 'DO 0' 2>&1 </dev/null)
    while read -r k v; do
      # Access denied; no such plugin; the password must be changed, or has run out.
      case "$k $v" in "ERROR 1045 "* | "ERROR 1698 "* | "ERROR 1524 "* | "ERROR 1820 "* | "ERROR 1862 "*) echo "db refuses $v"; break ;; esac
    done <<E
$said
E
    ;;
  esac
fi
# db_files SETTINGS prints what a server's files say: where its data is, which one that runs
# has said itself, and which databases its log leaves out. That a server tells, too, but not
# while a commit is written to the log.
db_files(){
  folder='' has='' lacks='' IFS='
'
  set -f
  for l in $1; do
    case $l in
    --datadir=?*) folder=${l#*=} ;;
    --binlog[-_]do[-_]db=?*) has=$has${has:+,}${l#*=} ;;
    --binlog[-_]ignore[-_]db=?*) lacks=$lacks${lacks:+,}${l#*=} ;;
    esac
  done
  unset IFS
  set +f
  [ -S /run/mysqld/mysqld.sock ] || [ -z "$folder" ] || db_folder "$folder"
  [ -z "$has$lacks" ] || printf '%s\n' "db log-has $has" "db log-lacks $lacks"
}
! command -v my_print_defaults >/dev/null || db_files "$(my_print_defaults mysqld server mariadb mariadbd 2>/dev/null)"
oldest=
# born MADE WRITTEN NAME keeps the least of the times: of a folder when it was made, of
# its db.opt when that was written.
born(){
  case $3 in */db.opt) t=$2 ;; *) t=$1 ;; esac
  case $t in 0|-|'') return ;; esac
  [ -n "$oldest" ] && [ "$oldest" -le "$t" ] || oldest=$t
}
# holds FOLDER: there is more in the folder of a database than its own options.
holds(){
  for f in "$1"/*; do
    case ${f##*/} in '*'|db.opt) ;; *) return 0 ;; esac
  done
  return 1
}
if [ -d $data ]; then
  [ ! -d $data/mysql ] || echo "db data"
  [ ! -e $data/foobar-begun ] || echo "db begun"
  [ ! -d $data/lost+found ] || echo "db lost+found"
  set --
  for d in "$data"/*/; do
    d=${d%/}
    case ${d##*/} in '*'|mysql|sys|performance_schema|lost+found|'#'*) continue ;; test) holds "$d" || continue ;; esac
    set -- "$@" "$d" "$d/db.opt"
  done
  echo "db schemas $(($#/2))"
  # A replica's logs are no other's beginning.
  if [ $# -gt 0 ] && [ -z "$follows" ]; then
    while read -r made written name; do born "$made" "$written" "$name"; done <<E
$(stat -c '%W %Y %n' -- "$@" 2>/dev/null)
E
  fi
  [ -z "$oldest" ] || echo "db oldest-schema $oldest"
  # What the server's account has put there leads root to no other file.
  if [ -z "$follows" ] && [ -f $data/binlog.index ] && [ ! -L $data/binlog.index ] && read -r first <$data/binlog.index; then
    first=${first##*/}
    if [ -f "$data/$first" ] && [ ! -L "$data/$first" ]; then
      t=$(od -An -tu4 -j4 -N4 -- "$data/$first" 2>/dev/null)
      [ -z "$t" ] || echo "db first-log $first ${t##* }"
    fi
  fi
fi
# What a server of MariaDB that does not run will follow once it does.
if [ ! -S /run/mysqld/mysqld.sock ] && [ -f $data/master.info ] && [ ! -L $data/master.info ]; then
  { read -r _; read -r _; read -r _; read -r source; } <$data/master.info || source=
  [ -z "$source" ] || echo "db source $source"
fi
