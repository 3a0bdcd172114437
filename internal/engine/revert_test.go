package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// reverting is a bench whose servers switch, one after the other, from "old" to "new". The
// nth does not get well with that. What happens is written to the log.
func reverting(t *testing.T, nth int, servers ...string) (b *bench, log string) {
	b = newBench(t, append([]string{"lb"}, servers...)...)
	log = filepath.Join(t.TempDir(), "log")
	say := func(word string) func(string) string {
		return func(h string) string { return "echo " + word + " " + h + " >>" + log + "\n" }
	}
	b.plays = func() []play.Play {
		on := b.inv.Hosts[1:]
		mark := func(h string) string { return b.path(h, "new") }
		return []play.Play{
			{Name: "migrations", Hosts: on[:1], Role: fixed{"r", func(h *inventory.Host) []resource.Resource {
				return []resource.Resource{turned("custom:schema", b.path(h.Name, "schema"), "touch "+b.path(h.Name, "schema"), false)}
			}}},
			{Name: "app", Hosts: on, Serial: 1, After: []string{"migrations"}, Hide: func(string) []string { return []string{"s3cret"} },
				Drain: &play.Drain{On: b.inv.Hosts[0], Out: say("out"), In: say("in")},
				Role: fixed{"r", func(h *inventory.Host) []resource.Resource {
					file := b.file(h.Name, "unit", "new")
					script := say("new")(h.Name) + "touch " + mark(h.Name) + "\n" + fmt.Sprintf("[ $(grep -c ^new %s) = %d ] || exit 0\n", log, nth) +
						"echo 'Traceback (most recent call last):\n  File \"wsgi.py\", line 1\nKeyError: s3cret'; echo Worker failed to boot.; exit 102"
					if h.Name == "c" { // nothing is written there before its turn
						return []resource.Resource{turned("service:app", mark(h.Name), script, true)}
					}
					return []resource.Resource{file, turned("service:app", mark(h.Name), script, true)}
				}},
				Revert: &play.Revert{What: "release new", Hosts: on, Lasts: map[string]string{"migrations": "its migrations are not undone"},
					Watch: func(h string) []resource.ID {
						return []resource.ID{"service:app", resource.NewID("file", b.path(h, "unit"))}
					},
					Script: func(h string, ran bool) string {
						to := play.RevertedTo + " release old"
						if _, err := os.Stat(b.path(h, "first")); err == nil {
							to = play.RevertedTo
						}
						word := map[bool]string{true: "old", false: "files"}[ran]
						return say(word)(h) + "rm -f " + mark(h) + "; echo " + to + "\n"
					}}},
		}
	}
	return b, log
}

// turned is done once its mark is there.
func turned(id resource.ID, mark, script string, disrupts bool) resource.Resource {
	return resource.Custom{Name: id, In: resource.Converge, Ask: "test -e " + mark + " || exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
		if o.State == resource.Present {
			return resource.Change{}, nil
		}
		return resource.Change{Action: resource.Act, Disrupts: disrupts, Fields: []resource.Field{{Name: "x", New: "y"}},
			Steps: []resource.Step{resource.Run{Title: "turn", Script: script}}}, nil
	}}
}

func (b *bench) outcomes() (all []string) {
	for _, e := range b.events {
		if d, ok := e.(event.HostDone); ok && d.Host != "lb" {
			all = append(all, d.Host+" "+string(d.Outcome))
		}
	}
	slices.Sort(all)
	return all
}

// TestFailedReleaseIsTakenBack: the server that does not get well runs what it ran before
// and is back in service; then those follow, in turn, that had switched. What was written
// on hosts whose turn never came goes, too, and nothing is turned there; where nothing was
// written, there is nothing to take back.
func TestFailedReleaseIsTakenBack(t *testing.T) {
	b, log := reverting(t, 2, "a", "b", "c")
	r := b.run("deploy")
	raw, _ := os.ReadFile(log)
	lines := strings.Split(string(raw), "\n")
	if len(lines) < 5 || r.Exit != ExitReverted {
		t.Fatalf("exit %d: %s\n%s", r.Exit, b.problems(), raw)
	}
	first, second := strings.TrimPrefix(lines[0], "out "), strings.TrimPrefix(lines[3], "out ")
	third := strings.Trim("abc", first+second)
	numbered := strings.NewReplacer(" "+first, " 1", " "+second, " 2", " "+third, " 3")
	follows := "out 1\nold 1\nin 1\n"
	sorted := strings.Replace(numbered.Replace(string(raw)), "files 3\n", "", 1)
	if want := "out 1\nnew 1\nin 1\nout 2\nnew 2\nold 2\nin 2\n" + follows; sorted != want || strings.Contains(string(raw), "files "+third) != (third != "c") {
		t.Fatalf("what happened:\n%s", raw)
	}
	if !slices.Equal(r.Codes, []fault.Code{"REL01", "RUN08"}) && !slices.Equal(r.Codes, []fault.Code{"RUN08", "REL01"}) {
		t.Errorf("the codes are %v", r.Codes)
	}
	want := []string{first + " reverted", second + " reverted", third + " skipped"}
	slices.Sort(want)
	if got := b.outcomes(); !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	for _, part := range []string{second + ": release new did not become healthy: turn: KeyError: [hidden]; release old runs again; its migrations are not undone",
		first + ": release new was taken back on " + second + "; release old runs here again"} {
		if !strings.Contains(b.problems(), part) {
			t.Errorf("not said: %s\n%s", part, b.problems())
		}
	}
	for _, e := range b.events {
		if d, ok := e.(event.ChangeDone); ok && d.Error != "" {
			if tail := strings.Join(d.Tail, "\n"); d.Code != "SVC03" || tail != "Traceback (most recent call last):\n  File \"wsgi.py\", line 1\nKeyError: [hidden]" {
				t.Errorf("%s, and its last words are:\n%s", d.Code, tail)
			}
		}
	}
}

// TestNothingToGoBackTo: a first release that fails is a failure, and says that.
func TestNothingToGoBackTo(t *testing.T) {
	b, _ := reverting(t, 1, "a")
	if err := os.WriteFile(b.path("a", "first"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := b.run("deploy"); r.Exit != ExitFailed || !strings.Contains(b.problems(), "KeyError") || !strings.Contains(b.problems(), "there is nothing to go back to") {
		t.Errorf("exit %d: %s", r.Exit, b.problems())
	}
}

// TestLastTraceback: the app's, not the one with which gunicorn itself ends.
func TestLastTraceback(t *testing.T) {
	app := []string{"Traceback (most recent call last):", "  File \"wsgi.py\", line 1", "KeyError: 'NAME'"}
	own := []string{"Worker exiting", "Traceback (most recent call last):", "  File \"arbiter.py\", line 2", "gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>", "app.service: Failed"}
	if got := traceback(slices.Concat(app, own)); !slices.Equal(got, app) {
		t.Errorf("%q", got)
	}
	if got := traceback(own); got != nil {
		t.Errorf("%q", got)
	}
	// Another process logs in between.
	cut := []string{"Traceback (most recent call last):", "  File \"arbiter.py\", line 208, in run", "[2026-01-02 03:04:05 +0000] [712] [ERROR] Worker (pid:5) was sent SIGTERM!",
		"gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>"}
	if got := traceback(slices.Concat(app, cut)); !slices.Equal(got, app) {
		t.Errorf("%q", got)
	}
}

// TestOwnWords: an app that ends itself has said why, among what gunicorn and systemd say.
func TestOwnWords(t *testing.T) {
	lines := []string{"app.service did not become ready: GET /healthz got no answer", "[2026-01-02 03:04:05 +0000] [7] [INFO] Booting worker with pid: 9", "set SECRET_KEY", "set SECRET_KEY", "[2026-01-02 03:04:05 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:10)",
		"[2026-01-02 03:04:05 +0000] [7] [ERROR] Worker (pid:9) exited with code 1", "app.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED", "Starting app.service - Application of site..."}
	want := []string{"app.service did not become ready: GET /healthz got no answer", "set SECRET_KEY", "[2026-01-02 03:04:05 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:10)"}
	if got := ownWords(lines); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	older := []string{"[2026-01-02 03:04:05 +0000] [8] [INFO] Worker exiting (pid: 8)", "set SECRET_KEY", "[2026-01-02 03:04:05 +0000] [7] [WARNING] Worker with pid 8 was terminated due to signal 15", "[2026-01-02 03:04:05 +0000] [9] [INFO] Booting worker with pid: 9"}
	if got := ownWords(older); !slices.Equal(got, []string{"set SECRET_KEY"}) {
		t.Errorf("of Debian 12's gunicorn: %q", got)
	}
	if got := ownWords(lines[:5]); got != nil {
		t.Errorf("of workers that run: %q", got)
	}
	if got := classify("t: ", "service", 102, strings.Join(lines[1:4], "\n")+"\n"+lines[5]).Error(); got != "t: exit status 102: set SECRET_KEY" {
		t.Errorf("it says %q", got)
	}
}

// TestRequestsFailWhileAReleaseIsRolled: it is taken back everywhere, and what is said is that
// requests failed, not that the app is to blame.
func TestRequestsFailWhileAReleaseIsRolled(t *testing.T) {
	b, _ := reverting(t, 9, "a", "b")
	plays := b.plays
	b.plays = func() []play.Play {
		list := plays()
		list[1].Drain.In = func(string) string { // when the second has the new release, too
			return "[ ! -e " + b.path("a", "new") + " ] || [ ! -e " + b.path("b", "new") + " ] || { echo 3 requests failed; " + fault.Shell(fault.RequestsFailed) + "; }\n"
		}
		return list
	}
	r := b.run("deploy")
	said := b.problems()
	if r.Exit != ExitReverted || !slices.Equal(r.Codes, []fault.Code{fault.RequestsFailed}) || strings.Contains(said, "healthy") {
		t.Errorf("exit %d, %v: %s", r.Exit, r.Codes, said)
	}
	for _, part := range []string{"release new was taken back: 3 requests failed; release old runs again", "release new was taken back on ", "; release old runs here again"} {
		if !strings.Contains(said, part) {
			t.Errorf("not said: %s\n%s", part, said)
		}
	}
}
