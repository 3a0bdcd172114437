package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"foobar/internal/engine"
	"foobar/internal/remote/sshtest"
	"foobar/internal/status"
)

// TestStatusOverSSH: the question goes over real connections to hosts where
// nothing is deployed, and the exit status and the document say so.
func TestStatusOverSSH(t *testing.T) {
	sshtest.NeedsRunDir(t)
	path := sshtest.Site(t, sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{}))
	stdout, stderr, code := foobar(t, "status", path, "-o", "json")
	var s status.Status
	if err := json.Unmarshal([]byte(stdout), &s); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	if code != engine.ExitUnhealthy || s.V != 1 || s.Healthy || len(s.Findings) == 0 || len(s.Hosts) != 2 || !s.Hosts[1].Reached || s.Hosts[1].System.MemoryTotal == 0 {
		t.Errorf("exit %d, %s", code, stdout)
	}
	stdout, _, code = foobar(t, "status", path, "-l", "web1")
	if code != engine.ExitUnhealthy || !strings.HasPrefix(stdout, "www.example.com is unhealthy") || strings.Contains(stdout, "lb1") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}

// TestStatusUnreachable: a host that nobody can ask is the first finding, the
// others are shown all the same.
func TestStatusUnreachable(t *testing.T) {
	sshtest.NeedsRunDir(t)
	path := sshtest.Site(t, sshtest.Start(t, sshtest.Config{}), nil)
	stdout, _, code := foobar(t, "status", path)
	if code != engine.ExitUnreachable || !strings.Contains(stdout, "\n\nPROBLEM web1: cannot be asked: ") || !strings.Contains(stdout, "\nMACHINE") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}

// TestStatusUsage: what cannot be asked is refused before any connection.
func TestStatusUsage(t *testing.T) {
	path := sshtest.Site(t, nil)
	for _, args := range [][]string{{path, "-o", "xml"}, {path, "--watch"}, {path, "-l", "nobody"}, {path + "x"}, {}} {
		if _, stderr, code := foobar(t, append([]string{"status"}, args...)...); code != engine.ExitUsage || stderr == "" {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
}

// TestSampleOf: the charts count over all balancers, and not at all without one.
func TestSampleOf(t *testing.T) {
	lb := func(requests, failed, ms int64) status.Host {
		return status.Host{Reached: true, Balancer: &status.Balancer{Answered: true, Front: status.Traffic{Requests: requests, Status5xx: failed}, Back: status.Server{ResponseTime: ms}}}
	}
	got := sampleOf(status.Status{Taken: time.Unix(9, 0), Healthy: true, Hosts: []status.Host{lb(10, 1, 30), lb(5, 2, 7)}})
	if !got.Counted || got.Requests != 15 || got.Errors != 3 || got.ResponseTime != 30 || !got.Time.Equal(time.Unix(9, 0)) || !got.Healthy {
		t.Errorf("%+v", got)
	}
	if got := sampleOf(status.Status{Hosts: []status.Host{{Balancer: &status.Balancer{}}, {}}}); got.Counted {
		t.Errorf("%+v", got)
	}
}
