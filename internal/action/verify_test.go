package action

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask/asktest"
	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/sumologic/search"
	"foobar/internal/remote/sshtest"
	"foobar/internal/verify"
	"foobar/playbooks"
)

// TestVerifyMissing: a site of which nothing is there lacks all that there is to lack, each
// with a host, a code and what to do, and in a bounded time.
func TestVerifyMissing(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	for name, c := range map[string]struct {
		web  *sshtest.Server
		exit int
		want string
	}{
		"all answer":         {sshtest.Start(t, sshtest.Config{}), engine.ExitUnhealthy, "SVC19 : MON04 lb1: MON04 web1: "},
		"one is not reached": {nil, engine.ExitUnreachable, "SSH02 web1: SVC19 : MON04 lb1: "},
	} {
		var out bytes.Buffer
		v := &Verify{Common: Common{Inventory: sshtest.Site(t, s, c.web), Console: Console{Out: &out, Err: io.Discard}}, JSON: true, Path: "/", OverSSH: true, Within: time.Millisecond}
		err := v.Run(t.Context())
		var e *Exit
		if !errors.As(err, &e) || e.Code != c.exit {
			t.Errorf("%s: %v", name, err)
		}
		var said verify.Report
		if err := json.Unmarshal(out.Bytes(), &said); err != nil {
			t.Fatal(err, out.String())
		}
		got := ""
		for _, m := range said.Missing {
			got += string(m.Code) + " " + m.Host + ": "
			if m.Next == "" || m.Text == "" {
				t.Errorf("%s: %+v", name, m)
			}
		}
		if got != c.want || said.Arrived || said.Requests != 8 || !strings.HasPrefix(said.Mark, "foobar-verify/") {
			t.Errorf("%s: %s\n%s", name, got, out.String())
		}
	}
}

// TestVerifyRefuses: what cannot be asked for, before anything is.
func TestVerifyRefuses(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	for name, c := range map[string]struct {
		path  string
		alert bool
		code  fault.Code
		want  string
	}{
		"a path":   {"x", false, "CLI01", `--path "x": give the path of a page, which begins with /`},
		"an alert": {"/", true, "CLI02", "provider = \"prometheus\""},
	} {
		v := &Verify{Path: c.path, Alert: c.alert, Common: Common{Inventory: sshtest.Site(t, s, nil), Console: Console{Out: io.Discard, Err: io.Discard}}}
		err := v.Run(t.Context())
		var e *Exit
		if !errors.As(err, &e) || e.Code != engine.ExitUsage || fault.Of(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.Accepted() > 0 {
		t.Error("the host was asked")
	}
}

// late answers a search job: the first finds nothing, the second all.
type late struct{ begun int }

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Method == http.MethodPost:
		l.begun++
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"id":"A"}`)
	case strings.HasSuffix(r.URL.Path, "/records"):
		_, _ = fmt.Fprintf(w, `{"records":[{"map":{"_sourcehost":"lb1","_count":"%d"}}]}`, l.begun-1)
	default:
		_, _ = io.WriteString(w, `{"state":"DONE GATHERING RESULTS"}`)
	}
}

// TestVerifySearchesAgain: lines that Sumo Logic took are not missing because all else took
// the whole of the time, and a search finds them only a while later.
func TestVerifySearchesAgain(t *testing.T) {
	m := newMonitored(t)
	m.instead = &late{}
	service, err := account(t.Context(), m.inv)
	if err != nil {
		t.Fatal(err)
	}
	service.Hurry()
	count := func(ctx context.Context, word string, since time.Time) (map[string]int, error) {
		return search.Count(ctx, service, word, since)
	}
	v := &Verify{Within: time.Minute, trail: &verify.Trail{Inv: m.inv, Services: playbooks.Services(m.inv), Mark: "m4rk"}}
	v.trail.Take(verify.Sent, "lb1", asktest.Answer("", asktest.Token+" begin log haproxy", `{"srv":"web1","ua":"foobar-verify/m4rk (0)"}`, "", asktest.Token+" done"))
	var p monitoring.Proof
	if v.search(t.Context(), count, time.Now().Add(-v.Within-time.Second), &p); len(p.Missing) > 0 || len(p.Proved) != 1 || len(p.Open) > 0 {
		t.Errorf("%+v", p)
	}
}

// TestVerifyAlert: an Alertmanager that is not there is told, and keeps nobody waiting.
func TestVerifyAlert(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	var out bytes.Buffer
	v := &Verify{Common: Common{Inventory: prometheusSite(t, s), Console: Console{Out: &out, Err: io.Discard}}, Path: "/", OverSSH: true, Alert: true, Within: time.Millisecond}
	if err := v.Run(t.Context()); err == nil || !strings.Contains(out.String(), "lb1: no test alert was raised: Alertmanager was set up by an earlier version of foobar: deploy first [") || !strings.Contains(out.String(), "[MON05]") {
		t.Errorf("%v: %s", err, out.String())
	}
}
