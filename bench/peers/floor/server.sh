# What a server gets. It follows common.sh in one script.
main() {
  common
  # The certificates come before the packages whose programs read them.
  getent passwd mysql >/dev/null || useradd -r -s /bin/false -d /nonexistent mysql
  for d in /etc/nginx/tls /etc/mysql/tls; do
    install -d -m755 $d
    echo "$CA" | put 644 $d/ca.crt; echo "$CRT" | put 644 $d/server.crt; echo "$PRIV" | put 600 $d/server.key
  done
  chown mysql /etc/mysql/tls/server.key
  put 644 /etc/mysql/mariadb.conf.d/60-floor.cnf <<CNF
[mysqld]
bind-address = 0.0.0.0
server-id = $SERVER_ID
gtid_domain_id = 1
gtid_strict_mode = ON
log_bin = /var/lib/mysql/mariadb-bin
log_slave_updates = ON
binlog_format = ROW
read_only = $READ_ONLY
innodb_buffer_pool_size = 256M
max_connections = 200
skip-name-resolve = ON
ssl_ca = /etc/mysql/tls/ca.crt
ssl_cert = /etc/mysql/tls/server.crt
ssl_key = /etc/mysql/tls/server.key
CNF
  getent group app >/dev/null || groupadd -r app
  id app >/dev/null 2>&1 || useradd -r -g app -d /opt/app -s /usr/sbin/nologin app
  mkdir -p /opt/app; cp -R /root/floor/app/. /opt/app; chmod -R a+rX /opt/app
  printf 'bind = "127.0.0.1:9000"\nworkers = 2\nthreads = 4\ntimeout = 30\n' | put 644 /opt/app/gunicorn.conf.py
  {
    tail='/app?ssl_ca=/etc/mysql/tls/ca.crt'
    echo "DATABASE_WRITE_URL=mysql://app:lab-app-password@10.77.0.12:3306$tail"
    echo "DATABASE_READ_URLS=mysql://app:lab-app-password@10.77.0.13:3306$tail,mysql://app:lab-app-password@10.77.0.14:3306$tail"
    echo "SITE_HOST=$NAME"; echo "SITE_DOMAINS=www.foobar.com"
  } | put 640 /etc/app.env
  chgrp app /etc/app.env
  put 644 /etc/systemd/system/app.service <<'UNIT'
[Unit]
Description=The app
After=network.target mariadb.service

[Service]
Type=notify
User=app
Group=app
WorkingDirectory=/opt/app
EnvironmentFile=/etc/app.env
ExecStart=/usr/bin/python3 -m gunicorn -c /opt/app/gunicorn.conf.py wsgi:app
Restart=on-failure

[Install]
WantedBy=multi-user.target
UNIT
  put 644 /etc/nginx/sites-available/app.conf <<SITE
upstream app { server 127.0.0.1:9000; keepalive 16; }
server {
  listen 443 ssl;
  server_name app.example.test $NAME;
  ssl_certificate /etc/nginx/tls/server.crt;
  ssl_certificate_key /etc/nginx/tls/server.key;
  client_max_body_size 10m;
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
  packages mariadb-server mariadb-client python3-gunicorn python3-pymysql nginx zstd
  rm -f /etc/nginx/sites-enabled/default; nginx -tq; systemctl reload nginx
  set -- 443/10.77.0.11
  for p in $PEERS; do set -- "$@" "3306/$p"; done
  firewall "$@" >/dev/null
  collector /var/log/nginx/access.log
  database
  systemctl daemon-reload; systemctl enable -q --now app
  backups
  for u in app nginx mariadb; do systemctl is-active -q $u; done
  collecting
}
database() {
  if [ "$READ_ONLY" = OFF ]; then
    mariadb <<SQL
CREATE USER IF NOT EXISTS repl@'10.77.0.%' IDENTIFIED BY 'lab-repl-password' REQUIRE SSL;
GRANT REPLICATION SLAVE ON *.* TO repl@'10.77.0.%';
CREATE DATABASE IF NOT EXISTS app CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS app@'10.77.0.%' IDENTIFIED BY 'lab-app-password' REQUIRE SSL;
GRANT ALL ON app.* TO app@'10.77.0.%';
SQL
    mariadb-tzinfo-to-sql /usr/share/zoneinfo 2>/dev/null | mariadb mysql
  else
    for i in $(seq 1200); do
      mariadb -h 10.77.0.12 -urepl -plab-repl-password --ssl-ca=/etc/mysql/tls/ca.crt -e 'SELECT 1' >/dev/null 2>&1 && break; sleep .1
    done
    mariadb -e "CHANGE MASTER TO MASTER_HOST='10.77.0.12', MASTER_USER='repl', MASTER_PASSWORD='lab-repl-password', MASTER_SSL=1, MASTER_SSL_CA='/etc/mysql/tls/ca.crt', MASTER_USE_GTID=slave_pos; START SLAVE"
    for i in $(seq 300); do
      [ "$(mariadb -e 'SHOW SLAVE STATUS\G' | grep -c 'Running: Yes')" = 2 ] && break; sleep .1
    done
    [ "$(mariadb -e 'SHOW SLAVE STATUS\G' | grep -c 'Running: Yes')" = 2 ]
  fi
}
# One dump a night.
backups() {
  install -d -m700 /var/backups/floor
  printf '#!/bin/sh\nset -e\nmariadb-dump --single-transaction --all-databases | zstd -q >/var/backups/floor/new\nmv /var/backups/floor/new "/var/backups/floor/$(date +%%F).sql.zst"\n' | put 700 /usr/local/sbin/floor-backup
  printf '[Service]\nType=oneshot\nExecStart=/usr/local/sbin/floor-backup\n' | put 644 /etc/systemd/system/floor-backup.service
  printf '[Timer]\nOnCalendar=03:00\n[Install]\nWantedBy=timers.target\n' | put 644 /etc/systemd/system/floor-backup.timer
  systemctl daemon-reload; systemctl enable -q --now floor-backup.timer
}
main </dev/null
