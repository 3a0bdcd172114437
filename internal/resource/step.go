package resource

import (
	"io"
	"time"

	"foobar/internal/fault"
)

// Step is something the engine does on a host. The set is sealed: Put, Run,
// Apt, Exchange and Prove.
type Step interface{ step() }

// Put writes a file: uploaded under a private name, given owner and mode,
// checked by the program's own checker, flushed and renamed into place. It is
// refused where somebody else than root can change a folder above the file.
type Put struct {
	Path string
	// Content is the file's bytes. Set in its place, File is a local path to stream,
	// and Archive something local that has no path.
	Content []byte
	File    string
	Archive *io.SectionReader
	Mode    uint32
	Owner   string
	Group   string
	// Check is a shell command that must succeed before the file lands; %s
	// stands for the quoted path of the candidate. It is skipped while its
	// first word is not installed.
	Check string
	// CheckAs is the user that runs the checker, without any privilege; "" is
	// root, for checkers that read what only root may.
	CheckAs string
	// CheckFirst has it checked before the turn of the host, too: see File.
	CheckFirst bool
	// Secret keeps the content out of every display.
	Secret bool
}

// Run executes a POSIX sh script as root, with set -eu and the functions of
// sh.Files, standard input empty unless Input is given. Its output is shown to
// people: it must print no secret.
type Run struct {
	// Title is what a person sees while it runs: "reload nginx".
	Title  string
	Script string
	// Input arrives on the script's standard input; the way for secrets.
	Input []byte
	// Timeout bounds the step; zero means two minutes.
	Timeout time.Duration
	// Detached steps survive a dropped connection (package transactions,
	// dumps): they run as a transient unit that the next run waits for.
	Detached bool
}

// Apt adds packages. The engine merges all of a host's Apt steps of a
// stage into one index refresh and one transaction.
type Apt struct{ Packages []string }

// Exchange runs a script and lets the controller decide, from its output, what
// follows: a signing request out, a certificate back.
type Exchange struct {
	Title  string
	Script string
	Reply  func(output []byte) ([]Step, error)
}

// Prove opens a new connection to the host, so that a change of the firewall or
// of sshd is only kept when the way in still works.
type Prove struct {
	// Undo is run at once when the proof fails, over the connection that is
	// still open. The change must also undo itself, by a timer on the host, for
	// when that connection is lost too.
	Undo string
	// Code is that of a proof that failed.
	Code fault.Code
}

func (Put) step()      {}
func (Run) step()      {}
func (Apt) step()      {}
func (Exchange) step() {}
func (Prove) step()    {}
