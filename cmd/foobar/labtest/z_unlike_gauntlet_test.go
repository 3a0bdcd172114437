//go:build lab && gauntlet

package labtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// slowApp answers each path, and /slow later than it may; it says which file has been its settings.
const slowApp = `import os, time
def app(environ, start):
    path = environ["PATH_INFO"]
    if path == "/slow":
        with open(os.path.join(os.environ["HOME"], "asked"), "a") as f:
            print(environ["REQUEST_METHOD"], file=f)
        time.sleep(6)
    start("200 OK", [("Content-Type", "text/plain")])
    return [("%s of the app, settings in %s\n" % (path, os.environ.get("SETTINGS"))).encode()]
`

// TestZ4SplitOtherApp goes on with the hosts of Z1: an app with modules called like gunicorn and
// its settings, a build, and static files of its own; where it is slow, it is asked once, and
// others are answered.
func TestZ4SplitOtherApp(t *testing.T) {
	inv := filepath.Join(work, "split.toml")
	if _, err := os.Stat(inv); err != nil {
		t.Skip("needs the hosts of TestZ1")
	}
	source := filepath.Join(work, "slow")
	for name, text := range map[string]string{"wsgi.py": slowApp, "gunicorn.py": "bind = ':1'\n", "static/style.css": "p {}\n",
		"gunicorn.conf.py": "import os\nraw_env = ['SETTINGS=' + os.path.basename(__file__)]\n"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(source, name)), 0o755), os.WriteFile(filepath.Join(source, name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	// Of what foobar has on the host, a build sees the authority of the databases.
	const ca = "/etc/foobar/tls/ca.crt"
	keys := fmt.Sprintf("source = %q\ntimeout = \"3s\"\nbuild = [\"test -s %s && find /etc/foobar -type f >sees\"]", source, ca)
	text := regexp.MustCompile(`(?m)^source *= *".*"$`).ReplaceAllLiteralString(read(t, inv), keys)
	if err := os.WriteFile(inv, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", inv)
	if got := on(t, "app1", "cat /srv/foobar/current/sees"); got != ca+"\n" {
		t.Errorf("a build sees %q", got)
	}
	for path, want := range map[string]string{"/": "/ of the app, settings in gunicorn.conf.py\n", "/static/own.css": "/static/own.css of the app", "/static/style.css": "p {}\n"} {
		if got := curl(t, "https://www.foobar.com"+path); !strings.HasPrefix(got, want) {
			t.Errorf("%s is answered with %q", path, got)
		}
	}
	var asked sync.WaitGroup
	for _, method := range []string{"GET", "POST"} {
		asked.Go(func() {
			if r := foobar("lab", "curl", "-sS", "-X", method, "-o", "/dev/null", "-w", "%{http_code}", "https://www.foobar.com/slow"); r.out != "504" {
				t.Errorf("a slow %s is answered with %s", method, r.all())
			}
		})
	}
	asked.Wait()
	if codes := curl(t, "-o", "/dev/null", "-w", "%{http_code} ", "https://www.foobar.com/[1-8]"); codes != strings.Repeat("200 ", 8) {
		t.Errorf("after two slow requests others are answered with %s", codes)
	}
	if got := on(t, "app1", "cat /var/lib/foobar-app/asked || :") + on(t, "app2", "cat /var/lib/foobar-app/asked || :"); strings.Count(got, "GET") != 1 || strings.Count(got, "POST") != 1 {
		t.Errorf("the app has begun %q", got)
	}
}
