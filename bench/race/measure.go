package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Result is one measurement, as a line of JSON.
type Result struct {
	Tool string `json:"tool"` // foobar, floor, ansible, pyinfra
	Work string `json:"work"` // first, converged, plan, repair, release
	RTT  int    `json:"rtt"`  // milliseconds between the controller and each host, added to the lab's own
	// Wall is in seconds, CPU in seconds of the command and of the children it waited for.
	Wall float64 `json:"wall"`
	CPU  float64 `json:"cpu"`
	// Busy are the seconds of all processors of the machine, which carries the hosts
	// too; Starts the processes started on it (/proc/stat, "processes").
	Busy   float64 `json:"busy"`
	Starts int     `json:"starts"`
	Code   int     `json:"code"` // exit status
}

// measure runs a command and says what it cost. Its output goes to the log.
func measure(ctx context.Context, cmd *exec.Cmd, log *bytes.Buffer) (Result, error) {
	log.Reset()
	cmd.Stdout, cmd.Stderr = log, log
	before, err := machine()
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	err = cmd.Run()
	wall := time.Since(began)
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	if cmd.ProcessState == nil {
		return Result{}, err
	}
	after, err := machine()
	if err != nil {
		return Result{}, err
	}
	return Result{
		Wall:   wall.Seconds(),
		CPU:    (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(),
		Busy:   after.busy - before.busy,
		Starts: after.starts - before.starts,
		Code:   cmd.ProcessState.ExitCode(),
	}, nil
}

// stat is what the kernel has counted since it started, of this machine and so of the
// lab's hosts on it.
type stat struct {
	busy   float64 // seconds of all processors
	starts int
}

// ticks is USER_HZ: the unit of /proc/stat on every architecture of Debian.
const ticks = 100

func machine() (stat, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return stat{}, err
	}
	return readStat(string(text))
}

func readStat(text string) (s stat, err error) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) > 8 && f[0] == "cpu":
			for i, word := range f[1:9] { // user nice system idle iowait irq softirq steal
				n, err := strconv.ParseFloat(word, 64)
				if err != nil {
					return stat{}, fmt.Errorf("/proc/stat: %w", err)
				}
				if i != 3 && i != 4 {
					s.busy += n / ticks
				}
			}
		case len(f) == 2 && f[0] == "processes":
			if s.starts, err = strconv.Atoi(f[1]); err != nil {
				return stat{}, fmt.Errorf("/proc/stat: %w", err)
			}
		}
	}
	return s, nil
}

// gently makes a command that is asked to end, and not killed, when the context is done.
func gently(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}
