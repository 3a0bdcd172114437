package main

import (
	"encoding/xml"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRelayDelaysBothWays: an answer comes a round trip after its question, never
// earlier, and what is sent in one go arrives in one go: delay is no limit of bandwidth.
func TestRelayDelaysBothWays(t *testing.T) {
	far, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	go func() {
		for {
			c, err := far.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	near, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	const rtt = 100 * time.Millisecond
	go serve(near, far.Addr().String(), rtt)
	c, err := net.Dial("tcp", near.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	echo := func(text string) {
		t.Helper()
		began := time.Now()
		go func() { _, _ = io.WriteString(c, text) }()
		back := make([]byte, len(text))
		if _, err := io.ReadFull(c, back); err != nil || string(back) != text {
			t.Fatalf("what comes back is not what went (%v)", err)
		}
		if took := time.Since(began); took < rtt {
			t.Errorf("%d bytes came back after %s, before a round trip", len(text), took)
		}
	}
	echo("opens the connection")
	echo("a")
	echo(strings.Repeat("0123456789abcdef", 1<<16)) // a MiB: 32 pieces, not 32 round trips
	if half, ok := c.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("after the end: %d bytes, %v", len(rest), err)
	}
}

func TestRecapNamesWhatChanged(t *testing.T) {
	log := "PLAY RECAP ****\nlb1   : ok=35   changed=2    unreachable=0    failed=0\nsrv1  : ok=57   changed=0    unreachable=0    failed=0\n"
	if got := recap(log); got != "lb1 2" {
		t.Errorf("got %q", got)
	}
	if got := recap(strings.ReplaceAll(log, "changed=2", "changed=0")); got != "" {
		t.Errorf("nothing changed: %q", got)
	}
}

func TestStatCountsWhatWorks(t *testing.T) {
	s, err := readStat("cpu  100 20 30 9999 777 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\nctxt 5\nprocesses 4242\n")
	if err != nil || math.Abs(s.busy-1.71) > 1e-9 || s.starts != 4242 {
		t.Errorf("%+v, %v: idle and waiting time are not work", s, err)
	}
}

// results are of a small run: the floor and two tools, at two distances.
var results = []Result{
	{Tool: "floor", Work: converged, Wall: 1, Starts: 100}, {Tool: "floor", Work: converged, Wall: 3, Starts: 100}, {Tool: "floor", Work: converged, Wall: 2, Starts: 102},
	{Tool: "foobar", Work: converged, Wall: 3, Starts: 300}, {Tool: "ansible", Work: converged, Wall: 50.44, Starts: 9000},
	{Tool: "floor", Work: converged, RTT: 100, Wall: 2}, {Tool: "foobar", Work: converged, RTT: 100, Wall: 4},
	{Tool: "foobar", Work: repair, Wall: 4},
	{Tool: "floor", Work: release, Wall: 5}, {Tool: "foobar", Work: release, Wall: 6},
}

func TestTableComparesWithTheFloor(t *testing.T) {
	got := table(results, "1.2 of 2026-01-31")
	for _, want := range []string{
		"\nMeasured with foobar 1.2 of 2026-01-31.\n",
		"| | | RTT 0 ms | RTT 100 ms | processes | runs |\n",
		"| deploy, nothing to do | floor | 2.00 s (1.00–3.00) | 2.00 s (2.00–2.00) | 100 | 4 |\n",
		"| deploy, nothing to do | foobar | 3.00 s (3.00–3.00), 1.50× | 4.00 s (4.00–4.00), 2.00× | 300 | 2 |\n",
		"| deploy, nothing to do | Ansible, tuned | 50.4 s (50.4–50.4), 25.2× | | 9000 | 1 |\n",
		"| release of the app | foobar | 6.00 s (6.00–6.00), 1.20× | | 0 | 1 |\n",
		"| deploy, one line to repair | foobar | 4.00 s (4.00–4.00), 2.00× | | 0 | 1 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "first deploy |") {
		t.Errorf("what was not measured has a row:\n%s", got)
	}
}

func TestDrawReplacesWhatStandsBetweenTheMarks(t *testing.T) {
	dir := t.TempDir()
	readme := filepath.Join(dir, "README.md")
	if err := os.WriteFile(readme, []byte("before\n<!-- bench begins -->\nold\n<!-- bench ends -->\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := `{"tool":"floor","work":"converged","rtt":0,"wall":1}` + "\n" + `{"tool":"foobar","work":"converged","rtt":0,"wall":1.5}` + "\n"
	for range 2 {
		if err := draw(strings.NewReader(lines), []string{readme, dir, "1.2 of 2026-01-31"}); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(readme)
	got := string(text)
	if err != nil || !strings.HasPrefix(got, "before\n<!-- bench begins -->\n| |") || !strings.HasSuffix(got, "<!-- bench ends -->\nafter\n") || strings.Contains(got, "old") {
		t.Errorf("%v\n%s", err, got)
	}
	if err := draw(strings.NewReader(""), []string{readme, dir, "1.2 of 2026-01-31"}); err == nil {
		t.Error("nothing was measured, and yet the README is written")
	}
	wellFormed(t, filepath.Join(dir, "bench.svg"))
}

func TestScaleIsRead(t *testing.T) {
	dir := t.TempDir()
	readme := filepath.Join(dir, "README.md")
	if err := os.WriteFile(readme, []byte("<!-- scale begins -->\n<!-- scale ends -->\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "goos: linux\nBenchmarkPlan/4-2 \t 2\t 239819224 ns/op\t        30.00 MiB\t 7.4 MiB/host\t 19.5 cpu-ms/host\n" +
		"BenchmarkPlan/16-2 \t 2\t 1 ns/op\t        42.00 MiB\t 2.6 MiB/host\t 9.0 cpu-ms/host\nPASS\n"
	if err := scale(strings.NewReader(text), []string{readme, dir}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(readme)
	if want := "| 16 | 9.00 ms | 42.0 MiB | 1.00 MiB |\n"; err != nil || !strings.Contains(string(got), want) {
		t.Errorf("no %q in\n%s", want, got)
	}
	wellFormed(t, filepath.Join(dir, "scale.svg"))
	if err := scale(strings.NewReader("PASS\n"), []string{readme, dir}); err == nil {
		t.Error("no benchmark, and yet the README is written")
	}
}

// wellFormed reads an SVG as XML and wants numbers in its coordinates.
func wellFormed(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "NaN") || strings.Contains(string(text), "Inf") {
		t.Errorf("%s has no number somewhere:\n%s", file, text)
	}
	for dec := xml.NewDecoder(strings.NewReader(string(text))); ; {
		if _, err := dec.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}
