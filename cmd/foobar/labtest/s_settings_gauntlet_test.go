//go:build lab && gauntlet

package labtest

import (
	"strings"
	"testing"
)

// rude are settings that others make on a host and that programs or logins heed: a narrow
// umask, a login that talks, another language, programs' options, an account for the
// database's client, and no program may run in /tmp.
const rude = `sed -i 's/^#*UMASK.*/UMASK 077/; s/^USERGROUPS_ENAB.*/USERGROUPS_ENAB no/' /etc/login.defs
printf 'umask 077\necho talking\nexport TMOUT=60 BASH_ENV=/root/talk CDPATH=/etc POSIXLY_CORRECT=1\n' >>/root/.bashrc
echo 'echo from BASH_ENV' >/root/talk
printf 'LC_ALL=tr_TR.UTF-8\nBASH_ENV=/root/talk\nMYSQL_HOST=db.example\n' >>/etc/environment
printf 'LANG=de_DE.UTF-8\n' >/etc/locale.conf
printf '[client]\nuser=someone\npassword=x\nhost=db.example\n' >/root/.my.cnf
mkdir -p /etc/systemd/system.conf.d
printf '[Manager]\nDefaultEnvironment=LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8\n' >/etc/systemd/system.conf.d/lang.conf
systemctl daemon-reexec
echo 'deb http://10.77.0.1:9/vendor stable main' >/etc/apt/sources.list.d/vendor.list
printf 'Dpkg::Options { "--force-confnew"; };\n' >/etc/apt/apt.conf.d/99confnew
mount -o remount,noexec /tmp
`

// polite takes the settings away again.
const polite = `sed -i 's/^UMASK.*/UMASK 022/; s/^USERGROUPS_ENAB.*/USERGROUPS_ENAB yes/' /etc/login.defs
cp /etc/skel/.bashrc /root/.bashrc
sed -i '/^LC_ALL=\|^BASH_ENV=\|^MYSQL_HOST=/d' /etc/environment
rm -rf /root/talk /etc/locale.conf /root/.my.cnf /etc/systemd/system.conf.d/lang.conf /etc/apt/sources.list.d/vendor.list /etc/apt/apt.conf.d/99confnew
systemctl daemon-reexec
mount -o remount,exec /tmp
`

// TestSSettingsOfOthers: a deploy does its work among other people's settings, with the
// modes that it means, and leaves them as they are.
func TestSSettingsOfOthers(t *testing.T) {
	on(t, "web2", rude)
	on(t, "web3", rude)
	repairs(t, []drift{
		{"a file is gone", "web2", "rm /etc/sysctl.d/60-foobar.conf", "file:/etc/sysctl.d/60-foobar.conf"},
		{"a script is gone", "web2", "rm /usr/local/sbin/foobar-certificate", "/usr/local/sbin/foobar-certificate"},
		{"a package is gone", "web3", "dpkg --purge --force-depends unattended-upgrades", "packages:base"},
		{"a package with a configuration of foobar's is gone", "web2", "systemctl stop nginx; dpkg --remove --force-depends nginx", "packages:nginx"},
	})
	if got := on(t, "web2", "stat -c '%a %n' /etc/sysctl.d/60-foobar.conf /usr/local/sbin/foobar-certificate; cat /root/.my.cnf | head -n 2"); got != "644 /etc/sysctl.d/60-foobar.conf\n700 /usr/local/sbin/foobar-certificate\n[client]\nuser=someone\n" {
		t.Errorf("web2 has\n%s", got)
	}
	on(t, "web2", polite)
	on(t, "web3", polite)
}

// TestSSettingsNamed: what a deploy does not change and would run into is named.
func TestSSettingsNamed(t *testing.T) {
	on(t, "web1", "apt-get update -q >/dev/null; apt-get install -y -q --no-install-recommends e2fsprogs >/dev/null; chattr +i /etc/nginx/nginx.conf")
	on(t, "web2", "mariadb -e \"SET sql_log_bin=0; ALTER USER root@localhost IDENTIFIED BY 'pw'\"")
	on(t, "lb1", "echo 'pre-hook = systemctl stop haproxy' >>/etc/letsencrypt/cli.ini")
	r := foobar("check", site)
	for _, want := range []string{"not even root may change /etc/nginx/nginx.conf", "chattr -ia /etc/nginx/nginx.conf", "the database server of web2 does not let root in", "pre-hook = systemctl stop haproxy"} {
		if !strings.Contains(r.all(), want) {
			t.Errorf("check does not say %q:\n%s", want, r.all())
		}
	}
	if r := foobar("plan", site); r.code == 0 || r.code == 2 || !strings.Contains(r.err, "[DB23]") {
		t.Errorf("plan: exit %d\n%s", r.code, tail(r.all(), 20))
	}
	on(t, "web2", "mariadb -ppw -e 'SET SESSION sql_log_bin=0; ALTER USER root@localhost IDENTIFIED VIA unix_socket'")
	if r := must(t, 0, "plan", "-l", "lb1", site); !strings.Contains(r.all(), "pre-hook = systemctl stop haproxy") {
		t.Errorf("the plan does not show the hook:\n%s", r.all())
	}
	on(t, "lb1", "sed -i '/^pre-hook/d' /etc/letsencrypt/cli.ini")
	on(t, "web1", "chattr -i /etc/nginx/nginx.conf; sed -i '1i # drift' /etc/nginx/nginx.conf; chattr +i /etc/nginx/nginx.conf")
	r = foobar("deploy", site)
	on(t, "web1", "chattr -i /etc/nginx/nginx.conf")
	if r.code != 1 || !strings.Contains(r.err, "[HOST09]") {
		t.Errorf("deploy: exit %d\n%s", r.code, tail(r.all(), 20))
	}
	must(t, 0, "deploy", site)
	must(t, 0, "plan", site)
}
