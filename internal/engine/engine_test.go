package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"foobar/internal/event"
	"foobar/internal/facts"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

// shell is a Target on this machine's own sh, with foobar's folders moved into
// a temporary one. It exercises the scripts as a host's shell would.
type shell struct {
	t       *testing.T
	dir     string
	scripts int
	prove   error
	locked  error
	keys    facts.HostKeys
	signals []string
	mu      sync.Mutex
	running *exec.Cmd
}

func (s *shell) move(script string) string {
	return strings.NewReplacer("/var/lib/foobar", s.dir+"/lib", "/run/foobar", s.dir+"/run").Replace(script)
}

func (s *shell) Run(ctx context.Context, script string, line func(string)) (int, error) {
	s.scripts++
	cmd := exec.CommandContext(ctx, "sh")
	cmd.Stdin = strings.NewReader(s.move(script))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.running = cmd
	s.mu.Unlock()
	for r := bufio.NewScanner(out); r.Scan(); {
		line(r.Text())
	}
	_ = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil // as a host says it
	}
	return cmd.ProcessState.ExitCode(), nil
}

func (s *shell) Upload(_ context.Context, path string, mode uint32, _ int64, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return os.WriteFile(s.move(path), data, os.FileMode(mode))
}

func (s *shell) Prove(context.Context) error { return s.prove }
func (s *shell) Signal(_ context.Context, script string) error {
	s.mu.Lock()
	s.signals = append(s.signals, script)
	s.mu.Unlock()
	return exec.Command("sh", "-c", s.move(script)).Run()
}
func (s *shell) Kill(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	return syscall.Kill(-s.running.Process.Pid, syscall.SIGKILL)
}
func (s *shell) Lock(context.Context, time.Duration, string) error { return s.locked }
func (s *shell) RunLocked(ctx context.Context, _, script string, line func(string)) (int, error) {
	if s.locked != nil {
		return 0, s.locked
	}
	return s.Run(ctx, script, line)
}
func (s *shell) Address() string          { return "here" }
func (s *shell) Cost() (int, int)         { return 1, s.scripts }
func (s *shell) Close() error             { return nil }
func (s *shell) HostKeys() facts.HostKeys { return s.keys }

// bench is a test's site: hosts with folders of their own.
type bench struct {
	t       *testing.T
	inv     *inventory.Inventory
	dirs    map[string]string
	shells  map[string]*shell
	plays   func() []play.Play
	events  []event.Event
	eng     *Engine
	mu      sync.Mutex
	prove   error
	onEmit  func(event.Event)
	approve func(*Plan) (bool, error)
	roles   []string
	limit   []string
	drains  []string // Request.Balancers
	record  event.RunRecorded
	known   map[string]facts.Facts
	build   func(map[string]facts.Facts) // called before plays
	wrap    func(*shell) Target
	tune    func(*Engine)
	master  *secret.Master
	begin   func() error
	beside  play.Beside
	expect  *Saved
}

func newBench(t *testing.T, hosts ...string) *bench {
	b := &bench{t: t, inv: &inventory.Inventory{Path: "inventory.toml", Site: inventory.Site{Name: "test"}}, dirs: map[string]string{}}
	for i, name := range hosts {
		b.inv.Hosts = append(b.inv.Hosts, &inventory.Host{Name: name, Address: name, Private: []netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}})
		b.dirs[name] = t.TempDir()
	}
	return b
}

func (b *bench) path(host, name string) string { return filepath.Join(b.dirs[host], name) }

func (b *bench) run(verb string) Result {
	b.t.Helper()
	return b.runIn(b.t.Context(), verb)
}

func (b *bench) runIn(ctx context.Context, verb string) Result {
	b.t.Helper()
	b.events, b.shells = nil, map[string]*shell{}
	b.eng = &Engine{
		Dial: func(_ context.Context, h *inventory.Host) (Target, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.shells[h.Name] = &shell{t: b.t, dir: b.dirs[h.Name], prove: b.prove}
			if b.wrap != nil {
				return b.wrap(b.shells[h.Name]), nil
			}
			return b.shells[h.Name], nil
		},
		Emit: func(e event.Event) {
			b.mu.Lock()
			b.events = append(b.events, e)
			hook := b.onEmit
			b.mu.Unlock()
			if hook != nil {
				hook(e)
			}
		},
	}
	if b.tune != nil {
		b.tune(b.eng)
	}
	return b.eng.Run(ctx, Request{Verb: verb, Inventory: b.inv, Apply: verb == "deploy", Approve: b.approve, Roles: b.roles, Limit: b.limit, Balancers: b.drains, Record: b.record, Known: b.known, Begin: b.begin, Beside: b.beside, Expect: b.expect,
		Learned: func(f map[string]facts.Facts) { b.known = f },
		Build: func(f map[string]facts.Facts) (*play.Site, []play.Play, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.build != nil {
				b.build(f)
			}
			return &play.Site{Inv: b.inv, Master: b.master, Facts: f, Owned: []resource.Owned{resource.Service{}, resource.File{}, resource.Link{}, account{}}}, b.plays(), nil
		}})
}

func (b *bench) problems() string {
	for _, e := range b.events {
		if d, ok := e.(event.RunDone); ok {
			return strings.Join(d.Problems, "\n")
		}
	}
	return ""
}

func (b *bench) changed() (ids []string) {
	for _, e := range b.events {
		if d, ok := e.(event.ChangeDone); ok && d.Changed {
			ids = append(ids, d.Host+" "+string(d.Resource))
		}
	}
	return ids
}

// me is the file's owner in tests that are not run by root.
func (b *bench) file(host, name, content string) resource.File {
	user, _ := exec.Command("id", "-un").Output()
	group, _ := exec.Command("id", "-gn").Output()
	return resource.File{Path: b.path(host, name), Content: []byte(content), Owner: strings.TrimSpace(string(user)), Group: strings.TrimSpace(string(group))}
}

func (b *bench) one(want func(h *inventory.Host) []resource.Resource) {
	b.plays = func() []play.Play {
		return []play.Play{{Name: "one", Role: fixed{"one", want}, Hosts: b.inv.Hosts}}
	}
}

// TestKnownFactsSaveAScript: a host that is what it was is asked in one script, any
// other in two, and what comes of it is the same.
func TestKnownFactsSaveAScript(t *testing.T) {
	b := newBench(t, "a", "b")
	var seen map[string]facts.Facts
	b.one(func(h *inventory.Host) []resource.Resource {
		return []resource.Resource{b.file(h.Name, fmt.Sprintf("for %d processors", seen[h.Name].CPUs), "hello\n")}
	})
	b.build = func(f map[string]facts.Facts) { seen = f }
	scripts := func() string {
		var all []string
		for _, e := range b.events {
			if d, ok := e.(event.HostDone); ok {
				all = append(all, fmt.Sprintf("%s %d", d.Host, d.Scripts))
			}
		}
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	b.run("deploy")
	if got := scripts(); got != "a 3, b 3" {
		t.Errorf("the first deploy takes %s scripts", got)
	}
	for _, c := range []struct {
		what, scripts string
		forget        func(facts.Facts) facts.Facts
	}{
		{"what it was", "a 1, b 1", func(f facts.Facts) facts.Facts { return f }},
		{"after writes", "a 1, b 1", func(f facts.Facts) facts.Facts { f.Database.Position = "0-1-7"; return f }},
		{"another machine", "a 2, b 1", func(f facts.Facts) facts.Facts { f.CPUs++; return f }},
		{"another site's", "a 2, b 2", func(f facts.Facts) facts.Facts { f.OwnedBy = "other"; return f }},
	} {
		b.known["a"] = c.forget(b.known["a"])
		r := b.run("deploy")
		if got := scripts(); r.Exit != ExitOK || got != c.scripts || len(b.changed()) > 0 {
			t.Errorf("%s: exit %d, scripts %s, changed %v", c.what, r.Exit, got, b.changed())
		}
	}
	delete(b.known, "a")
	if b.run("deploy"); scripts() != "a 2, b 1" {
		t.Errorf("a host that was not seen before: scripts %s", scripts())
	}
}

func TestConvergesAndThenChangesNothing(t *testing.T) {
	b := newBench(t, "a", "b")
	b.one(func(h *inventory.Host) []resource.Resource {
		return []resource.Resource{b.file(h.Name, "etc/x.conf", "hello\n"), resource.Link{Path: b.path(h.Name, "link"), Target: "etc/x.conf"}}
	})
	if r := b.run("plan"); r.Exit != ExitDiffers || r.Plan.Changes() != 4 {
		t.Fatalf("plan: exit %d, %d changes: %s", r.Exit, r.Plan.Changes(), b.problems())
	}
	if _, err := os.Stat(b.path("a", "etc/x.conf")); err == nil {
		t.Fatal("plan wrote a file")
	}
	if r := b.run("deploy"); r.Exit != 0 || len(b.changed()) != 4 {
		t.Fatalf("deploy: exit %d, changed %v: %s", r.Exit, b.changed(), b.problems())
	}
	if got, _ := os.ReadFile(b.path("b", "link")); string(got) != "hello\n" {
		t.Errorf("the file holds %q", got)
	}
	r := b.run("deploy")
	if r.Exit != 0 || len(b.changed()) != 0 {
		t.Fatalf("second deploy: exit %d, changed %v: %s", r.Exit, b.changed(), b.problems())
	}
	for name, s := range b.shells {
		if s.scripts != 1 {
			t.Errorf("%s: a converged deploy ran %d scripts, not 1", name, s.scripts)
		}
	}
}

func TestRemovesWhatLeftTheInventory(t *testing.T) {
	b := newBench(t, "a")
	files := []string{"one", "two"}
	b.one(func(h *inventory.Host) (want []resource.Resource) {
		for _, f := range files {
			want = append(want, b.file("a", f, f))
		}
		return want
	})
	b.run("deploy")
	files = files[:1]
	if r := b.run("plan"); r.Plan.Changes() != 1 {
		t.Fatalf("%d changes are planned, not 1", r.Plan.Changes())
	}
	b.run("deploy")
	if _, err := os.Stat(b.path("a", "two")); err == nil {
		t.Error("the file that left the inventory is still there")
	}
	if r := b.run("plan"); r.Exit != 0 {
		t.Errorf("plan afterwards: exit %d", r.Exit)
	}
}

func TestFailureIsNamedAndTheNextRunFinishes(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(h *inventory.Host) []resource.Resource {
		bad := b.file("a", "bad", "x")
		bad.Check = "grep -q y %s || { echo it lacks a y; false; }"
		return []resource.Resource{b.file("a", "good", "x"), bad, b.file("a", "later", "x")}
	})
	if r := b.run("deploy"); r.Exit != ExitFailed {
		t.Fatalf("exit %d", r.Exit)
	}
	for _, part := range []string{"a: file:" + b.path("a", "bad"), "it lacks a y"} {
		if !strings.Contains(b.problems(), part) {
			t.Errorf("the error does not say %q: %s", part, b.problems())
		}
	}
	if want := []string{"a file:" + b.path("a", "good")}; !slices.Equal(b.changed(), want) {
		t.Errorf("changed %v, not %v", b.changed(), want)
	}
	left, _ := filepath.Glob(b.path("a", ".foobar-*"))
	if len(left) > 0 {
		t.Errorf("temporary files were left: %v", left)
	}
}

func TestSecondLookDecides(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource {
		return []resource.Resource{resource.Custom{Name: "custom:liar", Ask: "echo off", Compare: func(o resource.Observed) (resource.Change, error) {
			return resource.Change{Action: resource.Update, Fields: []resource.Field{{Name: "state", Old: strings.TrimSpace(o.Get("out")), New: "on"}},
				Steps: []resource.Step{resource.Run{Title: "lie", Script: "true"}}}, nil
		}}}
	})
	if r := b.run("deploy"); r.Exit != ExitFailed || !strings.Contains(b.problems(), "did not converge") {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
}

func TestOrderBetweenHosts(t *testing.T) {
	b := newBench(t, "a", "b")
	shared := filepath.Join(t.TempDir(), "log")
	logs := func(name string) resource.Resource {
		mark := shared + "." + name
		return resource.Custom{Name: resource.NewID("custom", name), In: resource.Converge, Ask: "test -e " + mark + " || exit 3",
			Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Present {
					return resource.Change{}, nil
				}
				return resource.Change{Action: resource.Create, Fields: []resource.Field{{Name: "x", New: "y"}},
					Steps: []resource.Step{resource.Run{Title: name, Script: "sleep 0.1; echo " + name + " >>" + shared + "; touch " + mark}}}, nil
			}}
	}
	b.plays = func() []play.Play {
		return []play.Play{
			{Name: "first", Role: fixed{"r", func(*inventory.Host) []resource.Resource { return []resource.Resource{logs("first")} }}, Hosts: b.inv.Hosts[:1]},
			{Name: "second", Role: fixed{"r", func(*inventory.Host) []resource.Resource { return []resource.Resource{logs("second")} }}, Hosts: b.inv.Hosts[1:], After: []string{"first"}},
		}
	}
	if r := b.run("deploy"); r.Exit != 0 {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	if got, _ := os.ReadFile(shared); string(got) != "first\nsecond\n" {
		t.Errorf("the order was %q", got)
	}
}

func TestExchangeAndGuess(t *testing.T) {
	b := newBench(t, "a")
	path := b.path("a", "answer")
	b.one(func(*inventory.Host) []resource.Resource {
		return []resource.Resource{
			resource.Custom{Name: "custom:exchange", Ask: "test -e " + path + " || exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Present {
					return resource.Change{}, nil
				}
				return resource.Change{Action: resource.Create, Fields: []resource.Field{{Name: "x", New: "y"}}, Steps: []resource.Step{
					resource.Exchange{Title: "ask", Script: "echo question", Reply: func(out []byte) ([]resource.Step, error) {
						if strings.TrimSpace(string(out)) != "question" {
							return nil, fmt.Errorf("the host said %q", out)
						}
						f := b.file("a", "answer", "42")
						return []resource.Step{resource.Put{Path: f.Path, Content: f.Content, Mode: 0o600, Owner: f.Owner, Group: f.Group}}, nil
					}}}}, nil
			}},
			resource.Custom{Name: "custom:guess", In: resource.Converge, Ask: "cat " + path + " || exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Absent {
					return resource.Change{Action: resource.Create, Provisional: true, Reason: "not there yet"}, nil
				}
				return resource.Change{}, nil
			}},
		}
	})
	if r := b.run("deploy"); r.Exit != 0 {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	if got, _ := os.ReadFile(path); string(got) != "42" {
		t.Errorf("the answer is %q", got)
	}
}

func TestFailedProofIsUndone(t *testing.T) {
	b := newBench(t, "a")
	b.prove = errors.New("connection refused")
	mark := b.path("a", "undone")
	b.one(func(*inventory.Host) []resource.Resource {
		return []resource.Resource{resource.Custom{Name: "custom:wall", Ask: "exit 3", Compare: func(resource.Observed) (resource.Change, error) {
			return resource.Change{Action: resource.Update, Fields: []resource.Field{{Name: "x", New: "y"}},
				Steps: []resource.Step{resource.Run{Title: "wall", Script: ":"}, resource.Prove{Undo: "touch " + mark}}}, nil
		}}}
	})
	if r := b.run("deploy"); r.Exit != ExitReverted {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	if _, err := os.Stat(mark); err != nil {
		t.Error("the change was not undone")
	}
}

func TestStopEndsAfterTheCurrentStep(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource {
		var want []resource.Resource
		for _, name := range []string{"one", "two"} {
			p := b.path("a", name)
			want = append(want, resource.Custom{Name: resource.NewID("custom", name), Ask: "test -e " + p + " || exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Present {
					return resource.Change{}, nil
				}
				return resource.Change{Action: resource.Create, Fields: []resource.Field{{Name: "x", New: "y"}},
					Steps: []resource.Step{resource.Run{Title: name, Script: "sleep 1; touch " + p}}}, nil
			}})
		}
		return want
	})
	b.onEmit = func(e event.Event) {
		if _, ok := e.(event.ChangeStarted); ok {
			go b.eng.Stop()
		}
	}
	if r := b.run("deploy"); r.Exit != ExitInterrupted {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	if _, err := os.Stat(b.path("a", "one")); err != nil {
		t.Error("the step under way was not finished")
	}
	if _, err := os.Stat(b.path("a", "two")); err == nil {
		t.Error("the next step was begun")
	}
}
