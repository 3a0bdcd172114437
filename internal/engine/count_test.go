package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// rolled is a site of a balancer and two servers that are worked on one after the other.
// The scripts are those of the drain at the balancer.
func rolled(t *testing.T, drain play.Drain) *bench {
	b := newBench(t, "lb", "a", "b")
	drain.On = b.inv.Hosts[0]
	quiet := func(string) string { return ":\n" }
	if drain.In == nil {
		drain.In = quiet
	}
	if drain.Out == nil {
		drain.Out = quiet
	}
	b.plays = func() []play.Play {
		return []play.Play{{Name: "app", Hosts: b.inv.Hosts[1:], Serial: 1, Drain: &drain, Role: fixed{"r", func(h *inventory.Host) []resource.Resource {
			mark := b.path(h.Name, "done")
			return []resource.Resource{resource.Custom{Name: "custom:app", In: resource.Converge, Ask: "test -e " + mark + " || exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Present {
					return resource.Change{}, nil
				}
				return resource.Change{Action: resource.Act, Disrupts: true, Fields: []resource.Field{{Name: "x", New: "y"}},
					Steps: []resource.Step{resource.Run{Title: "app", Script: "touch " + mark}}}, nil
			}}}
		}}}}
	}
	return b
}

// TestFailedRequestsOfARun: they are counted from before the first change, and the end of
// the run says how many there were; nothing where nobody knows or nothing was done.
func TestFailedRequestsOfARun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "count")
	b := rolled(t, play.Drain{Count: "echo 2 >" + file + "\n", Failed: "cat " + file + "\n"})
	b.run("deploy")
	if _, run, _ := b.ended(); run.FailedRequests == nil || *run.FailedRequests != 2 {
		t.Errorf("the end says %v failed requests, not 2", run.FailedRequests)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	b.events = nil
	b.run("deploy")
	if _, run, _ := b.ended(); run.FailedRequests != nil {
		t.Errorf("with nothing to do %d requests failed", *run.FailedRequests)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("with nothing to do the balancer counts")
	}
	for name, says := range map[string]string{"nothing": ":\n", "no number": "echo $(( 0 ))x\n", "less than nothing": "echo -5\n", "a failure": "exit 1\n"} {
		b := rolled(t, play.Drain{Count: ":\n", Failed: says})
		b.run("deploy")
		if _, run, _ := b.ended(); run.FailedRequests != nil {
			t.Errorf("a balancer that says %s makes it %d failed requests", name, *run.FailedRequests)
		}
	}
}

// TestBalancerOfARelease: a balancer that --limit leaves out is locked with its first question,
// and counts before it drains the first host. One that another run has does not hinder a plan.
func TestBalancerOfARelease(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	say := func(words string) func(string) string {
		return func(host string) string { return "echo " + words + " " + host + " >>" + log + "\n" }
	}
	b := rolled(t, play.Drain{Count: "echo count >>" + log + "\n", Failed: "echo 3\n", Out: say("out"), In: say("in")})
	b.limit, b.drains = []string{"a", "b"}, []string{"lb"}
	b.run("deploy")
	said, _ := os.ReadFile(log)
	if got := string(said); got != "count\nout a\nin a\nout b\nin b\n" && got != "count\nout b\nin b\nout a\nin a\n" {
		t.Errorf("the balancer was asked for %q", got)
	}
	if _, run, _ := b.ended(); run.FailedRequests == nil || *run.FailedRequests != 3 {
		t.Errorf("the end says %v failed requests, not 3", run.FailedRequests)
	}
	// Its facts, the count, the first out, back, and the end; and what is between the two
	// hosts, in one where the second waits for it by then.
	if n := b.shells["lb"].scripts; n != 6 && n != 7 {
		t.Errorf("the balancer was sent %d scripts, not 6 or 7", n)
	}

	b = rolled(t, play.Drain{Count: ":\n"})
	b.limit, b.drains = []string{"a", "b"}, []string{"lb"}
	b.wrap = func(s *shell) Target {
		if s.dir == b.dirs["lb"] {
			s.locked = &HostError{Outcome: event.Locked, Msg: "somebody else is at it"}
		}
		return s
	}
	if r := b.run("deploy"); !strings.Contains(b.problems(), "nothing was changed: ") || r.Exit == ExitOK {
		t.Errorf("with a balancer that another run has locked: exit %d, %s", r.Exit, b.problems())
	}
}

// cutOff is a host whose first answer with its lock has no end.
type cutOff struct {
	*shell
	asked bool
}

func (c *cutOff) RunLocked(ctx context.Context, owner, script string, line func(string)) (int, error) {
	if !c.asked {
		c.asked = true
		return 0, nil
	}
	return c.shell.RunLocked(ctx, owner, script, line)
}

// TestBalancerThatDidNotAnswer: one that was locked with its first question, and did not say
// what it is, counts anew all the same: else an earlier run's failures would be this one's.
func TestBalancerThatDidNotAnswer(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	b := rolled(t, play.Drain{Count: "echo count >>" + log + "\n", Out: func(string) string { return "echo out >>" + log + "\n" }})
	b.limit, b.drains = []string{"a", "b"}, []string{"lb"}
	b.wrap = func(s *shell) Target {
		if s.dir == b.dirs["lb"] {
			return &cutOff{shell: s}
		}
		return s
	}
	b.run("deploy")
	if said, _ := os.ReadFile(log); string(said) != "count\nout\nout\n" {
		t.Errorf("the balancer was asked for %q", said)
	}
}

// TestRollStops: where requests fail, or a server does not answer what it is asked for, the
// run stops at that server and says which it was.
func TestRollStops(t *testing.T) {
	for _, c := range []struct {
		code    fault.Code
		outcome event.Outcome
		exit    int
	}{
		{"SVC16", event.Failed, ExitFailed},
		{"SVC15", event.Reverted, ExitReverted},
		{"SVC14", event.Reverted, ExitReverted},
	} {
		b := rolled(t, play.Drain{In: func(h string) string { return fmt.Sprintf("( echo of %s; %s )\n", h, fault.Shell(c.code)) }})
		r := b.run("deploy")
		outcomes := map[event.Outcome]int{}
		for _, h := range []string{"a", "b"} {
			end := b.end(h)
			outcomes[end.Outcome]++
			if end.Outcome == c.outcome && end.Code != c.code {
				t.Errorf("%s: the code is %s", c.code, end.Code)
			}
		}
		if r.Exit != c.exit || outcomes[c.outcome] != 1 || outcomes[event.Skipped] != 1 {
			t.Errorf("%s: exit %d, the hosts ended %v", c.code, r.Exit, outcomes)
		}
	}
}

// TestTakenBackStopsWhatIsBehind: after a change that was taken back nothing is rolled; after
// another failure, what is only behind it goes on.
func TestTakenBackStopsWhatIsBehind(t *testing.T) {
	for code, want := range map[fault.Code]event.Outcome{"SVC14": event.Skipped, "SVC04": event.OK} {
		b := newBench(t, "lb", "a")
		b.plays = func() []play.Play {
			return []play.Play{
				{Name: "balancer", Hosts: b.inv.Hosts[:1], Role: fixed{"l", func(*inventory.Host) []resource.Resource {
					return []resource.Resource{step("custom:lb", resource.Converge, resource.Run{Title: "reload", Script: fault.Shell(code)})}
				}}},
				{Name: "web", Hosts: b.inv.Hosts[1:], Behind: []string{"balancer"}, Role: fixed{"w", func(h *inventory.Host) []resource.Resource {
					return []resource.Resource{resource.At(resource.Converge, b.file(h.Name, "x", "x"))}
				}}},
			}
		}
		b.run("deploy")
		if got := b.end("a").Outcome; got != want {
			t.Errorf("behind %s it ended %s, not %s", code, got, want)
		}
	}
}
