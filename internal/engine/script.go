package engine

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

const (
	stageDir    = "/var/lib/foobar/stage"
	stepTimeout = 2 * time.Minute
	aptTimeout  = 30 * time.Minute
	keepOutput  = 1 << 20 // of one step, for an Exchange
	mostOutput  = 500_000 // lines of one script
)

// script is one run of neighbouring steps: a frame around each, a stop at the
// first that fails, and at the end, where asked, the probes of the second look.
type script struct {
	on     *worker
	tasks  []*task
	token  string // frames what the steps print
	name   string // of what is uploaded; others on the host may see it
	probes *resource.ProbeSet

	current int // the task whose frame is open, or -1
	said    []bytes.Buffer
	status  map[int]int
	lookAs  string      // frames the second look
	second  *ask.Answer // what came after the steps
	before  []string    // what came before them
	unnoted bool        // the ledger could not be written
	failed  *task
	halted  bool
	over    bool // the steps are done
	timer   *time.Timer
	late    bool // the time of what ran was over
	mu      sync.Mutex
}

// run uploads what the steps need, runs the script and reads its frames.
func (s *script) run(ctx context.Context) error {
	if err := s.upload(ctx); err != nil {
		return err
	}
	s.current, s.status, s.said = -1, map[int]int{}, make([]bytes.Buffer, len(s.tasks))
	s.lookAs = ask.Token()
	s.second = ask.NewAnswer(s.lookAs)
	// The times of the steps end a script that hangs; what comes before, between
	// and after them has that of an answer.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.arm(s.between(), cancel)
	_, err := ask.Bounds{Lines: mostOutput}.Hear(ctx, s.on.target, s.text(), func(l string) { s.line(l, cancel) })
	s.arm(0, nil)
	if open, late := s.overdue(); open != nil {
		s.failed = open
		return s.slow(open)
	} else if late {
		return silent(fault.Wrap(fault.HostSilent, fmt.Errorf("the host said nothing of its steps for %s", s.between())))
	}
	if err != nil {
		return err
	}
	if s.unnoted {
		e := classify("", "", 1, s.on.hidden(strings.Join(s.before, "\n")))
		return &HostError{Outcome: event.Failed, Code: e.code, Msg: e.Error(), Err: e} // no play goes on without it
	}
	for i, t := range s.tasks {
		if status, ended := s.status[i]; ended && status != 0 {
			s.failed = t
			return newStepError(t, status, s.said[i].String())
		}
	}
	if s.halted {
		return errStopped
	}
	if len(s.status) < len(s.tasks) {
		if s.on.run.eng.stopping.Load() { // killed: its step was not heard to its end
			return errStopped
		}
		return fault.Wrap(fault.AnswerCut, errors.New("the host's answer was cut off before its end"))
	}
	return nil
}

// overdue says that the script took too long, and at which step; nil means
// between two of them.
func (s *script) overdue() (at *task, late bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late && s.current >= 0 {
		return s.tasks[s.current], true
	}
	return nil, s.late
}

// between is the time that a host has for what is not a step.
func (s *script) between() time.Duration {
	d := s.on.run.req.Inventory.Deploy // the shell may be at draining another host
	return s.on.patience().Whole + d.DrainTimeout + d.HealthTimeout
}

func (s *script) output(i int) []byte { return s.said[i].Bytes() }

// line reads one line of the answer; end gives up listening to it.
func (s *script) line(line string, end func()) {
	if rest, ok := strings.CutPrefix(line, s.token+" "); ok {
		s.frame(strings.Fields(rest), end)
		return
	}
	if s.current < 0 {
		if s.over {
			s.second.Line(line)
		} else if len(s.status) == 0 && len(s.before) < classified {
			s.before = append(s.before, line)
		}
		return
	}
	t := s.tasks[s.current]
	_, quiet := t.step.(resource.Exchange)
	if !quiet {
		line = s.on.hidden(line)
	}
	if buf := &s.said[s.current]; buf.Len() < keepOutput {
		buf.WriteString(line + "\n")
	}
	if quiet {
		return
	}
	if text := clean(line); text != "" {
		s.on.emit(event.Output{Host: s.on.host.Name, Resource: t.items[0].id, Line: text})
	}
}

func (s *script) frame(word []string, end func()) {
	if len(word) == 0 {
		return
	}
	i := -1
	if len(word) > 1 {
		if n, err := strconv.Atoi(word[1]); err == nil && n >= 0 && n < len(s.tasks) {
			i = n
		}
	}
	switch {
	case word[0] == "step" && i >= 0:
		s.mu.Lock()
		s.current = i
		s.mu.Unlock()
		t := s.tasks[i]
		s.arm(timeout(t.step), end)
		for _, it := range t.items {
			if it.began.IsZero() {
				it.began = time.Now()
			}
			if t.tried {
				continue // it begins in the turn of the host
			}
			s.on.emit(event.ChangeStarted{Host: s.on.host.Name, Play: it.play, Resource: it.id, Title: clean(t.title())})
		}
	case word[0] == "rc" && i >= 0 && len(word) == 3:
		status, err := strconv.Atoi(word[2])
		if err != nil {
			status = 255
		}
		s.status[i] = status
		s.mu.Lock()
		s.current = -1
		s.mu.Unlock()
		s.arm(s.between(), end)
	case word[0] == "unnoted":
		s.unnoted = true
	case word[0] == "stopped":
		s.halted = true
	case word[0] == "over":
		s.over = true
		if s.probes != nil {
			s.on.emit(event.Verifying{Host: s.on.host.Name})
		}
	}
}

// arm bounds what now runs, a step or what is between two; zero disarms. When the
// time is over the script is ended on the host; if its end does not arrive, end
// gives up listening to it.
func (s *script) arm(d time.Duration, end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if d == 0 {
		return
	}
	var mine *time.Timer
	mine = time.AfterFunc(d, func() {
		s.mu.Lock()
		over := s.timer != mine // it ended as its time did
		s.late = s.late || !over
		s.mu.Unlock()
		if over {
			return
		}
		most := 2 * cmp.Or(s.on.run.eng.KillTime, 5*time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), most)
		defer cancel()
		if s.on.target.Kill(ctx) != nil {
			_ = s.on.target.Close()
		}
		time.AfterFunc(most, end) // long after an honest host has said the end
	})
	s.timer = mine
}

func timeout(step resource.Step) time.Duration {
	switch t := step.(type) {
	case resource.Run:
		if t.Timeout > 0 {
			return t.Timeout
		}
	case resource.Apt:
		return aptTimeout
	}
	return stepTimeout
}

// upload brings the contents of the Put steps to the host's private stage, unless they
// are small enough to come within the script.
func (s *script) upload(ctx context.Context) error {
	errs := make([]error, len(s.tasks))
	room := carriedAll
	for i, t := range s.tasks {
		if p, ok := t.step.(resource.Put); ok {
			t.content, errs[i] = carried(p, &room)
		}
	}
	ask.Each(8, s.tasks, func(i int, t *task) {
		if p, ok := t.step.(resource.Put); ok && t.content == "" && errs[i] == nil {
			t.staged = fmt.Sprintf("%s/%s-%d", stageDir, s.name, i)
			errs[i] = s.send(ctx, t, p)
		}
	})
	for i, err := range errs {
		if err != nil {
			s.failed = s.tasks[i]
			return s.noRoom(ctx, s.tasks[i], err)
		}
	}
	return nil
}

func (s *script) send(ctx context.Context, t *task, p resource.Put) error {
	to := t.staged
	if p.Archive != nil { // several hosts read it at once
		size := p.Archive.Size()
		say := func(text string) {
			s.on.emit(event.Output{Host: s.on.host.Name, Resource: t.items[0].id, Line: text})
		}
		return s.on.target.Upload(ctx, to, 0o600, size, newSending(io.NewSectionReader(p.Archive, 0, size), size, say))
	}
	if p.File == "" {
		return s.on.target.Upload(ctx, to, 0o600, int64(len(p.Content)), bytes.NewReader(p.Content))
	}
	f, err := os.Open(p.File)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return s.on.target.Upload(ctx, to, 0o600, info.Size(), io.Reader(f))
}

// text is the script. Each step runs in a subshell with set -eu; its variables
// and its exit end with it. It may use the functions of sh.Files.
func (s *script) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%sT=%s stop=%s\n%s%s%s", s.on.takeOpening(), sh.Files, s.token, stopFile, s.on.takeLedger(), stepFunctions, jobFunction)
	for i, t := range s.tasks {
		fmt.Fprintf(&b, "step_begins %d\n%sstep_ended %d\n", i, s.step(t), i)
	}
	b.WriteString("printf '\\n%s over\\n' \"$T\"\n")
	if s.probes != nil {
		b.WriteString(ask.Script(s.lookAs, s.probes.Script()))
	}
	return b.String()
}

func (s *script) step(t *task) string {
	switch step := t.step.(type) {
	case resource.Put:
		return "( set -eu\n" + sh.Set("tried", map[bool]string{true: "yes"}[t.tried]) + putScript(step, t.staged, t.content, s.name) + ")\n"
	case resource.Apt:
		return "job " + encode(aptScript(step.Packages)) + " dbus\n"
	case resource.Run:
		if step.Detached {
			return "job " + encode("set -eu\n"+sh.Files+step.Script+"\n") + "\n"
		}
		body := "( set -eu\n" + step.Script + "\n)\n"
		if len(step.Input) > 0 {
			// printf is the shell's own: the input is in no process's arguments.
			return "printf %s " + encode(string(step.Input)) + " | base64 -d | " + body
		}
		return body
	case resource.Exchange:
		return "( set -eu\n" + step.Script + "\n)\n"
	}
	return ":\n"
}

func encode(s string) string { return "'" + base64.StdEncoding.EncodeToString([]byte(s)) + "'" }

// putScript lands a file that was uploaded, or that content prints: as a copy beside the target, in a folder that
// nobody but root can change, it gets owner and mode, is checked and flushed, and
// renamed. What the checker reads is thus what lands, and the names in it that
// are relative mean the same.
func putScript(p resource.Put, staged, content, name string) string {
	dir, base := path.Split(p.Path)
	tmp := sh.Quote(dir + ".foobar-" + strings.TrimPrefix(name, "foobar-")[:8] + "-" + base)
	program, check := "", ":"
	if p.Check != "" {
		program, check = strings.Fields(p.Check)[0], strings.ReplaceAll(p.Check, "%s", tmp)
		if p.CheckAs != "" {
			check = sh.As(p.CheckAs, check)
		}
	}
	return "t=" + tmp + " " + sh.Set("program", program) + sh.Func("check", check) + sh.Func("rejected", fault.Shell(fault.ConfigRejected)) + sh.Func("content", cmp.Or(content, ":")) +
		"land " + sh.Join(staged, path.Clean(dir), p.Path, fmt.Sprintf("%04o", p.Mode), p.Owner, p.Group) + "\n"
}

// stepFunctions frame the steps and land files.
//
//go:embed steps.sh
var stepFunctions string

// jobFunction runs a script as a transient unit, so that a dropped connection
// does not cut it off, and shows its log meanwhile. The unit has one name: the
// next run waits for it. Source: systemd-run(1), tail(1).
//
//go:embed job.sh
var jobFunction string

// aptInstall installs the packages that are its arguments without a question. What
// was half done before is finished first; the index is refreshed when it is older
// than an hour or than the list of sources, and once more when a package is not
// found.
//
//go:embed apt.sh
var aptInstall string

func aptScript(packages []string) string { return "set -- " + sh.Join(packages...) + "\n" + aptInstall }
