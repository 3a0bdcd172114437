package logs

import (
	_ "embed"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"foobar/internal/sh"
)

// followEnd is the end of a script that follows logs.
//
//go:embed follow.sh
var followEnd string

// chunk is how many bytes of a line a host writes at once: several programs write into
// one pipe, and what is longer than PIPE_BUF could be torn. Source: pipe(7).
const chunk = 3900

// FollowScript goes on where the answer to Script ended, and without an end. Each line
// has its source's number before it: "N. text", or "N+ text" where more of that line
// comes. What was logged while Script read comes once more.
func (a *Answer) FollowScript(q Query) string {
	var b strings.Builder
	for i, s := range a.sources {
		n := strconv.Itoa(i)
		read := s.journalctl("--follow", "--no-tail", "--since=@"+a.asked) + " 2>&1"
		if s.file != nil {
			read = s.as() + "tail -q -c +" + strconv.FormatUint(a.sizes[i]+1, 10) + " -F -- " + sh.Quote(s.file.Path) + " 2>/dev/null"
		} else if a.asked == "" { // the host did not say its time
			read = s.journalctl("--follow", "--lines="+strconv.Itoa(q.Lines)) + " 2>&1"
		}
		size := strconv.Itoa(chunk)
		b.WriteString(read + " | sed -u -E -e :a -e '/^.{" + size + "}./{h;s/^(.{" + size + "}).*/" + n + "+ \\1/p;g;s/^.{" + size + "}//;ba' -e '}' -e 's/^/" + n + ". /' &\n")
	}
	return b.String() + followEnd
}

// Stream shows the logs of several hosts as they come.
type Stream struct {
	mu     sync.Mutex
	out    io.Writer
	form   form
	failed func()
	err    error
}

// NewStream is a Stream for the hosts of the answers; nil ones gave none. It calls failed once,
// when it cannot write.
func (q Query) NewStream(answers []*Answer, asJSON bool, out io.Writer, failed func()) *Stream {
	s := &Stream{out: out, form: form{asJSON: asJSON, paint: q.Paint}, failed: failed}
	for _, a := range answers {
		if a == nil {
			continue
		}
		s.form.hosts = max(s.form.hosts, len(a.host))
		for _, one := range a.sources {
			s.form.names = max(s.form.names, len(one.service.Name))
		}
	}
	return s
}

// Err is the first error of writing; that of a reader who has gone (| head) is none.
func (s *Stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(s.err, syscall.EPIPE) {
		return nil
	}
	return s.err
}

func (s *Stream) write(e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	if s.err = s.form.write([]entry{e}, s.out); s.err != nil {
		s.failed()
	}
}

// Heard returns what takes the lines of a host's FollowScript.
func (s *Stream) Heard(q Query, a *Answer) func(line string) {
	open := make([]string, len(a.sources)) // what came of a line so far
	last := make([]time.Time, len(a.sources))
	return func(line string) {
		i, text, more, ok := numbered(line, len(a.sources))
		if !ok {
			return
		}
		if text = open[i] + text; more && len(text) < mostMessage {
			open[i] = text
			return
		}
		open[i] = ""
		if e, ok := a.next(i, text, &last[i]); ok && !e.Time.Before(q.since) {
			s.write(e)
		}
	}
}

// numbered reads "N. text" and "N+ text".
func numbered(line string, sources int) (i int, text string, more, ok bool) {
	mark := strings.IndexAny(line, ".+")
	if mark < 1 || mark+1 >= len(line) || line[mark+1] != ' ' {
		return 0, "", false, false
	}
	i, err := strconv.Atoi(line[:mark])
	return i, line[mark+2:], line[mark] == '+', err == nil && i >= 0 && i < sources
}

// next is the entry of a source's next line, if it was not shown already. A line of a
// file without a time of its own has that of the one before it.
func (a *Answer) next(i int, line string, last *time.Time) (entry, bool) {
	s := a.sources[i]
	if s.file != nil {
		line = line[:min(len(line), mostLine)]
	}
	if a.seen[i][line] > 0 {
		a.seen[i][line]--
		return entry{}, false
	}
	var e entry
	var ok bool
	if s.file == nil {
		e, ok = parseJournal(line)
	} else if e, ok = parseFile(s.file.Format, line, a.zone); !ok && !last.IsZero() {
		e, ok = entry{Time: *last, Message: line}, true
	}
	if !ok {
		return entry{}, false
	}
	*last = e.Time
	e.Host, e.Service, e.source = a.host, s.service.Name, i
	return e, true
}
