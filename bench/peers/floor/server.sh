# What a server gets. It follows common.sh in one script.
main() {
  common
  put 644 /etc/mysql/mariadb.conf.d/60-farm.cnf <<CNF
[mysqld]
bind-address = 0.0.0.0
server-id = $SERVER_ID
gtid_domain_id = 1
gtid_strict_mode = ON
log_bin = /var/lib/mysql/mariadb-bin
log_slave_updates = ON
binlog_format = ROW
read_only = $READ_ONLY
innodb_buffer_pool_size = 128M
max_connections = 200
skip-name-resolve = ON
CNF
  printf '/var/log/mysql/mariadb-slow.log {\n  weekly\n  rotate 4\n  missingok\n  compress\n}\n' | put 644 /etc/logrotate.d/mysql-slow
  getent group app >/dev/null || groupadd -r app
  id app >/dev/null 2>&1 || useradd -r -g app -d /opt/app -s /usr/sbin/nologin app
  echo "$WSGI" | put 644 /opt/app/wsgi.py
  printf 'bind = "127.0.0.1:9000"\nworkers = 2\ntimeout = 30\n' | put 644 /opt/app/gunicorn.conf.py
  printf 'DB_SOCKET=/run/mysqld/mysqld.sock\nDB_USER=app\nDB_PASSWORD=lab-app-password\nDB_NAME=app\n' | put 640 /etc/app.env
  chgrp app /etc/app.env
  put 644 /etc/systemd/system/app.service <<'UNIT'
[Unit]
Description=The farm's application
After=network.target mariadb.service

[Service]
User=app
Group=app
WorkingDirectory=/opt/app
EnvironmentFile=/etc/app.env
ExecStart=/usr/bin/gunicorn -c /opt/app/gunicorn.conf.py wsgi:application
Restart=on-failure

[Install]
WantedBy=multi-user.target
UNIT
  install -d -m700 /etc/nginx/tls
  echo "$CRT" | put 644 /etc/nginx/tls/server.crt
  echo "$PRIV" | put 600 /etc/nginx/tls/server.key
  printf 'keepalive_requests 1000;\nclient_max_body_size 10m;\nssl_session_cache shared:tls:1m;\n' | put 644 /etc/nginx/conf.d/tuning.conf
  put 644 /etc/nginx/sites-available/app.conf <<SITE
upstream app { server 127.0.0.1:9000; keepalive 16; }
server {
  listen 443 ssl;
  server_name app.example.test $NAME;
  ssl_certificate /etc/nginx/tls/server.crt;
  ssl_certificate_key /etc/nginx/tls/server.key;
  location / {
    proxy_pass http://app;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host \$host;
    proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
  }
}
SITE
  install -d /etc/nginx/sites-enabled; ln -sfn /etc/nginx/sites-available/app.conf /etc/nginx/sites-enabled/app.conf
  packages mariadb-server gunicorn python3-pymysql nginx
  install -d -m750 -o mysql -g mysql /var/backups/mysql
  rm -f /etc/nginx/sites-enabled/default; nginx -tq; systemctl reload nginx
  set -- 443/10.77.0.11 9100/10.77.0.0/24
  for p in $PEERS; do set -- "$@" "3306/$p"; done
  firewall "$@" >/dev/null
  if [ "$READ_ONLY" = OFF ]; then
    mariadb <<SQL
CREATE USER IF NOT EXISTS repl@'10.77.0.%' IDENTIFIED BY 'lab-repl-password';
GRANT REPLICATION SLAVE ON *.* TO repl@'10.77.0.%';
CREATE DATABASE IF NOT EXISTS app CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS app@localhost IDENTIFIED BY 'lab-app-password';
GRANT SELECT,INSERT,UPDATE,DELETE ON app.* TO app@localhost;
CREATE USER IF NOT EXISTS monitor@localhost IDENTIFIED BY 'lab-monitor-password';
GRANT PROCESS ON *.* TO monitor@localhost;
CREATE TABLE IF NOT EXISTS app.greeting (id INT PRIMARY KEY, text VARCHAR(100) NOT NULL);
INSERT IGNORE INTO app.greeting VALUES (1, 'hello from the database');
SQL
  else
    for i in $(seq 1200); do
      mariadb -h 10.77.0.12 -urepl -plab-repl-password -e 'SELECT 1' >/dev/null 2>&1 && break; sleep .1
    done
    mariadb -e "CHANGE MASTER TO MASTER_HOST='10.77.0.12', MASTER_USER='repl', MASTER_PASSWORD='lab-repl-password', MASTER_USE_GTID=slave_pos; START SLAVE"
    for i in $(seq 300); do
      [ "$(mariadb -e 'SHOW SLAVE STATUS\G' | grep -c 'Running: Yes')" = 2 ] && break; sleep .1
    done
    [ "$(mariadb -e 'SHOW SLAVE STATUS\G' | grep -c 'Running: Yes')" = 2 ]
  fi
  systemctl daemon-reload; systemctl enable -q --now app
  systemctl is-active -q app nginx mariadb prometheus-node-exporter
}
main </dev/null
