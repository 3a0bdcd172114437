package remote

import (
	"cmp"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"foobar/internal/fault"
)

// proxyConn is the standard input and output of a proxy command.
type proxyConn struct {
	in     io.WriteCloser // its standard input
	out    io.ReadCloser
	cmd    *exec.Cmd
	said   *tail
	exited chan struct{}
	once   sync.Once
}

// dialCommand starts the proxy command, as OpenSSH does: by the user's shell,
// with its tokens replaced.
func (s *settings) dialCommand() (net.Conn, error) {
	if strings.Contains(s.proxyCommand, "%r") && !userPattern.MatchString(s.user) {
		return nil, s.fail(ErrConfig, nil, "give another user or proxy command", "the user %q cannot be put into a proxy command", clean(s.user))
	}
	line, err := s.tokens(s.proxyCommand, nil)
	if err != nil {
		return nil, s.bad("see the tokens in ssh_config(5)", "the proxy command %s", clean(err.Error()))
	}
	p := &proxyConn{cmd: exec.Command(cmp.Or(os.Getenv("SHELL"), "/bin/sh"), "-c", "exec "+strings.TrimPrefix(line, "exec ")), said: &tail{}, exited: make(chan struct{})}
	p.cmd.SysProcAttr = apart()
	p.cmd.Stderr = p.said
	p.cmd.Dir = s.proxyDir
	p.cmd.WaitDelay = time.Second
	fail := func(err error) error {
		return s.fail(ErrUnreachable, err, "", "cannot start the proxy command: %s", reason(err)).as(fault.ProxyFailed)
	}
	// Pipes of our own, because Wait closes those it made before they are read.
	out, stdout, err := os.Pipe()
	if err != nil {
		return nil, fail(err)
	}
	defer stdout.Close()
	p.out, p.cmd.Stdout = out, stdout
	if p.in, err = p.cmd.StdinPipe(); err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		out.Close()
		return nil, fail(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// apart starts a program in a group of its own: Ctrl-C is for foobar, which then still
// needs the way to the host to stop in good order. Beside that group none may read from
// the terminal, and who tries is halted; so it has none, and what would ask there, such as
// an ssh of its own, says that it cannot.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func (p *proxyConn) Read(b []byte) (int, error) { return p.out.Read(b) }

// Write implements net.Conn.
func (p *proxyConn) Write(b []byte) (int, error) { return p.in.Write(b) }

// Close ends the command with all it started. It first gets a moment to end by
// itself, and to say what went wrong.
func (p *proxyConn) Close() error {
	p.once.Do(func() {
		p.in.Close()
		p.out.Close()
		select {
		case <-p.exited:
		case <-time.After(100 * time.Millisecond):
			_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
		}
	})
	return nil
}

// complaint is what the command wrote to standard error, or that it ended, or otherwise why.
func (p *proxyConn) complaint(why string) string {
	select {
	case <-p.exited: // what was noticed first is a matter of time: its end, or a pipe that nobody reads
		why = "it ended without output"
	case <-time.After(200 * time.Millisecond):
	}
	if text := clean(p.said.String()); text != "" {
		return text
	}
	return why
}

type proxyAddr struct{}

func (proxyAddr) Network() string { return "proxy" }
func (proxyAddr) String() string  { return "proxy command" }

// The rest of net.Conn. Pipes keep no deadlines; the handshake does without.

func (p *proxyConn) LocalAddr() net.Addr              { return proxyAddr{} }
func (p *proxyConn) RemoteAddr() net.Addr             { return proxyAddr{} }
func (p *proxyConn) SetDeadline(time.Time) error      { return nil }
func (p *proxyConn) SetReadDeadline(time.Time) error  { return nil }
func (p *proxyConn) SetWriteDeadline(time.Time) error { return nil }

// tail remembers the last bytes written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// String is what was written last.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// reset forgets what was written.
func (t *tail) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = nil
}
