//go:build lab

// Package labtest drives the foobar binary from outside, as a user would,
// against four real hosts of the lab. The tests run in the order of the files;
// each leaves the site converged. Those with the further build tag gauntlet are
// long and rarely broken: make test leaves them out.
package labtest

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
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
	flag.Parse()
	if os.Getenv(listOnly) != "" {
		return m.Run()
	}
	if binary == "" {
		fmt.Fprintln(os.Stderr, "FOOBAR_BIN must name the foobar binary; make labtest sets it")
		return 1
	}
	// A lab of its own, so that one started by hand stays as it is.
	os.Setenv("FOOBAR_LAB", labName())
	os.Unsetenv("CI") // some tests are a person at a terminal
	sweep()
	var err error
	if work, err = os.MkdirTemp("", fmt.Sprintf("%s%d-", workPrefix, os.Getpid())); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer clear()
	go clearWhenStopped()
	os.Setenv("XDG_STATE_HOME", filepath.Join(work, "state")) // the records of these runs
	calibrate()
	defer narrate()()
	if err := begin(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// begin starts the lab, which ends with this process however that ends.
func begin() error {
	began := time.Now()
	if r := foobar("lab", "up", "--owner", strconv.Itoa(os.Getpid())); r.code != 0 {
		return fmt.Errorf("lab up: exit %d\n%s%s", r.code, r.out, r.err)
	}
	tell("the lab was up after %.1f s", time.Since(began).Seconds())
	site = filepath.Join(work, "site.toml")
	r := foobar("lab", "inventory")
	if r.code != 0 {
		return fmt.Errorf("lab inventory: exit %d\n%s", r.code, r.err)
	}
	return os.WriteFile(site, []byte(r.out), 0o600)
}

// otherLab puts another lab in the place of the one that runs and returns its
// inventory. Tests that call it come last.
func otherLab(t *testing.T, args ...string) string {
	t.Helper()
	must(t, 0, "lab", "down")
	must(t, 0, append([]string{"lab", "up", "--owner", strconv.Itoa(os.Getpid())}, args...)...)
	return must(t, 0, "lab", "inventory").out
}

// workPrefix begins the name of the folder of a run; its process number follows.
const workPrefix = "foobar-labtest-"

// clear removes what this run made outside its lab, and the lab.
func clear() {
	_ = exec.Command(binary, "lab", "down").Run()
	clearFolder(work)
}

func clearFolder(dir string) {
	_ = exec.Command("tmux", "-S", filepath.Join(dir, tmuxSocket), "kill-server").Run()
	_ = os.RemoveAll(dir)
}

// clearWhenStopped is for Ctrl-C and a polite kill.
func clearWhenStopped() {
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, os.Interrupt, syscall.SIGTERM)
	<-stopped
	tell("stopped; taking the lab down")
	clear()
	os.Exit(130)
}

// sweep removes what runs left that were killed.
func sweep() {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), workPrefix+"*"))
	for _, dir := range left {
		number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), workPrefix), "-")
		if pid, err := strconv.Atoi(number); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			clearFolder(dir)
		}
	}
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

// sumo is what runs call the site's account at the monitoring service, which is no host.
const sumo = "Sumo Logic"

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
	untouched(t, must(t, 0, "deploy", "-o", "json", inv), hosts)
}

// untouched asserts that a deploy found nothing to do, and what that cost.
func untouched(t *testing.T, r result, hosts int) {
	t.Helper()
	done := slices.DeleteFunc(ends(t, r.out), func(h hostDone) bool {
		account := strings.Contains(h.Host, " ") // as no host's name does
		if account && (h.Outcome != "ok" || h.Changed != 0) {
			t.Errorf("%s: %s, %d changed", h.Host, h.Outcome, h.Changed)
		}
		return account
	})
	if len(done) != hosts {
		t.Errorf("%d hosts ended, not %d", len(done), hosts)
	}
	for _, h := range done {
		if h.Outcome != "ok" || h.Changed != 0 {
			t.Errorf("%s: %s, %d changed", h.Host, h.Outcome, h.Changed)
		}
		if h.Connections != 1 || h.Scripts > 1 {
			t.Errorf("%s: a converged deploy cost %d connections and %d scripts, not 1 of each", h.Host, h.Connections, h.Scripts)
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

// labName is "test", or what FOOBAR_LAB_TEST says where two suites run side by side.
func labName() string {
	if name := os.Getenv("FOOBAR_LAB_TEST"); name != "" {
		return name
	}
	return "test"
}
