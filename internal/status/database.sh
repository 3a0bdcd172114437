section database
c=mariadb q='SHOW ALL SLAVES STATUS'; command -v mariadb >/dev/null || { c=mysql q='SHOW REPLICA STATUS'; }
db(){ timeout 10 "$c" --no-defaults -uroot -S /run/mysqld/mysqld.sock "$@" </dev/null 2>&1; }
db -B -N -e "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version','read_only','gtid_binlog_pos','gtid_slave_pos','gtid_executed','max_connections');
SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_connected','Uptime')" && { section replication; db -E -e "$q" | head -c 100000; }
