package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/resource"
	"foobar/inventory"
)

// stepError is a step that ended with an error on a host.
type stepError struct {
	title  string
	ended  string // "exit status 1"
	code   fault.Code
	tail   []string // the last lines of its output
	reason string   // the line that tells the code, where one does
	raised bool     // the reason is Python's, at the end of the tail
	health string   // what a health question was answered with, where it says that
}

// Error is what failed, how it ended and its last words.
func (e *stepError) Error() string {
	last := e.tail[max(0, len(e.tail)-3):]
	if e.raised {
		last = []string{e.reason}
	}
	if e.reason != "" && !slices.Contains(last, e.reason) {
		last = append([]string{e.reason}, last[min(len(last), 1):]...)
	}
	if e.health != "" && !slices.Contains(last, e.health) {
		last = append([]string{e.health}, last...)
	}
	text := e.title + e.ended
	if len(last) > 0 {
		text += ": " + strings.Join(last, " | ")
	}
	return text
}

// Fault is the failure's code.
func (e *stepError) Fault() fault.Code { return e.code }

// classified is how many of the last lines of a step the catalogue looks at.
const classified = 80

// newStepError is the error of a step that ended with this status.
func newStepError(t *task, status int, said string) *stepError {
	return classify(t.title()+": ", t.items[0].id.Kind(), status, said)
}

// classify is the error of a script that printed this, with its code; title and kind
// are empty where it belongs to no step.
func classify(title, kind string, status int, said string) *stepError {
	e := &stepError{title: title, ended: fmt.Sprintf("exit status %d", status)}
	all := spoken(said, 3*classified) // several processes may have a traceback each
	lines := all[max(0, len(all)-classified):]
	e.code, e.reason = fault.Classify(fault.Output{Kind: kind, Status: status, Lines: lines})
	if trace := traceback(all); trace != nil {
		lines, e.reason, e.raised = trace, strings.TrimSpace(trace[len(trace)-1]), true
	} else if own := ownWords(lines); own != nil && e.reason == "" {
		lines = own
	}
	e.tail, e.health = bounded(lines, e.reason), unwell(all)
	return e
}

// unwell is the line that says how a program has answered that did not become ready; see
// service_turn.sh.
func unwell(lines []string) string {
	for _, line := range slices.Backward(lines) {
		if strings.Contains(line, " did not become ready: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// slow is the error of a step that was ended because it took too long.
func (s *script) slow(t *task) error {
	e := &stepError{title: t.title() + ": ", ended: "took longer than " + timeout(t.step).String() + " and was stopped", code: fault.StepTimeout}
	e.tail = bounded(spoken(s.said[slices.Index(s.tasks, t)].String(), classified), "")
	return e
}

// noRoom looks for the reason of an upload that failed: SFTP has one word for
// a full disk, a read-only one and others.
func (s *script) noRoom(ctx context.Context, t *task, cause error) error {
	var lost *HostError
	p, ok := t.step.(resource.Put)
	if !ok || errors.As(cause, &lost) || ctx.Err() != nil {
		return cause
	}
	size := int64(len(p.Content))
	if p.Archive != nil {
		size = p.Archive.Size()
	}
	if info, err := os.Stat(p.File); p.File != "" && err == nil {
		size = info.Size()
	}
	said, status, err := s.on.patience().Answer(ctx, s.on.target, fmt.Sprintf("f=%s/probe\nhead -c %d /dev/zero >\"$f\" && sync -- \"$f\"\nr=$?\nrm -f -- \"$f\"\nexit $r\n",
		stageDir, max(size, 64<<10)))
	if err != nil || status == 0 {
		return cause
	}
	e := newStepError(t, status, strings.Join(said, "\n"))
	e.ended = "it could not be copied to the host"
	return e
}

// unanswered says why an answer is missing: the host let us wait, or its script ended
// early. That gets the code of what it printed, where the catalogue knows it.
func unanswered(a *ask.Answer, err error) error {
	if fault.Of(err) != fault.AnswerCut {
		return silent(err)
	}
	said := spoken(strings.Join(a.Said(), "\n"), classified)
	err = fmt.Errorf("%w (exit status %d): %s", err, a.Status, strings.Join(said[max(0, len(said)-3):], " | "))
	if code, _ := fault.Classify(fault.Output{Status: a.Status, Lines: said}); code != fault.StepFailed {
		return fault.Wrap(code, err)
	}
	return err
}

// spoken are the last n lines that say something, clean.
func spoken(text string, n int) []string {
	var said []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(clean(strings.TrimRight(line, "\r\n")), " "); strings.TrimSpace(line) != "" {
			said = append(said, line)
		}
	}
	return said[max(0, len(said)-n):]
}

// bounded are the last lines within the bounds of an event; the line that tells
// the reason comes first where it would be cut off.
func bounded(lines []string, reason string) []string {
	var tail []string
	size := 0
	for i := len(lines) - 1; i >= 0 && len(tail) < event.TailLines; i-- {
		if size += len(lines[i]); size > event.TailBytes && len(tail) > 0 {
			break
		}
		tail = append(tail, lines[i])
	}
	slices.Reverse(tail)
	if reason != "" && !slices.ContainsFunc(tail, func(l string) bool { return strings.TrimSpace(l) == reason }) {
		for over := size + len(reason) - event.TailBytes; over > 0 && len(tail) > 1; tail = tail[1:] {
			over -= len(tail[0])
		}
		tail[0] = reason
	}
	return tail
}

// broken notes where the host failed; the first place counts.
func (w *worker) broken(it *item) {
	if w.broke == nil {
		w.broke = it
	}
}

// drainFault is the error of a server that could not be taken out or put back,
// unless it is the connection that failed, or the script says more.
func drainFault(err error) error {
	var lost *HostError
	if code := fault.Of(err); errors.As(err, &lost) || code.Reverted() || code == fault.RequestsFailed {
		return err
	}
	return fault.Wrap(fault.DrainFailed, err)
}

// codeOf is the code of an error; every failure has one.
func codeOf(err error) fault.Code {
	if code := fault.Of(err); code != "" {
		return code
	}
	return fault.StepFailed
}

func tailOf(err error) []string {
	var step *stepError
	if errors.As(err, &step) {
		return step.tail
	}
	return nil
}

// explain adds to a failure what the catalogue knows of it.
func (w *worker) explain(d *event.HostDone) {
	place := fault.Place{Inventory: w.run.req.Inventory.Path, Host: w.host.Name}
	switch d.Outcome {
	case event.Skipped:
		d.Code = fault.Skipped
		return
	case event.Unhealthy:
		if d.Code = codeOf(w.unwell); d.Code == fault.StepFailed || d.Code == fault.NotConverged {
			d.Code = fault.Unhealthy
		}
	default:
		d.Code = codeOf(cmp.Or(w.err, w.refusal()))
	}
	it := w.broke
	if d.Outcome == event.Unhealthy {
		it = w.ill
	}
	if refused := w.refusedNow(); w.err == nil && len(refused) > 0 {
		it = refused[0]
	}
	if it != nil {
		d.Play, d.Resource = it.play, it.id
		if it.id.Kind() == "service" {
			place.Unit = it.id.Name()
		}
		if rest, ok := strings.CutPrefix(d.Error, string(it.id)+": "); ok {
			d.Error = fmt.Sprintf("%s (%s): %s", it.id, it.play, rest)
		}
	}
	entry, ok := fault.Lookup(d.Code)
	if !ok {
		return
	}
	switch {
	case d.Hint == "":
		d.Hint = entry.Hint(place)
	case !strings.Contains(d.Hint, ": ") && !strings.Contains(d.Hint, "-"): // names no command and no flag
		d.Hint += "; " + entry.Steps(place)[0]
	}
	d.Key, d.Where = w.run.req.Inventory.Where(entry.Blamed(w.host.Name)...)
}

// problems are the failures of a run as people read them, one for hosts that
// failed alike.
type problems struct {
	list  []*problem
	codes []fault.Code
}

type problem struct {
	hosts  []string
	text   string
	hint   string
	blamed []string
	code   fault.Code
}

func (p *problems) code(code fault.Code) {
	if code != "" && !slices.Contains(p.codes, code) {
		p.codes = append(p.codes, code)
	}
}

// add takes in the end of a host that did not end well.
func (p *problems) add(d event.HostDone) {
	if d.Error == "" {
		return
	}
	p.code(d.Code)
	blamed := ""
	if d.Where != "" {
		blamed = d.Key + " at " + d.Where
	}
	for _, o := range p.list {
		if o.text == d.Error && o.code == d.Code {
			o.hosts = append(o.hosts, d.Host)
			if blamed != "" && !slices.Contains(o.blamed, blamed) {
				o.blamed = append(o.blamed, blamed)
			}
			return
		}
	}
	one := &problem{hosts: []string{d.Host}, text: d.Error, hint: d.Hint, code: d.Code}
	if blamed != "" {
		one.blamed = []string{blamed}
	}
	p.list = append(p.list, one)
}

// addRun takes in what failed for the run as a whole. It may quote a host.
func (p *problems) addRun(err error, inv *inventory.Inventory) {
	one := &problem{text: cleanText(err.Error()), code: fault.Of(err)}
	p.code(one.code)
	if entry, ok := fault.Lookup(one.code); ok {
		if key, where := inv.Where(entry.Blamed("")...); where != "" {
			one.blamed = []string{key + " at " + where}
		}
	}
	p.list = append(p.list, one)
}

func (p *problems) texts() (texts []string, codes []fault.Code) {
	for _, o := range p.list {
		text := o.text
		if len(o.hosts) > 0 {
			text = strings.Join(o.hosts, ", ") + ": " + text
		}
		if o.hint != "" {
			text += "; " + o.hint
		}
		if len(o.blamed) > 0 {
			text += "; see " + strings.Join(o.blamed, ", ")
		}
		texts = append(texts, o.code.After(text))
	}
	return texts, p.codes
}
