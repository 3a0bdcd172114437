package remote

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"

	"foobar/internal/ask"
	"foobar/internal/sh"
)

// Bounds of what one script may print.
const (
	MaxLine   = 1 << 20  // bytes in a line
	MaxOutput = 16 << 20 // bytes in all
)

// shellProgram is the long-lived root shell. It reads requests "VERB TOKEN SIZE
// OPTIONS" from standard input, each followed by SIZE bytes, and answers each
// with "\nTOKEN begin\n", what there is to say, and "\nTOKEN STATUS\n". What
// comes in between two answers is from something that outlived its script.
//
//   - run: the bytes are a script, in braces, so that a shell reads it to its end
//     before it runs any of it, and one cut short is never run. It comes in by a
//     descriptor of its own, and so leaves standard input to what it starts. It
//     gets a process group of its own, so that it can be ended as a whole, and
//     not the lock, so that nothing it leaves behind keeps the host locked.
//   - lock: takes the host's lock; the bytes, a line, say who holds it. See lockFunctions.
//   - hold: the same, and what run does, where the lock was taken: the line comes before
//     the bytes, which are a script. Before that prints, "\nTOKEN held\n" is said.
//
// The end of the connection ends it. When that comes while a script runs, the shell
// outlives the script and keeps the lock that long, or until another run wants it. Steps
// are made to be cut off anywhere.
//
//go:embed shell.sh
var shellProgram string

// shell is the long-lived root shell.
type shell struct {
	host  *Host
	root  *rootSession
	dir   string // its private folder on the host
	slot  chan struct{}
	job   atomic.Pointer[job]
	write chan struct{} // taken while a request is written
	ended chan struct{} // closed when the shell is gone
	err   error         // why; set before ended is closed
}

// job is one request to the shell and its answer.
type job struct {
	token  string
	script bool
	lines  chan string   // closed at the end, after status and err were set
	left   chan struct{} // closed when nobody reads the lines any more
	done   chan struct{} // closed with lines
	status int
	err    error

	endless bool // without the bound of MaxOutput
	begun   bool
	blank   bool // an empty line is held back: it may belong to the end token
	size    int
	over    bool
}

// openShell starts the root shell on a connection.
func (h *Host) openShell(ctx context.Context, c *connection) (*shell, error) {
	root, err := h.openRoot(ctx, c, environment+lockFunctions+shellProgram, h.runDir())
	if err != nil {
		return nil, err
	}
	s := &shell{host: h, root: root, dir: strings.Join(root.ready, " "), slot: make(chan struct{}, 1), write: make(chan struct{}, 1), ended: make(chan struct{})}
	if !strings.HasPrefix(s.dir, h.runDir()+"/foobar.") {
		go root.session.Close()
		return nil, h.settings.fail(ErrShell, nil, "", "the root shell gave %q as its folder, which is not in %s", clean(s.dir), h.runDir())
	}
	go s.read()
	return s, nil
}

func (h *Host) runDir() string {
	if h.opts.RunDir != "" {
		return strings.TrimRight(h.opts.RunDir, "/")
	}
	return "/run"
}

// Run gives a script to the root shell and hands on what it prints, standard
// output and error alike, line by line and as it is. The lines arrive one
// after another on the caller's goroutine. The script's standard input is
// empty, $PATH, $LC_ALL, $DEBIAN_FRONTEND and the umask are set, and it has a
// process group of its own. Scripts run one after another.
//
// The status is the script's, 128 plus the signal's number if one killed it.
// An error means that the script was not heard to its end: of kind
// ErrTransport, or ErrOutput when it printed more than MaxOutput (it is then
// killed) or a line longer than MaxLine, or the context's own. A script whose
// context has ended still runs, see Kill; the next Run waits for its end.
func (h *Host) Run(ctx context.Context, script string, line func(string)) (status int, err error) {
	return h.run(ctx, script, false, line)
}

// Follow is Run for a script that goes on until its context ends, and may print more
// than MaxOutput in all. What is not taken is not read, so the host waits.
func (h *Host) Follow(ctx context.Context, script string, line func(string)) (status int, err error) {
	return h.run(ctx, script, true, line)
}

func (h *Host) run(ctx context.Context, script string, endless bool, line func(string)) (status int, err error) {
	token := ask.Token()
	script = h.shell.braced(token, script)
	j := &job{token: token, script: true, endless: endless}
	if err := h.shell.start(ctx, j, request("run", token, script, "")+script); err != nil {
		return 0, err
	}
	h.counter.scripts.Add(1)
	return j.follow(ctx, line)
}

// braced is a script as the shell takes it. Its first words close the way it came in
// and note whom Kill is to end.
func (s *shell) braced(token, script string) string {
	return "{ exec 8<&-; echo $$ >" + sh.Quote(s.pidFile(token)) + "; " + script + "\n}\n"
}

// request is the line that begins a request with a body of that length.
func request(verb, token, body, options string) string {
	return verb + " " + token + " " + strconv.Itoa(len(body)) + " " + options + "\n"
}

// pidFile is where a script notes its process group on the host.
func (s *shell) pidFile(token string) string { return s.dir + "/" + token }

// start waits for the shell to be free and sends the job's request.
func (s *shell) start(ctx context.Context, j *job, request string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.slot <- struct{}{}:
	case <-s.ended:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
	// The request before has been answered, but a host may have done so without
	// reading it.
	select {
	case s.write <- struct{}{}:
	case <-s.ended:
		return s.err
	case <-ctx.Done():
		<-s.slot
		return ctx.Err()
	}
	j.lines, j.left, j.done = make(chan string, 64), make(chan struct{}), make(chan struct{})
	s.job.Store(j)
	select {
	case <-s.ended: // the slot stays taken: there is no shell any more
		return s.err
	default:
	}
	// A host that stopped listening must not hold up the caller.
	go func() {
		defer func() { <-s.write }()
		if _, err := io.WriteString(s.root.in, request); err != nil {
			_ = s.root.session.Close()
		}
	}()
	return nil
}

// follow hands on the lines until the end.
func (j *job) follow(ctx context.Context, line func(string)) (int, error) {
	for {
		select {
		case l, ok := <-j.lines:
			if !ok {
				return j.status, j.err
			}
			if line != nil {
				line(l)
			}
		case <-ctx.Done():
			close(j.left)
			return 0, ctx.Err()
		}
	}
}

// read hears the shell until its end.
func (s *shell) read() {
	lines := &lineReader{in: s.root.out, most: MaxLine}
	for {
		line, cut, err := lines.next()
		if err != nil {
			s.die(err)
			return
		}
		j := s.job.Load()
		if j == nil || !j.begun {
			if j != nil {
				j.begun = string(line) == j.token+" begin"
			}
			continue
		}
		if j.ends(line) {
			s.job.Store(nil)
			j.end()
			<-s.slot
			continue
		}
		s.take(j, line, cut)
	}
}

// ends reports whether the line is the job's end token, and notes the status.
func (j *job) ends(line []byte) bool {
	if len(line) > len(j.token)+8 {
		return false
	}
	rest, ok := strings.CutPrefix(string(line), j.token+" ")
	if !ok {
		return false
	}
	status, err := strconv.Atoi(rest)
	if err != nil {
		return false
	}
	j.status = status
	return true
}

// take passes a line on, within the bounds.
func (s *shell) take(j *job, line []byte, cut bool) {
	if j.size += len(line) + 1; j.size > MaxOutput && !j.endless && !j.over {
		j.over = true
		j.err = s.host.settings.fail(ErrOutput, nil, "", "a script printed more than %d MiB and was ended", MaxOutput>>20)
		go s.putDown(j)
	}
	if cut && j.err == nil {
		j.err = s.host.settings.fail(ErrOutput, nil, "", "a script printed a line longer than %d KiB", MaxLine>>10)
	}
	if j.over || cut {
		return
	}
	if j.blank {
		j.deliver("")
	}
	if j.blank = len(line) == 0; !j.blank {
		j.deliver(string(line))
	}
}

// putDown ends a script that prints without end, or else the connection.
func (s *shell) putDown(j *job) {
	ctx, cancel := context.WithTimeout(context.Background(), 6*s.host.conn.grace)
	defer cancel()
	_ = s.host.kill(ctx, j)
	select {
	case <-j.done:
	case <-ctx.Done():
		s.host.conn.Close()
	}
}

func (j *job) end() {
	close(j.lines)
	close(j.done)
}

func (j *job) deliver(line string) {
	select {
	case j.lines <- line:
	case <-j.left:
	}
}

// die ends whatever waits for the shell, which is gone.
func (s *shell) die(cause error) {
	doing := "nothing ran"
	if s.job.Load() != nil {
		doing = "a script ran"
	}
	select {
	case <-s.host.conn.closed:
	default:
		// The channel ends a moment before the connection is known to be gone.
		if said := clean(s.root.said.String()); said != "" && errors.Is(cause, io.EOF) {
			cause = fmt.Errorf("the root shell ended: it said: %s", said)
		}
	}
	s.err = s.host.lost(doing, cause)
	close(s.ended)
	if j := s.job.Swap(nil); j != nil {
		if j.err == nil {
			j.err = s.err
		}
		j.end()
	}
}
