package engine

import (
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/facts"
	"foobar/internal/record"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/internal/sh/shtest"
)

// TestShell: what the engine sends and makes the host run besides the steps
// themselves.
func TestShell(t *testing.T) {
	put := resource.Put{Path: "/etc/a b/x.conf", Mode: 0o640, Owner: "root", Group: "adm", Check: "nginx -t -c %s", CheckAs: "www-data"}
	tasks := []*task{{step: put, staged: "/stage/1"}, {step: put, content: "printf %s 'it'\\''s'"}, {step: resource.Apt{Packages: []string{"nginx"}}}, {step: resource.Run{Script: "cat", Input: []byte("x")}},
		{step: resource.Run{Script: "echo x", Detached: true}}, {step: resource.Exchange{Script: "echo x"}}}
	shtest.Check(t, map[string]string{
		"history": HistoryScript(record.HostRun{ID: "it's"}),
		"facts":   ask.Script("x", "stop=y\n"+sh.Files+prepareScript+facts.Script()),
		"apt":     aptScript([]string{"nginx", "a b"}),
		"steps":   (&script{on: &worker{opening: HistoryScript(record.HostRun{At: time.Now()})}, tasks: tasks, token: "foobar-0123456789", name: "foobar-0123456789"}).text(),
	})
}
