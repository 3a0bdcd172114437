package sshtest

import (
	_ "embed"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"

	"foobar/internal/sh"
)

// fakeID tells a program that it is root, where it would be on a real host.
//
//go:embed id.sh
var fakeID string

// fakeSudo knows the options that scripts use. It sets the environment as
// sudo does, so that what is set outside is lost.
//
//go:embed sudo.sh
var fakeSudo string

// writePrograms fills Bin.
func (s *Server) writePrograms(t testing.TB) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	programs := map[string]string{
		"id":          fakeID,
		"sftp-server": "#!/bin/sh\nexec env SSHTEST_SFTP=1 " + sh.Quote(self) + "\n",
	}
	mode := s.conf.Sudo
	if mode == "" {
		mode = SudoFree
	}
	if mode == SudoMissing {
		// A sudo of the machine's own must not be found in its stead.
		programs["sudo"] = "#!/bin/sh\necho \"env: 'sudo': No such file or directory\" >&2\nexit 127\n"
	} else {
		programs["sudo"] = "#!/bin/sh\nmode=" + sh.Quote(string(mode)) + " password=" + sh.Quote(s.conf.Password) + "\n" + fakeSudo
	}
	for name, text := range programs {
		if err := os.WriteFile(filepath.Join(s.Bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// session runs one command.
func (s *Server) session(user string, c ssh.NewChannel) {
	channel, requests, err := c.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	for r := range requests {
		if r.Type != "exec" {
			_ = r.Reply(false, nil)
			continue
		}
		var command struct{ Line string }
		if err := ssh.Unmarshal(r.Payload, &command); err != nil {
			_ = r.Reply(false, nil)
			continue
		}
		if s.conf.Stall == AtExec {
			<-s.Gone
		}
		_ = r.Reply(true, nil)
		go answerAll(requests)
		s.mu.Lock()
		s.commands = append(s.commands, command.Line)
		s.mu.Unlock()
		if take := s.conf.Session; take != nil && take(command.Line, channel) {
			return
		}
		status := s.run(user, command.Line, channel)
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)}))
		return
	}
}

// run starts the login shell. As under sshd, the end of the connection closes
// its pipes and sends no signal.
func (s *Server) run(user, line string, channel ssh.Channel) int {
	shell := s.conf.Shell
	if shell == "" {
		shell = "/bin/sh"
	}
	cmd := exec.Command(shell, "-c", line)
	// The locale must not survive; a host's may be any.
	cmd.Env = []string{"PATH=" + s.Bin + ":/usr/local/bin:/usr/bin:/bin", "USER=" + user, "HOME=/", "LANG=de_DE.UTF-8"}
	if user == "root" {
		cmd.Env = append(cmd.Env, "SSHTEST_UID=0")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	_, _ = io.WriteString(channel, s.conf.Banner)
	cmd.Stderr = channel.Stderr()
	in, err := cmd.StdinPipe()
	if err != nil {
		return 255
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 255
	}
	if err := cmd.Start(); err != nil {
		_, _ = io.WriteString(channel.Stderr(), err.Error())
		return 127
	}
	go func() {
		_, _ = io.Copy(in, channel)
		in.Close()
	}()
	_, _ = io.Copy(channel, out)
	out.Close() // the next write meets a broken pipe
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if exit.ExitCode() < 0 {
			return 255
		}
		return exit.ExitCode()
	}
	return 0
}

// answerAll refuses what a client asks beside its command.
func answerAll(requests <-chan *ssh.Request) {
	for r := range requests {
		if r.WantReply {
			_ = r.Reply(false, nil)
		}
	}
}
