//go:build lab

package labtest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// tmuxSocket is the name of the terminal's socket in the folder of the run.
const tmuxSocket = "tmux"

// screen is a terminal of tmux with foobar in it.
type screen struct {
	t      *testing.T
	socket string
	width  int
	height int
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket, "-f", "/dev/null", "-u"}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// onScreen runs a command line in a terminal of 80 columns and 24 lines.
func onScreen(t *testing.T, line string) *screen {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("tmux is needed: make tools installs it")
	}
	s := &screen{t: t, socket: filepath.Join(work, tmuxSocket), width: 80, height: 24}
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() })
	s.tmux("new-session", "-d", "-x", "80", "-y", "24", inTerminal(line))
	return s
}

// inTerminal is a command line as tmux runs it; what it wrote stays to be seen.
func inTerminal(line string) string {
	return "env LC_ALL=C.UTF-8 sh -c '" + line + "; echo exit=$?; exec sleep 600'"
}

func (s *screen) press(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, keys...)...)
}

func (s *screen) resize(width, height int) {
	s.t.Helper()
	s.tmux("resize-window", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height))
	s.width, s.height = width, height
}

// shows waits for one of some texts and returns the screen with it.
func (s *screen) shows(texts ...string) string {
	s.t.Helper()
	return s.showsWithin(30*time.Second, texts...)
}

// showsWithin is shows for what usually takes longer.
func (s *screen) showsWithin(usual time.Duration, texts ...string) string {
	s.t.Helper()
	defer waitFor("a screen that shows " + strings.Join(texts, " or "))()
	now := ""
	for end := time.Now().Add(within(usual)); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		now = s.tmux("capture-pane", "-p")
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(now, text) }) {
			s.fits(now)
			return now
		}
	}
	s.t.Fatalf("the screen does not show %q:\n%s", texts, now)
	return ""
}

// gone waits until a text is no longer shown.
func (s *screen) gone(text string) {
	s.t.Helper()
	for end := time.Now().Add(within(30 * time.Second)); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if !strings.Contains(s.tmux("capture-pane", "-p"), text) {
			return
		}
	}
	s.t.Fatalf("the screen still shows %q", text)
}

// fits: no line is wider than the screen, and the view fills it from its first
// line to its last.
func (s *screen) fits(now string) {
	s.t.Helper()
	lines := strings.Split(strings.TrimSuffix(now, "\n"), "\n")
	if len(lines) > s.height {
		s.t.Errorf("%d lines on a screen of %d:\n%s", len(lines), s.height, now)
	}
	for _, l := range lines {
		if utf8.RuneCountInString(l) > s.width {
			s.t.Errorf("%q is wider than %d", l, s.width)
		}
	}
	if strings.HasPrefix(lines[0], "foobar deploy") && strings.TrimSpace(lines[len(lines)-1]) == "" {
		s.t.Errorf("the last line is empty:\n%s", now)
	}
}

// TestJ1View deploys with the view: the plan is asked about, a pause holds every
// host, keys and a smaller terminal do no harm, and the result stays.
func TestJ1View(t *testing.T) {
	for _, h := range []string{"web2", "web3"} {
		on(t, h, "systemctl stop nginx")
	}
	on(t, "web1", "echo '# by hand' >>/etc/nginx/nginx.conf")
	s := onScreen(t, binary+" deploy "+site)
	now := s.shows("Make these")
	// The balancer may have noticed already, which is one more.
	for _, want := range []string{"Plan: 0 to create, 1 to change, 0 to remove, [34] to run on [34] hosts", "web1: 2 changes", "-# by hand", "y yes"} {
		if !regexp.MustCompile(want).MatchString(now) {
			t.Errorf("the question does not show %q:\n%s", want, now)
		}
	}
	s.press("?")
	s.shows("pause before the next play")
	s.press("Escape")
	s.gone("pause before the next play") // a key right behind it would be taken for one with alt
	s.press("/")
	s.press("-l", "inactive")
	s.press("Enter")
	if now := s.shows("filter: inactive"); strings.Contains(now, "by hand") {
		t.Errorf("the filter shows what it should not:\n%s", now)
	}
	s.press("Escape")
	s.gone("filter: inactive")
	s.shows("by hand")
	s.press("p")
	s.shows("PAUS")
	s.press("y")
	now = s.shows("PAUSED")
	s.resize(60, 15)
	s.shows("for the end of the pau") // the rest of it where 60 columns have room
	if state := foobar("lab", "exec", "web2", "--", "systemctl", "is-active", "nginx"); strings.TrimSpace(state.out) != "inactive" {
		t.Errorf("during the pause nginx is %q on web2", state.out)
	}
	s.press("Enter") // a host is open: the view waits to be closed
	s.press("p")
	now = s.shows("q close and print the result")
	if !strings.Contains(now, "ended") || !strings.Contains(now, "100%") {
		t.Errorf("the end is not shown:\n%s", now)
	}
	s.press("q")
	now = s.shows("exit=0")
	for _, want := range []string{`web1 +2 changes made \(web 2\)`, `web2 +1 change made \(web 1\)`, "deploy: [45] changed", "next: foobar status"} {
		if !regexp.MustCompile(want).MatchString(now) {
			t.Errorf("what stays on the terminal lacks %q:\n%s", want, now)
		}
	}
	if strings.Contains(now, "q close") {
		t.Errorf("the view is still there:\n%s", now)
	}
	// The balancer's checks may not have found the servers well again yet.
	eventually(t, 30*time.Second, "plan without a difference", func() bool { return foobar("plan", site).code == 0 })
}

// TestJ2Questions: unknown host keys and the sudo password are asked for in the
// view; the answer no changes nothing, and what stays says so.
func TestJ2Questions(t *testing.T) {
	on(t, "web2", "systemctl stop nginx")
	raw := read(t, site)
	user, known := regexp.MustCompile(`(?m)^user *=.*$`).FindString(raw), regexp.MustCompile(`(?m)^known_hosts *=.*$`).FindString(raw)
	inv := edit(t, "questions.toml", user, `user = "oper"`, known, fmt.Sprintf("known_hosts = [%q]", filepath.Join(t.TempDir(), "known_hosts")))
	s := onScreen(t, binary+" deploy -K "+inv)
	// All unknown keys are one question, and so is the password on all hosts.
	for keys, sudo := false, false; !keys || !sudo; {
		if now := s.shows("SHA256:", "sudo password"); strings.Contains(now, "SHA256:") {
			if !strings.Contains(now, "lb1, web1, web2, web3") { // they share a key
				t.Errorf("not all hosts are in the list:\n%s", now)
			}
			keys = true
			s.press("-l", "yes")
			s.shows("yes_")
			s.press("Enter")
			s.gone("yes_")
			continue
		}
		sudo = true
		s.press("-l", "oper")
		s.press("Enter")
		s.gone("sudo password")
	}
	if now := s.shows("Make this change", "Make these 2 changes"); regexp.MustCompile(`\boper\b`).MatchString(now) {
		t.Errorf("the password is shown:\n%s", now)
	}
	s.press("n")
	s.shows("error: not approved: nothing was changed")
	s.shows("exit=1")
	if state := foobar("lab", "exec", "web2", "--", "systemctl", "is-active", "nginx"); strings.TrimSpace(state.out) != "inactive" {
		t.Errorf("nginx is %q on web2", state.out)
	}
	must(t, 0, "deploy", site)
	eventually(t, 30*time.Second, "plan without a difference", func() bool { return foobar("plan", site).code == 0 })
}

// TestJ3PlainIsPlain: colours go to a terminal that has them and to nothing else.
func TestJ3PlainIsPlain(t *testing.T) {
	on(t, "web1", "echo '# by hand' >>/etc/nginx/nginx.conf")
	for env, coloured := range map[string]bool{"TERM=xterm": true, "TERM=dumb": false, "TERM=xterm NO_COLOR=1": false} {
		out, _ := exec.Command("script", "-qec", "env "+env+" "+binary+" plan "+site, "/dev/null").CombinedOutput()
		if !strings.Contains(string(out), "Plan:") || strings.Contains(string(out), "\x1b") != coloured {
			t.Errorf("%s: coloured, or not, when it should be otherwise: %q", env, out)
		}
	}
	if r := must(t, 2, "plan", site); strings.Contains(r.all(), "\x1b") {
		t.Errorf("a pipe got an escape: %q", r.all())
	}
	out, _ := exec.Command("script", "-qec", "env TERM=dumb "+binary+" deploy -y "+site, "/dev/null").CombinedOutput()
	if !strings.Contains(string(out), "deploy: 2 changed") || strings.Contains(string(out), "\x1b") {
		t.Errorf("TERM=dumb: %q", out)
	}
}
