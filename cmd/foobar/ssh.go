package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/remote"
	"foobar/internal/sh"
	"foobar/inventory"
)

func sshCommand() *cobra.Command {
	f := &runFlags{}
	var tty bool
	cmd := &cobra.Command{
		Use:   "ssh INVENTORY HOST [-- COMMAND...]",
		Short: "Log in to a host with the inventory's connection settings",
		Long: `Runs this machine's ssh with what the inventory says of the host: user, port, key
files, known_hosts, pinned host key, jump host, proxy command, configuration file.

One word after -- is a command line for the host's shell; several are one command
with its arguments, whatever characters they hold. The exit status is ssh's: that
of the command, or 255 when the host was not reached.

    foobar ssh inventory.toml web1
    foobar ssh inventory.toml web1 -- 'df -h | grep /srv'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			named, words := splitArgs(cmd, args)
			if len(named) != 2 {
				return usage(errors.New("ssh takes an inventory and a host, and a command after --: foobar ssh inventory.toml web1 -- uptime"))
			}
			return f.ssh(named[0], named[1], words, tty)
		},
		ValidArgsFunction: completeArgs(hostNames),
	}
	f.addConnection(cmd)
	cmd.Flags().BoolVarP(&tty, "tty", "t", false, "give the command a terminal")
	return cmd
}

// addConnection adds the flags that say how to reach hosts.
func (f *runFlags) addConnection(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVarP(&f.jump, "jump", "J", "", "jump host, as for ssh -J")
	fl.StringVarP(&f.identity, "identity", "i", "", "private key `file`")
	f.addTimeout(cmd)
}

// splitArgs parts what stands before -- from what stands after it.
func splitArgs(cmd *cobra.Command, args []string) (named, words []string) {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return args[:n], args[n:]
	}
	return args, nil
}

// commandLine is what the host's shell reads.
func commandLine(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return sh.Join(words...)
}

// ssh becomes the ssh program.
func (f *runFlags) ssh(path, host string, words []string, tty bool) error {
	inv, err := f.load(path)
	if err != nil {
		return err
	}
	h := inv.Host(host)
	if h == nil {
		return usage(fault.As(fault.NoSuch, fmt.Errorf("%s has no host %q; its hosts are %s", path, host, strings.Join(namesOf(inv.Hosts), ", "))))
	}
	program, err := exec.LookPath("ssh")
	if err != nil {
		return &exitError{engine.ExitFailed, errors.New("there is no ssh on this machine; install it, on Debian with apt-get install openssh-client")}
	}
	self, err := os.Executable()
	if err != nil {
		return &exitError{engine.ExitFailed, fmt.Errorf("find this program's own file: %w", err)}
	}
	argv := sshArgs(h, f.overlay(h.SSH), self, words, tty)
	return &exitError{engine.ExitFailed, fmt.Errorf("run %s: %w", program, syscall.Exec(program, argv, os.Environ()))}
}

func namesOf(hosts []*inventory.Host) []string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	return names
}

// overlay lays the flags over a host's settings.
func (f *runFlags) overlay(s inventory.SSH) inventory.SSH {
	if f.identity != "" {
		s.Identity = []string{f.identity}
	}
	if f.jump != "" {
		s.Jump, s.ProxyCommand = f.jump, ""
	}
	if f.timeout > 0 {
		s.ConnectTimeout = f.timeout
	}
	return s
}

// sshArgs is the command line of OpenSSH's client that reaches a host as package
// remote does. self is this program, which compares a pinned host key.
func sshArgs(h *inventory.Host, s inventory.SSH, self string, words []string, tty bool) []string {
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
		argv = append(argv, "-o", "ProxyCommand="+jumpCommand(s, strings.Split(s.Jump, ",")))
	}
	if h.HostKey != "" {
		argv = append(argv, pinArgs(self, h.HostKey)...)
	}
	if tty {
		argv = append(argv, "-t")
	}
	argv = append(argv, "--", h.Address)
	if len(words) > 0 {
		argv = append(argv, commandLine(words))
	}
	return argv
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
// is not ssh -J, which keeps the key files and known_hosts from jump hosts.
func jumpCommand(s inventory.SSH, hops []string) string {
	last := len(hops) - 1
	user, host, port := splitHop(hops[last])
	argv := append([]string{"ssh"}, fileArgs(s)...)
	if port != "" {
		argv = append(argv, "-p", port)
	}
	if user != "" {
		argv = append(argv, "-l", user)
	}
	if last > 0 {
		argv = append(argv, "-o", "ProxyCommand="+jumpCommand(s, hops[:last]))
	} else {
		// "Host *" with ProxyJump also covers the jump host.
		argv = append(argv, "-o", "ProxyJump=none")
	}
	// The ssh that runs this line replaces tokens in it: those that are for the
	// ssh in the line are kept from it.
	line := strings.ReplaceAll(sh.Join(argv...), "%", "%%")
	return line + " -W '[%h]:%p' -- " + sh.Quote(host)
}

// splitHop reads [ssh://][user@]host[:port]; the reader has checked its form.
func splitHop(hop string) (user, host, port string) {
	host = strings.TrimPrefix(hop, "ssh://")
	if i := strings.LastIndex(host, "@"); i >= 0 {
		user, host = host[:i], host[i+1:]
	}
	if i := strings.LastIndex(host, ":"); i > strings.LastIndex(host, "]") {
		host, port = host[:i], host[i+1:]
	}
	return user, strings.Trim(host, "[]"), port
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

// hostKeyCommand is what ssh asks for known keys (KnownHostsCommand in
// ssh_config(5)) when the inventory pins one.
func hostKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "host-key PIN HOST TYPE KEY", Short: "Vouch for a pinned host key (started by foobar ssh)",
		Args: cobra.ExactArgs(4), Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			line, err := remote.KnownLine(args[0], args[1], args[2], args[3])
			if err != nil {
				return &exitError{engine.ExitFailed, err}
			}
			fmt.Print(line)
			return nil
		},
	}
}
