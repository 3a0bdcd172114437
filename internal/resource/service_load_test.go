package resource

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/sh"
)

// TestLoadScriptLeavesNothingToDeploy runs the script, and the question of the
// next deploy, with a systemctl that only pretends.
func TestLoadScriptLeavesNothingToDeploy(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	for name, c := range map[string]struct {
		do     func(h *loadHost)
		active string
		reload bool
		verb   string // what a deploy has yet to do
	}{
		"never stamped and older than the start":  {func(h *loadHost) {}, "active", false, ""},
		"never stamped and newer":                 {func(h *loadHost) { h.write("cert", "new", true) }, "active", true, ""},
		"stamped":                                 {func(h *loadHost) { h.stamp("i1") }, "active", false, ""},
		"stamped before the file was written":     {func(h *loadHost) { h.stamp("i1"); h.write("cert", "new", true) }, "active", true, ""},
		"stamp of an earlier process":             {func(h *loadHost) { h.stamp("i0"); h.write("cert", "new", true) }, "active", true, ""},
		"what it does not watch was edited":       {func(h *loadHost) { h.stamp("i1"); h.write("conf", "new", true) }, "active", false, "reload"},
		"both were edited":                        {func(h *loadHost) { h.stamp("i1"); h.write("conf", "new", true); h.write("cert", "new", true) }, "active", true, ""},
		"the unit file, too":                      {func(h *loadHost) { h.stamp("i1"); h.write("unit", "new", true); h.write("cert", "new", true) }, "active", true, "restart"},
		"the unit file, too, and never a stamp":   {func(h *loadHost) { h.write("unit", "new", true); h.write("cert", "new", true) }, "active", true, "restart"},
		"put back as it was after something else": {func(h *loadHost) { h.stamp("i1"); h.at(-3600); h.write("cert", "old", true) }, "active", true, ""},
		"not running":                             {func(h *loadHost) { h.write("cert", "new", true) }, "inactive", false, "start"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newLoadHost(t, c.active)
			c.do(h)
			if said := h.run(h.service().LoadScript(h.path("cert"))); strings.Contains(said, "reloaded") != c.reload {
				t.Errorf("said %q", said)
			}
			if said := h.run(h.service().LoadScript(h.path("cert"))); strings.Contains(said, "reloaded") {
				t.Error("reloaded a second time")
			}
			set := Compile([]Probe{h.service().Probe()})
			seen, err := set.Read(asktest.Answer(strings.Split(h.run(ask.Script(asktest.Token, set.Script())), "\n")...))
			if err != nil {
				t.Fatal(err)
			}
			change, err := h.service().Diff(seen[0])
			verb := ""
			if len(change.Steps) > 0 {
				verb, _, _ = strings.Cut(change.Steps[0].(Run).Title, " ")
			}
			if err != nil || verb != c.verb {
				t.Errorf("a deploy would %q, not %q (%v, %v)", verb, c.verb, change.Fields, err)
			}
		})
	}
}

func TestLoadScriptRefuses(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	if text := (Service{Unit: "x.service"}).LoadScript("/x"); text != "" {
		t.Errorf("a unit that cannot reload gets %q", text)
	}
	h := newLoadHost(t, "active")
	h.write("cert", "new", true)
	s := h.service()
	s.Check = "echo refused; false"
	if out, err := h.command(s.LoadScript(h.path("cert"))).CombinedOutput(); err == nil || strings.Contains(string(out), "reloaded") {
		t.Errorf("loaded what the check refuses: %v, %s", err, out)
	}
}

// loadHost has a service that began after its three files were written, and
// before what is written later.
type loadHost struct {
	t       *testing.T
	dir     string
	started int64
}

func newLoadHost(t *testing.T, active string) *loadHost {
	h := &loadHost{t, t.TempDir(), time.Now().Unix() + 2}
	for _, name := range []string{"conf", "cert", "unit"} {
		h.write(name, "old", false)
	}
	if err := os.Mkdir(h.path("run"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`#!/bin/sh
case $* in
show*--value*) echo i1 ;;
show*) printf 'Id=x.service\nLoadState=loaded\nActiveState=%[1]s\nUnitFileState=enabled\nNeedDaemonReload=no\nInvocationID=i1\nInactiveExitTimestamp=@%%s\n' "$(cat %[2]s/started)" ;;
is-active*) [ %[1]s = active ] ;;
reload*) echo reloaded ;;
esac
`, active, h.dir)
	if err := os.WriteFile(h.path("systemctl"), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *loadHost) path(name string) string { return filepath.Join(h.dir, name) }

// write makes a file. The time of its change cannot be chosen: one that is
// written later waits until the service has begun.
func (h *loadHost) write(name, text string, later bool) {
	h.t.Helper()
	for later && time.Now().UnixMilli() < h.started*1000+100 { // the times of files lag behind
		time.Sleep(50 * time.Millisecond)
	}
	for file, text := range map[string]string{name: text, "started": fmt.Sprint(h.started)} {
		if err := os.WriteFile(h.path(file), []byte(text), 0o644); err != nil {
			h.t.Fatal(err)
		}
	}
}

// stamp says that all was loaded.
func (h *loadHost) stamp(invocation string) {
	h.t.Helper()
	h.run(fmt.Sprintf("{ echo time $(date +%%s); echo invocation %s; sha256sum -- %s %s %s; } >%s", invocation, h.path("cert"), h.path("conf"), h.path("unit"), h.path("run/x.service")))
}

// at moves the time of the stamp.
func (h *loadHost) at(seconds int) {
	h.run(fmt.Sprintf("sed -i \"s/^time .*/time $(($(date +%%s) + %d))/\" %s", seconds, h.path("run/x.service")))
}

func (h *loadHost) service() Service {
	id := func(name string) ID { return NewID("file", h.path(name)) }
	return Service{Unit: "x.service", Reload: true, Loads: []ID{id("conf"), id("cert"), id("unit")}, Restarts: []ID{id("unit")}}
}

func (h *loadHost) command(script string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", "set -eu\n"+sh.Files+strings.ReplaceAll(script, "/run/foobar", h.path("run")))
	cmd.Env = append(os.Environ(), "PATH="+h.dir+":"+os.Getenv("PATH"))
	return cmd
}

func (h *loadHost) run(script string) string {
	h.t.Helper()
	out, err := h.command(script).Output()
	if err != nil {
		h.t.Fatalf("%v: %s\n%s", err, out, script)
	}
	return string(out)
}
