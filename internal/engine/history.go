package engine

import (
	"context"
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/play"
	"foobar/internal/record"
	"foobar/internal/sh"
)

// historyTime bounds how long the end of a run waits for a host to note it.
const historyTime = 5 * time.Second

// HistoryScript puts a run's line into record.HostFile, in place of an earlier
// line of the same run, keeps the file's last lines, and says the same in the journal,
// but for what may hold the site's data: the error. The file of the verb in play.Events
// is touched, where there is that folder. It prints nothing, and what fails in it fails
// nothing else. The address is that of the SSH session
// the script runs in; where sudo has taken it out of the environment, the
// processes above know it. Sources: sshd(8), SSH_CONNECTION; proc(5), environ.
func HistoryScript(r record.HostRun) string {
	r.From = "" // the host's to say
	r.Error = ask.Printable(strings.TrimSpace(r.Error), record.MostText)
	line, err := json.Marshal(r)
	if err != nil {
		return ""
	}
	// The journal is read by more people than the file, and leaves the host.
	r.Error, r.Inventory = "", ""
	entry, err := json.Marshal(r)
	if err != nil {
		return ""
	}
	event := play.Events + "/" + strings.ReplaceAll(r.Verb, " ", "-")
	args := sh.Join(record.HostFile, `"id":"`+r.ID+`"`, strconv.Itoa(record.HostLines-1), string(line[1:]), string(entry), event)
	return "( set -- " + args + "\n" + sh.Files + noteRun + ") </dev/null >/dev/null 2>&1 || :\n"
}

// noteRun has six arguments: the file, what a line of the same run has in it, how many of
// the other lines stay, the new line without its opening brace, what is said in the
// journal, and the file of the event.
//
//go:embed history.sh
var noteRun string

// note puts the run's line before the next script that works on the host.
func (w *worker) note() {
	if w.run.req.Record.ID == "" {
		return
	}
	w.history.Lock()
	defer w.history.Unlock()
	if !w.noted {
		w.opening, w.noted = HistoryScript(record.OnHost(w.run.req.Record, w.run.began)), true
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
