package remote

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"foobar/internal/fault"
)

// keyring holds the private keys for one host. It outlives a connection, so
// that a passphrase is asked for once.
type keyring struct {
	opts  Options
	s     *settings
	files func() []*fileKey // read once, in the order of settings.identities
}

func newKeyring(o Options, s *settings) *keyring {
	return &keyring{opts: o, s: s, files: sync.OnceValue(s.readKeys)}
}

// Names of ways to log in. Sources: RFC 4252, RFC 4256.
const (
	byKey      = "publickey"
	byQuestion = "keyboard-interactive"
)

// mostAsked is how often questions are put again after wrong answers, as ssh's
// NumberOfPasswordPrompts has it.
const mostAsked = 3

// login is one attempt to log in: what was offered and what was not.
type login struct {
	keys    *keyring
	clock   *patience
	wire    *wire
	agent   *agentConn // nil before it was needed, and where there is none
	ready   bool       // offers is made
	offers  []offer
	next    int // among the offers
	steps   int // ways that the server has accepted and found not enough
	asked   int // how often its questions were answered since the last of these
	allowed []string
	offered []string
	skipped []string
	sealed  bool   // one of those skipped is encrypted
	unasked bool   // and a person would have been asked for its passphrase
	useless bool   // a certificate that was offered is not valid now
	cut     bool   // the server ended the connection between two of them
	said    string // what it told after a key
	err     error  // a key that the server would take could not be used
	gone    error  // the person who was asked wants no more of it
}

// offer is a key or a certificate to log in with.
type offer struct {
	name   string
	signer ssh.Signer
}

func (l *login) close() { l.agent.close() }

// way is the ssh.ClientAuthCallback: it says how to go on, in the order of
// PreferredAuthentications. Each key is a way of its own: one whose signature fails,
// as that of a security key which nobody touched, keeps no other from being tried.
func (l *login) way(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	if l.gone != nil {
		return nil, l.gone
	}
	if l.cut = l.wire.broken.Load(); l.cut {
		return nil, errors.New("it closed the connection")
	}
	l.allowed = c.AllowedMethods
	if n := len(c.PartialSuccessMethods); n != l.steps { // as OpenSSH does, all keys may be tried for the next step
		l.steps, l.next, l.asked = n, 0, 0
	}
	for _, method := range l.keys.s.ways() {
		if !slices.Contains(c.AllowedMethods, method) {
			continue
		}
		switch {
		case method == byKey:
			if m := l.nextKey(); m != nil {
				return m, nil
			}
		case l.keys.opts.Questions != nil && l.asked < mostAsked:
			l.asked++
			return ssh.KeyboardInteractive(l.answer), nil
		}
	}
	return nil, nil
}

// hear takes what the server tells whoever logs in. What comes after a key is about this
// login, such as why PAM lets nobody in just now, or not this account; what comes before
// is for everybody (Banner in sshd_config).
func (l *login) hear(text string) error {
	if len(l.offered) > 0 {
		l.said = text
	}
	return nil
}

// ways are those that may be tried, in order. Passwords are not among them: what
// foobar sets up takes keys, and a password that a host has seen is no longer secret.
func (s *settings) ways() []string {
	all := []string{byKey, byQuestion} // OpenSSH's order
	if len(s.preferredAuth) > 0 {
		all = slices.DeleteFunc(slices.Clone(s.preferredAuth), func(m string) bool { return m != byKey && m != byQuestion })
	}
	return slices.DeleteFunc(all, func(m string) bool { return m == byKey && s.noPublicKey || m == byQuestion && s.noKeyboard })
}

func (l *login) nextKey() ssh.AuthMethod {
	if !l.ready {
		l.offers, l.ready = l.all(), true
	}
	if l.next >= len(l.offers) {
		return nil
	}
	o := l.offers[l.next]
	l.next++
	if text := describe(o.name, o.signer.PublicKey()); !slices.Contains(l.offered, text) {
		l.offered = append(l.offered, text)
	}
	return ssh.PublicKeys(o.signer)
}

// tried says which keys were offered and which were not.
func (l *login) tried() string {
	text := "no key was offered"
	if len(l.offered) > 0 {
		text = "offered " + strings.Join(l.offered, ", ")
	}
	if len(l.skipped) > 0 {
		text += "; not used: " + strings.Join(l.skipped, ", ")
	}
	return text
}

// refused is the error of a login that the server did not accept. brokenOff says that
// it ended it before all keys were tried.
func (l *login) refused(err error, brokenOff bool) *Error {
	s := l.keys.s
	who, at := clean(s.user), s.hostPort()
	ways := clean(strings.Join(l.allowed, " or "))
	switch {
	case l.steps > 0:
		const alone = "let this machine in with only a key (AuthenticationMethods in sshd_config there)"
		hint := "run foobar on a terminal, which asks for it, or " + alone
		if !slices.Contains(l.allowed, byQuestion) {
			hint = "foobar sends no password: " + alone
		} else if l.asked > 0 {
			hint = "answer its questions once more, and in time; a one-time password is good for one login"
		}
		return s.fail(ErrAuth, err, hint, "%s accepted a key of %q and wants more than that, by %s: %s", at, who, ways, l.tried()).as(fault.MoreThanKey)
	case len(l.allowed) > 0 && !slices.Contains(l.allowed, byKey) && !brokenOff:
		return s.fail(ErrAuth, err, "foobar logs in with keys: set PubkeyAuthentication yes in sshd_config there, and bring a key: ssh-copy-id -p "+fmt.Sprint(s.port)+" "+who+"@"+s.host,
			"%s takes no keys of %q, only %s", at, who, ways).as(fault.MoreThanKey)
	}
	what := "refused the login of %q"
	if brokenOff {
		what = "ended the login of %q (" + strings.ReplaceAll(reason(err), "%", "%%") + ")"
	}
	return s.fail(ErrAuth, err, l.hint(brokenOff), "%s "+what+": %s%s", at, who, l.tried(), quoteSaid(l.said)).as(l.code(brokenOff))
}

// unsigned is what to do where a key that the server would take signed nothing.
func (l *login) unsigned() string {
	if errors.Is(l.err, errAgent) {
		return "touch the security key, or confirm, when the agent asks for it; see that the agent is not locked: ssh-add -l"
	}
	return "open the key in an agent first: ssh-add KEYFILE"
}

// code is that of a login in which no key was accepted; brokenOff says that the
// server ended it before all keys were tried.
func (l *login) code(brokenOff bool) fault.Code {
	switch {
	case len(l.offered) == 0 && l.sealed:
		return fault.KeyLocked
	case len(l.offered) == 0:
		return fault.NoKey
	case l.said != "":
		return fault.KeyRefused
	case len(l.offered) > 5 || brokenOff && len(l.offered) > 1:
		return fault.TooManyKeys
	}
	return fault.KeyRefused
}

func (l *login) hint(brokenOff bool) string {
	s := l.keys.s
	switch {
	case len(l.offered) == 0 && l.unasked:
		return "open it in an agent first: ssh-add KEYFILE; or run foobar on a terminal, which asks for the passphrase"
	case len(l.offered) == 0 && l.sealed:
		return "open it in an agent first: ssh-add KEYFILE"
	case !slices.Contains(s.ways(), byKey):
		return "foobar logs in with keys, and ssh_config keeps them from this host: see PubkeyAuthentication and PreferredAuthentications there"
	case len(l.offered) == 0:
		return "give a key (ssh.identity, -i) or start an agent and ssh-add one"
	case l.said != "":
		return "do what it says: the account there may have expired, or the host be starting or going down"
	case l.code(brokenOff) == fault.TooManyKeys:
		return "servers stop listening after about six keys: name the right one (ssh.identity, -i; in ssh_config IdentityFile with IdentitiesOnly yes)"
	case l.useless:
		return "replace the certificate that is not valid now with a new one; if it should be valid, check this machine's clock"
	}
	return fmt.Sprintf("check the user, and that one of these keys is in ~%s/.ssh/authorized_keys there", clean(s.user))
}
