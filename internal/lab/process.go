package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a process the lab started, told apart from a later one with the same
// number by its start time and the machine's boot.
type process struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // clock ticks after boot, field 22 of /proc/PID/stat
	Boot  string `json:"boot"`
}

// identify reads what tells process pid apart; fs.ErrNotExist when there is none.
func identify(pid int) (process, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, fs.ErrNotExist
	}
	start, err := startTime(string(stat))
	if err != nil {
		return process{}, err
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return process{PID: pid, Start: start, Boot: strings.TrimSpace(string(boot))}, err
}

// startTime takes the start out of a line of /proc/PID/stat. The program's name may
// hold blanks and parentheses, so counting begins after the last one. A zombie
// counts as gone.
func startTime(stat string) (uint64, error) {
	i := strings.LastIndexByte(stat, ')')
	fields := strings.Fields(stat[i+1:])
	if i < 0 || len(fields) < 20 {
		return 0, fmt.Errorf("unreadable process line %q", stat)
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return 0, fs.ErrNotExist
	}
	return strconv.ParseUint(fields[19], 10, 64)
}

// alive reports whether it is still this process.
func (p process) alive() bool {
	now, err := identify(p.PID)
	return err == nil && p.PID > 1 && now == p
}

// kill ends the process, politely first when grace is given, and waits until it is
// gone. A process that is not ours any more is left alone.
func (p process) kill(grace time.Duration) error {
	if grace > 0 && p.alive() {
		syscall.Kill(p.PID, syscall.SIGTERM)
		p.wait(grace)
	}
	if p.alive() {
		syscall.Kill(p.PID, syscall.SIGKILL)
	}
	if !p.wait(time.Minute) {
		return fmt.Errorf("process %d does not die", p.PID)
	}
	return nil
}

// wait waits until the process has gone and says whether it has.
func (p process) wait(limit time.Duration) bool {
	for end := time.Now().Add(limit); p.alive(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// record keeps a started process in the state folder, under its name.
func (l *Lab) record(name string, pid int) error {
	p, err := identify(pid)
	if err != nil {
		return fmt.Errorf("%s ended at once; see %s", name, l.path("log", name+".log"))
	}
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return replaceFile(l.path("run", name+".json"), data, 0o600)
}

// recorded returns the process kept under a name; ok when it still runs.
func (l *Lab) recorded(name string) (p process, ok bool) {
	data, err := os.ReadFile(l.path("run", name+".json"))
	if err != nil || json.Unmarshal(data, &p) != nil {
		return p, false
	}
	return p, p.alive()
}

// stop ends the process kept under a name, if it still runs.
func (l *Lab) stop(name string, grace time.Duration) error {
	p, ok := l.recorded(name)
	if ok {
		if err := p.kill(grace); err != nil {
			return fmt.Errorf("stop %s: %w", name, err)
		}
	}
	err := os.Remove(l.path("run", name+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// start runs a program in the background, in a session and control groups of its
// own, with its output in log/NAME.log, and records it.
func (l *Lab) start(name string, cmd *exec.Cmd) error {
	for _, dir := range []string{"run", "log"} {
		if err := os.MkdirAll(l.path(dir), 0o700); err != nil {
			return err
		}
	}
	log, err := os.Create(l.path("log", name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	script, err := l.grouped("_"+name, cmd)
	if err != nil {
		return err
	}
	env := cmd.Env
	cmd = exec.Command("sh", "-c", script)
	cmd.Stdout, cmd.Stderr, cmd.Env = log, log, env
	if err := detach(cmd); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	return l.record(name, cmd.Process.Pid)
}

// detach starts a program that outlives this one, in a session of its own.
func detach(cmd *exec.Cmd) error {
	letGo()
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Setsid: true}
	err := cmd.Start()
	if err == nil {
		go cmd.Wait() // later it is the machine's init that reaps it
	}
	return err
}

// letGo keeps what this command was started with, such as a lock's descriptor or
// a pipe, from the processes that outlive it.
func letGo() {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, f := range files {
		if fd, err := strconv.Atoi(f.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}

// running lists the names of the recorded processes, alive or not.
func (l *Lab) running() []string {
	files, _ := filepath.Glob(l.path("run", "*.json"))
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(filepath.Base(f), ".json")
	}
	return names
}
