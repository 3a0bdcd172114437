//go:build lab && gauntlet

package labtest

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// labWheel puts a package of one module into the index that the lab serves.
func labWheel(t *testing.T, name, version string) {
	t.Helper()
	dir := filepath.Join(labState(t), "index", "simple", name)
	file := name + "-" + version + "-py3-none-any.whl"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	info := name + "-" + version + ".dist-info/"
	for _, part := range [][2]string{
		{name + ".py", "version = '" + version + "'\n"},
		{info + "METADATA", "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: lab\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{info + "RECORD", name + ".py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n"},
	} {
		w, err := z.Create(part[0])
		if err == nil {
			_, err = w.Write([]byte(part[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	wheels, _ := filepath.Glob(filepath.Join(dir, "*.whl"))
	page := ""
	for _, w := range wheels {
		page += fmt.Sprintf("<a href=%q>%[1]s</a>\n", filepath.Base(w))
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

// labState is the folder of the lab, by a file of it that the inventory names.
func labState(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^acme_ca *= *"(.*)/acme-ca\.pem"`).FindStringSubmatch(read(t, site))
	if m == nil {
		t.Fatal("the inventory names no file of the lab")
	}
	return m[1]
}

// withIndex adds the lab's index to the app of an inventory, its URL with the password
// in a file.
func withIndex(t *testing.T, inv, more string) {
	t.Helper()
	state := labState(t)
	url := filepath.Join(work, "index-url")
	text := "https://lab:" + strings.TrimSpace(read(t, filepath.Join(state, "token"))) + "@10.77.0.1:8089/simple"
	if err := os.WriteFile(url, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := fmt.Sprintf("[app]\nindex_url = { file = %q }\nindex_ca = %q\n", url, filepath.Join(state, "lab-ca.pem"))
	if err := os.WriteFile(inv, []byte(strings.Replace(read(t, inv), "[app]\n", keys, 1)+more), 0o600); err != nil {
		t.Fatal(err)
	}
}

// put writes a file of an app's source.
func put(t *testing.T, app, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(work, app, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// withoutStatic deploys a release that lacks two static files of the one before: pages of that
// one name them, and the one whose name tells what is in it is there.
func withoutStatic(t *testing.T, inv string) {
	t.Helper()
	for _, name := range []string{"own.css", "own.55e7cbb9ba48.css"} {
		if err := os.Remove(filepath.Join(work, "packages", "static", name)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, 0, "deploy", inv)
	for name, want := range map[string]string{"own.css": "404", "own.55e7cbb9ba48.css": "200"} {
		if code := curl(t, "-o", "/dev/null", "-w", "%{http_code}", "https://www.foobar.com/static/"+name); code != want {
			t.Errorf("%s of the release before is answered with %s", name, code)
		}
	}
	if got := on(t, "web1", `tr '\0' '\n' </proc/$(systemctl show -P MainPID app.service)/environ | grep ^PATH=`); !strings.Contains(got, "/venv/bin:") {
		t.Errorf("the app finds no programs of its packages: %s", got)
	}
}

// TestH4Packages: what requirements.txt and pyproject.toml name comes from an index of
// one's own, over HTTPS and with a password that is seen nowhere; the next release has the
// same packages without it.
func TestH4Packages(t *testing.T) {
	labWheel(t, "labpkg", "1.0")
	labWheel(t, "labpkg", "2.0")
	inv := otherApp(t, "packages", map[string]string{"requirements.txt": "labpkg==1.0\n", "static/own.55e7cbb9ba48.css": "p {}\n", "static/own.css": "p {}\n"})
	withIndex(t, inv, "")
	defer converged(t, site, 4)
	defer must(t, 0, "deploy", site)
	token := strings.TrimSpace(read(t, filepath.Join(labState(t), "token")))
	r := must(t, 0, "deploy", "-v", inv)
	if strings.Contains(r.all(), token) {
		t.Error("the password of the index is in the output")
	}
	const installed = "cat /srv/foobar/current/venv/lib/python3*/site-packages/labpkg.py"
	if got := on(t, "web1", installed); !strings.Contains(got, "1.0") {
		t.Errorf("installed is %q", got)
	}
	for _, h := range []string{"web1", "web2", "web3"} {
		if got := on(t, h, "stat -c '%a %U' /etc/foobar/pip.conf; grep -rlF "+token+" /srv/foobar /var/log /run/systemd/transient 2>/dev/null || :; journalctl -q | grep -cF "+token+" || :"); got != "600 root\n0\n" {
			t.Errorf("%s shows the password: %q", h, got)
		}
	}
	must(t, 0, "plan", inv)
	index := filepath.Join(labState(t), "index", "simple")
	if err := os.Rename(index, index+".away"); err != nil {
		t.Fatal(err)
	}
	put(t, "packages", "note.txt", "a new release\n")
	withoutStatic(t, inv)
	if got := on(t, "web1", installed+"; head -n 1 /srv/foobar/current/venv/bin/pip"); !strings.Contains(got, "1.0") || !strings.Contains(got, strings.TrimSpace(on(t, "web1", "readlink -f /srv/foobar/current"))) {
		t.Errorf("after a release without the index: %q", got)
	}
	put(t, "packages", "requirements.txt", "labpkg==2.0\n")
	if r := foobar("deploy", "-l", "web1", inv); r.code != 1 || !strings.Contains(r.all(), "No matching distribution found for labpkg==2.0") {
		t.Errorf("without its index: exit %d\n%s", r.code, tail(r.all(), 20))
	}
	if err := os.Rename(index+".away", index); err != nil {
		t.Fatal(err)
	}
	hashed(t, inv)

	// A project that setuptools builds, Debian's.
	if err := os.Remove(filepath.Join(work, "packages", "requirements.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(work, "packages", "src", "labsite"), 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, "packages", "src/labsite/__init__.py", "built = 1\n")
	put(t, "packages", "pyproject.toml", "[build-system]\nrequires = [\"setuptools>=61\"]\nbuild-backend = \"setuptools.build_meta\"\n"+
		"[project]\nname = \"labsite\"\nversion = \"1.0\"\ndependencies = [\"labpkg>=2\"]\n[tool.setuptools.packages.find]\nwhere = [\"src\"]\n")
	text := strings.Replace(read(t, inv), `packages = ["`, `packages = ["python3-setuptools", "python3-wheel", "`, 1)
	if err := os.WriteFile(inv, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", inv)
	if got := on(t, "web2", installed+"; ls -d /srv/foobar/current/venv/lib/python3*/site-packages/labsite; ls /srv/foobar/current"); !strings.Contains(got, "2.0") || !strings.Contains(got, "/labsite\n") || strings.Contains(got, "build") {
		t.Errorf("of the project there is %q", got)
	}
	must(t, 0, "plan", inv)
}

// hashed deploys a package by its digest, and not by another one.
func hashed(t *testing.T, inv string) {
	t.Helper()
	sum := sha256.Sum256([]byte(read(t, filepath.Join(labState(t), "index", "simple", "labpkg", "labpkg-2.0-py3-none-any.whl"))))
	put(t, "packages", "requirements.txt", "labpkg==2.0 --hash=sha256:"+strings.Repeat("0", 64)+"\n")
	if r := foobar("deploy", inv); r.code != 1 || !strings.Contains(r.all(), "DO NOT MATCH THE HASHES") {
		t.Errorf("with the digest of another file: exit %d\n%s", r.code, tail(r.all(), 20))
	}
	put(t, "packages", "requirements.txt", "labpkg==2.0 --hash=sha256:"+hex.EncodeToString(sum[:])+"\n")
	must(t, 0, "deploy", inv)
	must(t, 0, "plan", inv)
}

const commandTables = `
[[app.worker]]
name = "tick"
command = """
cd .
exec python worker.py tick
"""
count = 2
[[app.worker]]
name = "once"
command = "python worker.py once && python worker.py twice"
hosts = "one"
stop_timeout = "10s"
[[app.timer]]
name = "job"
command = "python job.py"
schedule = "*:*:0/5"
`

// worker writes who it is, and ends well when it is asked to.
const workerProgram = `import os, signal, sys, time
if sys.argv[1] == "once":
    sys.exit(0)
def stop(*_):
    print("asked to end", flush=True)
    time.sleep(1)
    print("ended well", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("works", sys.argv[1], os.environ["SITE_WORKER"], os.environ["SITE_RELEASE"], os.environ["DATABASE_URL"][:8], os.getcwd(), flush=True)
while True:
    time.sleep(1)
`

// TestH5Commands: workers and timers run as the app does and with its releases; what is
// stopped or edited is seen and mended; a worker that does not stay up ends the deploy with
// its last words; a timer moves and is on one host alone; what leaves the inventory is gone.
func TestH5Commands(t *testing.T) {
	inv := otherApp(t, "commands", map[string]string{"worker.py": workerProgram, "job.py": "print('the job ran')\n"})
	plain := read(t, inv)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(inv, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(plain + commandTables)
	defer converged(t, site, 4)
	defer must(t, 0, "deploy", site)
	must(t, 0, "deploy", inv)
	must(t, 0, "plan", inv)
	const units = "systemctl list-units --plain --no-legend --state=active 'app-worker-*' 'app-timer-*.timer' | cut -d' ' -f1"
	for host, want := range map[string]string{
		"web1": "app-timer-job.timer\napp-worker-once@1.service\napp-worker-tick@1.service\napp-worker-tick@2.service\n",
		"web2": "app-worker-tick@1.service\napp-worker-tick@2.service\n",
	} {
		if got := on(t, host, units+" | sort"); got != want {
			t.Errorf("%s runs %q", host, got)
		}
	}
	release := strings.TrimSpace(on(t, "web1", "readlink -f /srv/foobar/current"))
	if got := must(t, 0, "logs", inv, "worker-tick", "-l", "web1").out; !strings.Contains(got, "works tick tick-2 "+filepath.Base(release)+" mysql:// "+release) || !strings.Contains(got, "tick-1 ") {
		t.Errorf("the workers say %s", got)
	}
	eventually(t, 20*time.Second, "run of the timer", func() bool {
		return strings.Contains(foobar("logs", inv, "timer-job").out, "the job ran")
	})
	if got := foobar("status", inv).out; !strings.Contains(got, "app-worker-tick@2") || !regexp.MustCompile(`job +web1 +.* ago +success +in `).MatchString(got) {
		t.Errorf("the status is\n%s", got)
	}

	before := on(t, "web1", "systemctl show -p InvocationID --value app.service")
	on(t, "web1", "systemctl stop app-worker-tick@1; systemctl disable -q app-worker-once@1; sed -i 's/^RestartSec=.*/RestartSec=9/' /etc/systemd/system/app-worker-tick@.service; systemctl stop app-timer-job.timer")
	on(t, "web2", "mkdir -p /etc/systemd/system/app-worker-tick@.service.d; printf '[Service]\\nNice=5\\n' >/etc/systemd/system/app-worker-tick@.service.d/nice.conf; systemctl daemon-reload")
	r := must(t, 2, "plan", inv)
	for _, want := range []string{"app-worker-tick@1.service", "app-worker-tick@2.service", "app-worker-once@1.service", "app-timer-job.timer", "nice.conf"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the plan does not name %s:\n%s", want, r.out)
		}
	}
	must(t, 0, "deploy", inv)
	on(t, "web2", "rmdir /etc/systemd/system/app-worker-tick@.service.d")
	must(t, 0, "plan", inv)
	if after := on(t, "web1", "systemctl show -p InvocationID --value app.service"); after != before {
		t.Error("mending a worker restarted the app")
	}

	put(t, "commands", "job.py", "raise SystemExit('the job is broken')\n")
	must(t, 0, "deploy", inv)
	if got := on(t, "web2", "journalctl -q -o cat -u app-worker-tick@1 | grep -c 'ended well' || :"); strings.TrimSpace(got) == "0" {
		t.Error("a worker was not asked to end before its restart")
	}
	eventually(t, 20*time.Second, "failure of the timer in the status", func() bool {
		return strings.Contains(foobar("status", inv).out, "timer job failed (exit 1)")
	})
	good := on(t, "web3", "readlink /srv/foobar/current")
	put(t, "commands", "worker.py", "raise RuntimeError('this worker is broken')\n")
	if r := foobar("deploy", inv); r.code == 0 || !strings.Contains(r.all(), "RuntimeError: this worker is broken") {
		t.Errorf("exit %d\n%s", r.code, tail(r.all(), 20))
	}
	if now := on(t, "web3", "readlink /srv/foobar/current"); now != good {
		t.Error("web3 switched although the worker does not run on web1")
	}
	put(t, "commands", "worker.py", workerProgram)

	write(plain + strings.Replace(commandTables, "count = 2\n", "", 1) + "host = \"web2\"\n")
	if r := foobar("deploy", "-l", "web2", inv); r.code == 0 || !strings.Contains(r.all(), "web1 has the timer job, or may have it, and it would run twice") {
		t.Errorf("exit %d\n%s", r.code, tail(r.all(), 20))
	}
	must(t, 0, "deploy", inv)
	if got := on(t, "web1", units) + on(t, "web2", units); strings.Count(got, "app-timer-job.timer") != 1 || strings.Contains(got, "tick@2") {
		t.Errorf("after a move there is %q", got)
	}
	write(plain)
	must(t, 0, "deploy", inv)
	for _, h := range []string{"web1", "web2", "web3"} {
		if got := on(t, h, units+"; ls /etc/systemd/system | grep -e app-worker -e app-timer || :; systemctl list-units --all --plain --no-legend 'app-worker-*' 'app-timer-*'"); strings.TrimSpace(got) != "" {
			t.Errorf("%s still has %q", h, got)
		}
	}
	must(t, 0, "plan", inv)
}
