package preflight

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/inventory"
	"foobar/playbooks"
)

// TestSettingsOfOthers: what others have set on a host is named where a deploy runs into
// it or changes it, and nothing else is.
func TestSettingsOfOthers(t *testing.T) {
	set := func(lines string) []string {
		return []string{"begin ports\n", "begin settings\n" + lines + "\n\ntok begin ports\n"}
	}
	const file = "foobar exec site.toml -b -l "
	for _, c := range []struct {
		name, state, host string
		replace, want     []string
	}{
		{"a way of renewal for all certificates", "deployed", "lb1", set("certbot /etc/letsencrypt/cli.ini:authenticator=standalone\ncertbot /etc/letsencrypt/cli.ini:authenticator = manual\ncertbot /etc/letsencrypt/cli.ini:domains = a.com"), []string{
			"lb1 fail certbot-hooks: /etc/letsencrypt/cli.ini overrides how the site's certificate is renewed, so that its renewal fails or goes wrong: authenticator=standalone | " + file +
				`lb1 -- 'sed -i '"'"'s/^[[:space:]-]*authenticator\($\|[^a-z_-]\)/# &/'"'"' /etc/letsencrypt/cli.ini'; certificates of others keep in their renewal files how they were got`}},
		{"immutable", "bare", "web1", set("immutable /etc/hosts\nimmutable /etc/nginx/nginx.conf"), []string{
			"web1 fail immutable: not even root may change /etc/hosts, /etc/nginx/nginx.conf | " + file + "web1 -- 'chattr -ia /etc/hosts /etc/nginx/nginx.conf'"}},
		{"immutable, and as wanted", "deployed", "web1", set("immutable /etc/hosts"), []string{
			"web1 warn immutable: not even root may change /etc/hosts | " + file + "web1 -- 'chattr -ia /etc/hosts'"}},
		{"many", "deployed", "web1", set(strings.TrimSuffix(strings.Repeat("immutable /a\n", 2)+"immutable /b\nimmutable /c\nimmutable /d\nimmutable /e\nimmutable /f\nimmutable /g\n", "\n")), []string{
			"web1 warn immutable: not even root may change /a, /b, /c, /d, /e and 2 other files | " + file + "web1 -- 'chattr -ia /a /b /c /d /e /f /g'"}},
		{"read-only", "bare", "web1", set("read-only /"), []string{"web1 fail mount: / is read-only | " + file + "web1 -- 'mount -o remount,rw /'"}},
		{"read-only, for apt's hooks", "bare", "web1", set("read-only /usr"), []string{"web1 warn mount: /usr is read-only | " + file + "web1 -- 'mount -o remount,rw /usr'"}},
		{"noexec", "bare", "web1", set("noexec /srv\nnoexec /var"), []string{
			"web1 fail mount: no program may run in /srv (noexec): the app starts from there | " + file + "web1 -- 'mount -o remount,exec /srv', and take noexec out of /etc/fstab",
			"web1 fail mount: no program may run in /var (noexec): the scripts of packages run in /var/lib/dpkg | " + file + "web1 -- 'mount -o remount,exec /var', and take noexec out of /etc/fstab"}},
		{"closed to others", "bare", "web1", set("closed /tmp is drwxr-xr-x root:root\nclosed /dev/null is -rw-r--r-- root:root\nclosed /srv is drwx------ root:root"), []string{
			"web1 fail closed: /tmp is drwxr-xr-x root:root: apt, the database and others write there as users of their own | " + file + "web1 -- 'mkdir -p /tmp && chown root:root /tmp && chmod 1777 /tmp'",
			"web1 fail closed: /dev/null is -rw-r--r-- root:root: it is no longer the device that every program may write to | " + file + "web1 -- 'rm -f /dev/null && mknod -m 0666 /dev/null c 1 3'",
			"web1 fail closed: /srv is drwx------ root:root: programs that are not root's cannot get to what is below it | " + file + "web1 -- 'chmod o+x /srv'"}},
		{"a journal in memory", "bare", "web1", set("journal /etc/systemd/journald.conf.d/00-ram.conf:Storage=volatile\njournal /etc/systemd/journald.conf.d/50-ram.conf:Storage=volatile"), []string{
			"web1 warn journal: /etc/systemd/journald.conf.d/50-ram.conf overrides what a deploy sets (Storage=volatile): the journal is gone after a restart, and no collector reads it | " + file + `web1 -- 'sed -i '"'"'s/^Storage/#&/'"'"' /etc/systemd/journald.conf.d/50-ram.conf && systemctl restart systemd-journald && journalctl --flush'`}},
		{"no service is restarted", "deployed", "web1", set("policy /usr/sbin/policy-rc.d"), []string{
			"web1 warn upgrades: /usr/sbin/policy-rc.d keeps packages from restarting their services: a security fix is installed, and what runs is the old program; logs that packages rotate are not opened again | " + file + "web1 -- 'rm /usr/sbin/policy-rc.d'"}},
		{"etckeeper", "bare", "web1", set("etckeeper AVOID_COMMIT_BEFORE_INSTALL=1\netckeeper PUSH_REMOTE=\"origin\""), []string{
			"web1 fail etckeeper: etckeeper has apt install nothing while /etc has changes that are not committed, and a deploy makes some first: AVOID_COMMIT_BEFORE_INSTALL=1 | " + file + `web1 -- 'sed -i '"'"'s/^[[:space:]]*AVOID_COMMIT_BEFORE_INSTALL/#&/'"'"' /etc/etckeeper/etckeeper.conf'`,
			"web1 warn etckeeper: etckeeper sends /etc to another place, and a deploy writes passwords and keys there: PUSH_REMOTE=\"origin\" | " + file + `web1 -- 'sed -i '"'"'s/^[[:space:]]*PUSH_REMOTE/#&/'"'"' /etc/etckeeper/etckeeper.conf'`}},
		{"closed where no app is", "bare", "lb1", set("closed /srv is drwx------ root:root"), nil},
		{"noexec where no app is", "bare", "lb1", set("noexec /srv"), nil},
		{"the name of another host", "bare", "web1", []string{"hostname web1\n", "hostname web2.example.com\n"}, []string{
			"web1 warn hostname: the host that answers calls itself web2 | check that the addresses of web1 and web2 are not swapped; if they are right: " + file + "web1 -- 'hostnamectl set-hostname web1'"}},
		{"a name of its own", "bare", "web1", []string{"hostname web1\n", "hostname vps-4711\n"}, nil},
		{"/boot", "bare", "web1", []string{"/srv kib", "/boot kib /dev/sda1 500000 480000 20000 96% /boot\n/boot inodes /dev/sda1 9000 1 8999 1% /boot\n/srv kib"}, []string{
			"web1 warn boot: /boot has 19M free: the next kernel does not fit, and dpkg stops at it | " + file + "web1 -- 'apt-get autoremove --purge -y'"}},
		{"upgrades switched off", "deployed", "web1", set("off /etc/apt/apt.conf.d/10periodic\noff /etc/apt/apt.conf.d/20auto-upgrades\noff /etc/apt/apt.conf.d/99x.bak\noff /etc/apt/apt.conf.d/99never"), []string{
			"web1 warn upgrades: /etc/apt/apt.conf.d/99never switches off the daily security fixes that a deploy sets up | " + file + "web1 -- 'grep -n . /etc/apt/apt.conf.d/99never'"}},
		{"origins", "bare", "web1", set(`origin Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename},label=Debian";` + "\n" + `origin Unattended-Upgrade::Origins-Pattern:: "origin=Docker,label=Docker CE";`), []string{
			"web1 warn upgrades: after a deploy unattended-upgrades installs only Debian's security fixes, no longer from origin=Docker,label=Docker CE | to keep it, write it into a file that apt reads later, such as /etc/apt/apt.conf.d/60local"}},
		{"origins that are kept", "deployed", "web1", set(`origin Unattended-Upgrade::Origins-Pattern:: "origin=Docker,label=Docker CE";`), nil},
		{"needrestart", "deployed", "web1", set(`needrestart $nrconf{restart} = 'a';`), []string{
			"web1 warn upgrades: needrestart restarts services, the database included, whenever a library was upgraded | " + file + `web1 -- 'echo '"'"'$nrconf{restart} = "l";'"'"' >/etc/needrestart/conf.d/zz-local.conf'`}},
		{"needrestart that lists", "deployed", "web1", set(`needrestart $nrconf{restart} = 'l';`), nil},
		{"hooks", "deployed", "lb1", set("certbot /etc/letsencrypt/renewal-hooks/pre/stop\ncertbot /etc/letsencrypt/cli.ini:pre-hook = systemctl stop haproxy\ncertbot /etc/letsencrypt/renewal/www.foobar.com.conf:pre_hook = x\ncertbot /etc/letsencrypt/renewal/old.com.conf:authenticator = webroot\ncertbot /etc/letsencrypt/renewal/foobar.org.conf:manual_auth_hook = /usr/local/sbin/foobar-cert-answer add\nrenews /etc/cron.d/renew\ncertbot /etc/letsencrypt/renewal/dns.com.conf:dns_cloudflare_credentials = /root/.secrets/cf.ini"), []string{
			"lb1 warn certbot-hooks: /etc/cron.d/renew renews certificates beside certbot.timer, and may stop HAProxy for it or put another certificate in its place | if it is for this site, take it out, since certbot.timer does that: " + file + `lb1 -- 'grep -nE '"'"'certbot|letsencrypt|acme|dehydrated|getssl|lego'"'"' /etc/cron.d/renew'`,
			"lb1 warn certbot-hooks: certbot runs /etc/letsencrypt/renewal-hooks/pre/stop at every renewal, of the site's certificate too, and after a deploy lets it write nothing in /etc, /home, /root and /usr | " + file + "lb1 -- 'cat /etc/letsencrypt/renewal-hooks/pre/stop'",
			"lb1 warn certbot-hooks: /etc/letsencrypt/cli.ini has certbot run at renewals: pre-hook = systemctl stop haproxy | see whether that is still needed: " + file + "lb1 -- 'grep -n hook /etc/letsencrypt/cli.ini'",
			"lb1 warn certbot-hooks: certbot renews the certificate of /etc/letsencrypt/renewal/old.com.conf (authenticator = webroot) over port 80, which HAProxy has: that fails, and each run of certbot.timer with it | " + file + "lb1 -- 'certbot delete --cert-name old.com', if nothing uses that certificate",
			"lb1 warn certbot-hooks: certbot still renews the certificate of an earlier domain of the site, by /etc/letsencrypt/renewal/foobar.org.conf: where that is no alias, it fails, and each run of certbot.timer with it | " + file + "lb1 -- 'certbot delete --cert-name foobar.org'",
			"lb1 warn certbot-hooks: a deploy keeps certbot from /home and /root, and /etc/letsencrypt/renewal/dns.com.conf names: dns_cloudflare_credentials = /root/.secrets/cf.ini | move that to /etc or /var, and name its new place in /etc/letsencrypt/renewal/dns.com.conf"}},
		{"a source that is somebody else's", "bare", "web1", []string{"debian/dists/trixie/InRelease\nrc 0\n", "debian/dists/trixie/InRelease\nrc 0\nOrigin: Debian\nuri https://vendor.example/apt/dists/stable/InRelease\nrc 100\nE: Failed to fetch https://vendor.example/apt/dists/stable/InRelease  404  Not Found [IP: 192.0.2.1 443]\n"}, []string{
			"web1 warn apt-mirror: https://vendor.example/apt (stable) gives no packages: 404 Not Found; a deploy goes on with what the others have | correct it in its file: " + file + "web1 -- 'grep -rnF vendor.example /etc/apt/sources.list /etc/apt/sources.list.d'"}},
		{"a record of all input", "bare", "web1", set("sudo-log deploy"), []string{
			"web1 warn sudo-log: sudo writes down all that deploy gives it (log_input), so that its logs hold what a deploy sends: passwords, keys, certificates | write into a file in /etc/sudoers.d there: Defaults:deploy !log_input; where its rule says LOG_INPUT, write NOLOG_INPUT instead"}},
		{"first boot", "bare", "web1", set("cloud-init runs"), []string{
			"web1 warn cloud-init: cloud-init is still setting the host up, and may undo what a deploy does meanwhile | " + file + "web1 -- 'cloud-init status --wait'"}},
		{"a proxy that is gone", "bare", "web1", append(set(`proxy Acquire::http::Proxy "http://ann:pw@10.0.0.9:3128/";`), "debian/dists/trixie/InRelease\nrc 0\n",
			"debian/dists/trixie/InRelease\nrc 100\nE: Failed to fetch http://mirror/debian/dists/trixie/InRelease  Could not connect to 10.0.0.9:3128 (10.0.0.9). - connect (111: Connection refused)\n"), []string{
			"web1 fail apt-mirror: http://mirror/debian (trixie) gives no packages: Could not connect to 10.0.0.9:3128 (10.0.0.9). - connect (111: Connection refused) | check that apt's proxy http://10.0.0.9:3128/ answers the host; it is set in: " + file + "web1 -- 'grep -rn Proxy /etc/apt/apt.conf /etc/apt/apt.conf.d'"}},
		{"a database that refuses root", "deployed", "web2", []string{"db version", "db refuses 1698 (28000): Access denied for user 'root'@'localhost'\ndb version"}, []string{
			`fail database: the database server of web2 does not let root in over its socket: 1698 (28000): Access denied for user 'root'@'localhost' | foobar ssh site.toml web2, and there: sudo mariadb -p -e "SET SESSION sql_log_bin=0; ALTER USER root@localhost IDENTIFIED VIA unix_socket REQUIRE NONE"`}},
	} {
		inv := site()
		before := Judge(inv, playbooks.Services(inv), here(), looks(t, inv, c.state, nil), taken)
		r := Judge(inv, playbooks.Services(inv), here(), looks(t, inv, c.state, map[string][]string{c.host: c.replace}), taken)
		if got := news(r, before); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nnot\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		check(t, c.name, r)
	}
	inv := site()
	inv.TLS = inventory.TLS{Cert: "c", Key: "k"}
	for _, f := range Judge(inv, playbooks.Services(inv), here(), looks(t, inv, "deployed", map[string][]string{"lb1": set("certbot /etc/letsencrypt/renewal-hooks/pre/stop")}), taken).Findings {
		if f.ID == "certbot-hooks" {
			t.Error("certbot does not matter where the certificate is the operator's own")
		}
	}
}

// TestSettingsScript: the files of a host, as programs write them, are read.
func TestSettingsScript(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"etc/apt/apt.conf.d/99never":                        "APT::Periodic::Unattended-Upgrade \"0\";\n",
		"usr/sbin/policy-rc.d":                              "#!/bin/sh\n\n# For most Docker users.\n\nexit 101\n",
		"usr/bin/etckeeper":                                 "",
		"etc/etckeeper/etckeeper.conf":                      "#AVOID_COMMIT_BEFORE_INSTALL=1\nPUSH_REMOTE=\"\"\n PUSH_REMOTE=origin\n",
		"etc/machine-id":                                    "0123456789abcdef0123456789abcdef\n",
		"etc/systemd/journald.conf.d/50-ram.conf":           "[Journal]\n#Storage=none\nStorage=volatile\nRuntimeMaxUse=16M\n",
		"etc/systemd/journald.conf.d/60-fine.conf":          "[Journal]\nStorage=persistent\n",
		"etc/apt/apt.conf.d/98fine":                         "APT::Periodic::Unattended-Upgrade \"1\";\n",
		"etc/needrestart/needrestart.conf":                  "#$nrconf{restart} = 'i';\n$nrconf{restart} = 'a';\n",
		"etc/letsencrypt/cli.ini":                           "max-log-backups = 0\npre-hook = systemctl stop haproxy\n# server = x\n  server: https://acme-staging.example\ntest-cert\nconfig-dir = /srv/le\ndns_rfc2136=true\nserverless = x\n",
		"etc/letsencrypt/renewal/old.com.conf":              "[renewalparams]\nauthenticator = standalone\npost_hook = echo\n[[webroot_map]]\nold.com = /home/old/www\n",
		"etc/letsencrypt/renewal/web.com.conf":              "[renewalparams]\nauthenticator = webroot\n",
		"etc/letsencrypt/renewal/new.com.conf":              "[renewalparams]\nauthenticator = dns-cloudflare\n",
		"etc/letsencrypt/renewal/foobar.org.conf":           "[renewalparams]\nmanual_auth_hook = /usr/local/sbin/foobar-cert-answer add\n",
		"etc/cron.d/certbot":                                "0 */12 * * * root certbot -q renew\n",
		"etc/cron.d/renew":                                  "0 3 * * * root KEY=secret certbot renew --pre-hook 'systemctl stop haproxy'\n",
		"etc/systemd/system/snap.certbot.renew.service":     "[Service]\nExecStart=/usr/bin/snap run --timer=\"00:00~24:00/2\" certbot.renew\n",
		"etc/systemd/system/certbot.service":                "[Service]\nExecStart=/usr/bin/certbot -q renew\n",
		"etc/systemd/system/other.service":                  "[Unit]\nAfter=certbot.service\n",
		"etc/cron.daily/other":                              "# certbot\n",
		"etc/letsencrypt/renewal-hooks/deploy/reload-nginx": "#!/bin/sh\n",
	} {
		f := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	mounts := "/dev/sda1 / ext4 ro,relatime 0 0\ntmpfs /tmp tmpfs rw,noexec 0 0\n/dev/sda2 /srv ext4 rw,nosuid,noexec 0 0\n"
	if err := os.WriteFile(filepath.Join(root, "proc/mounts"), []byte(mounts), 0o644); err != nil {
		t.Fatal(err)
	}
	script := strings.NewReplacer(" /etc/", " "+root+"/etc/", "</etc/", "<"+root+"/etc/", " /usr/bin/etck", " "+root+"/usr/bin/etck", " /usr/sbin/policy", " "+root+"/usr/sbin/policy", "/proc/mounts", root+"/proc/mounts").Replace(askSettings)
	out, err := exec.Command("sh", "-c", "section(){ :; }\n"+script).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(string(out), root, "")
	for _, want := range []string{"read-only /\n", "noexec /srv\n", "policy /usr/sbin/policy-rc.d\n", "machine 0123456789abcdef0123456789abcdef\n", "journal /etc/systemd/journald.conf.d/50-ram.conf:Storage=volatile\n", "off /etc/apt/apt.conf.d/99never\n", "needrestart $nrconf{restart} = 'a';\n",
		"certbot /etc/letsencrypt/cli.ini:pre-hook = systemctl stop haproxy\n", "certbot /etc/letsencrypt/renewal/old.com.conf:authenticator = standalone\n", "certbot /etc/letsencrypt/renewal/web.com.conf:authenticator = webroot\n", "renews /etc/cron.d/renew\n", "etckeeper PUSH_REMOTE=origin\n", "renews /etc/systemd/system/snap.certbot.renew.service\n", "foobar.org.conf:manual_auth_hook = ",
		"certbot /etc/letsencrypt/renewal/old.com.conf:post_hook = echo\n", "certbot /etc/letsencrypt/cli.ini:  server: https://acme-staging.example\ncertbot /etc/letsencrypt/cli.ini:test-cert\ncertbot /etc/letsencrypt/cli.ini:config-dir = /srv/le\ncertbot /etc/letsencrypt/cli.ini:dns_rfc2136=true\n", "old.com.conf:old.com = /home/old/www\n", "certbot /etc/letsencrypt/renewal-hooks/deploy/reload-nginx\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, not := range []string{"98fine", "60-fine", "Storage=none", "/tmp", "cron.d/certbot", "renews /etc/systemd/system/certbot.service", "other.service", "cron.daily", "secret", "new.com", "'i'", "max-log", "# server", "serverless", "AVOID_COMMIT", "REMOTE=\"\""} {
		if strings.Contains(got, not) {
			t.Errorf("%q in\n%s", not, got)
		}
	}
}

// TestMachinesThatAreCopies: two hosts with one machine-id are one machine, or one is a copy.
func TestMachinesThatAreCopies(t *testing.T) {
	inv := site()
	own := []string{"begin ports\n", "begin settings\nmachine 0123456789abcdef0123456789abcdef\n\ntok begin ports\n"}
	each := looks(t, inv, "bare", map[string][]string{"web1": own})
	copied := looks(t, inv, "bare", map[string][]string{"web1": own, "web2": own})
	one := slices.Clone(copied)
	one[2].Answer.Facts.Addresses = one[1].Answer.Facts.Addresses
	for name, c := range map[string]struct {
		looks       []Look
		level, seen string
	}{
		"each its own":    {each, "", ""},
		"a copy":          {copied, Warn, "web2 has the machine-id of web1, of which it seems to be a copy"},
		"under two names": {one, Fail, "web1 and web2 are one machine"},
	} {
		var got []Finding
		for _, f := range Judge(inv, playbooks.Services(inv), here(), c.looks, taken).Findings {
			if f.ID == "machine" {
				got = append(got, f)
			}
		}
		if c.level == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Level != c.level || !strings.HasPrefix(got[0].Seen, c.seen) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestPlacesThatAreClosed reads what stat says of places, by their types and modes.
func TestPlacesThatAreClosed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for said, want := range map[string]string{
		"/tmp 43ff drwxrwxrwt root:root":      "",
		"/var/tmp 41ff drwxrwxrwx root:root":  "",
		"/tmp 41ed drwxr-xr-x root:root":      "closed /tmp is drwxr-xr-x root:root\n",
		"/dev/null 21b6 crw-rw-rw- root:root": "",
		"/dev/null 2180 crw------- root:root": "closed /dev/null is crw------- root:root\n",
		"/dev/null 81a4 -rw-r--r-- root:root": "closed /dev/null is -rw-r--r-- root:root\n",
		"/ 41ed drwxr-xr-x root:root":         "",
		"/srv 41e9 drwxr-x--x root:root":      "",
		"/ 41c0 drwx------ root:root":         "closed / is drwx------ root:root\n",
		"/var/lib 41e8 drwxr-x--- root:root":  "closed /var/lib is drwxr-x--- root:root\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, "stat"), []byte("#!/bin/sh\necho '"+said+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", "-c", "section(){ :; }\n"+askSettings).Output()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for line := range strings.Lines(string(out)) {
			if strings.HasPrefix(line, "closed ") {
				got += line
			}
		}
		if got != want {
			t.Errorf("%q: %q, not %q", said, got, want)
		}
	}
}

// TestSudoThatKeepsInput: the words are those of "sudo -l" of Debian 12.
func TestSudoThatKeepsInput(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("SUDO_USER", "deploy")
	for said, want := range map[string]bool{
		"    use_pty, log_input\n\nUser deploy may run the following commands on web1:\n    (ALL) NOPASSWD: ALL\n":        true,
		"    env_reset, log_input, log_output,\n    !log_input\n":                                                         false,
		"    !log_input\n    (ALL) NOPASSWD: LOG_INPUT: ALL\n":                                                            true,
		"    log_input\n    (ALL) NOLOG_INPUT: NOPASSWD: ALL\n":                                                           false,
		"    log_input\n\nRunas and Command-specific defaults for deploy:\n    Defaults!/usr/bin/sudoreplay !log_input\n": true,
		"    env_reset, log_output, syslog=auth\n":                                                                        false,
	} {
		if err := os.WriteFile(filepath.Join(dir, "sudo"), []byte("#!/bin/sh\ncat <<'END'\n"+said+"END\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", "-c", "section(){ :; }\n"+askSettings).Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(out), "sudo-log deploy\n"); got != want {
			t.Errorf("%q: %v", said, got)
		}
	}
}
