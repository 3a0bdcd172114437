package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/planview"
	"foobar/internal/resource"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// story holds every type of event once or more.
func story(verb string) []event.Event {
	return []event.Event{
		event.RunStarted{Verb: verb, Inventory: "inventory.toml", Hosts: []string{"lb1", "web1"}},
		event.HostConnected{Host: "lb1", Address: "10.0.0.10", Took: 120 * time.Millisecond},
		event.FactsGathered{Host: "lb1", OS: "Debian GNU/Linux 13 (trixie)", Arch: "amd64", CPUs: 2, Memory: 4 << 30},
		event.HostPlanned{Host: "lb1", Resources: 40, Changes: []event.Change{
			{Play: "base", Resource: "file:/etc/hosts", Action: resource.Update, Fields: []resource.Field{
				{Name: "content", Old: "a\nb\nc\n", New: "a\nB\nc\n", Text: true}, {Name: "mode", Old: "0600", New: "0644"}}},
			{Play: "balancer", Resource: "service:haproxy.service", Action: resource.Act, Disrupts: true, Reason: "restart: the unit file changed on disk",
				Fields: []resource.Field{{Name: "state", Old: "inactive", New: "active"}}},
			{Play: "balancer", Resource: "file:/etc/haproxy/haproxy.cfg", Action: resource.Create, Provisional: true,
				Fields: []resource.Field{{Name: "content", New: "x\ny\n", Text: true}}},
		}, Unmanaged: []string{"rule: allow 8080/tcp"}},
		event.HostPlanned{Host: "web1", Resources: 50},
		event.Planned{Plays: []string{"base", "balancer"}},
		event.Waiting{Host: "lb1", For: "app on web1"},
		event.ChangeStarted{Host: "lb1", Play: "base", Resource: "file:/etc/hosts", Title: "write /etc/hosts"},
		event.Output{Host: "lb1", Resource: "file:/etc/hosts", Line: "a line"},
		event.Verifying{Host: "lb1"},
		event.ChangeDone{Host: "lb1", Play: "base", Resource: "file:/etc/hosts", Changed: true, Took: 30 * time.Millisecond},
		event.ChangeDone{Host: "lb1", Play: "balancer", Resource: "service:haproxy.service", Error: "exit status 102: cannot bind socket",
			Code: "SVC01", Tail: []string{"Starting haproxy", "cannot bind socket (Address already in use)"}},
		event.HostDone{Host: "lb1", Outcome: event.Failed, Changed: 1, Error: "service:haproxy.service (balancer): exit status 102: cannot bind socket",
			Hint: "likely: another web server", Code: "SVC01", Play: "balancer", Resource: "service:haproxy.service", Key: "site.domain", Where: "inventory.toml:3", Connections: 1, Scripts: 3},
		event.HostDone{Host: "web1", Outcome: event.OK, Connections: 1, Scripts: 2},
		event.RunDone{Changed: 1, Planned: 3, Failed: []string{"lb1"}, Exit: 1, Took: 61 * time.Second, Problems: []string{"lb1: exit status 102 [SVC01]"}, Codes: []fault.Code{"SVC01"}},
	}
}

func TestEveryEventReachesEveryDisplay(t *testing.T) {
	for _, verb := range []string{"plan", "deploy"} {
		var out, progress, lines bytes.Buffer
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		stream := event.NewStream(func() time.Time { return now }, &Plain{Out: &out, Err: &progress, Verbose: 2}, JSON{Out: &lines})
		events := story(verb)
		for _, e := range events {
			stream.Emit(e)
		}
		golden(t, "testdata/"+verb+".out", out.Bytes())
		golden(t, "testdata/"+verb+".err", progress.Bytes())
		golden(t, "testdata/"+verb+".jsonl", lines.Bytes())
		for i, line := range strings.Split(strings.TrimSpace(lines.String()), "\n") {
			var e struct {
				V, Seq int
				Type   string
			}
			if err := json.Unmarshal([]byte(line), &e); err != nil || e.V != 1 || e.Seq != i+1 || e.Type != events[i].Type() {
				t.Errorf("line %d: %v: %s", i+1, err, line)
			}
		}
	}
}

// TestTailOfAFailure: the last lines are shown once, above all where the output of
// steps is not.
func TestTailOfAFailure(t *testing.T) {
	for verbose, want := range []string{"web1  FAILED packages:app: no [PKG05]\nweb1      E: no such package\n", "web1  FAILED packages:app: no [PKG05]\n"} {
		var progress bytes.Buffer
		p := &Plain{Err: &progress, Verbose: verbose}
		p.Receive(event.Envelope{Event: event.RunStarted{Hosts: []string{"web1"}}})
		p.Receive(event.Envelope{Event: event.ChangeDone{Host: "web1", Resource: "packages:app", Error: "no", Code: "PKG05", Tail: []string{"E: no such package"}}})
		if progress.String() != want {
			t.Errorf("-v %d: %q", verbose, progress.String())
		}
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update rewrites it):\n%s", path, strings.Join(planview.Unified(string(want), string(got)), "\n"))
	}
}

// TestManyHosts: hosts that are alike are told of once, in the plan and at the end; each
// has its own line of progress.
func TestManyHosts(t *testing.T) {
	var hosts []string
	for i := range 40 {
		hosts = append(hosts, fmt.Sprintf("web%d", i+1))
	}
	for _, verb := range []string{"plan", "deploy"} {
		var out, progress bytes.Buffer
		p := &Plain{Out: &out, Err: &progress}
		say := func(e event.Event) { p.Receive(event.Envelope{Event: e}) }
		say(event.RunStarted{Verb: verb, Inventory: "inventory.toml", Hosts: hosts})
		for i, h := range hosts {
			e := event.HostPlanned{Host: h, Resources: 40}
			if i < 30 {
				e.Changes = []event.Change{{Play: "base", Resource: "file:/etc/hosts", Action: resource.Update, Fields: []resource.Field{{Name: "mode", Old: "0600", New: "0644"}}}}
			}
			say(e)
		}
		say(event.Planned{Plays: []string{"base"}})
		for i, h := range hosts {
			done := event.HostDone{Host: h, Outcome: event.OK}
			if i < 30 && verb == "deploy" {
				done.Changed = 1
			}
			if i == 7 {
				done.Outcome, done.Changed = event.Failed, 0
			}
			say(done)
		}
		say(event.RunDone{Changed: 29, Planned: 30, Took: time.Second})
		golden(t, "testdata/many-"+verb+".out", out.Bytes())
	}
}
