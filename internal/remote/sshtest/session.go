package sshtest

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"

	"foobar/internal/sh"
)

// fakeID tells a program that it is root, where it would be on a real host.
const fakeID = `#!/bin/sh
[ "$*" = -u ] || exec /usr/bin/id "$@"
echo "${SSHTEST_UID:-1000}"
`

// fakeSudo knows the options that scripts use. It sets the environment as
// sudo does, so that what is set outside is lost.
const fakeSudo = `#!/bin/sh
silent= stdin= prompt="[sudo] password: "
while :; do
  case $1 in
  -n) silent=1 ;;
  -S) stdin=1 ;;
  -p) prompt=$2; shift ;;
  --) shift; break ;;
  *) break ;;
  esac
  shift
done
echo "We trust you have received the usual lecture." >&2
authenticate() {
  [ -z "$silent" ] || { echo "sudo: a password is required" >&2; exit 1; }
  [ -n "$stdin" ] || { echo "sudo: a terminal is required to read the password" >&2; exit 1; }
  for try in 1 2 3; do
    printf %s "$prompt" >&2
    IFS= read -r word || exit 1
    [ "$word" != PASSWORD ] || return 0
    echo "Sorry, try again." >&2
  done
  echo "sudo: 3 incorrect password attempts" >&2
  exit 1
}
case MODE in
asks) authenticate ;;
refuses)
  # As the real one: only who has proved who they are is told.
  [ -z "$stdin" ] || { printf %s "$prompt" >&2; read -r word; }
  echo "$USER is not in the sudoers file." >&2
  exit 1 ;;
esac
exec env -i PATH="$PATH" SSHTEST_UID=0 SUDO_COMMAND="$*" LANG="$LANG" "$@"
`

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
		programs["sudo"] = strings.NewReplacer("MODE", string(mode), "PASSWORD", sh.Quote(s.conf.Password)).Replace(fakeSudo)
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
