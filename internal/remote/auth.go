package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

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

// fileKey is one identity file.
type fileKey struct {
	path   string
	pub    ssh.PublicKey // nil when it cannot be known
	signer ssh.AlgorithmSigner
	sealed []byte // the encrypted key, until it is opened
	why    string // why the file cannot be used, if so
	mu     sync.Mutex
}

// readKeys loads the identity files.
func (s *settings) readKeys() []*fileKey {
	var files []*fileKey
	for _, path := range s.identities {
		if _, err := os.Stat(path); !s.defaultsForKey || !errors.Is(err, fs.ErrNotExist) {
			files = append(files, readKey(path))
		}
	}
	return files
}

func (f *fileKey) locked() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.signer == nil
}

// readKey reads a private key, or a public one whose private half an agent has.
func readKey(path string) *fileKey {
	f := &fileKey{path: path}
	data, err := os.ReadFile(path)
	if err != nil {
		f.why = reasonOfFile(err)
		f.pub = readPublic(path + ".pub")
		return f
	}
	key, err := ssh.ParseRawPrivateKey(data)
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		f.sealed, f.pub = data, locked.PublicKey
		if f.pub == nil { // the old format tells nothing
			f.pub = readPublic(path + ".pub")
		}
		if f.pub == nil {
			f.why = "encrypted in the old format, and there is no " + path + ".pub"
		}
	case err != nil:
		if f.pub = readPublic(path); f.pub != nil {
			f.why = "a public key, and the agent lacks the private one"
		} else {
			f.why = "not a private key: " + reason(err)
		}
	default:
		f.use(key)
	}
	return f
}

// use takes the opened key.
func (f *fileKey) use(key any) {
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		f.why = reason(err)
		return
	}
	able, ok := signer.(ssh.AlgorithmSigner)
	if !ok {
		f.why = "a kind of key that cannot sign"
		return
	}
	f.signer = able
	if f.pub == nil { // else it is known, and others may be reading it
		f.pub = signer.PublicKey()
	}
}

func readPublic(path string) ssh.PublicKey {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	pub, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		return nil
	}
	return pub
}

func reasonOfFile(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// login is one attempt to log in: what was offered and what was not.
type login struct {
	keys    *keyring
	clock   *patience
	agent   net.Conn
	offered []string
	skipped []string
	sealed  bool  // one of those skipped is encrypted
	err     error // a key the server would take could not be used
}

func (l *login) close() {
	if l.agent != nil {
		l.agent.Close()
	}
}

// signers lists the keys to offer: of the agent's, first those that are also
// identities, then the others unless only identities count; then the identity
// files the agent does not have.
func (l *login) signers() ([]ssh.Signer, error) {
	files := l.keys.files()
	held := l.agentKeys()
	var out []ssh.Signer
	used := map[string]bool{}
	add := func(s ssh.Signer, name string) {
		id := string(s.PublicKey().Marshal())
		if used[id] {
			return
		}
		used[id] = true
		out = append(out, s)
		l.offered = append(l.offered, name+" ("+s.PublicKey().Type()+" "+ssh.FingerprintSHA256(s.PublicKey())+")")
	}
	for _, f := range files {
		for _, a := range held {
			if f.pub != nil && bytes.Equal(a.PublicKey().Marshal(), f.pub.Marshal()) {
				add(a, "agent's "+f.path)
			}
		}
	}
	if !l.keys.s.explicit {
		for _, a := range held {
			add(a, "agent's key")
		}
	}
	for _, f := range files {
		switch {
		case f.pub != nil && used[string(f.pub.Marshal())]:
		case f.why != "":
			l.skipped = append(l.skipped, f.path+" ("+f.why+")")
		case l.keys.opts.Passphrase == nil && f.locked():
			l.sealed = true
			l.skipped = append(l.skipped, f.path+" (encrypted, and nobody to ask for the passphrase)")
		default:
			add(&fileSigner{f, l}, f.path)
		}
	}
	return out, nil
}

// agentKeys asks the agent; without one there are none.
func (l *login) agentKeys() []ssh.Signer {
	socket := l.keys.s.agentSocket
	if socket == "" {
		return nil
	}
	conn, err := (&net.Dialer{}).DialContext(l.clock, "unix", socket)
	if err != nil {
		l.skipped = append(l.skipped, "the agent at "+socket+" ("+reason(err)+")")
		return nil
	}
	l.agent = conn
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		l.skipped = append(l.skipped, "the agent at "+socket+" ("+reason(err)+")")
	}
	return signers
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

// code is that of a login in which no key was accepted; brokenOff says that the
// server ended it before all keys were tried.
func (l *login) code(brokenOff bool) fault.Code {
	switch {
	case len(l.offered) == 0 && l.sealed:
		return fault.KeyLocked
	case len(l.offered) == 0:
		return fault.NoKey
	case len(l.offered) > 5 || brokenOff && len(l.offered) > 1:
		return fault.TooManyKeys
	}
	return fault.KeyRefused
}

func (l *login) hint() string {
	s := l.keys.s
	switch {
	case len(l.offered) == 0:
		return "give a key (ssh.identity, -i) or start an agent and ssh-add one"
	case len(l.offered) > 5:
		return "servers stop listening after about six keys: name the right one (ssh.identity, -i)"
	}
	return fmt.Sprintf("check the user, and that one of these keys stands in ~%s/.ssh/authorized_keys there", clean(s.user))
}

// fileSigner signs with an identity file, which it opens when the server has
// said that it would take that key.
type fileSigner struct {
	f *fileKey
	l *login
}

func (s *fileSigner) PublicKey() ssh.PublicKey { return s.f.pub }

func (s *fileSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

func (s *fileSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	signer, err := s.open()
	if err != nil {
		s.l.err = fmt.Errorf("%s: %w", s.f.path, err)
		return nil, s.l.err
	}
	return signer.SignWithAlgorithm(rand, data, algorithm)
}

// open asks for the passphrase, three times at most.
func (s *fileSigner) open() (ssh.AlgorithmSigner, error) {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	for tries := 0; s.f.signer == nil; tries++ {
		if tries == 3 {
			return nil, errors.New("wrong passphrase")
		}
		var (
			word string
			err  error
		)
		s.l.clock.ask(func() { word, err = s.l.keys.opts.Passphrase(s.f.path) })
		if err != nil {
			return nil, err
		}
		key, err := ssh.ParseRawPrivateKeyWithPassphrase(s.f.sealed, []byte(word))
		if err == nil {
			s.f.use(key)
			s.f.sealed = nil
		}
	}
	return s.f.signer, nil
}
