//go:build lab

package labtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

// pace is how many times slower than the machine for which the bounds were chosen
// this one is, at least 1. calibrate sets it.
var pace = 1.0

// Starting processes is what the hosts and the tests spend their time on. The
// usual time is that of the work below on a machine that nothing else runs on.
const (
	processStarts = 200 // on each processor
	usualTime     = 150 * time.Millisecond
)

// calibrate times a fixed piece of work.
func calibrate() {
	began := time.Now()
	var work sync.WaitGroup
	for range runtime.NumCPU() {
		work.Go(func() {
			for range processStarts {
				_ = exec.Command("/bin/true").Run()
			}
		})
	}
	work.Wait()
	took := time.Since(began)
	pace = max(1, float64(took)/float64(usualTime))
	tell("this machine starts %d processes in %.2f s: waits are bounded by %.1f times the usual", processStarts*runtime.NumCPU(), took.Seconds(), pace)
}

// within is a bound for a wait: so long on the usual machine, with room for what
// else this one may have to do meanwhile. It decides when to give up, never
// whether something is right.
func within(usual time.Duration) time.Duration { return time.Duration(2 * pace * float64(usual)) }

// seconds is a bound as programs take it.
func seconds(usual time.Duration) string {
	return strconv.Itoa(int(within(usual).Round(time.Second) / time.Second))
}

// eventually repeats a question until it is answered, at most for a while.
func eventually(t *testing.T, usual time.Duration, what string, ask func() bool) {
	t.Helper()
	defer waitFor(what)()
	for end := time.Now().Add(within(usual)); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if ask() {
			return
		}
	}
	t.Errorf("after %s there is still no %s", within(usual).Round(time.Second), what)
}

// waits is what the tests wait for at the moment, the outermost first.
var waits struct {
	sync.Mutex
	stack []*wait
}

type wait struct {
	what  string
	since time.Time
}

// waitFor notes what is waited for until the function that it returns is called.
func waitFor(what string) func() {
	w := &wait{what, time.Now()}
	waits.Lock()
	defer waits.Unlock()
	waits.stack = append(waits.stack, w)
	return func() {
		waits.Lock()
		defer waits.Unlock()
		for i, other := range waits.stack {
			if other == w {
				waits.stack = append(waits.stack[:i], waits.stack[i+1:]...)
				return
			}
		}
	}
}

// longest is what has been waited for the longest, if it is worth a word.
func longest() (w wait, ok bool) {
	waits.Lock()
	defer waits.Unlock()
	if len(waits.stack) == 0 || time.Since(waits.stack[0].since) < within(30*time.Second) {
		return wait{}, false
	}
	return *waits.stack[0], true
}

// watcher is who watches the tests run; package testing takes os.Stderr for itself.
var watcher = os.Stderr

// tell writes a line for the person who watches.
func tell(format string, args ...any) { fmt.Fprintf(watcher, format+"\n", args...) }

// output collects what a command writes while it is read.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
