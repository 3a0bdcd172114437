//go:build lab

package labtest

import (
	"bufio"
	"flag"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// narrate tells on standard error which test runs, how many of how many, how each
// ended, and what one waits for that takes long. It reads what the tests print on
// their way to standard output; the function that it returns ends that.
func narrate() func() {
	if f := flag.Lookup("test.v"); f == nil || f.Value.String() == "false" {
		return func() {} // what tests begin is not printed then
	}
	r, w, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	real := os.Stdout
	os.Stdout = w
	n := &narrator{total: countTests()}
	done, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewReader(r); ; {
			line, err := lines.ReadString('\n')
			_, _ = io.WriteString(real, line)
			n.line(strings.Trim(line, "\x16\n"))
			if err != nil {
				return
			}
		}
	}()
	go n.patience(stop)
	return func() {
		os.Stdout = real
		_ = w.Close()
		<-done
		close(stop)
	}
}

// countTests asks this program for the tests that were chosen.
func countTests() int {
	pattern := "."
	if f := flag.Lookup("test.run"); f != nil && f.Value.String() != "" {
		pattern, _, _ = strings.Cut(f.Value.String(), "/")
	}
	cmd := exec.Command(os.Args[0], "-test.list", pattern)
	cmd.Env = append(os.Environ(), listOnly+"=1")
	out, _ := cmd.Output()
	return strings.Count("\n"+string(out), "\nTest")
}

// listOnly tells this program, as its own child, not to start a lab.
const listOnly = "FOOBAR_LABTEST_LIST"

type narrator struct{ begun, total int }

func (n *narrator) line(line string) {
	words := strings.Fields(line)
	switch {
	case strings.HasPrefix(line, "=== RUN ") && len(words) == 3 && !strings.Contains(words[2], "/"):
		n.begun++
		tell("[%d of %d] %s", n.begun, n.total, words[2])
	case strings.HasPrefix(line, "=== RUN ") && len(words) == 3:
		_, part, _ := strings.Cut(words[2], "/")
		tell("    %s", part)
	case strings.HasPrefix(line, "--- FAIL: "):
		tell("    FAILED %s", strings.TrimPrefix(line, "--- FAIL: "))
	case strings.HasPrefix(line, "--- PASS: "):
		tell("    passed %s", words[len(words)-1])
	}
}

// patience says now and then what a long wait is for.
func (n *narrator) patience(stop chan struct{}) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			if w, ok := longest(); ok {
				tell("    has waited %s for: %s", time.Since(w.since).Round(time.Second), w.what)
			}
		}
	}
}
