package remote

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/sh"
)

// rootSession is a session whose program runs as root and has said so.
type rootSession struct {
	session *ssh.Session
	in      io.WriteCloser
	out     *bufio.Reader
	said    *stderrWatch
	ready   []string    // what the program said of itself
	own     *connection // which it has for itself; nil where it shares the host's
}

// close ends the session, and may wait for a host that reads nothing.
func (r *rootSession) close() {
	if r.own != nil {
		r.own.Close()
		return
	}
	r.session.Close()
}

// readyLine tells the controller that the program runs, and as whom. The id is
// asked for before PATH is set, so that the line comes whatever PATH is.
//
//go:embed ready.sh
var readyLine string

// environment is what every root program runs in. It is set here, inside sudo,
// because sudo and sshd drop what is set outside. SUDO_COMMAND would hold the
// whole program.
//
//go:embed environment.sh
var environment string

// decode runs $2, a text that oneLine has made, and leaves it out of the arguments.
const decode = `t=$1 p=$2; shift 2; set -- "$t" "$@"; eval "$(printf %b "$p")"`

// oneLine writes a script without what login shells read differently within single
// quotes: csh knows neither the end of a line there nor !, and to fish a backslash
// may mean something. It is for printf's %b.
func oneLine(script string) string {
	return strings.NewReplacer("\\", `\0134`, "\n", `\n`, "'", `\0047`, "!", `\0041`).Replace(script)
}

// openRoot starts a program as root: a text for "sh -c", put behind readyLine,
// which must print "\nTOKEN 0 …\n" when it is up. $1 is TOKEN, the arguments
// follow; $u is the id it runs as.
//
// The program stands on a command line, which anyone on the host may read, so it
// is constant and holds no secret; scripts and passwords go to standard input.
//
// Where the host allows the connection no further session (MaxSessions in its
// sshd_config), it gets a connection of its own.
func (h *Host) openRoot(ctx context.Context, c *connection, program string, args ...string) (*rootSession, error) {
	r, err := h.openRootOn(ctx, c, program, args...)
	var full *ssh.OpenChannelError
	if !errors.As(err, &full) {
		return r, err
	}
	own, err := h.connect(ctx)
	if err != nil {
		var failed *Error
		if errors.As(err, &failed) {
			failed.Msg += "; a connection more was needed, since the host allows this one no further session (MaxSessions in sshd_config)"
		}
		return nil, err
	}
	if r, err = h.openRootOn(ctx, own, program, args...); err != nil {
		own.Close()
		if errors.As(err, &full) {
			err = h.settings.fail(ErrShell, err, "see MaxSessions in sshd_config there", "%s opens no session: %s", h.settings.hostPort(), reason(full))
		}
		return nil, err
	}
	r.own = own
	go own.keepalive(h.settings)
	go func() {
		select {
		case <-h.conn.closed:
			own.Close()
		case <-own.closed:
		}
	}()
	return r, nil
}

func (h *Host) openRootOn(ctx context.Context, c *connection, program string, args ...string) (*rootSession, error) {
	clock := newPatience(ctx, h.settings.timeout)
	defer clock.stop()
	token := ask.Token()
	command := "exec /bin/sh -c " + sh.Join(append([]string{decode, "foobar", token, oneLine(readyLine + program)}, args...)...)
	prompt := ""
	if h.settings.becomeRoot {
		how := "-n"
		if h.opts.SudoPassword != nil {
			prompt = ask.Token() + ":"
			how = "-S -p " + prompt
		}
		command = "exec env LC_ALL=C sudo " + how + " -- " + strings.TrimPrefix(command, "exec ")
	}
	r, err := within(clock, func() (*rootSession, error) { return h.newSession(c, command, prompt) },
		func(r *rootSession) { r.session.Close() })
	if errors.Is(err, errSlow) {
		err = h.lost("opening a session", clock.Err())
	}
	if err == nil {
		if err = h.awaitReady(clock, r, token); err == nil {
			return r, nil
		}
		go r.session.Close() // its message waits for a host that reads nothing
		h.explainSudo(ctx, c, err)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, err
}

// newSession opens a session and starts the command in it.
func (h *Host) newSession(c *connection, command, prompt string) (*rootSession, error) {
	session, err := c.client.NewSession()
	if err != nil {
		return nil, h.lost("opening a session", err)
	}
	h.counter.sessions.Add(1)
	r := &rootSession{session: session, said: newStderrWatch(prompt)}
	session.Stderr = r.said
	if r.in, err = session.StdinPipe(); err == nil {
		var out io.Reader
		if out, err = session.StdoutPipe(); err == nil {
			r.out = bufio.NewReaderSize(out, 16<<10)
			err = session.Start(command)
		}
	}
	if err != nil {
		session.Close()
		select {
		case <-c.closed: // by this side, in the meantime
			return nil, h.lost("opening a session", err)
		default:
		}
		return nil, h.settings.fail(ErrShell, err, "the login must be allowed to run commands", "%s runs no command: %s", h.settings.hostPort(), reason(err))
	}
	return r, nil
}

// awaitReady reads until the program says that it is up, and gives sudo its
// password, but only after sudo has asked.
func (h *Host) awaitReady(clock *patience, r *rootSession, token string) error {
	type answer struct {
		fields []string
		noise  string
		exit   error
	}
	got := make(chan answer, 1)
	go func() {
		fields, noise, ok := readReady(r.out, token)
		a := answer{fields: fields, noise: noise}
		if !ok {
			a.exit = r.session.Wait()
			if a.exit == nil {
				a.exit = errors.New("it ended at once")
			}
		}
		got <- a
	}()
	asked := 0
	for {
		select {
		case <-r.said.asked:
			if asked++; asked > 1 {
				return h.sudoError(errors.New("sudo: wrong password"), "sudo does not take this password", "type it again; it is the password of the login user there").as(fault.SudoPassword)
			}
			if err := h.givePassword(clock, r.in); err != nil {
				return err
			}
		case a := <-got:
			if a.exit != nil {
				return h.startError(a.exit, a.noise, r.said.String())
			}
			if len(a.fields) == 0 || a.fields[0] != "0" {
				return h.sudoError(nil, fmt.Sprintf("the shell runs as user id %s, not as root", clean(strings.Join(a.fields, " "))),
					`log in as root, or let it use sudo (become = "sudo")`).as(fault.NotRoot)
			}
			r.ready = a.fields[1:]
			r.said.tail.reset() // from here on it is about the program, not about sudo
			return nil
		case <-clock.Done():
			return h.settings.fail(ErrShell, clock.Err(), "log in by hand and see what waits there: a prompt, a slow login script, sudo looking up names",
				"logged in, but no root shell came up within %s%s", h.settings.timeout, quoteSaid(r.said.String()))
		}
	}
}

// readReady skips what login scripts print, up to 64 KiB.
func readReady(out *bufio.Reader, token string) (fields []string, noise string, ok bool) {
	lines := &lineReader{in: out, most: 4096}
	said := &tail{}
	for n := 0; n < 64<<10; {
		line, _, err := lines.next()
		f := strings.Fields(string(line))
		if len(f) > 0 && f[0] == token {
			return f[1:], "", true
		}
		if err != nil {
			break
		}
		n += len(line) + 1
		_, _ = said.Write(append(bytes.Clone(line), '\n'))
	}
	return nil, said.String(), false
}

func quoteSaid(text string) string {
	if text = clean(text); text == "" {
		return ""
	}
	return ": it said: " + text
}

// stderrWatch keeps the end of standard error and reports sudo's prompt.
type stderrWatch struct {
	tail   tail
	prompt []byte
	seen   sync.Mutex
	open   []byte // the end of what came, while a prompt may still become whole
	asked  chan struct{}
}

func newStderrWatch(prompt string) *stderrWatch {
	return &stderrWatch{prompt: []byte(prompt), asked: make(chan struct{}, 8)}
}

// String is what was written last, without the prompts.
func (w *stderrWatch) String() string {
	if len(w.prompt) == 0 {
		return w.tail.String()
	}
	return strings.ReplaceAll(w.tail.String(), string(w.prompt), "")
}

func (w *stderrWatch) Write(p []byte) (int, error) {
	if len(w.prompt) > 0 {
		w.look(p)
	}
	return w.tail.Write(p)
}

func (w *stderrWatch) look(p []byte) {
	w.seen.Lock()
	defer w.seen.Unlock()
	w.open = append(w.open, p...)
	for {
		i := bytes.Index(w.open, w.prompt)
		if i < 0 {
			break
		}
		w.open = w.open[i+len(w.prompt):]
		select {
		case w.asked <- struct{}{}:
		default:
		}
	}
	if over := len(w.open) - len(w.prompt); over > 0 {
		w.open = append([]byte(nil), w.open[over:]...)
	}
}
