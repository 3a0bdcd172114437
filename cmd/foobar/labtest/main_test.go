//go:build lab

// Package labtest drives the foobar binary from outside, as a user would,
// against four real hosts of the lab. The tests run in the order of the files;
// each leaves the site converged.
package labtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	binary = os.Getenv("FOOBAR_BIN")
	work   string // a folder for inventories
	site   string // the inventory of the lab's four hosts
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if binary == "" {
		fmt.Fprintln(os.Stderr, "FOOBAR_BIN must name the foobar binary; make labtest sets it")
		return 1
	}
	// A lab of its own, so that one started by hand stays as it is.
	os.Setenv("FOOBAR_LAB", labName())
	var err error
	if work, err = os.MkdirTemp("", "foobar-labtest-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(work)
	os.Setenv("XDG_STATE_HOME", filepath.Join(work, "state")) // the records of these runs
	defer exec.Command(binary, "lab", "down").Run()
	began := time.Now()
	if r := foobar("lab", "up"); r.code != 0 {
		fmt.Fprintf(os.Stderr, "lab up: exit %d\n%s%s", r.code, r.out, r.err)
		return 1
	}
	fmt.Printf("the lab was up after %.1f s\n", time.Since(began).Seconds())
	site = filepath.Join(work, "site.toml")
	r := foobar("lab", "inventory")
	if r.code != 0 || os.WriteFile(site, []byte(r.out), 0o600) != nil {
		fmt.Fprintf(os.Stderr, "lab inventory: exit %d\n%s", r.code, r.err)
		return 1
	}
	return m.Run()
}

// result is how a command ended.
type result struct {
	code     int
	out, err string
}

func (r result) all() string { return r.out + r.err }

func foobar(args ...string) result { return foobarIn("", args...) }

func foobarIn(stdin string, args ...string) result {
	cmd := exec.Command(binary, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	r := result{out: out.String(), err: errs.String()}
	var ee *exec.ExitError
	if errors.As(err, &ee) {
		r.code = ee.ExitCode()
	} else if err != nil {
		r.code, r.err = -1, err.Error()
	}
	return r
}

// must runs foobar and expects an exit code.
func must(t *testing.T, code int, args ...string) result {
	t.Helper()
	began := time.Now()
	r := foobar(args...)
	t.Logf("foobar %s: exit %d in %.1f s", strings.Join(args, " "), r.code, time.Since(began).Seconds())
	if r.code != code {
		t.Fatalf("foobar %s: exit %d, not %d\n%s\n%s", strings.Join(args, " "), r.code, code, r.out, tail(r.err, 60))
	}
	return r
}

// on runs a command as root on a lab host.
func on(t *testing.T, host string, script string) string {
	t.Helper()
	r := foobar("lab", "exec", host, "--", "sh", "-c", script)
	if r.code != 0 {
		t.Fatalf("on %s: %s: exit %d: %s", host, script, r.code, r.all())
	}
	return r.out
}

// curl is a client outside the hosts.
func curl(t *testing.T, args ...string) string {
	t.Helper()
	r := foobar(append([]string{"lab", "curl", "-sS", "--max-time", "20"}, args...)...)
	if r.code != 0 {
		t.Fatalf("curl %s: exit %d: %s", strings.Join(args, " "), r.code, r.all())
	}
	return r.out
}

// hostDone is the end of a host's part in the JSON form.
type hostDone struct {
	Type        string `json:"type"`
	Host        string `json:"host"`
	Outcome     string `json:"outcome"`
	Changed     int    `json:"changed"`
	Connections int    `json:"connections"`
	Scripts     int    `json:"scripts"`
}

// ends picks the host_done events out of JSON lines.
func ends(t *testing.T, lines string) []hostDone {
	t.Helper()
	var all []hostDone
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		var e hostDone
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("not JSON: %s", line)
		}
		if e.Type == "host_done" {
			all = append(all, e)
		}
	}
	return all
}

// converged asserts that nothing is left to do, and what that costs.
func converged(t *testing.T, inv string, hosts int) {
	t.Helper()
	must(t, 0, "plan", inv)
	r := must(t, 0, "deploy", "-o", "json", inv)
	done := ends(t, r.out)
	if len(done) != hosts {
		t.Errorf("%d hosts ended, not %d", len(done), hosts)
	}
	for _, h := range done {
		if h.Outcome != "ok" || h.Changed != 0 {
			t.Errorf("%s: %s, %d changed", h.Host, h.Outcome, h.Changed)
		}
		if h.Connections != 1 || h.Scripts > 2 {
			t.Errorf("%s: a converged deploy cost %d connections and %d scripts, not 1 and at most 2", h.Host, h.Connections, h.Scripts)
		}
	}
}

// edit writes a changed copy of the site's inventory.
func edit(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	raw, err := os.ReadFile(site)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the inventory has no %q:\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	path := filepath.Join(work, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func tail(text string, n int) string {
	lines := strings.Split(text, "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}

// eventually repeats a question until it is answered, at most for a while.
func eventually(t *testing.T, most time.Duration, what string, ask func() bool) {
	t.Helper()
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(time.Second) {
		if ask() {
			return
		}
	}
	t.Errorf("after %s there is still no %s", most, what)
}

// labName is "test", or what FOOBAR_LAB_TEST says where two suites run side by side.
func labName() string {
	if name := os.Getenv("FOOBAR_LAB_TEST"); name != "" {
		return name
	}
	return "test"
}
