package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// TestSparePlay: what fails of a play that the site serves without leaves the rest of that
// play undone on its host, and nothing else; what waits for it does not begin.
func TestSparePlay(t *testing.T) {
	for name, c := range map[string]struct {
		stage resource.Stage
		spare bool
		done  string
	}{
		"while writing":   {resource.Prepare, true, "a/late a/site b/late b/more b/site"},
		"while starting":  {resource.Converge, true, "a/late a/site b/late b/more b/site"},
		"one that counts": {resource.Prepare, false, "b/late b/more b/site"},
	} {
		b := newBench(t, "a", "b")
		files := func(name string) fixed {
			return fixed{name, func(h *inventory.Host) []resource.Resource { return []resource.Resource{b.file(h.Name, name, "x\n")} }}
		}
		agent := fixed{"agent", func(h *inventory.Host) []resource.Resource {
			try := resource.Run{Title: "fetch", Script: "false"}
			if h.Name == "b" {
				try.Script = "touch " + b.path("b", "got")
			}
			fetch := resource.Custom{Name: "custom:fetch", In: c.stage, Ask: "test -e " + b.path(h.Name, "got") + " || exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Present {
					return resource.Change{}, nil
				}
				return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}}, Steps: []resource.Step{try}}, nil
			}}
			return []resource.Resource{fetch, resource.At(c.stage, b.file(h.Name, "more", "x\n"))}
		}}
		after := fixed{"after", func(h *inventory.Host) []resource.Resource {
			return []resource.Resource{resource.At(resource.Converge, b.file(h.Name, "after", "x\n"))}
		}}
		plays := func() []play.Play {
			return []play.Play{{Name: "site", Role: files("site"), Hosts: b.inv.Hosts}, {Name: "agent", Role: agent, Hosts: b.inv.Hosts, Spare: c.spare},
				{Name: "late", Role: files("late"), Hosts: b.inv.Hosts}, {Name: "after", Role: after, Hosts: b.inv.Hosts[1:], After: []string{"agent"}}}
		}
		b.plays = plays
		b.run("deploy")
		var done []string
		for _, host := range []string{"a", "b"} {
			for _, file := range []string{"after", "late", "more", "site"} {
				if _, err := os.Stat(b.path(host, file)); err == nil {
					done = append(done, host+"/"+file)
				}
			}
		}
		got := strings.Join(slices.DeleteFunc(done, func(s string) bool { return !c.spare && strings.HasPrefix(s, "a/") }), " ")
		if b.end("b").Outcome != event.Skipped || got != c.done {
			t.Errorf("%s: %s; %s", name, got, b.problems())
		}
		if want := map[bool]event.Outcome{true: event.Unhealthy, false: event.Failed}[c.spare]; b.end("a").Outcome != want || !strings.Contains(b.problems(), "custom:fetch") {
			t.Errorf("%s: %+v", name, b.end("a"))
		}
		b.plays = func() []play.Play { return plays()[:3] }
		if r, want := b.run("deploy"), map[bool]int{true: ExitUnhealthy, false: ExitFailed}[c.spare]; r.Exit != want {
			t.Errorf("%s: exit %d when nothing waits for it", name, r.Exit)
		}
	}
}

// TestSparePackages: where the transaction of a host's packages fails, those that the site
// needs are tried without the ones that it serves without.
func TestSparePackages(t *testing.T) {
	for name, c := range map[string]struct {
		install string // what the installation of $@ does; $have is where those that are there lie
		want    event.Outcome
		blamed  string
		tries   string
	}{
		"no source has it": {"case \" $* \" in *' agent '*) echo 'E: Unable to locate package agent'; exit 100 ;; esac; cd $have; touch \"$@\"",
			event.Unhealthy, "packages:agent", "agent web,web,"},
		"it cannot be set up": {"cd $have; for p; do [ $p = agent ] || touch $p; done; case \" $* \" in *' agent '*) exit 100 ;; esac",
			event.Unhealthy, "packages:agent", "agent web,"},
		"nothing can be installed": {"exit 100", event.Failed, "packages:web", "agent web,web,web,"},
	} {
		dir := t.TempDir()
		have := filepath.Join(dir, "have")
		for program, text := range map[string]string{
			"systemd-run": "for a; do :; done; d=${a%/*}; sed \"s#/var/lib/foobar#$d#g\" $a >$a.here; exec sh $a.here >>$d/job.log 2>&1",
			"systemctl":   "exit 0",
			"dpkg":        "exit 0",
			"dpkg-query":  "while [ $# -gt 0 ] && [ \"$1\" != -- ]; do shift; done; for p; do [ ! -e " + have + "/$p ] || printf 'package\\t%s\\tinstalled\\tinstall\\t1\\n' $p; done",
			"apt-get":     "have=" + have + "; case \"$*\" in -s* | *update*) exit 0 ;; esac; while [ \"$1\" != -- ]; do shift; done; shift; echo \"$*,\" >>" + dir + "/tries; " + c.install,
		} {
			if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Mkdir(have, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
		b := newBench(t, "a")
		needs := func(role string) fixed {
			return fixed{role, func(h *inventory.Host) []resource.Resource {
				return []resource.Resource{resource.Packages{For: role, Names: []string{role}}, resource.At(resource.Converge, b.file(h.Name, role, "x\n"))}
			}}
		}
		b.plays = func() []play.Play {
			return []play.Play{{Name: "agent", Role: needs("agent"), Hosts: b.inv.Hosts, Spare: true}, {Name: "web", Role: needs("web"), Hosts: b.inv.Hosts}}
		}
		b.run("deploy")
		end := b.end("a")
		if end.Outcome != c.want || !strings.Contains(end.Error, c.blamed) {
			t.Errorf("%s: %+v; %s", name, end, b.problems())
		}
		if b.there("a", "web") != (c.want == event.Unhealthy) || b.there("a", "agent") {
			t.Errorf("%s: what follows the packages: web %v, agent %v", name, b.there("a", "web"), b.there("a", "agent"))
		}
		raw, _ := os.ReadFile(filepath.Join(dir, "tries"))
		if got := strings.ReplaceAll(string(raw), "\n", ""); got != c.tries {
			t.Errorf("%s: tried %q", name, got)
		}
	}
}
