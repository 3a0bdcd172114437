package preflight

import (
	"path"
	"slices"
	"strings"

	"foobar/internal/certbot"
	"foobar/internal/planview"
	"foobar/internal/sh"
	"foobar/inventory"
)

// setting is something that others have set on the host: of what kind, and what.
type setting struct{ kind, what string }

// settings reads what settings.sh prints.
func (a *Answer) settings(lines []string) {
	for _, l := range lines {
		kind, what, _ := strings.Cut(l, " ")
		if what = printable(what); what != "" {
			a.Settings = append(a.Settings, setting{kind, what})
		}
	}
}

// set are the settings of a kind.
func (a *Answer) set(kind string) (all []string) {
	for _, s := range a.Settings {
		if s.kind == kind {
			all = once(all, s.what)
		}
	}
	return all
}

// settings judges what others have set and a deploy would run into, or change.
func (j *judge) settings(l *Look) {
	a := &l.Answer
	if files := a.set("immutable"); len(files) > 0 {
		j.add("immutable", failOr(!j.deployed(l)), j.exec("chattr -ia "+sh.Join(files...)), "not even root may change %s", listing(files))
	}
	for _, m := range a.set("read-only") {
		j.add("mount", failOr(m != "/usr" && m != "/usr/local"), j.exec("mount -o remount,rw "+m), "%s is read-only", m)
	}
	for _, m := range a.set("noexec") {
		why := "a deploy puts programs there"
		switch m {
		case "/var", "/var/lib":
			why = "the scripts of packages run in /var/lib/dpkg"
		case "/srv":
			if why = "the app starts from there"; !l.Host.Has(inventory.App) {
				continue
			}
		}
		j.add("mount", Fail, j.exec("mount -o remount,exec "+m)+", and take noexec out of /etc/fstab", "no program may run in %s (noexec): %s", m, why)
	}
	for _, what := range a.set("closed") {
		j.closed(l.Host, what)
	}
	for _, line := range a.set("journal") {
		if file, what, _ := strings.Cut(line, ":"); path.Base(file) > "10-foobar.conf" {
			j.add("journal", Warn, j.exec("sed -i 's/^Storage/#&/' "+sh.Quote(file)+" && systemctl restart systemd-journald && journalctl --flush"),
				"%s overrides what a deploy sets (%s): the journal is gone after a restart, and no collector reads it", file, what)
		}
	}
	if other := a.anotherHost(j.inv, l.Host); other != "" {
		j.add("hostname", Warn, "check that the addresses of "+l.Host.Name+" and "+other+" are not swapped; if they are right: "+j.exec("hostnamectl set-hostname "+sh.Quote(l.Host.Name)),
			"the host that answers calls itself %s", other)
	}
	if len(a.set("cloud-init")) > 0 {
		j.add("cloud-init", Warn, j.exec("cloud-init status --wait"), "cloud-init is still setting the host up, and may undo what a deploy does meanwhile")
	}
	for _, user := range a.set("sudo-log") {
		j.add("sudo-log", Warn, "write into a file in /etc/sudoers.d there: Defaults:"+user+" !log_input; where its rule says LOG_INPUT, write NOLOG_INPUT instead",
			"sudo writes down all that %s gives it (log_input), so that its logs hold what a deploy sends: passwords, keys, certificates", user)
	}
	for _, what := range a.set("etckeeper") {
		undo := j.exec("sed -i 's/^[[:space:]]*" + strings.SplitN(what, "=", 2)[0] + "/#&/' /etc/etckeeper/etckeeper.conf")
		if strings.HasPrefix(what, "PUSH_REMOTE") {
			j.add("etckeeper", Warn, undo, "etckeeper sends /etc to another place, and a deploy writes passwords and keys there: %s", what)
		} else {
			j.add("etckeeper", Fail, undo, "etckeeper has apt install nothing while /etc has changes that are not committed, and a deploy makes some first: %s", what)
		}
	}
	if len(a.set("policy")) > 0 {
		j.add("upgrades", Warn, j.exec("rm /usr/sbin/policy-rc.d"), "/usr/sbin/policy-rc.d keeps packages from restarting their services: a security fix is installed, and what runs is the old program; logs that packages rotate are not opened again")
	}
	j.boot(a)
	j.upgrades(l)
	if l.Host.Has(inventory.LB) && j.inv.TLS.Cert == "" {
		j.certbot(a)
	}
}

// closed judges a place that only root can use, though programs without privileges must:
// "/tmp is drwxr-xr-x root:root".
func (j *judge) closed(h *inventory.Host, what string) {
	place, _, _ := strings.Cut(what, " ")
	mend, why := "chmod o+x "+place, "programs that are not root's cannot get to what is below it"
	switch place {
	case "/tmp", "/var/tmp":
		mend, why = "mkdir -p "+place+" && chown root:root "+place+" && chmod 1777 "+place, "apt, the database and others write there as users of their own"
	case "/dev/null":
		mend, why = "rm -f /dev/null && mknod -m 0666 /dev/null c 1 3", "it is no longer the device that every program may write to"
	case "/srv":
		if !h.Has(inventory.App) && !h.Has(inventory.Web) {
			return
		}
	}
	j.add("closed", Fail, j.exec(mend), "%s: %s", what, why)
}

// proxy is apt's, without a password; "" where it has none.
func (a *Answer) proxy() string {
	for _, s := range a.set("proxy") {
		if _, value, ok := strings.Cut(s, " "); ok {
			return withoutUser(strings.Trim(value, `";`))
		}
	}
	return ""
}

// listing names a few of many.
func listing(list []string) string {
	const most = 5
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:most], ", ") + " and " + planview.Count(len(list)-most, "other file")
}

// anotherHost is the host of the inventory that this one says it is; "" when it is none.
func (a *Answer) anotherHost(inv *inventory.Inventory, own *inventory.Host) string {
	name, _, _ := strings.Cut(a.Facts.Hostname, ".")
	if h := inv.Host(name); h != nil && h != own {
		return h.Name
	}
	return ""
}

// bootRoom is what a kernel and its initial file system take, in MiB, with some to spare.
const bootRoom = 100

func (j *judge) boot(a *Answer) {
	for _, d := range a.Disks {
		if d.path == "/boot" && !d.unknown && d.mount == "/boot" && d.free < bootRoom {
			j.add("boot", Warn, j.exec("apt-get autoremove --purge -y"), "/boot has %s free: the next kernel does not fit, and dpkg stops at it", mib(d.free))
		}
	}
}

// upgrades judges what others have set for unattended-upgrades, which a deploy has
// install security fixes.
func (j *judge) upgrades(l *Look) {
	a := &l.Answer
	for _, f := range a.set("off") {
		// apt reads these in the order of their names; 20auto-upgrades becomes foobar's.
		if name := path.Base(f); name > "20auto-upgrades" && (path.Ext(name) == "" || path.Ext(name) == ".conf") {
			j.add("upgrades", Warn, j.exec("grep -n . "+sh.Quote(f)), "%s switches off the daily security fixes that a deploy sets up", f)
		}
	}
	var others []string
	for _, o := range a.set("origin") {
		_, value, _ := strings.Cut(o, " ")
		value = strings.Trim(value, `";`)
		ours := slices.ContainsFunc([]string{"Debian", "Ubuntu", "${distro_id}"}, func(d string) bool {
			return strings.HasPrefix(value, "origin="+d+",") || strings.HasPrefix(value, "o="+d+",") || strings.HasPrefix(value, d+":")
		})
		if !ours && value != "" {
			others = append(others, value)
		}
	}
	if len(others) > 0 && !j.deployed(l) {
		j.add("upgrades", Warn, "to keep it, write it into a file that apt reads later, such as /etc/apt/apt.conf.d/60local",
			"after a deploy unattended-upgrades installs only Debian's security fixes, no longer from %s", listing(others))
	}
	for _, n := range a.set("needrestart") {
		if _, value, _ := strings.Cut(n, "="); strings.HasPrefix(strings.TrimLeft(value, ` "'`), "a") {
			j.add("upgrades", Warn, j.exec(`echo '$nrconf{restart} = "l";' >/etc/needrestart/conf.d/zz-local.conf`), "needrestart restarts services, the database included, whenever a library was upgraded")
		}
	}
}

// certbot judges what certbot is told to run or to listen on at its renewals, beside
// what foobar has it do. That of the site's own certificate a deploy mends.
func (j *judge) certbot(a *Answer) {
	for _, file := range a.set("renews") {
		j.add("certbot-hooks", Warn, "if it is for this site, take it out, since certbot.timer does that: "+j.exec("grep -nE 'certbot|letsencrypt|acme|dehydrated|getssl|lego' "+sh.Quote(file)),
			"%s renews certificates beside certbot.timer, and may stop HAProxy for it or put another certificate in its place", file)
	}
	for _, line := range a.set("certbot") {
		file, what, found := strings.Cut(line, ":")
		key, _ := certbot.Setting(what)
		cli := found && path.Base(file) == "cli.ini"
		switch {
		case cli && certbot.Overrides(what, j.inv.Site.Domain, j.inv.TLS.ACME):
			word := strings.NewReplacer("-", "[-_]").Replace(key)
			j.add("certbot-hooks", Fail, j.exec("sed -i 's/^[[:space:]-]*"+word+"\\($\\|[^a-z_-]\\)/# &/' "+sh.Quote(file))+"; certificates of others keep in their renewal files how they were got",
				"%s overrides how the site's certificate is renewed, so that its renewal fails or goes wrong: %s", file, strings.TrimSpace(what))
		case path.Base(file) == j.inv.Site.Domain+".conf":
		case !found:
			j.add("certbot-hooks", Warn, j.exec("cat "+sh.Quote(file)), "certbot runs %s at every renewal, of the site's certificate too, and after a deploy lets it write nothing in /etc, /home, /root and /usr", file)
		case strings.Contains(what, " = /home/"), strings.Contains(what, " = /root/"):
			j.add("certbot-hooks", Warn, "move that to /etc or /var, and name its new place in "+file,
				"a deploy keeps certbot from /home and /root, and %s names: %s", file, strings.TrimSpace(what))
		case cli && !certbot.Runs(what): // what the site has, too
		case strings.HasPrefix(what, "authenticator"):
			j.add("certbot-hooks", Warn, j.exec("certbot delete --cert-name "+sh.Quote(strings.TrimSuffix(path.Base(file), ".conf")))+", if nothing uses that certificate",
				"certbot renews the certificate of %s (%s) over port 80, which HAProxy has: that fails, and each run of certbot.timer with it", file, strings.TrimSpace(what))
		case strings.HasPrefix(what, "manual_auth_hook"):
			j.add("certbot-hooks", Warn, j.exec("certbot delete --cert-name "+sh.Quote(strings.TrimSuffix(path.Base(file), ".conf"))),
				"certbot still renews the certificate of an earlier domain of the site, by %s: where that is no alias, it fails, and each run of certbot.timer with it", file)
		default:
			j.add("certbot-hooks", Warn, "see whether that is still needed: "+j.exec("grep -n hook "+sh.Quote(file)), "%s has certbot run at renewals: %s", file, strings.TrimSpace(what))
		}
	}
}
