package remote

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strings"

	"golang.org/x/crypto/ssh"

	"foobar/internal/fault"
	"foobar/internal/sh"
)

func (h *Host) givePassword(clock *patience, in io.Writer) error {
	var (
		word string
		err  error
	)
	clock.ask(func() { word, err = h.opts.SudoPassword() })
	if err != nil {
		return h.sudoError(err, "there is no password for sudo: "+clean(err.Error()), "").as(fault.SudoAsks)
	}
	// A host that takes nothing must not hold up the caller.
	const doing = "giving sudo its password"
	_, err = within(clock, func() (int, error) { return io.WriteString(in, strings.TrimRight(word, "\r\n")+"\n") }, func(int) {})
	switch {
	case err == nil:
		return nil
	case clock.Err() != nil:
		return h.silent(doing, h.settings.timeout)
	}
	return h.lost(doing, err)
}

func (h *Host) sudoError(err error, msg, hint string) *Error {
	return h.settings.fail(ErrSudo, err, hint, "logged in as %s, but %s", clean(h.settings.user), msg)
}

// startError says why the program did not come up, from the exit status and
// from what was said. The words are those of sudo and of sudo-rs with LC_ALL=C.
func (h *Host) startError(exit error, out, said string) *Error {
	var missing *ssh.ExitMissingError
	if errors.As(exit, &missing) && strings.TrimSpace(out+said) == "" {
		return h.lost("starting the root shell", nil)
	}
	if h.settings.becomeRoot {
		if e := h.sudoSaid(exit, out, said); e != nil {
			return e
		}
	}
	return h.settings.fail(ErrShell, exit, "the login needs a POSIX shell: see its entry in /etc/passwd there, and forced commands in sshd_config and authorized_keys",
		"logged in as %s, but no root shell came up%s", clean(h.settings.user), quoteSaid(said+"\n"+out))
}

// sudoSaid makes an error of what sudo said; nil where it said nothing.
func (h *Host) sudoSaid(exit error, out, said string) *Error {
	text := strings.ToLower(said + out)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	var status *ssh.ExitError
	user := clean(h.settings.user)
	switch {
	// What env says of it is in the language of the login.
	case errors.As(exit, &status) && status.ExitStatus() == 127 && !has("sudo:"), sudoGone.MatchString(text):
		return h.sudoError(exit, "there is no sudo", becomeSudo(user)).as(fault.SudoMissing)
	case has("syntax error", "parse error"):
		return h.sudoError(exit, "sudo cannot read its rules"+quoteSaid(said), "as root there: visudo -c")
	case has("password is required", "authentication is required", "terminal is required"):
		return h.sudoError(exit, "sudo wants a password",
			"run again with -K to be asked for it, or allow it without: "+user+" ALL=(ALL) NOPASSWD: ALL").as(fault.SudoAsks)
	case has("not in the sudoers", "afraid i can't do that"):
		return h.sudoError(exit, "sudo does not allow it"+quoteSaid(said),
			"as root there: usermod -aG sudo "+user+", or write into a file in /etc/sudoers.d: "+user+" ALL=(ALL) ALL").as(fault.SudoRefuses)
	case has("not allowed", "may not run", "not permitted"):
		return h.someCommands(exit, "")
	case has("have a tty"):
		return h.sudoError(exit, "sudo insists on a terminal (requiretty)", "switch that off for this user, in a file in /etc/sudoers.d there: Defaults:"+user+" !requiretty")
	case has("sudo:"):
		return h.sudoError(exit, "sudo failed"+quoteSaid(said), "")
	}
	return nil
}

// sudoGone is how a shell or env says that there is no sudo.
var sudoGone = regexp.MustCompile(`(?m)\bsudo['’"]?: (.*: )?(command not found|not found|no such file)|unknown command:? sudo`)

// becomeSudo is what to type where there is no sudo.
func becomeSudo(user string) string {
	return "as root there: apt-get install sudo && usermod -aG sudo " + user + "; or log in as root: user = \"root\" in [ssh]"
}

// someCommands is the error for a user to whom sudo allows other commands only. Sudo
// itself would repeat the whole program here.
func (h *Host) someCommands(exit error, those string) *Error {
	text := "sudo allows it only some commands, not a root shell"
	if those != "" {
		text += ": " + those
	}
	return h.sudoError(exit, text, "allow all, in a file in /etc/sudoers.d there: "+clean(h.settings.user)+" ALL=(ALL) NOPASSWD: ALL").as(fault.SudoRefuses)
}

// explainSudo looks why sudo did not work: without a password it says the same of a
// user who may do nothing and of one who may do all, and where it is missing there may
// be doas or su. What it finds goes into the error.
func (h *Host) explainSudo(ctx context.Context, c *connection, err error) {
	var e *Error
	if !errors.As(err, &e) {
		return
	}
	switch e.Code {
	case fault.SudoAsks:
		if those := mayRun(h.askUser(ctx, c, "LC_ALL=C sudo -n -l 2>/dev/null")); those != "" {
			*e = *h.someCommands(e.Err, those)
		}
	case fault.SudoMissing:
		if strings.Contains(h.askUser(ctx, c, "command -v doas"), "doas") {
			e.Msg += " (there is doas, but foobar only uses sudo)"
		}
	}
}

// anyCommand is an entry of "sudo -l" that covers every command: with a password, then.
var anyCommand = regexp.MustCompile(`(?m)^\s+\([^)]*\)\s+([A-Z_]+:\s*)*ALL\s*(,|$)`)

// mayRun is what "sudo -l" lists, one line; "" where that is everything.
func mayRun(list string) string {
	_, those, ok := strings.Cut(list, " may run the following commands")
	if _, after, found := strings.Cut(those, "\n"); ok && found && !anyCommand.MatchString(after) {
		return clean(strings.Join(strings.Fields(after), " "))
	}
	return ""
}

// askUser runs a short script as the user that logged in and returns the end of what
// it prints; "" when that fails.
func (h *Host) askUser(ctx context.Context, c *connection, script string) string {
	clock := newPatience(ctx, h.settings.timeout)
	defer clock.stop()
	session, err := within(clock, c.client.NewSession, func(s *ssh.Session) { s.Close() })
	if err != nil {
		return ""
	}
	h.counter.sessions.Add(1)
	said := &tail{}
	session.Stdout = said
	_, _ = within(clock, func() (bool, error) { return true, session.Run("exec /bin/sh -c " + sh.Quote(script)) }, func(bool) {})
	go session.Close() // its message waits for a host that reads nothing
	return said.String()
}
