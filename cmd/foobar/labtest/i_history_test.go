//go:build lab

package labtest

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// historyRun is a run in the JSON form of history.
type historyRun struct {
	ID      string `json:"id"`
	By      string `json:"by"`
	Verb    string `json:"verb"`
	State   string `json:"state"`
	Here    bool   `json:"recorded_here"`
	Changed int    `json:"changed"`
	Exit    *int   `json:"exit"`
	Hosts   []struct {
		Host, Outcome string
		Changed       int
	} `json:"hosts"`
}

// runs lists the runs of the site, the newest last.
func runs(t *testing.T, args ...string) []historyRun {
	t.Helper()
	var doc struct{ Runs []historyRun }
	r := must(t, 0, append([]string{"history", "-o", "json", site}, args...)...)
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || len(doc.Runs) == 0 {
		t.Fatalf("%v: %s", err, r.out)
	}
	return doc.Runs
}

const hostHistory = "/var/lib/foobar/history.jsonl"

// TestI1HistoryShowsWhatHappened: a change, its replay, its line on the host, and
// a deploy without change that leaves the hosts' files alone.
func TestI1HistoryShowsWhatHappened(t *testing.T) {
	on(t, "web1", "echo '# drift' >>/etc/nginx/nginx.conf")
	said := must(t, 0, "deploy", site)
	all := runs(t)
	last := all[len(all)-1]
	if last.Verb != "deploy" || last.State != "ended" || last.Exit == nil || *last.Exit != 0 || last.Changed < 1 || len(last.Hosts) != 4 || !last.Here {
		t.Errorf("the last run: %+v", last)
	}
	if table := must(t, 0, "history", site).out; strings.Count(table, "\n") != len(all)+1 || !strings.Contains(table, last.By) {
		t.Errorf("%d runs:\n%s", len(all), table)
	}
	again := must(t, 0, "history", site, "last").out
	for _, line := range strings.Split(said.all(), "\n") {
		if !strings.Contains(again, line) {
			t.Errorf("the replay lacks %q:\n%s", line, again)
		}
	}
	if !strings.Contains(again, "changed file:/etc/nginx/nginx.conf") {
		t.Error(again)
	}
	conformsToSchema(t, must(t, 0, "history", "-o", "json", site, "last").out)
	var line struct{ ID, By, From, Outcome string }
	if err := json.Unmarshal([]byte(on(t, "web1", "tail -n 1 "+hostHistory)), &line); err != nil || line.ID != last.ID || line.By != last.By || line.From == "" || line.Outcome != "ok" {
		t.Errorf("the line on web1: %v, %+v", err, line)
	}
	if mode := strings.TrimSpace(on(t, "web1", "stat -c '%a %U' "+hostHistory)); mode != "600 root" {
		t.Errorf("%s is %s", hostHistory, mode)
	}
	sums := func() (s string) {
		for _, h := range []string{"lb1", "web1", "web2", "web3"} {
			s += on(t, h, "sha256sum "+hostHistory+"; stat -c %i "+hostHistory)
		}
		return s
	}
	before := sums()
	converged(t, site, 4)
	if sums() != before {
		t.Error("a converged deploy writes into the hosts' history")
	}
	if r := foobar("history", site, "nosuchrun"); r.code != 64 || !strings.Contains(r.err, "the last is") {
		t.Errorf("an unknown run: exit %d: %s", r.code, r.err)
	}
}

// conformsToSchema checks lines of events against the schema that foobar prints.
func conformsToSchema(t *testing.T, lines string) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(must(t, 0, "schema", "events").out))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("events.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("events.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		event, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err == nil {
			err = schema.Validate(event)
		}
		if err != nil {
			t.Errorf("%s\n%v", line, err)
		}
	}
}

// TestI2KilledRunIsCutOff: here, and as another machine learns of it from the hosts.
func TestI2KilledRunIsCutOff(t *testing.T) {
	on(t, "web1", "echo '# drift' >>/etc/nginx/nginx.conf")
	cmd := exec.Command(binary, "deploy", "-y", "-o", "json", site)
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		t.Fatal(err)
	}
	for s := bufio.NewScanner(out); s.Scan(); {
		if strings.Contains(s.Text(), `"type":"change_started"`) {
			break
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	all := runs(t)
	killed := all[len(all)-1]
	if killed.State != "cut off" || killed.Exit != nil {
		t.Errorf("the killed run: %+v", killed)
	}
	if again := must(t, 0, "history", site, "last").out; !strings.Contains(again, "cut off: the run was killed here") {
		t.Error(again)
	}
	here := os.Getenv("XDG_STATE_HOME")
	os.Setenv("XDG_STATE_HOME", filepath.Join(work, "elsewhere"))
	defer os.Setenv("XDG_STATE_HOME", here)
	eventually(t, 10*time.Second, "end of the killed run's shells", func() bool {
		all = runs(t, "--hosts")
		return all[len(all)-1].State == "cut off"
	})
	if seen := all[len(all)-1]; seen.ID != killed.ID || seen.Here || seen.By != killed.By {
		t.Errorf("from elsewhere: %+v, not %+v", seen, killed)
	}
	if s := foobar("status", site); !strings.Contains(s.out, "cut off") || !strings.Contains(s.out, killed.ID[len(killed.ID)-6:]) {
		t.Errorf("status does not show it:\n%s", s.all())
	}
	os.Setenv("XDG_STATE_HOME", here)
	must(t, 0, "deploy", site)
	converged(t, site, 4)
}

// TestI3Certificate: how it is, and that a renewal would succeed, which changes nothing.
func TestI3Certificate(t *testing.T) {
	var now struct {
		Healthy bool
		Hosts   []struct {
			Name                  string
			Served, File, Certbot struct {
				Names []string
				Until time.Time `json:"not_after"`
			}
			Renewal *struct{}
		}
	}
	ask := func() string {
		r := must(t, 0, "cert", "status", "-o", "json", site)
		if err := json.Unmarshal([]byte(r.out), &now); err != nil || !now.Healthy || len(now.Hosts) != 1 || now.Hosts[0].Name != "lb1" {
			t.Fatalf("%v: %s", err, r.out)
		}
		return now.Hosts[0].Certbot.Until.String()
	}
	before := ask()
	h := now.Hosts[0]
	if !slices.Contains(h.Served.Names, "www.foobar.com") || h.Served.Until.Before(time.Now()) || h.Served.Until != h.File.Until || h.Served.Until != h.Certbot.Until || h.Renewal == nil {
		t.Errorf("%+v", h)
	}
	if r := must(t, 0, "cert", "status", site); !strings.Contains(r.out, "www.foobar.com") {
		t.Error(r.out)
	}
	r := must(t, 0, "cert", "renew", "--dry-run", site)
	if !strings.Contains(r.all(), "the trial succeeded") {
		t.Error(r.all())
	}
	if ask() != before {
		t.Error("a trial has replaced the certificate")
	}
}
