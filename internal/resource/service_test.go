package resource

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/sh"
)

const (
	conf = ID("file:/etc/x.conf")
	unit = ID("file:/etc/systemd/system/x.service")
)

func running(extra map[string]string) Observed {
	attrs := map[string]string{"load": "loaded", "active": "active", "enabled": "enabled", "reload-needed": "no", "invocation": "i1", "start": "1000",
		"sum /etc/x.conf": "aa", "ctime /etc/x.conf": "900", "sum /etc/systemd/system/x.service": "bb", "ctime /etc/systemd/system/x.service": "900"}
	for k, v := range extra {
		attrs[k] = v
	}
	return Observed{State: Present, Attrs: attrs}
}

func TestServiceHasLoadedTheBytesOnDisk(t *testing.T) {
	s := Service{Unit: "x.service", Loads: []ID{conf, unit}, Restarts: []ID{unit}, Reload: true, Disruptive: true}
	stamp := func(extra map[string]string) map[string]string {
		m := map[string]string{"stamp time": "2000", "stamp invocation": "i1", "stamp /etc/x.conf": "aa", "stamp /etc/systemd/system/x.service": "bb"}
		for k, v := range extra {
			m[k] = v
		}
		return m
	}
	for name, c := range map[string]struct {
		seen    Observed
		changes ID
		verb    string // of the step's title; empty: nothing to do
	}{
		"all is well":                         {seen: running(nil)},
		"stamped":                             {seen: running(stamp(nil))},
		"written after the start":             {seen: running(map[string]string{"ctime /etc/x.conf": "1001"}), verb: "reload"},
		"written in the second of the start":  {seen: running(map[string]string{"ctime /etc/x.conf": "1000"}), verb: "reload"},
		"loaded later, as the stamp says":     {seen: running(stamp(map[string]string{"ctime /etc/x.conf": "1500"}))},
		"edited after the stamp":              {seen: running(stamp(map[string]string{"ctime /etc/x.conf": "2500", "sum /etc/x.conf": "cc"})), verb: "reload"},
		"edited and put back, perhaps loaded": {seen: running(stamp(map[string]string{"ctime /etc/x.conf": "2500"})), verb: "reload"},
		"restarted by hand since the stamp":   {seen: running(stamp(map[string]string{"stamp invocation": "i0", "start": "3000"}))},
		"a unit file touched but as it was":   {seen: running(stamp(map[string]string{"ctime /etc/systemd/system/x.service": "2500"}))},
		"the unit file is newer":              {seen: running(map[string]string{"ctime /etc/systemd/system/x.service": "1001"}), verb: "restart"},
		"systemd has not read the unit file":  {seen: running(map[string]string{"reload-needed": "yes"}), verb: "restart"},
		"a file about to be written":          {seen: running(nil), changes: conf, verb: "reload"},
		"a unit file about to be written":     {seen: running(nil), changes: unit, verb: "restart"},
		"stopped":                             {seen: running(map[string]string{"active": "inactive"}), verb: "start"},
		"failed":                              {seen: running(map[string]string{"active": "failed"}), verb: "start"},
		"masked":                              {seen: running(map[string]string{"active": "inactive", "load": "masked", "enabled": "masked"}), verb: "start"},
		"restarted but not seen ready":        {seen: running(stamp(map[string]string{"unready": "yes"})), verb: "await"},
		"not ready and about to be rewritten": {seen: running(stamp(map[string]string{"unready": "yes"})), changes: conf, verb: "reload"},
		"disabled":                            {seen: running(map[string]string{"enabled": "disabled"}), verb: "enable"},
		"a loaded file has gone":              {seen: running(map[string]string{"sum /etc/x.conf": ""}), verb: "reload"},
	} {
		got, err := s.Diff(c.seen.Before(func(id ID) bool { return id == c.changes }))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		verb := ""
		if len(got.Steps) > 0 {
			verb, _, _ = strings.Cut(got.Steps[0].(Run).Title, " ")
		}
		if verb != c.verb {
			t.Errorf("%s: %q, not %q (%s)", name, verb, c.verb, show(got))
		}
		if got.Disrupts != (c.verb == "restart") {
			t.Errorf("%s: disrupts is %v", name, got.Disrupts)
		}
	}
}

// TestServiceAsksWhatSystemdHasRead: where a unit file is about to be written, what systemd was
// seen to have read says nothing, as where somebody changed the file and had it read.
func TestServiceAsksWhatSystemdHasRead(t *testing.T) {
	s := Service{Unit: "x.service", Loads: []ID{conf, unit}, Restarts: []ID{unit}, Reload: true}
	seen := map[string]string{"stamp time": "2000", "stamp invocation": "i1", "stamp /etc/x.conf": "aa", "stamp /etc/systemd/system/x.service": "bb", "reload-needed": "no", "load": "loaded"}
	for id, asks := range map[ID]bool{conf: false, unit: true} {
		c, err := s.Diff(running(seen).Before(func(changing ID) bool { return changing == id }))
		if err != nil || len(c.Steps) != 1 {
			t.Fatalf("%s: %s, %v", id, show(c), err)
		}
		if script := c.Steps[0].(Run).Script; strings.Contains(script, "enabled=yes read=''\n") != asks {
			t.Errorf("%s is about to be written:\n%s", id, script[:min(200, len(script))])
		}
	}
}

// TestServiceNotReadyIsSeenByTheNextRun runs the scripts with a systemctl that
// only pretends: a start that never became ready leaves its mark.
func TestServiceNotReadyIsSeenByTheNextRun(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"systemctl", "journalctl", "sleep"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mark := filepath.Join(dir, "x.service.unready")
	s := Service{Unit: "x.service", Ready: "[ -e " + dir + "/up ]", ReadyTimeout: time.Second}
	run := func(verb string) error {
		cmd := exec.Command("sh", "-euc", sh.Files+strings.NewReplacer("/run/foobar", dir, KeptBefore, dir+"/before/").Replace(s.TurnScript(verb)))
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		return cmd.Run()
	}
	kept := filepath.Join(dir, "before", "x.service")
	if err := os.MkdirAll(filepath.Join(kept, "x.conf"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"restart", "await"} {
		if run(verb) == nil {
			t.Errorf("%s: what never became ready went well", verb)
		}
		for _, path := range []string{mark, kept} {
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: nothing tells the next run: %v", verb, err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "up"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run("await"); err != nil {
		t.Error(err)
	}
	for _, path := range []string{mark, kept} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s outlives the proof", path)
		}
	}
}

// TestNotSeenReady: a unit is looked at again by the next run where one that was killed had
// not seen it ready, or had replaced files of it that it has loaded meanwhile.
func TestNotSeenReady(t *testing.T) {
	for name, want := range map[string]string{"": "", "run/x.service.unready": "unready yes", "before/x.service": "unready yes", "before/y.service": ""} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		script := strings.NewReplacer("/run/foobar", dir+"/run", KeptBefore, dir+"/before/", othersProbe, "").Replace(serviceKind{}.Script([][]string{{"x.service"}}))
		out, err := exec.Command("sh", "-euc", "o() { shift; echo \"$@\"; }\nothers() { :; }\nstamps() { :; }\n"+script).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("with %q the unit is said to be %q, %v", name, got, err)
		}
	}
}

// TestServiceThatDiesAgainAndAgain: what systemd starts anew and anew is not waited for
// until its time is over, and its last words are shown; one death is forgiven.
func TestServiceThatDiesAgainAndAgain(t *testing.T) {
	for deaths, want := range map[int]int{1: 0, 2: 102} {
		dir := t.TempDir()
		for name, text := range map[string]string{
			// Every question counts as a life, until it has died so often.
			"systemctl": `case "$*" in *InvocationID*) n=$(cat "$D/n"); [ "$n" -ge "$DEATHS" ] || echo $((n+1)) >"$D/n"
case "$*" in *--value*) echo life0 ;; *) echo "InvocationID=life$n"; echo ActiveState=activating ;; esac
esac`,
			"journalctl": `echo "KeyError: 'NAME'"`,
			"sleep":      ``,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "n"), []byte("0\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s := Service{Unit: "x.service", Ready: `asked=$((${asked:-0}+1)); [ $asked -gt 9 ]`, ReadyTimeout: time.Hour}
		cmd := exec.Command("sh", "-euc", sh.Files+strings.ReplaceAll(s.TurnScript("restart"), "/run/foobar", dir))
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "D="+dir, fmt.Sprintf("DEATHS=%d", deaths))
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != want || strings.Contains(string(out), "KeyError") != (want > 0) {
			t.Errorf("%d deaths: exit %d, not %d: %s", deaths, got, want, out)
		}
	}
}

func TestServiceThatIsToStop(t *testing.T) {
	s := Service{Unit: "x.service", Stopped: true}
	if c, _ := s.Diff(Observed{State: Absent, Attrs: map[string]string{"load": "not-found", "active": "inactive"}}); !c.Empty() {
		t.Errorf("a unit that is not there: %+v", c)
	}
	if c, _ := s.Diff(running(nil)); c.Empty() {
		t.Error("a running unit was left running")
	} else if most := c.Steps[0].(Run).Timeout; most <= time.Hour {
		t.Errorf("a worker that may take an hour to end is given %s", most)
	}
	if c, _ := s.Diff(running(map[string]string{"active": "inactive"})); c.Empty() {
		t.Error("an enabled unit was left enabled")
	}
}

func TestServiceAnswerIsRead(t *testing.T) {
	args := [][]string{{"a.service", "/etc/a"}, {"b.service"}, {"c.service"}}
	lines := strings.Split(`Id=a.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
NeedDaemonReload=no
InvocationID=abc
InactiveExitTimestamp=@1700000000

Id=b.service
LoadState=not-found
ActiveState=inactive
stat	/etc/a	regular file	0644	root:root	9	1699999999	'/etc/a'
`+strings.Repeat("0", 64)+`  /etc/a`, "\n")
	found := make([]Observed, 3)
	found[0].Set("stamp", "time 5\ninvocation abc\n"+strings.Repeat("1", 64)+"  /etc/a\n")
	serviceKind{}.Parse(args, lines, found)
	a := found[0]
	for key, want := range map[string]string{"active": "active", "start": "1700000000", "stamp time": "5", "stamp invocation": "abc",
		"sum /etc/a": strings.Repeat("0", 64), "ctime /etc/a": "1699999999", "stamp /etc/a": strings.Repeat("1", 64)} {
		if a.Get(key) != want {
			t.Errorf("%s is %q, not %q", key, a.Get(key), want)
		}
	}
	if a.State != Present || found[1].State != Absent || found[2].State != Unknown {
		t.Errorf("the states are %s, %s, %s", a.State, found[1].State, found[2].State)
	}
}

func TestPackagesMissingAndHalfInstalled(t *testing.T) {
	p := Packages{For: "x", Names: []string{"there", "missing", "broken"}}
	found := make([]Observed, 1)
	packageKind{}.Parse([][]string{p.Names}, []string{"package\tthere\tinstalled\tinstall\t1", "package\tbroken\thalf-configured\tinstall\t1", "packages asked"}, found)
	c, err := p.Diff(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := show(c); got != "missing=>installed broken=half-configured>installed" {
		t.Errorf("the change is %q", got)
	}
	if got := c.Steps[0].(Apt).Packages; strings.Join(got, " ") != "missing broken" {
		t.Errorf("to install: %v", got)
	}
}

// TestOwnerAloneRestartsNothing: a process goes on with the bytes it has, where
// it is known which those are; a reload that costs nothing sets the time anew.
func TestOwnerAloneRestartsNothing(t *testing.T) {
	sum := strings.Repeat("a", 64)
	seen := Observed{State: Present, Attrs: map[string]string{"load": "loaded", "active": "active", "enabled": "enabled", "start": "10", "invocation": "i",
		"sum /x": sum, "ctime /x": "5", "stamp invocation": "i", "stamp time": "20", "stamp /x": sum}}
	x := NewID("file", "/x")
	for _, c := range []struct {
		reload  bool
		stamp   string
		pending ID
		title   string
	}{
		{false, "i", Quietly(x), ""},
		{false, "i", x, "restart x.service"},
		{true, "i", Quietly(x), "reload x.service"},
		{false, "of before", Quietly(x), "restart x.service"},
	} {
		seen.Attrs["stamp invocation"] = c.stamp
		s := Service{Unit: "x.service", Loads: []ID{x}, Reload: c.reload}
		change, err := s.Diff(seen.Before(func(id ID) bool { return id == c.pending }))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(change.Steps) > 0 {
			got = change.Steps[0].(Run).Title
		}
		if got != c.title {
			t.Errorf("%+v: %q", c, got)
		}
	}
	f := File{Path: "/x", Content: []byte("x")}
	c, err := f.Diff(Observed{State: Present, Attrs: map[string]string{"type": "regular file", "mode": "0644", "owner": "nobody:nogroup", "sum": f.sum()}})
	if err != nil || !c.Quiet {
		t.Errorf("another owner alone is %+v, %v", c, err)
	}
	c, err = f.Diff(Observed{State: Present, Attrs: map[string]string{"type": "regular file", "mode": "0644", "owner": "nobody:nogroup", "sum": sum}})
	if err != nil || c.Quiet {
		t.Errorf("other bytes are %+v, %v", c, err)
	}
}

// TestSameComparesAllButFunctions: what two plays want under one name may differ
// in nothing but the functions that a certificate holds.
func TestSameComparesAllButFunctions(t *testing.T) {
	sign := func(name string) Certificate {
		return Certificate{Dir: "/etc/x", Names: []string{name}, Sign: func([]byte) ([]byte, error) { return []byte(name), nil }}
	}
	for _, c := range []struct {
		a, b Resource
		want bool
	}{
		{File{Path: "/etc/x"}, At(Converge, File{Path: "/etc/x"}), true},
		{File{Path: "/etc/x"}, File{Path: "/etc/x", Mode: 0o600}, false},
		{Dir{Path: "/etc/x"}, OwnDir{Path: "/etc/x"}, false},
		{sign("a"), sign("a"), true},
		{sign("a"), sign("b"), false},
	} {
		if Same(c.a, c.b) != c.want {
			t.Errorf("%v and %v: the same is %v", c.a, c.b, !c.want)
		}
	}
}
