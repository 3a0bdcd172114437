# What a check cannot do without: read, on the host and in one script, what a site's
# deployment decides, and print it. A controller would compare this text with what it
# wants.
dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' haproxy nginx mariadb-server ufw gunicorn certbot 2>/dev/null
systemctl show -p Id,ActiveState,UnitFileState,InvocationID haproxy nginx mariadb app ssh ufw otelcol-sumo
stat -c '%n %a %U:%G %s %Z' /etc/haproxy/* /etc/nginx/*.conf /etc/ufw/* /etc/ssh/sshd_config.d/* 2>/dev/null
sha256sum /etc/haproxy/*.cfg /etc/nginx/nginx.conf /etc/ufw/*.rules /etc/hosts 2>/dev/null
iptables-save -t filter; ip6tables-save -t filter
[ ! -S /run/mysqld/mysqld.sock ] || mariadb -B -N -e 'SELECT @@read_only, @@gtid_current_pos; SHOW ALL SLAVES STATUS'
