package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/record"
	"foobar/internal/sh"
)

// historyTime bounds how long the end of a run waits for a host to note it.
const historyTime = 5 * time.Second

// HistoryScript puts a run's line into record.HostFile, in place of an earlier
// line of the same run, and keeps the file's last lines. It prints nothing, and
// what fails in it fails nothing else. The address is that of the SSH session
// the script runs in; where sudo has taken it out of the environment, the
// processes above know it. Sources: sshd(8), SSH_CONNECTION; proc(5), environ.
func HistoryScript(r record.HostRun) string {
	r.From = "" // the host's to say
	r.Error = ask.Printable(strings.TrimSpace(r.Error), record.MostText)
	line, err := json.Marshal(r)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(`( umask 077
%sf=%s p=$PPID a=${SSH_CONNECTION:-}
while [ -z "$a" ] && [ "${p:-0}" -gt 1 ]; do
  a=$(tr '\0' '\n' <"/proc/$p/environ" | sed -n 's/^SSH_CONNECTION=//p')
  p=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$p/status")
done
a=$(printf %%s "${a%%%% *}" | tr -cd '0-9A-Za-z.:%%_-')
[ -d %[3]s ] || foobar_dir 0700 root:root %[3]s
foobar_parent "$f" || exit
if { [ ! -f "$f" ] || grep -vF %s "$f" | tail -n %d; } >"$f.new" && printf '{"from":"%%s",%%s\n' "$a" %s >>"$f.new"
then mv -f "$f.new" "$f"; else rm -f "$f.new"; fi ) </dev/null >/dev/null 2>&1 || :
`, sh.Files, record.HostFile, path.Dir(record.HostFile), sh.Quote(`"id":"`+r.ID+`"`), record.HostLines-1, sh.Quote(string(line[1:])))
}

// note has the next script that works on the host begin with the run's line.
func (w *worker) note() {
	if w.req.Record.ID == "" {
		return
	}
	w.history.Lock()
	defer w.history.Unlock()
	if !w.noted {
		w.opening, w.noted = HistoryScript(record.OnHost(w.req.Record, w.began)), true
	}
}

// takeOpening is what a script that works on the host begins with.
func (w *worker) takeOpening() string {
	w.history.Lock()
	defer w.history.Unlock()
	text := w.opening
	if text != "" {
		w.opening, w.begun = "", true
	}
	return text
}

// noteEnds completes the lines of the hosts that have one. A host that was lost
// keeps the line that says no end.
func (r *run) noteEnds(ctx context.Context) {
	var wg sync.WaitGroup
	for _, w := range r.order {
		d := w.done()
		if !w.begun || d.Outcome == event.Unreachable {
			continue
		}
		line := record.OnHost(r.req.Record, r.began)
		line.Ended, line.Outcome, line.Changed, line.Error = time.Now().UTC().Truncate(time.Second), d.Outcome, d.Changed, d.Error
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), historyTime)
			defer cancel()
			_, _ = w.target.Run(ctx, HistoryScript(line), func(string) {})
		})
	}
	wg.Wait()
}
