package action

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/remote"
	"foobar/internal/sh"
	"foobar/inventory"
)

// commandLine is what the host's shell reads.
func commandLine(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return sh.Join(words...)
}

// SSH logs in to a host with this machine's ssh.
type SSH struct {
	Common Common
	Host   string
	// Words are the command; none means a shell.
	Words []string
	// TTY gives the command a terminal.
	TTY bool
}

// Run becomes the ssh program; it returns only when that failed.
func (v *SSH) Run() error {
	inv, err := v.Common.load()
	if err != nil {
		return err
	}
	h := inv.Host(v.Host)
	if h == nil {
		return Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("%s has no host %q; its hosts are %s", v.Common.Inventory, v.Host, strings.Join(inventory.Names(inv.Hosts), ", "))))
	}
	program, err := exec.LookPath("ssh")
	if err != nil {
		return &Exit{engine.ExitFailed, errors.New("there is no ssh on this machine; install it, on Debian with apt-get install openssh-client")}
	}
	self, err := os.Executable()
	if err != nil {
		return &Exit{engine.ExitFailed, fmt.Errorf("find this program's own file: %w", err)}
	}
	set := v.Common.overlay(h.SSH)
	if set.ProxyCommand != "" { // may name a program beside the inventory
		for i, file := range set.Identity {
			if path, err := filepath.Abs(file); err == nil && !strings.HasPrefix(file, "~") {
				set.Identity[i] = path
			}
		}
		if err := os.Chdir(inv.Folder()); err != nil {
			return &Exit{engine.ExitFailed, err}
		}
	}
	argv := sshArgs(h, set, self, v.Words, v.TTY, loops)
	return &Exit{engine.ExitFailed, fmt.Errorf("run %s: %w", program, syscall.Exec(program, argv, os.Environ()))}
}

// overlay puts what the flags say in place of a host's settings.
func (c *Common) overlay(s inventory.SSH) inventory.SSH {
	if c.Identity != "" {
		s.Identity = []string{c.Identity}
	}
	if c.Jump != "" {
		s.Jump, s.ProxyCommand = c.Jump, ""
	}
	if c.Timeout > 0 {
		s.ConnectTimeout = c.Timeout
	}
	return s
}

// sshArgs is the command line of OpenSSH's client that reaches a host as package
// remote does. self is this program, which compares a pinned host key; loops tells of a host
// that ssh would reach through itself.
func sshArgs(h *inventory.Host, s inventory.SSH, self string, words []string, tty bool, loops func([]string) bool) []string {
	argv := append([]string{"ssh"}, fileArgs(s)...)
	if s.Port != 0 {
		argv = append(argv, "-p", strconv.Itoa(s.Port))
	}
	if s.User != "" {
		argv = append(argv, "-l", s.User)
	}
	if s.ConnectTimeout > 0 {
		argv = append(argv, "-o", fmt.Sprintf("ConnectTimeout=%.0f", math.Ceil(s.ConnectTimeout.Seconds())))
	}
	switch {
	case s.ProxyCommand != "":
		argv = append(argv, "-o", "ProxyCommand="+s.ProxyCommand)
	case strings.EqualFold(s.Jump, "none"):
		argv = append(argv, "-o", "ProxyJump=none")
	case s.Jump != "":
		argv = append(argv, "-o", "ProxyCommand="+jumpCommand(s, strings.Split(s.Jump, ","), loops))
	}
	if h.HostKey != "" {
		argv = append(argv, pinArgs(self, h.HostKey)...)
	}
	if tty {
		argv = append(argv, "-t")
	}
	if len(words) == 0 {
		return append(argv, "--", h.Address)
	}
	// ssh refuses a command beside the one of ssh_config, such as tmux.
	return append(argv, "-o", "RemoteCommand=none", "--", h.Address, commandLine(words))
}

// fileArgs are the settings that jump hosts share.
func fileArgs(s inventory.SSH) []string {
	var argv []string
	if s.Config != "" {
		argv = append(argv, "-F", s.Config)
	}
	for _, file := range s.Identity {
		argv = append(argv, "-o", "IdentityFile="+sshWord(file))
	}
	if len(s.Identity) > 0 {
		argv = append(argv, "-o", "IdentitiesOnly=yes")
	}
	if len(s.KnownHosts) > 0 {
		files := make([]string, len(s.KnownHosts))
		for i, file := range s.KnownHosts {
			files[i] = sshWord(file)
		}
		argv = append(argv, "-o", "UserKnownHostsFile="+strings.Join(files, " "))
	}
	return argv
}

// jumpCommand leads through jump hosts, the last of which reaches the host. It
// is not ssh -J, which keeps the key files and known_hosts from jump hosts. As with it,
// the first one is reached as ssh_config says.
func jumpCommand(s inventory.SSH, hops []string, loops func([]string) bool) string {
	last := len(hops) - 1
	user, host, port := remote.SplitHop(hops[last])
	argv := append([]string{"ssh"}, fileArgs(s)...)
	if port != "" {
		argv = append(argv, "-p", port)
	}
	if user != "" {
		argv = append(argv, "-l", user)
	}
	if last > 0 {
		argv = append(argv, "-o", "ProxyCommand="+jumpCommand(s, hops[:last], loops))
	} else if loops(append(slices.Clip(argv), "--", host)) {
		argv = append(argv, "-o", "ProxyJump=none")
	}
	// The ssh that runs this line replaces tokens in it: those that are for the
	// ssh in the line are kept from it.
	line := strings.ReplaceAll(sh.Join(argv...), "%", "%%")
	return line + " -W '[%h]:%p' -- " + sh.Quote(host)
}

// loops reports whether ssh would go to a host through itself, as where the jump host of
// "Host *" is covered by it, too.
func loops(argv []string) bool {
	said, _ := exec.Command(argv[0], append([]string{"-G"}, argv[1:]...)...).CombinedOutput() // ssh will say what is wrong
	return remote.ThroughItself(argv[len(argv)-1], string(said))
}

// sshWord writes a file name for a value of ssh_config that knows tokens.
func sshWord(s string) string {
	s = strings.ReplaceAll(s, "%", "%%")
	if strings.ContainsAny(s, " \t\"'\\#") {
		s = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return s
}

// pinArgs make a pinned host key the only one that counts.
func pinArgs(self, pin string) []string {
	return []string{
		"-o", "UserKnownHostsFile=none", "-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes", "-o", "CheckHostIP=no",
		"-o", "KnownHostsCommand=" + sshWord(self) + " host-key " + sshWord(pin) + " %H %t %K",
	}
}
