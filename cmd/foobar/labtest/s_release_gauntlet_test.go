//go:build lab && gauntlet

package labtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// shadow is a module of the app with the name of one of Python's: it is that one,
// and leaves a file where root runs it.
const shadow = `import posix
if posix.getuid() == 0:
    posix.close(posix.open("/run/root-ran-%[1]s", posix.O_CREAT | posix.O_WRONLY))
import sys
exec(open("/usr/lib/python3.%%d/%[1]s.py" %% sys.version_info[1]).read())
`

// indexScript serves a package of one source archive on the host itself. Its build
// script notes what it may do in the package it makes. Only root's settings of
// pip name the index.
const indexScript = `set -eu
d=/srv/index-of-lab; mkdir -p $d/simple/labpkg /tmp/labpkg-1.0
cat >/tmp/labpkg-1.0/pyproject.toml <<'END'
[build-system]
requires = []
build-backend = "setup"
backend-path = ["."]
END
printf 'Metadata-Version: 2.1\nName: labpkg\nVersion: 1.0\n' >/tmp/labpkg-1.0/PKG-INFO
cat >/tmp/labpkg-1.0/setup.py <<'END'
import os, socket, zipfile

def may(what):
    try:
        what()
        return True
    except OSError:
        return False

def touch(path):
    return lambda: open(path, "a").close()

seen = {"uid": os.getuid(), "groups": os.getgroups(), "site": os.listdir("/srv"),
        "may": sorted(name for name, what in {
            "read app.env": lambda: open("/etc/foobar/app.env").close(),
            "list /etc/foobar": lambda: os.listdir("/etc/foobar"),
            "list /var/lib/foobar": lambda: os.listdir("/var/lib/foobar"),
            "see releases": lambda: os.stat("/srv/foobar/current"),
            "write /etc": touch("/etc/by-setup"),
            "write /srv": touch("/srv/foobar/by-setup"),
            "write /root": touch("/root/by-setup"),
            "talk to systemd": lambda: socket.socket(socket.AF_UNIX).connect("/run/systemd/private"),
            "talk to D-Bus": lambda: socket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket"),
            "set uid bits": lambda: (touch("/tmp/s")(), os.chmod("/tmp/s", 0o4755)),
            "make devices": lambda: os.mknod("/tmp/null", 0o20666, os.makedev(1, 3)),
        }.items() if may(what))}
if os.getuid() == 0:
    open("/run/root-ran-setup", "w").close()
# Something that would outlive the build.
if os.fork() == 0:
    os.setsid()
    os.closerange(0, 64)
    import time
    time.sleep(600)
    os._exit(0)

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, info = "labpkg-1.0-py3-none-any.whl", "labpkg-1.0.dist-info/"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as z:
        z.writestr("labpkg.py", "seen = " + repr(seen) + "\n")
        z.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: labpkg\nVersion: 1.0\n")
        z.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: lab\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        z.writestr(info + "RECORD", "labpkg.py,,\n" + "".join(info + f + ",,\n" for f in ("METADATA", "WHEEL", "RECORD")))
    return name
END
tar -czf $d/labpkg-1.0.tar.gz -C /tmp labpkg-1.0
echo '<a href="/labpkg-1.0.tar.gz">labpkg-1.0.tar.gz</a>' >$d/simple/labpkg/index.html
systemctl is-active -q lab-index || systemd-run -q --unit=lab-index python3 -I -m http.server --bind 127.0.0.1 --directory $d 8099
umask 077; mkdir -p /root/.config/pip; printf '[global]\nindex-url = http://127.0.0.1:8099/simple\n' >/root/.config/pip/pip.conf
`

// otherApp is an inventory whose app has more files than the site's.
func otherApp(t *testing.T, name string, more map[string]string) string {
	t.Helper()
	source := regexp.MustCompile(`(?m)^source *= *"(.*)"`).FindStringSubmatch(read(t, site))
	if source == nil {
		t.Fatal("the inventory names no app")
	}
	dir := filepath.Join(work, name)
	if err := os.CopyFS(dir, os.DirFS(source[1])); err != nil {
		t.Fatal(err)
	}
	for file, text := range more {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return edit(t, name+".toml", source[0], fmt.Sprintf("source = %q", dir))
}

// appendTo adds a text at the end of a file.
func appendTo(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(read(t, path)+text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSNothingOfTheAppRunsAsRoot: neither modules of the app that have the names of
// Python's own nor a package's build script run as root when a release is built;
// the app can use both afterwards. A build that was cut off is finished.
func TestSNothingOfTheAppRunsAsRoot(t *testing.T) {
	on(t, "web1", indexScript)
	// The packages come over loopback, which nobody uses unless the inventory says so. The
	// rule comes after the build, so that it takes a deploy of its own.
	const open = "\n[firewall]\nloopback_ports = [8099]\n"
	index := edit(t, "index.toml")
	appendTo(t, index, open)
	must(t, 0, "deploy", "-l", "web1", index)
	// What is left of a build that was cut off: its processes and its folder.
	on(t, "web1", "mkdir -m 0700 /srv/foobar/releases/.foobar-build && mkdir /srv/foobar/releases/.foobar-build/new && systemd-run -q --unit=foobar-build-packages -p User=foobar-build sleep 600")
	more := map[string]string{"requirements.txt": "labpkg==1.0\n"}
	for _, name := range []string{"struct", "filecmp", "traceback"} {
		more[name+".py"] = fmt.Sprintf(shadow, name)
	}
	more["needs.py"] = "import labpkg\n"
	inv := otherApp(t, "shadows", more)
	appendTo(t, inv, open)
	source := filepath.Join(work, "shadows", "wsgi.py")
	if err := os.WriteFile(source, []byte("import labpkg  # noqa\n"+read(t, source)), 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", "-l", "web1", inv)
	if ran := on(t, "web1", "ls -d /run/root-ran-* 2>/dev/null || true"); ran != "" {
		t.Errorf("root ran code of the app: %s", ran)
	}
	seen := on(t, "web1", "cat /srv/foobar/current/venv/lib/python3*/site-packages/labpkg.py")
	uid := strings.TrimSpace(on(t, "web1", "id -u foobar-build"))
	if !strings.Contains(seen, "'uid': "+uid+",") || !strings.Contains(seen, "'may': []") {
		t.Errorf("the build script, not as user %s or with too much: %s", uid, seen)
	}
	left := on(t, "web1", "ps -o pid=,args= -u foobar-build || true; ls -A /srv/foobar/releases | grep -v '^[0-9a-f]*$' || true; find -L /srv/foobar/current ! -user root -o ! -type l -perm /7022 | head")
	if strings.TrimSpace(left) != "" {
		t.Errorf("the build left %s", left)
	}
	// A new deploy has nothing to do, and the app answers with the package loaded.
	must(t, 0, "plan", "-l", "web1", inv)
	on(t, "web1", "curl -fsS -o /dev/null -H 'Host: www.foobar.com' http://127.0.0.1:9000/healthz")
	on(t, "web1", "systemctl stop lab-index; rm -rf /root/.config/pip /srv/index-of-lab /tmp/labpkg-1.0")
	must(t, 0, "deploy", "-l", "web1", site)
	must(t, 0, "plan", site)
}

// TestSReleasesAreClosedWithoutARestart: releases as earlier versions of foobar
// left them, readable by every user, are closed while requests are answered, and
// neither the app nor nginx restarts.
func TestSReleasesAreClosedWithoutARestart(t *testing.T) {
	const pids = "systemctl show -p MainPID -p InvocationID --value app.service nginx.service"
	on(t, "web2", "chmod 0755 /srv/foobar/releases/*; chgrp root /srv/foobar/releases/*; gpasswd -d www-data foobar-app; systemctl reload nginx; userdel foobar-build")
	before := on(t, "web2", pids)
	r := must(t, 2, "plan", "-l", "web2", site)
	for _, want := range []string{"access:/srv/foobar", "readers:nginx.service", "user:www-data", "0755 root:root -> 0750 root:foobar-app"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the plan does not name %s:\n%s", want, r.out)
		}
	}
	for _, not := range []string{"service:app.service", "release:", "service:nginx.service"} {
		if strings.Contains(r.out, not) {
			t.Errorf("the plan names %s:\n%s", not, r.out)
		}
	}
	on(t, "web2", "systemd-run -q --unit=lab-asks sh -c 'while :; do curl -sk -o /dev/null -w \"%{http_code}\\n\" --resolve www.foobar.com:443:127.0.0.1 https://www.foobar.com/static/style.css; done >/run/lab-asks 2>&1'")
	must(t, 0, "deploy", "-l", "web2", site)
	on(t, "web2", "systemctl stop lab-asks")
	if codes := strings.Fields(on(t, "web2", "sort -u /run/lab-asks")); len(codes) != 1 || codes[0] != "200" {
		t.Errorf("meanwhile nginx answered %v", codes)
	}
	if after := on(t, "web2", pids); after != before {
		t.Errorf("something restarted: %q became %q", before, after)
	}
	for _, user := range []string{"mysql", "otelcol-sumo", "nobody", "foobar-build", "admin"} {
		out := on(t, "web2", fmt.Sprintf("id %[1]s >/dev/null 2>&1 || exit 0; runuser -u %[1]s -- sh -c 'cat /srv/foobar/releases/*/wsgi.py /srv/foobar/current/wsgi.py' 2>/dev/null || true", user))
		if out != "" {
			t.Errorf("%s reads the release", user)
		}
	}
	on(t, "web2", "for u in foobar-app www-data; do runuser -u $u -- cat /srv/foobar/current/static/style.css >/dev/null; done")
	must(t, 0, "plan", site)
}

// TestSReleasesOfAnotherToolStay: a host that another tool deployed to keeps that
// tool's releases and what was uploaded into them.
func TestSReleasesOfAnotherToolStay(t *testing.T) {
	on(t, "web3", `set -eu
cd /srv/foobar
for r in 20240101120000 20240202120000 0123456789ab; do mkdir -p releases/$r/uploads; echo photo >releases/$r/uploads/photo.jpg; done
for r in releases/*/.complete; do rm -rf "${r%/.complete}"; done
mkdir -p shared; echo photo >shared/photo.jpg
ln -sfn /srv/foobar/releases/20240202120000 current
chown -R -h admin:admin . ; chmod 0775 . releases`)
	r := must(t, 2, "plan", "-l", "web3", site)
	for _, want := range []string{"/srv/foobar/releases/20240202120000, which is not foobar's and stays", "0775 admin:admin -> 0755 root:root"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the plan does not say %q:\n%s", want, r.out)
		}
	}
	must(t, 0, "deploy", "-l", "web3", site)
	const photos = "find /srv/foobar -name photo.jpg -user admin | wc -l"
	if n := strings.TrimSpace(on(t, "web3", photos)); n != "4" {
		t.Errorf("%s of 4 photos are left", n)
	}
	must(t, 0, "plan", site)
	on(t, "web3", "rm -rf /srv/foobar/shared /srv/foobar/releases/20* /srv/foobar/releases/0123456789ab")
	eventually(t, 30*time.Second, "answer of the site", func() bool {
		return foobar("lab", "curl", "-sS", "--max-time", "5", "--fail", "-o", "/dev/null", "https://www.foobar.com/").code == 0
	})
}
