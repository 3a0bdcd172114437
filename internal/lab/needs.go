package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// ErrRoot is the refusal to work without root.
var ErrRoot = errors.New("the lab needs root: it makes containers and network namespaces (run it with sudo)")

// ErrLinux is the refusal to work on another system than Linux.
var ErrLinux = errors.New("the lab needs Linux: its hosts are containers of this machine's kernel; every other command of foobar works here")

// needRoot refuses early what would fail in the middle.
func needRoot() error {
	if os.Geteuid() != 0 {
		return ErrRoot
	}
	return nil
}

// tools are the programs the lab calls and Debian's packages that bring them.
var tools = [...][2]string{
	{"systemd-nspawn", "systemd-container"},
	{"mmdebstrap", "mmdebstrap"},
	{"ip", "iproute2"},
	{"nsenter", "util-linux"},
	{"curl", "curl"},
	{"ssh", "openssh-client"},
}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// missing lists the packages to install for the programs that find does not know.
func missing(find func(string) bool, keys bool) []string {
	var packages []string
	for _, t := range tools {
		if !find(t[0]) {
			packages = append(packages, t[1])
		}
	}
	if !keys {
		packages = append(packages, "debian-archive-keyring")
	}
	return packages
}

// needs says in one sentence what this machine lacks for a lab.
func (l *Lab) needs() error {
	if err := needRoot(); err != nil {
		return err
	}
	_, err := os.Stat(keyring)
	found := func(p string) bool { _, err := exec.LookPath(p); return err == nil }
	if packages := missing(found, err == nil); len(packages) > 0 {
		return fmt.Errorf("the lab needs programs that this machine lacks; install them with: apt-get install -y %s", strings.Join(packages, " "))
	}
	if _, err := os.Stat("/proc/self/ns/net"); err != nil {
		return errors.New("this kernel has no network namespaces (CONFIG_NET_NS), and the lab lives in one")
	}
	filesystems, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return err
	}
	if !bytes.Contains(filesystems, []byte("\toverlay\n")) {
		// It may be a module that nothing has loaded yet.
		if out, err := exec.Command("modprobe", "overlay").CombinedOutput(); err != nil {
			return fmt.Errorf("this kernel has no overlayfs, which the hosts' disks are made of: modprobe overlay: %s", firstLine(out, err))
		}
	}
	if !bytes.Contains(filesystems, []byte("\tcgroup2\n")) {
		return errors.New("this kernel has no cgroup2 file system, which systemd in the hosts needs")
	}
	return nil
}

// firstLine is the first line a failed program printed, else its error.
func firstLine(out []byte, err error) string {
	text, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if text == "" && err != nil {
		return err.Error()
	}
	return text
}

// run calls a program and makes one line of its failure.
func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %s", name, strings.Join(args, " "), firstLine(out, err))
	}
	return nil
}
