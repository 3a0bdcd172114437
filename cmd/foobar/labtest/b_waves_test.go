//go:build lab

package labtest

import (
	"strings"
	"testing"
)

// TestB5Waves: what docs/drift.md says is compared. Each wave leaves the hosts
// reachable and does not hide its own drifts from one another.
func TestB5Waves(t *testing.T) {
	for i, wave := range [][]drift{append(files(), strangers()...), accounts(), running()} {
		repairs(t, wave)
		if t.Failed() {
			t.Fatalf("wave %d", i+1)
		}
	}
	if out := on(t, "web2", "id -nG foobar-app; getent passwd foobar-app; cat /etc/ssh/sshd_config.d/00-a.conf"); !strings.Contains(out, "# switched off by foobar: PasswordAuthentication yes") ||
		strings.Contains(out, "sudo") || !strings.Contains(out, "/usr/sbin/nologin") {
		t.Errorf("after the repair:\n%s", out)
	}
}

// files, folders, links and modes.
func files() []drift {
	return []drift{
		{"the owner of a file", "web1", "chown nobody /etc/nginx/nginx.conf", "file:/etc/nginx/nginx.conf"},
		{"the group of a file", "web2", "chgrp nogroup /etc/nginx/nginx.conf", "file:/etc/nginx/nginx.conf"},
		{"the mode of a file", "web3", "chmod 0666 /etc/nginx/nginx.conf", "file:/etc/nginx/nginx.conf"},
		{"a file is gone", "web1", "rm /etc/logrotate.d/foobar-nginx", "file:/etc/logrotate.d/foobar-nginx"},
		{"a file is a link", "web2", "mv /etc/logrotate.d/foobar-nginx /root/; ln -s /root/foobar-nginx /etc/logrotate.d/foobar-nginx", "file:/etc/logrotate.d/foobar-nginx"},
		{"a line more in a file of apt", "lb1", "echo '// by hand' >>/etc/apt/apt.conf.d/52foobar-unattended-upgrades", "file:/etc/apt/apt.conf.d/52foobar-unattended-upgrades"},
		{"the journal's bounds", "lb1", "sed -i s/=/=9/ /etc/systemd/journald.conf.d/10-foobar.conf", "file:/etc/systemd/journald.conf.d/10-foobar.conf"},
		{"the mode of a folder", "web1", "chmod 0777 /var/backups/foobar", "dir:/var/backups/foobar"},
		{"the owner of a folder", "web2", "chown nobody /var/lib/foobar-scratch", "dir:/var/lib/foobar-scratch"},
		{"the folder of certificates is open", "lb1", "chmod 0777 /etc/haproxy/certs", "dir:/etc/haproxy/certs"},
		{"a log is readable by all", "web1", "chmod 0644 /var/log/nginx/access.json", "log:/var/log/nginx/access.json"},
		{"a log has another owner", "lb1", "chown nobody /var/log/haproxy-access.json", "log:/var/log/haproxy-access.json"},
		{"the folder of releases is open to everyone", "web3", "chmod 0777 /srv/*/releases", "/releases"},
		{"a release is open to everyone", "web3", "chmod 0755 /srv/*/releases/[0-9a-f]*", "access:"},
		{"a folder in a release is open to everyone", "web1", "chmod 0777 /srv/*/current/static", "release:"},
		{"a file of a release was edited", "web2", "echo '/* by hand */' >>$(ls /srv/*/current/static/*.css | head -n 1)", "release:"},
		{"the key is readable by all", "web2", "chmod 0644 /etc/foobar/tls/host.key", "certificate:/etc/foobar/tls/host.key"},
		{"the issuing key is gone", "web3", "rm /etc/foobar/tls/issuer.pem", "certificate:/etc/foobar/tls/host.key"},
		{"another CA", "web1", "echo >>/etc/foobar/tls/ca.crt", "file:/etc/foobar/tls/ca.crt"},
		{"a hook before each renewal", "lb1", "sed -i '/^account/a pre_hook = true' /etc/letsencrypt/renewal/*.conf", "renewal: pre_hook"},
		{"a hook after each renewal", "lb1", "sed -i '/^account/a post_hook = true' /etc/letsencrypt/renewal/*.conf", "renewal: post_hook"},
		{"the certificate is not renewed", "lb1", "sed -i '/^account/a autorenew = False' /etc/letsencrypt/renewal/*.conf", "renewal: autorenew"},
		{"another installer", "lb1", "sed -i '/^account/a installer = nginx' /etc/letsencrypt/renewal/*.conf", "renewal: installer"},
		{"cloud-init writes /etc/hosts", "web2", "mkdir -p /etc/cloud/templates; echo '127.0.0.1 localhost' >/etc/cloud/templates/hosts.debian.tmpl; echo 'manage_etc_hosts: true' >/etc/cloud/cloud.cfg", "block in cloud-init's template"},
		{"HAProxy's answers to the authority", "lb1", "chmod 0755 /etc/haproxy/acme.map; chown nobody /etc/haproxy/acme.map", "/etc/haproxy/acme.map"},
		{"HAProxy runs with another file", "lb1", "cp -p /etc/haproxy/haproxy.cfg /tmp/h && sed -i 's/timeout connect .*/timeout connect 7s/' /etc/haproxy/haproxy.cfg && systemctl reload haproxy; cp /tmp/h /etc/haproxy/haproxy.cfg", "service:haproxy.service"},
		{"a line of /etc/hosts", "web3", "sed -i 's/ web1$/ web9/' /etc/hosts", "block:/etc/hosts"},
	}
}

// accounts of the system and of the database, and packages.
func accounts() []drift {
	return []drift{
		{"the app's user has a shell", "web2", "usermod -s /bin/bash foobar-app", "shell: /bin/bash"},
		{"the app's user has a home", "web2", "usermod -P /. -d /home/eve foobar-app", "home: /home/eve"},
		{"the app's user may become root", "web2", "usermod -a -G sudo foobar-app", "-sudo"},
		{"somebody may read what the app may", "web3", "useradd -M eve; gpasswd -a eve foobar-app", "member of the group: eve"},
		{"the app's user has a password", "web2", "echo foobar-app:eve | chpasswd", "password: lets in"},
		{"the app's user has another group", "web3", "usermod -g adm foobar-app", "group: adm"},
		{"the user that builds has a shell", "web3", "usermod -s /bin/sh foobar-build", "user:foobar-build"},
		{"nginx may no longer read releases", "web1", "gpasswd -d www-data foobar-app", "user:www-data"},
		{"the collector may no longer read logs", "web1", "gpasswd -d otelcol-sumo adm", "user:otelcol-sumo"},
		{"a package on hold", "lb1", "apt-mark hold haproxy", "haproxy: on hold"},
		{"another package on hold", "web1", "apt-mark hold nginx", "nginx: on hold"},
		{"a package is gone", "web2", "dpkg --purge --force-depends unattended-upgrades", "packages:base"},
		{"an account of the database with all rights", "web1", "mariadb -e \"CREATE USER eve@'%' IDENTIFIED BY 'eve'; GRANT ALL ON *.* TO eve@'%' WITH GRANT OPTION\"", "account: eve@%"},
		{"more rights than wanted", "web1", "mariadb -e \"GRANT SUPER ON *.* TO foobar_app_ro@'10.77.0.12'\"", "database-account:foobar_app_ro@10.77.0.12"},
		{"fewer rights than wanted", "web1", "mariadb -e \"REVOKE ALL PRIVILEGES, GRANT OPTION FROM foobar_app_ro@'10.77.0.13'\"", "database-account:foobar_app_ro@10.77.0.13"},
		{"another password", "web1", "mariadb -e \"SET PASSWORD FOR foobar_app_ro@'10.77.0.14' = PASSWORD('eve')\"", "database-account:foobar_app_ro@10.77.0.14"},
		{"an account that may come in unencrypted", "web1", "mariadb -e \"ALTER USER foobar_app_rw@'10.77.0.12' REQUIRE NONE\"", "only encrypted"},
		{"a locked account", "web1", "mariadb -e \"ALTER USER foobar_app_rw@'10.77.0.13' ACCOUNT LOCK\"", "locked: yes"},
		{"a bounded account", "web1", "mariadb -e \"ALTER USER foobar_app_rw@'10.77.0.14' WITH MAX_USER_CONNECTIONS 1\"", "connections: 1"},
		{"an account without a name", "web1", "mariadb -e \"CREATE USER ''@'localhost'\"", "account: @localhost"},
		{"a role", "web1", "mariadb -e \"CREATE ROLE boss; GRANT boss TO foobar_app_rw@'10.77.0.12'\"", "role: boss"},
		{"few questions by the hour", "web1", "mariadb -e \"ALTER USER foobar_backup@'10.77.0.12' WITH MAX_QUERIES_PER_HOUR 5\"", "limits: by the hour"},
		{"a certificate of its own", "web1", "mariadb -e \"ALTER USER foobar_otel@localhost REQUIRE X509\"", "demands: a certificate of its own"},
		{"a password that is no longer valid", "web1", "mariadb -e \"ALTER USER foobar_repl@'10.77.0.14' PASSWORD EXPIRE\"", "limits: the password is no longer valid"},
		{"a column of the system's", "web1", "mariadb -e \"GRANT SELECT (Host) ON mysql.db TO foobar_repl@'10.77.0.13'\"", "privileges on mysql.db"},
		{"another way in", "web1", "mariadb -e \"ALTER USER foobar_backup@'10.77.0.13' IDENTIFIED VIA unix_socket\"", "login: unix_socket"},
		{"an empty database", "web1", "mariadb -e 'CREATE DATABASE test'", "database: test"},
	}
}

// running is what programs do, whatever their files say.
func running() []drift {
	return []drift{
		{"commits are not on disk", "web1", "mariadb -e 'SET GLOBAL sync_binlog=0'", "sync_binlog: 0"},
		{"nor flushed", "web1", "mariadb -e 'SET GLOBAL innodb_flush_log_at_trx_commit=2'", "innodb_flush_log_at_trx_commit: 2"},
		{"fewer connections", "web2", "mariadb -e 'SET GLOBAL max_connections=17'", "max_connections: 17"},
		{"files of clients", "web3", "mariadb -e 'SET GLOBAL local_infile=ON'", "local_infile: ON"},
		{"connections without encryption", "web2", "mariadb -e 'SET GLOBAL require_secure_transport=OFF'", "require_secure_transport: OFF"},
		{"logs are thrown away", "web1", "mariadb -e 'SET GLOBAL binlog_expire_logs_seconds=60'", "binlog_expire_logs_seconds: 60"},
		{"another form of the log", "web1", "mariadb -e \"SET GLOBAL binlog_format='STATEMENT'\"", "binlog_format: STATEMENT"},
		{"commits wait for no replica", "web1", "mariadb -e 'SET GLOBAL rpl_semi_sync_master_enabled=OFF'", "rpl_semi_sync_master_enabled: OFF"},
		{"positions are not strict", "web3", "mariadb -e 'SET GLOBAL gtid_strict_mode=OFF'", "gtid_strict_mode: OFF"},
		{"another number", "web3", "mariadb -e 'SET GLOBAL server_id=7'", "server_id"},
		{"a replica writes", "web2", "mariadb -e 'SET GLOBAL read_only=OFF'", "read_only: OFF"},
		{"a log of all statements", "web1", "mariadb -e 'SET GLOBAL general_log=ON'", "general_log: ON"},
		{"a replica passes over errors", "web3", "mariadb -e \"SET GLOBAL slave_exec_mode='IDEMPOTENT'\"", "slave_exec_mode: IDEMPOTENT"},
		{"an account that one replica alone has", "web2", "mariadb -e \"SET sql_log_bin=0; CREATE USER mallory@'%' IDENTIFIED BY 'x'\"", "account: mallory@%"},
		{"more rights on one replica alone", "web3", "mariadb -e \"SET sql_log_bin=0; GRANT SUPER ON *.* TO foobar_app_ro@'10.77.0.12'\"", "foobar_app_ro@10.77.0.12: privileges on *.*"},
		{"an account that one replica lacks", "web2", "mariadb -e \"SET sql_log_bin=0; DROP USER foobar_backup@'10.77.0.14'\"", "foobar_backup@10.77.0.14: account"},
		{"the site takes no connections", "lb1", "echo 'disable frontend www' | socat - /run/haproxy/admin.sock", "frontend www"},
		{"a server elsewhere", "lb1", "echo 'set server web/web2 addr 127.0.0.2 port 443' | socat - /run/haproxy/admin.sock", "address of web2"},
		{"a server's weight", "lb1", "echo 'set server web/web3 weight 1' | socat - /run/haproxy/admin.sock", "weight of web3"},
		{"a server in maintenance", "lb1", "echo 'set server web/web1 state maint' | socat - /run/haproxy/admin.sock", "in maintenance"},
		{"passwords of ssh", "web2", "printf 'PasswordAuthentication yes\nMaxAuthTries 3\n' >/etc/ssh/sshd_config.d/00-a.conf; systemctl reload ssh", "PasswordAuthentication: yes"},
		{"passwords of ssh, before all", "web3", "sed -i '1i KbdInteractiveAuthentication yes' /etc/ssh/sshd_config; systemctl reload ssh", "KbdInteractiveAuthentication: yes"},
		{"weak codes of ssh", "web1", "sed -i '1i MACs hmac-sha1,hmac-sha2-256' /etc/ssh/sshd_config; systemctl reload ssh", "MACs: hmac-sha1"},
		{"the drop-in of ssh", "lb1", "echo '# by hand' >>/etc/ssh/sshd_config.d/00-foobar.conf", "sshd:/etc/ssh/sshd_config.d/00-foobar.conf"},
		{"a timer is off", "web1", "systemctl disable --now foobar-certificate.timer", "service:foobar-certificate.timer"},
		{"updates are off", "lb1", "systemctl mask apt-daily-upgrade.timer", "service:apt-daily-upgrade.timer"},
		{"renewals are off", "lb1", "systemctl stop certbot.timer", "service:certbot.timer"},
		{"the server is not enabled", "web3", "systemctl disable nginx", "service:nginx.service"},
		{"nginx runs with another file", "web2", "cp -p /etc/nginx/nginx.conf /tmp/n && sed -i 's/worker_connections [0-9]*/worker_connections 77/' /etc/nginx/nginx.conf && systemctl reload nginx; cp /tmp/n /etc/nginx/nginx.conf", "service:nginx.service"},
		{"a rule in the kernel", "web1", "iptables -I INPUT -p tcp --dport 8080 -j ACCEPT", "--A INPUT -p tcp --dport 8080 -j ACCEPT"},
		{"a rule in the kernel, for IPv6", "web2", "ip6tables -I INPUT -p tcp --dport 8080 -j ACCEPT", "--A INPUT -p tcp --dport 8080 -j ACCEPT"},
		{"the kernel's policy", "web3", "iptables -P FORWARD ACCEPT", "-:FORWARD ACCEPT"},
		{"the firewall does not come back", "lb1", "systemctl disable ufw", "ufw.service"},
		{"a file of the firewall", "lb1", "echo '# by hand' >>/etc/ufw/before.rules", "/etc/ufw/before.rules"},
	}
}

// strangers are things of others that came after foobar.
func strangers() []drift {
	return []drift{
		{"a drop-in under the app", "web2", "mkdir -p /etc/systemd/system/app.service.d; printf '[Service]\nEnvironment=EVE=1\n' >/etc/systemd/system/app.service.d/eve.conf; systemctl daemon-reload", "/etc/systemd/system/app.service.d/eve.conf"},
		{"one that systemd has not read", "web1", "printf '[Service]\nUMask=0000\n' >/etc/systemd/system/nginx.service.d/eve.conf", "/etc/systemd/system/nginx.service.d/eve.conf"},
		{"one under the database", "web3", "printf '[Service]\nNice=5\n' >/etc/systemd/system/mariadb.service.d/eve.conf; systemctl daemon-reload", "/etc/systemd/system/mariadb.service.d/eve.conf"},
		{"one until the next boot", "web3", "systemctl set-property --runtime nginx.service CPUWeight=50", "/run/systemd/system.control/nginx.service.d/50-CPUWeight.conf"},
		{"one under what a timer starts", "lb1", "printf '[Service]\nEnvironment=EVE=1\n' >/etc/systemd/system/certbot.service.d/eve.conf", "/etc/systemd/system/certbot.service.d/eve.conf"},
		{"a unit in the place of the package's", "lb1", "cp /usr/lib/systemd/system/haproxy.service /etc/systemd/system/; systemctl daemon-reload", "drop-in: /etc/systemd/system/haproxy.service"},
		{"a hook of certbot's", "lb1", "printf '#!/bin/sh\n' >/etc/letsencrypt/renewal-hooks/pre/eve; chmod 0755 /etc/letsencrypt/renewal-hooks/pre/eve", "hook: /etc/letsencrypt/renewal-hooks/pre/eve"},
		{"a rule of the firewall", "web2", "ufw allow 9999/tcp", "firewall:ufw"},
		{"one for IPv6 alone", "web1", "ufw allow from 2001:db8::1 to any port 9998 proto tcp", "firewall:ufw"},
		{"the firewall lets in what no rule is about", "web3", "ufw default allow incoming", "/etc/default/ufw"},
		{"a folder among the releases", "web3", "mkdir -p /srv/foobar/releases/old/static", "/srv/foobar/releases/old"},
		{"an account of the database", "web1", "mariadb -e \"CREATE USER report@'127.0.0.2' IDENTIFIED BY 'x'\"", "account: report@127.0.0.2"},
	}
}
