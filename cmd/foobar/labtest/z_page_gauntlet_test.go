//go:build lab && gauntlet

package labtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// dashboard is the verb while somebody looks at what it shows.
func dashboard(t *testing.T, inv string) (page, url string, end func()) {
	t.Helper()
	cmd := exec.Command(binary, "dashboard", "-o", "json", inv)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var said struct{ Page, URL, Host string }
	if err := json.NewDecoder(out).Decode(&said); err != nil || said.Host != "lb1" {
		_ = cmd.Process.Kill()
		t.Fatalf("%+v, %v", said, err)
	}
	return said.Page, said.URL, func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("ended by SIGTERM: %v", err)
		}
	}
}

// complaints are what a page writes to the console of its browser from now on.
func complaints(t *testing.T, ctx context.Context) func() []string {
	t.Helper()
	var lock sync.Mutex
	var all []string
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return // the browser is gone
			}
			lock.Lock()
			all = append(all, fmt.Sprintf("%s: %s (%s)", m.Type, m.Text, m.URL))
			lock.Unlock()
		}
	}()
	return func() []string {
		lock.Lock()
		defer lock.Unlock()
		return all
	}
}

// pageShows: in a browser, the site's own page has the rate of a known load, a server that
// is taken out, and a release; and the browser has nothing to complain of.
func pageShows(t *testing.T, inv, page string) {
	t.Helper()
	source := filepath.Join(work, "seen-app")
	if err := os.CopyFS(source, os.DirFS("../../../examples/app")); err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^source *= *".*"`).ReplaceAllString(read(t, inv), `source = "`+source+`"`)
	if err := os.WriteFile(inv, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := browser(t, nil)
	said := complaints(t, ctx)
	if err := chromedp.Do(ctx, chromedp.Navigate(page+"#900")); err != nil {
		t.Fatal(err)
	}
	state := func() string { return ask[string](t, ctx, `document.querySelector("#state").textContent`) }
	tile := func(title string) string {
		return ask[string](t, ctx, `[...document.querySelectorAll("#tiles .card")].find(c => c.firstChild.textContent == "`+title+`")?.lastChild.textContent.trim() ?? ""`)
	}
	row := func(table, name string) string {
		return ask[string](t, ctx, `[...document.querySelectorAll("#tables .card")].filter(c => c.firstChild.textContent == "`+table+`").flatMap(c => [...c.querySelectorAll("tr")])
			.map(r => [...r.children].map(c => c.textContent).join("|")).find(r => r.startsWith("`+name+`|")) ?? ""`)
	}
	eventually(t, time.Minute, "figures on the page", func() bool { return strings.HasPrefix(state(), "as of ") && tile("Hosts that answer") == "4 of 4" })
	if servers, alerts := tile("Servers that get requests"), ask[string](t, ctx, `document.querySelector("#alerts").innerText`); servers != "3 of 3" || !regexp.MustCompile(`^(No alert is firing\.|(warning|critical): )`).MatchString(alerts) {
		t.Errorf("it says %q servers, and of alerts %q", servers, alerts)
	}

	var seen float64
	rate, p95 := knownLoad(t, 1800, func(answered func(int)) {
		answered(1500) // for more than the minute over which rates are
		was := state()
		eventually(t, time.Minute, "another look of the page", func() bool { return state() != was })
		if _, err := fmt.Sscanf(tile("Requests a second"), "%f /s", &seen); err != nil {
			t.Errorf("%q: %v", tile("Requests a second"), err)
		}
		if times := tile("Response time"); !regexp.MustCompile(`^p50 +\d.* m?s +p95 +\d.* m?s +p99 +\d.* m?s$`).MatchString(times) {
			t.Errorf("response times are %q", times)
		}
	})
	near(t, "requests per second on the page", seen, rate, 0.05*rate)
	t.Logf("the client's 95th percentile: %.4g s", p95)
	for _, c := range [][3]string{{"Hosts", "web1", `yes\|\d[^|]* %\|\d[^|]* %\|[^|]*\|[^|]*\|\d+\|no`}, {"Servers", "web1", `yes\|\d[^|]* /s\|\d[^|]* m?s`}, {"Certificates", "lb1 www.foobar.com", `\d[^|]*`}} {
		if got := row(c[0], c[1]); !regexp.MustCompile(`^` + c[1] + `\|` + c[2] + `$`).MatchString(got) {
			t.Errorf("among %s it says %q of %s", c[0], got, c[1])
		}
	}

	must(t, 0, "host", "drain", inv, "web3")
	eventually(t, time.Minute, "server that is taken out, on the page", func() bool {
		return strings.HasPrefix(row("Servers", "web3"), "web3|no|") && tile("Servers that get requests") == "2 of 3"
	})
	must(t, 0, "host", "undrain", inv, "web3")
	style := filepath.Join(source, "static", "style.css")
	if err := os.WriteFile(style, []byte(read(t, style)+"/* the next release */\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "release", "-y", inv)
	on(t, "lb1", "systemctl start foobar-metrics.service")
	eventually(t, 2*time.Minute, "mark of the release on the page", func() bool {
		return row("Events", "release") != "" && ask[int](t, ctx, `[...document.querySelectorAll("#charts line.mark title")].filter(m => m.textContent.startsWith("release ")).length`) > 5
	})
	if charts := ask[int](t, ctx, `document.querySelectorAll("#charts path.draw").length`); charts < 15 {
		t.Errorf("%d lines are drawn", charts)
	}
	if all := said(); len(all) > 0 {
		t.Errorf("the browser's console has\n%s", strings.Join(all, "\n"))
	}
}
