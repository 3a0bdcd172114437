package lab

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"foobar/internal/sh"
)

// cgroupRoots are the mount points of the hierarchies by which systemd knows its
// services: cgroup2, and the old named one where the machine still has it.
func cgroupRoots() ([]string, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var roots []string
	for line := range strings.Lines(string(mounts)) {
		before, after, ok := strings.Cut(line, " - ")
		mount, what := strings.Fields(before), strings.Fields(after)
		if !ok || len(mount) < 5 || len(what) < 3 {
			continue
		}
		if what[0] == "cgroup2" || what[0] == "cgroup" && strings.Contains(","+what[2]+",", ",name=systemd,") {
			roots = append(roots, mount[4])
		}
	}
	return roots, nil
}

// cgroups makes the host's own control groups and returns them. Without them the
// systemds of all hosts would share the groups of whoever started them.
func (l *Lab) cgroups(host string) ([]string, error) {
	roots, err := cgroupRoots()
	if err != nil {
		return nil, err
	}
	if len(roots) == 0 {
		return nil, errors.New("this machine has no cgroup2 hierarchy mounted, which systemd in the hosts needs; mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified")
	}
	groups := make([]string, len(roots))
	for i, root := range roots {
		dir := root
		for _, part := range []string{"foobar-lab", l.Name, host} {
			dir = filepath.Join(dir, part)
			if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return nil, err
			}
			delegate(filepath.Dir(dir))
		}
		groups[i] = dir
	}
	return groups, nil
}

// grouped is a shell script that becomes the command, in control groups of its own.
func (l *Lab) grouped(name string, cmd *exec.Cmd) (string, error) {
	groups, err := l.cgroups(name)
	if err != nil {
		return "", err
	}
	var script strings.Builder
	for _, g := range groups {
		script.WriteString("echo $$ > " + sh.Quote(filepath.Join(g, "cgroup.procs")) + " && ")
	}
	script.WriteString("exec " + sh.Join(cmd.Args...))
	return script.String(), nil
}

// delegate lets a group's children use its controllers, so that limits of memory
// and tasks work in the hosts; where that is not possible they do without.
func delegate(group string) {
	data, err := os.ReadFile(filepath.Join(group, "cgroup.controllers"))
	if err != nil {
		return
	}
	for _, c := range strings.Fields(string(data)) {
		os.WriteFile(filepath.Join(group, "cgroup.subtree_control"), []byte("+"+c), 0)
	}
}

// killGroup kills every process of a host, or of the whole lab when host is empty,
// and removes the groups. What is in them was started by the lab and nothing else.
func (l *Lab) killGroup(host string) error {
	roots, err := cgroupRoots()
	if err != nil {
		return err
	}
	// A process that waits for a disk dies only when that has answered.
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		left := 0
		for _, root := range roots {
			left += killTree(filepath.Join(root, "foobar-lab", l.Name, host))
		}
		if left == 0 {
			return nil
		}
		if time.Now().After(end) {
			return errors.New("processes of the lab do not die; see foobar-lab under /sys/fs/cgroup")
		}
	}
}

// killTree kills what is in a group and below, removes the groups that are empty
// and says how many are left.
func killTree(group string) (left int) {
	entries, err := os.ReadDir(group)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if e.IsDir() {
			left += killTree(filepath.Join(group, e.Name()))
		}
	}
	procs, _ := os.ReadFile(filepath.Join(group, "cgroup.procs"))
	for _, line := range strings.Fields(string(procs)) {
		if pid, err := strconv.Atoi(line); err == nil && pid > 1 {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if err := os.Remove(group); err != nil && !errors.Is(err, fs.ErrNotExist) {
		left++
	}
	return left
}
