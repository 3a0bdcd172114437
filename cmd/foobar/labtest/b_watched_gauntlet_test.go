//go:build lab && gauntlet

package labtest

import "testing"

// TestB5Watched is a further wave of drift.
func TestB5Watched(t *testing.T) { repairs(t, watched()) }

// watched is what measures and reports, what makes backups, and what systemd starts for it.
func watched() []drift {
	return []drift{
		{"the collector's secrets are readable by all", "web1", "chmod 0644 /etc/otelcol-sumo/env/token.env", "file:/etc/otelcol-sumo/env/token.env"},
		{"a line more in them", "web2", "echo 'EVE=1' >>/etc/otelcol-sumo/env/token.env", "file:/etc/otelcol-sumo/env/token.env"},
		{"the folder of them is open", "web3", "chmod 0777 /etc/otelcol-sumo/env", "dir:/etc/otelcol-sumo/env"},
		{"the collector's settings", "lb1", "echo '# by hand' >>/etc/otelcol-sumo/sumologic.yaml", "file:/etc/otelcol-sumo/sumologic.yaml"},
		{"their folder has another owner", "web1", "chown nobody /etc/otelcol-sumo", "dir:/etc/otelcol-sumo"},
		{"the collector's unit", "web2", "sed -i 's/^Restart=.*/Restart=no/' /etc/systemd/system/otelcol-sumo.service; systemctl daemon-reload", "file:/etc/systemd/system/otelcol-sumo.service"},
		{"the collector does not come back", "web3", "systemctl disable otelcol-sumo", "service:otelcol-sumo.service"},
		{"a drop-in under the collector", "lb1", "mkdir -p /etc/systemd/system/otelcol-sumo.service.d; printf '[Service]\nUser=root\n' >/etc/systemd/system/otelcol-sumo.service.d/eve.conf; systemctl daemon-reload", "/etc/systemd/system/otelcol-sumo.service.d/eve.conf"},
		{"the collector may read no journal", "web3", "gpasswd -d otelcol-sumo systemd-journal", "user:otelcol-sumo"},
		{"the collector's package on hold", "lb1", "apt-mark hold otelcol-sumo", "otelcol-sumo: on hold"},
		{"the script of the figures", "lb1", "echo '# by hand' >>/usr/local/sbin/foobar-metrics", "file:/usr/local/sbin/foobar-metrics"},
		{"anybody may write it", "web1", "chmod 0777 /usr/local/sbin/foobar-metrics", "file:/usr/local/sbin/foobar-metrics"},
		{"it is a link", "web2", "mv /usr/local/sbin/foobar-metrics /root/; ln -s /root/foobar-metrics /usr/local/sbin/foobar-metrics", "file:/usr/local/sbin/foobar-metrics"},
		{"where the figures are sent is readable by all", "web3", "chmod 0644 /etc/foobar/metrics.curl", "file:/etc/foobar/metrics.curl"},
		{"figures are no longer taken", "web2", "systemctl disable --now foobar-metrics.timer", "service:foobar-metrics.timer"},
		{"nor could be", "web3", "systemctl stop foobar-metrics.timer; ln -sfn /dev/null /etc/systemd/system/foobar-metrics.timer; systemctl daemon-reload", "file:/etc/systemd/system/foobar-metrics.timer"},
		{"the unit of the figures, which systemd has not read", "lb1", "sed -i 's/^User=.*/User=root/' /etc/systemd/system/foobar-metrics.service", "file:/etc/systemd/system/foobar-metrics.service"},
		{"a drop-in under it", "web1", "mkdir -p /etc/systemd/system/foobar-metrics.service.d; printf '[Service]\nUser=root\n' >/etc/systemd/system/foobar-metrics.service.d/eve.conf; systemctl daemon-reload", "/etc/systemd/system/foobar-metrics.service.d/eve.conf"},
		{"one until the next boot", "web2", "mkdir -p /run/systemd/system/foobar-metrics.timer.d; printf '[Timer]\nOnCalendar=\n' >/run/systemd/system/foobar-metrics.timer.d/eve.conf; systemctl daemon-reload", "/run/systemd/system/foobar-metrics.timer.d/eve.conf"},
		{"who takes the figures has a shell", "web1", "usermod -s /bin/bash foobar-metrics", "shell: /bin/bash"},
		{"and may become root", "web2", "usermod -a -G sudo foobar-metrics", "-sudo"},
		{"anybody may mark events", "web1", "chmod 0777 /var/lib/foobar-events", "dir:/var/lib/foobar-events"},
		{"the marks have another owner", "web3", "chown foobar-metrics /var/lib/foobar-events", "dir:/var/lib/foobar-events"},
		{"the record of the runs is open", "web2", "chmod 0755 /var/lib/foobar", "dir:/var/lib/foobar"},
		{"no backups", "web1", "systemctl stop foobar-backup.timer", "service:foobar-backup.timer"},
		{"backups at another time", "web2", "sed -i 's/^OnCalendar=.*/OnCalendar=yearly/' /etc/systemd/system/foobar-backup.timer; systemctl daemon-reload", "file:/etc/systemd/system/foobar-backup.timer"},
		{"a drop-in under the backup", "web3", "mkdir -p /run/systemd/system/foobar-backup.service.d; printf '[Service]\nExecStart=\nExecStart=/bin/true\n' >/run/systemd/system/foobar-backup.service.d/eve.conf; systemctl daemon-reload", "/run/systemd/system/foobar-backup.service.d/eve.conf"},
		{"another script in the place of the backup's unit", "web1", "mkdir -p /etc/systemd/system.control; cp /etc/systemd/system/foobar-backup.service /etc/systemd/system.control/; systemctl daemon-reload", "/etc/systemd/system.control/foobar-backup.service"},
		{"the backup's script", "web2", "sed -i '2i exit 0' /usr/local/sbin/foobar-backup", "file:/usr/local/sbin/foobar-backup"},
		{"the key of the backups is readable by all", "web3", "chmod 0644 /etc/foobar/backup.key", "file:/etc/foobar/backup.key"},
		{"the login of the backup is gone", "web1", "rm /etc/foobar/backup.cnf", "file:/etc/foobar/backup.cnf"},
		{"a drop-in under the renewal of the host's certificate", "web2", "mkdir -p /etc/systemd/system/foobar-certificate.service.d; printf '[Service]\nExecStart=\n' >/etc/systemd/system/foobar-certificate.service.d/eve.conf", "/etc/systemd/system/foobar-certificate.service.d/eve.conf"},
		{"the renewal of the host's certificate", "web3", "sed -i 's/^User=.*//; /^ExecStart=/s/^/#/' /etc/systemd/system/foobar-certificate.service; systemctl daemon-reload", "file:/etc/systemd/system/foobar-certificate.service"},
		{"the database's package on hold", "web3", "apt-mark hold mariadb-server", "mariadb-server: on hold"},
		{"a package of the backups is gone", "web1", "dpkg --purge --force-depends zstd", "packages:database-backup"},
		{"the folder of secrets is open", "lb1", "chmod 0777 /etc/foobar", "/etc/foobar"},
	}
}
