//go:build lab && gauntlet

package labtest

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// canaries are secrets by name: some planted, some that foobar derived.
type canaries map[string]string

// planted makes an inventory with a secret in every place where one may stand.
func planted(t *testing.T) (inv string, all canaries) {
	t.Helper()
	all = canaries{}
	plant := func(name string) string {
		raw := make([]byte, 18)
		if _, err := rand.Read(raw); err != nil {
			t.Fatal(err)
		}
		all[name] = "canary" + hex.EncodeToString(raw)
		return all[name]
	}
	file := func(name string) string {
		path := filepath.Join(work, "canary-"+name)
		if err := os.WriteFile(path, []byte(plant(name)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("LABTEST_CANARY", plant("environment"))
	inv = edit(t, "canary.toml", "\n[db]\n", "\n[app.secrets]\nFROM_FILE = { file = \""+file("file")+"\" }\nFROM_ENV = { env = \"LABTEST_CANARY\" }\nFROM_COMMAND = { command = [\"cat\", \""+file("command")+"\"] }\n\n[db]\n")
	return inv, all
}

// derived adds what stands in the files that only root reads on the hosts.
func (all canaries) derived(t *testing.T, inv string) {
	t.Helper()
	for _, host := range []string{"lb1", "web1", "web2"} {
		text := on(t, host, "cat /etc/foobar/* /etc/otelcol-sumo/env/* 2>/dev/null; true")
		for i, m := range regexp.MustCompile(`(?m)://[^:/\s]+:([A-Za-z0-9_%-]{20,})@|[Pp]ass(?:word)?["']?\s*[:=]\s*["']?([A-Za-z0-9_-]{20,})`).FindAllStringSubmatch(text, -1) {
			all[host+" derived "+string(rune('a'+i%26))] = m[1] + m[2]
		}
		key := on(t, host, "cat /etc/ssl/foobar/*.key /etc/foobar/*.key /etc/letsencrypt/live/*/privkey.pem 2>/dev/null; true")
		for i, m := range regexp.MustCompile(`(?m)^[A-Za-z0-9+/]{60,}$`).FindAllString(key, -1) {
			all[host+" key "+string(rune('a'+i%26))] = m
		}
	}
	text := read(t, inv)
	master := regexp.MustCompile(`(?m)^master *= *"(.*)"`).FindStringSubmatch(text)
	token := regexp.MustCompile(`token *= *\{ *file *= *"(.*)"`).FindStringSubmatch(text)
	if master == nil || token == nil || len(all) < 8 {
		t.Fatalf("the secrets of the site were not found: %d of them", len(all))
	}
	all["master"] = strings.TrimSpace(read(t, master[1]))
	all["token"] = strings.TrimSpace(read(t, token[1]))
}

// in names the secrets that stand in a text, as they are or in base64.
func (all canaries) in(text []byte) (found []string) {
	for name, secret := range all {
		if bytes.Contains(text, []byte(secret)) || bytes.Contains(text, []byte(base64.StdEncoding.EncodeToString([]byte(secret)))) {
			found = append(found, name)
		}
	}
	return found
}

// watchHere reads the arguments of all processes of this machine, the hosts'
// among them, until it is stopped, and says where a secret stood.
func (all canaries) watchHere() (stop func() []string) {
	var found []string
	var looks sync.WaitGroup
	end := make(chan struct{})
	looks.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-time.After(25 * time.Millisecond):
			}
			lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, path := range lines {
				if argv, err := os.ReadFile(path); err == nil {
					for _, name := range all.in(argv) {
						found = append(found, name+" in the arguments "+strings.ReplaceAll(string(argv[:min(len(argv), 80)]), "\x00", " "))
					}
				}
			}
		}
	})
	return func() []string {
		close(end)
		looks.Wait()
		return found
	}
}

// TestSCanaries: secrets are in no output, plan, record, argument, log or file that
// others read, whether runs succeed or fail.
func TestSCanaries(t *testing.T) {
	inv, all := planted(t)
	must(t, 0, "deploy", inv)
	all.derived(t, inv)
	stop := all.watchHere()
	plan := filepath.Join(work, "canary.plan")
	for _, host := range []string{"web1", "web2"} {
		on(t, host, "echo '# by hand' >>/etc/foobar/app.env; sed -i 's/FROM_FILE=.*/FROM_FILE=other/' /etc/foobar/app.env")
	}
	on(t, "web1", "mariadb -e \"ALTER USER "+onSite().appAccount(t)+" IDENTIFIED BY 'somethingelse'\"")
	for _, args := range [][]string{
		{"plan", "--out", plan, inv}, {"plan", "-o", "json", inv}, {"deploy", "-v", "-o", "json", inv}, {"deploy", "-v", inv},
		{"status", inv}, {"status", "-o", "json", inv}, {"check", "-o", "json", inv}, {"db", "status", "-o", "json", inv},
		{"db", "backup", inv}, {"db", "backups", "-o", "json", inv}, {"history", "-o", "json", inv, "last"}, {"history", "--hosts", inv},
		{"logs", inv, "app"}, {"exec", inv, "--", "systemctl", "status", "app", "mariadb", "--no-pager"}, {"db", "switchover", inv, "--to", "nobody", "-y"},
	} {
		r := foobar(args...)
		for _, name := range all.in([]byte(r.all())) {
			t.Errorf("foobar %s prints the secret %s", strings.Join(args, " "), name)
		}
	}
	all.failures(t, inv)
	for _, where := range stop() {
		t.Error(where)
	}
	all.nowhereHere(t)
	all.nowhereOnHosts(t)
	must(t, 0, "deploy", site)
	converged(t, site, 4)
}

// failures: a unit that does not start, a database that refuses, a full disk.
func (all canaries) failures(t *testing.T, inv string) {
	for _, f := range []struct{ host, do, undo string }{
		{"web2", "mkdir -p /usr/lib/systemd/system/app.service.d; printf '[Service]\\nExecStartPre=/bin/sh -c \"exit 1\"\\n' >/usr/lib/systemd/system/app.service.d/canary.conf; systemctl daemon-reload; echo '# again' >>/etc/foobar/app.env",
			"rm -r /usr/lib/systemd/system/app.service.d/canary.conf; systemctl daemon-reload"},
		{"web1", "mv /usr/bin/mariadb /usr/bin/mariadb.away; printf '#!/bin/sh\\necho refused; exit 1\\n' >/usr/bin/mariadb; chmod 755 /usr/bin/mariadb", "mv /usr/bin/mariadb.away /usr/bin/mariadb"},
		{"web1", "mount -t tmpfs -o size=4k,mode=0700 canary /var/lib/foobar/stage; head -c 4096 /dev/zero >/var/lib/foobar/stage/.full; echo '# again' >>/etc/foobar/app.env", "umount /var/lib/foobar/stage"},
	} {
		on(t, f.host, f.do)
		r := foobar("deploy", "-v", "-l", f.host, inv)
		for _, name := range all.in([]byte(r.all())) {
			t.Errorf("a deploy that fails (exit %d) prints the secret %s", r.code, name)
		}
		on(t, f.host, f.undo)
	}
}

// nowhereHere looks through what runs leave on the controller.
func (all canaries) nowhereHere(t *testing.T) {
	t.Helper()
	plan := filepath.Join(work, "canary.plan")
	for _, name := range all.in([]byte(read(t, plan))) {
		t.Errorf("the saved plan holds the secret %s", name)
	}
	_ = filepath.WalkDir(os.Getenv("XDG_STATE_HOME"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, name := range all.in(text) {
			t.Errorf("%s holds the secret %s", path, name)
		}
		return err
	})
	left, _ := exec.Command("grep", append([]string{"-rlF", "-e", all["file"], "-e", all["environment"], "-e", all["command"], "--exclude-dir=" + filepath.Base(work)}, os.TempDir())...).Output()
	if len(left) > 0 {
		t.Errorf("left in %s: %s", os.TempDir(), left)
	}
}

// nowhereOnHosts looks through the journal and every file that others may read.
func (all canaries) nowhereOnHosts(t *testing.T) {
	t.Helper()
	var list strings.Builder
	for _, secret := range all {
		list.WriteString(secret + "\n")
	}
	const look = `umask 077; cat >/root/canaries
journalctl --no-pager -o cat | grep -cFf /root/canaries | sed 's/^/journal: /'
find / -xdev \( -path /proc -o -path /sys \) -prune -o -type f -perm /004 -size -20000k -print0 | xargs -0 -r grep -lFf /root/canaries 2>/dev/null | while read -r f; do
  d=$f; open=yes; while [ "$d" != / ]; do d=$(dirname "$d"); [ -n "$(find "$d" -maxdepth 0 -perm /001)" ] || open=; done
  [ -z "$open" ] || echo "file: $f"
done
rm -f /root/canaries`
	for _, host := range []string{"lb1", "web1", "web2", "web3"} {
		r := foobarIn(list.String(), "lab", "exec", host, "--", "sh", "-c", look)
		if strings.TrimSpace(r.out) != "journal: 0" {
			t.Errorf("%s: %s", host, r.all())
		}
	}
}

// appAccount is an account of the app, as SQL names it.
func (s *scene) appAccount(t *testing.T) string {
	t.Helper()
	return s.ask(t, "web1", "SELECT CONCAT(QUOTE(User), '@', QUOTE(Host)) FROM mysql.user WHERE User LIKE '%app\\_rw' ORDER BY Host LIMIT 1")
}
