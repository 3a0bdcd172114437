//go:build lab && gauntlet

package labtest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// nobody is who the browser runs as.
const nobody = 65534

// visitor starts a browser outside the hosts, in their network. It takes the balancer's
// certificate, which curl has found to be good, and no other that it does not know.
func visitor(t *testing.T) context.Context {
	t.Helper()
	var keys []string
	for _, c := range shown(t) {
		sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
		keys = append(keys, base64.StdEncoding.EncodeToString(sum[:]))
	}
	lb := regexp.MustCompile(`(?s)\[hosts\.lb1\].*?address = "([^"]+)"`).FindStringSubmatch(read(t, site))
	if lb == nil {
		t.Fatal("the inventory has no lb1")
	}
	return browser(t, []string{"ip", "netns", "exec", "foobar-" + labName()},
		chromedp.Flag("host-resolver-rules", "MAP www.foobar.com "+lb[1]), chromedp.Flag("ignore-certificate-errors-spki-list", strings.Join(keys, ",")))
}

// browser starts a browser on this machine, or behind the words that name another network.
func browser(t *testing.T, in []string, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	profile, err := os.MkdirTemp("", "foobar-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(profile) })
	if err := os.Chown(profile, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	var said output
	outer := append(slices.Clone(in), "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME="+profile, "chromium-headless-shell")
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(outer[0]), chromedp.UserDataDir(profile), chromedp.CombinedOutput(&said),
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.Args = append(outer, cmd.Args[1:]...)
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		}))
	started, end := chromedp.NewExecAllocator(t.Context(), append(flags, more...)...)
	t.Cleanup(end)
	ctx, end := chromedp.NewContext(started)
	t.Cleanup(end)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("the browser did not start: %v\n%s", err, said.String())
	}
	ctx, end = context.WithTimeout(ctx, within(15*time.Minute))
	t.Cleanup(end)
	return ctx
}

// ask is what a script in the page gives.
func ask[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	said, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return said
}

// TestH4Browser: a browser logs in to Django's admin and sends its form, and holds a
// websocket and a stream of events while another release of an ASGI app is deployed.
func TestH4Browser(t *testing.T) {
	defer converged(t, site, 4)
	defer must(t, 0, "deploy", site)
	source := filepath.Join(work, "browsed-django")
	if err := os.CopyFS(source, os.DirFS("../../../examples/django")); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", ofApp(t, "django", source))
	on(t, "web1", "set -a; . /etc/foobar/app.env; PYTHONDONTWRITEBYTECODE=1 DJANGO_SUPERUSER_PASSWORD='right horse'; cd /srv/foobar/current && python3 manage.py createsuperuser --noinput --username ann --email ann@foobar.com")
	ctx := visitor(t)
	usesAdmin(t, ctx)

	source = filepath.Join(work, "browsed-asgi")
	if err := os.CopyFS(source, os.DirFS("../../../examples/asgi")); err != nil {
		t.Fatal(err)
	}
	inv := ofApp(t, "asgi", source)
	text := strings.Replace(read(t, inv), "\n[app]\n", "\n[deploy]\ndrain_timeout = \"5s\"\n[lb]\ntimeout_client = \"4s\"\ntimeout_server = \"4s\"\n[app]\ntimeout = \"3s\"\n", 1)
	if err := os.WriteFile(inv, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", inv)
	holdsOpen(t, ctx, inv, source)
}

// usesAdmin logs in and sends the form for a note.
func usesAdmin(t *testing.T, ctx context.Context) {
	t.Helper()
	if err := chromedp.Do(ctx,
		chromedp.Navigate("https://www.foobar.com/admin/login/?next=/admin/board/note/add/"),
		chromedp.SendKeys("#id_username", "ann"), chromedp.SendKeys("#id_password", "right horse"), chromedp.Submit("#login-form"),
		chromedp.WaitVisible("#id_text"),
	); err != nil {
		t.Fatalf("the login did not end: %v", err)
	}
	colour := ask[string](t, ctx, `getComputedStyle(document.querySelector("#header")).backgroundColor`)
	if err := chromedp.Do(ctx, chromedp.SendKeys("#id_text", "written in a browser"), chromedp.Click("input[name=_save]"), chromedp.WaitVisible("#result_list")); err != nil {
		t.Fatalf("the form was not sent: %v", err)
	}
	heading, note := ask[string](t, ctx, `document.querySelector(".messagelist .success").innerText`), ask[string](t, ctx, `document.querySelector("#result_list").innerText`)
	if !strings.Contains(heading, "added successfully") || !strings.Contains(note, "written in a browser") || colour == "rgba(0, 0, 0, 0)" {
		t.Errorf("the admin says %q and %q, its header is %s", heading, note, colour)
	}
}

// holdsOpen holds a websocket and a stream of events, silent for longer than the time-outs
// of requests, and over another release.
func holdsOpen(t *testing.T, ctx context.Context, inv, source string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate("https://www.foobar.com/")); err != nil {
		t.Fatal(err)
	}
	ask[bool](t, ctx, `
		window.opens = 0; window.answers = 0; window.release = ""; window.events = 0; window.broken = 0;
		(function hold() {
			const w = new WebSocket("wss://" + location.host + "/ws");
			w.onopen = () => { opens++; w.send("hello"); };
			w.onmessage = e => { answers++; release = e.data.split(" ")[0]; setTimeout(() => w.readyState == 1 && w.send("again"), 10000); };
			w.onclose = () => setTimeout(hold, 200);
		})();
		const stream = new EventSource("/events?every=10");
		stream.onmessage = () => events++;
		stream.onerror = () => broken++;
		true`)
	number := func(name string) int { return ask[int](t, ctx, "window."+name) }
	eventually(t, 40*time.Second, "answer and event after a silence of 10 s", func() bool { return number("answers") >= 3 && number("events") >= 3 })
	if opens, broken := number("opens"), number("broken"); opens != 1 || broken != 0 {
		t.Errorf("the websocket was opened %d times, the stream of events broke %d times", opens, broken)
	}

	if err := os.WriteFile(filepath.Join(source, "another.txt"), []byte("another release\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", inv)
	want := path.Base(strings.TrimSpace(on(t, "web1", "readlink /srv/foobar/current")))
	events := number("events") // one that is answered with an error is not opened again
	eventually(t, 40*time.Second, "answer and event of the new release", func() bool {
		return ask[string](t, ctx, "window.release") == want && number("events") > events
	})
	// Each server that is restarted ends it once at the most.
	if opens := number("opens"); opens > 4 {
		t.Errorf("during a release the websocket was opened %d times", opens)
	}
}
