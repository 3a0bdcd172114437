package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// openSSH is the path of OpenSSH's client, or empty. Another program of that name
// (Dropbear's) would not answer -G, but connect.
func (c *Cache) openSSH(ctx context.Context) string {
	program, err := exec.LookPath("ssh")
	if err != nil {
		return ""
	}
	if c == nil {
		c = &Cache{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.programs[program]; ok && known.state == state([]string{program}) {
		return known.value
	}
	ctx, cancel := context.WithTimeout(ctx, mostPatience)
	defer cancel()
	_, said, err := output(ctx, program, "-V")
	if ctx.Err() != nil {
		return ""
	}
	found := ""
	if err == nil && strings.HasPrefix(said, "OpenSSH_") {
		found = program
	}
	if c.programs == nil {
		c.programs = map[string]cached[string]{}
	}
	c.programs[program] = cached[string]{state([]string{program}), found}
	return found
}

// output runs a program without input and returns what it printed. What it started
// ends with it.
func output(ctx context.Context, program string, argv ...string) (out, said string, err error) {
	var stdout bytes.Buffer
	stderr := &tail{}
	cmd := exec.CommandContext(ctx, program, argv...)
	cmd.Stdout, cmd.Stderr = &capped{w: &stdout, left: mostConfig}, stderr
	cmd.SysProcAttr = apart()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// capped lets so many bytes through and takes the rest for an error.
type capped struct {
	w    io.Writer
	left int
}

func (c *capped) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		return 0, errors.New("too much output")
	}
	return c.w.Write(p)
}
