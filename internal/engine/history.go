package engine

import (
	"context"
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/play"
	"foobar/internal/record"
	"foobar/internal/sh"
)

// endTime bounds how long the end of a run waits for the hosts to note it, and for a
// balancer to say how many requests failed.
const endTime = 10 * time.Second

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

// noteEnds completes the lines of the hosts that have one, and asks the balancers in the same
// trip how many requests failed since count; nil where one does not know. A host that was
// lost keeps the line that says no end.
func (r *run) noteEnds(ctx context.Context) (failed *int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	counts := map[*worker]string{}
	for _, d := range r.counts {
		if w := r.workers[d.On.Name]; w.awaitCount(ctx) {
			counts[w] = counted(d.Failed)
		}
	}
	said := make([]*int, len(r.order))
	ask.Each(0, r.order, func(i int, w *worker) {
		if script := w.historyEnd() + counts[w]; script != "" {
			if lines, status, err := w.patience().Answer(ctx, w.target, script); err == nil && status == 0 {
				said[i] = failedOf(lines)
			}
		}
	})
	for i, w := range r.order {
		switch {
		case counts[w] == "":
		case said[i] == nil:
			return nil
		case failed == nil:
			failed = said[i]
		default:
			*failed += *said[i]
		}
	}
	return failed
}

// historyEnd completes the host's line, where it has one and can be told.
func (w *worker) historyEnd() string {
	d := w.done()
	if !w.begun || d.Outcome == event.Unreachable {
		return ""
	}
	line := record.OnHost(w.run.req.Record, w.run.began)
	line.Ended, line.Outcome, line.Changed, line.Error = time.Now().UTC().Truncate(time.Second), d.Outcome, d.Changed, d.Error
	return HistoryScript(line)
}
