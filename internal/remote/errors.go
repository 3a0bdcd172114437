package remote

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"

	"foobar/internal/ask"
	"foobar/internal/fault"
)

// Kind says which part of reaching a host failed. Every Kind is an error, so
// that errors.Is(err, remote.ErrAuth) asks for it.
type Kind string

// The kinds of failure. For the command all mean "unreachable or refused".
const (
	// ErrUnreachable: no SSH server answered: dialing, the proxy, a jump host, or a timeout.
	ErrUnreachable Kind = "unreachable"
	// ErrAuth: the server refused every key that was offered.
	ErrAuth Kind = "authentication refused"
	// ErrHostKeyUnknown: no known_hosts file has the host.
	ErrHostKeyUnknown Kind = "host key unknown"
	// ErrHostKeyChanged: the host showed another key than the known or pinned one, or a revoked one.
	ErrHostKeyChanged Kind = "host key changed"
	// ErrSudo: logged in, but could not become root.
	ErrSudo Kind = "sudo refused"
	// ErrShell: logged in, but no POSIX shell answered: a login shell such as nologin, a forced command, a missing tool.
	ErrShell Kind = "no usable shell"
	// ErrLocked: another run holds the host's lock; Error.Msg names it.
	ErrLocked Kind = "locked by another run"
	// ErrOutput: a script printed more than MaxOutput, or a line longer than MaxLine.
	ErrOutput Kind = "too much output"
	// ErrTransport: the connection, the root shell or the file channel broke.
	ErrTransport Kind = "connection lost"
	// ErrConfig: the settings for the host are wrong (ssh_config, host_key, KnownHostsCommand).
	ErrConfig Kind = "bad ssh settings"
)

// Error makes a Kind usable with errors.Is.
func (k Kind) Error() string { return string(k) }

// Error is every failure this package reports, apart from the context's own.
// Its texts hold no control characters, even where a host chose them.
type Error struct {
	Kind Kind
	Code fault.Code // in the catalogue of failures
	Host string     // the inventory's name
	Msg  string     // what happened, one sentence without a full stop
	Hint string     // what to do next; may be empty
	Err  error      // the cause; may be nil
}

// Error is the message with the hint.
func (e *Error) Error() string {
	text := e.Msg
	if e.Host != "" {
		text = e.Host + ": " + text
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Fault is the failure's code.
func (e *Error) Fault() fault.Code { return e.Code }

// as gives the error a code that says more than its kind.
func (e *Error) as(code fault.Code) *Error {
	e.Code = code
	return e
}

// code is what a failure of the kind is unless more is known.
func (k Kind) code() fault.Code {
	return map[Kind]fault.Code{
		ErrUnreachable:    fault.Unreachable,
		ErrAuth:           fault.KeyRefused,
		ErrHostKeyUnknown: fault.HostKeyUnknown,
		ErrHostKeyChanged: fault.HostKeyChanged,
		ErrSudo:           fault.SudoFailed,
		ErrShell:          fault.NoShell,
		ErrLocked:         fault.HostLocked,
		ErrOutput:         fault.TooMuchOutput,
		ErrTransport:      fault.ConnectionLost,
		ErrConfig:         fault.SSHSettings,
	}[k]
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// fail builds an Error for the host of s.
func (s *settings) fail(kind Kind, err error, hint, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: kind.code(), Host: s.name, Err: err,
		Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// clean makes one bounded, printable line of a text that came from elsewhere.
func clean(text string) string {
	return strings.TrimSpace(ask.Printable(strings.Join(strings.FieldsFunc(text, isBreak), " | "), 300))
}

func isBreak(r rune) bool { return r == '\n' || r == '\r' }

// reason is the innermost useful text of a network error.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	text := strings.TrimPrefix(err.Error(), "ssh: handshake failed: ")
	text = strings.TrimPrefix(text, "connect: ")
	return clean(strings.TrimPrefix(text, "ssh: "))
}

// noneInCommon is the error for a host that has none of the algorithms of a kind that
// foobar asks for.
func (s *settings) noneInCommon(e *ssh.AlgorithmNegotiationError) *Error {
	_, what, ok := strings.Cut(strings.ReplaceAll(e.What, "server to client", "client to server"), "client to server ")
	if !ok {
		what = e.What
	}
	key := map[string]string{"key exchange": "KexAlgorithms", "host key": "HostKeyAlgorithms", "cipher": "Ciphers", "MAC": "MACs"}[what]
	return s.fail(ErrUnreachable, e, "have "+cmp.Or(key, what)+" in sshd_config there, or in ssh_config here, allow one that both have; foobar asks for "+clean(strings.Join(e.SupportedAlgorithms, ", ")),
		"cannot reach %s: it shares no %s with foobar: it has only %s", s.hostPort(), what, clean(strings.Join(e.RequestedAlgorithms, ", "))).as(fault.NoAlgorithm)
}
