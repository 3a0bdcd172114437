package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"foobar/internal/sh"
)

// all lists what to offer, in OpenSSH's order: the certificates of CertificateFile;
// the agent's keys that are also identities; its other keys, unless only identities
// count; the identity files that the agent does not have, each with the certificate
// beside it.
func (l *login) all() []offer {
	files := l.keys.files()
	held := l.agentKeys()
	list := &offers{login: l, files: files, held: held, used: map[string]bool{}}
	if p := l.keys.s.provider; p != "" {
		l.skipped = append(l.skipped, "the keys of PKCS11Provider "+clean(p)+" that the agent lacks (ssh-add -s "+clean(sh.Quote(p))+" gives them to it)")
	}
	for _, path := range l.keys.s.certificates {
		if cert, err := readCertificate(path); err != nil {
			l.skipped = append(l.skipped, path+" ("+reason(err)+")")
		} else {
			list.certificate(fileCert{path, cert})
		}
	}
	for _, a := range held {
		if name := named(files, a.PublicKey()); name != "" {
			list.add("agent's "+name, a)
		}
	}
	for _, a := range held {
		// The agent may hold a certificate for a key that is named without it.
		cert, err := certificateOf(a.PublicKey())
		if !l.keys.s.explicit || err == nil && named(files, cert.Key) != "" {
			list.add(a.called(), a)
		}
	}
	for _, f := range files {
		list.file(f)
		for _, c := range f.certs {
			list.certificate(c)
		}
	}
	return list.all
}

// named is the file of an identity or of its certificate, or "".
func named(files []*fileKey, key ssh.PublicKey) string {
	for _, f := range files {
		if f.pub != nil && equalKeys(f.pub, key) {
			return f.path
		}
		for _, c := range f.certs {
			if equalKeys(c.cert, key) {
				return c.path
			}
		}
	}
	return ""
}

func equalKeys(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// offers is a list in the making.
type offers struct {
	login *login
	files []*fileKey
	held  []*agentKey
	used  map[string]bool
	all   []offer
}

func (o *offers) add(name string, s ssh.Signer) {
	id := string(s.PublicKey().Marshal())
	if o.used[id] {
		return
	}
	o.used[id] = true
	if !o.login.keys.s.accepts(s.PublicKey()) {
		o.login.skipped = append(o.login.skipped, name+" ("+s.PublicKey().Type()+", which PubkeyAcceptedAlgorithms leaves out)")
		return
	}
	o.all = append(o.all, offer{name, s})
	if cert, err := certificateOf(s.PublicKey()); err == nil && validity(cert, time.Now()) != "" {
		o.login.useless = true
	}
}

// accepts reports whether PubkeyAcceptedAlgorithms lets a kind of key be offered. What
// it says of the signatures of RSA keys is left to the server.
func (s *settings) accepts(key ssh.PublicKey) bool {
	kinds := []string{key.Type()}
	switch key.Type() {
	case ssh.KeyAlgoRSA:
		kinds = append(kinds, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512)
	case ssh.CertAlgoRSAv01:
		kinds = append(kinds, ssh.CertAlgoRSASHA256v01, ssh.CertAlgoRSASHA512v01)
	}
	return len(s.pubkeyAlgorithms) == 0 || slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(s.pubkeyAlgorithms, k) })
}

// file offers an identity file, unless the agent has it.
func (o *offers) file(f *fileKey) {
	if f.pub != nil && o.used[string(f.pub.Marshal())] {
		return
	}
	if s, why := o.login.signerOf(f); why == "" {
		o.add(f.path, s)
	} else {
		o.login.skipped = append(o.login.skipped, f.path+" ("+why+")")
	}
}

// signerOf is what signs with an identity file, or why nothing does.
func (l *login) signerOf(f *fileKey) (ssh.Signer, string) {
	if f.why != "" {
		l.sealed = l.sealed || f.locked
		return nil, f.why
	}
	if l.keys.opts.Passphrase == nil && f.shut() {
		l.sealed, l.unasked = true, true
		return nil, "encrypted, and no terminal to ask for the passphrase"
	}
	return &fileSigner{f, l}, ""
}

// certificate offers a certificate, signed for by the agent or by an identity file.
func (o *offers) certificate(c fileCert) {
	if o.used[string(c.cert.Marshal())] {
		return
	}
	for _, a := range o.held {
		if equalKeys(a.PublicKey(), c.cert.Key) {
			o.certified(c, a)
			return
		}
	}
	why := "its private key is not among the identities and not in the agent"
	for _, f := range o.files {
		if f.pub == nil || !equalKeys(f.pub, c.cert.Key) {
			continue
		}
		var s ssh.Signer
		if s, why = o.login.signerOf(f); why == "" {
			o.certified(c, s)
			return
		}
	}
	o.login.skipped = append(o.login.skipped, c.path+" ("+why+")")
}

func (o *offers) certified(c fileCert, s ssh.Signer) {
	signer, err := ssh.NewCertSigner(c.cert, s)
	if err != nil {
		o.login.skipped = append(o.login.skipped, c.path+" ("+reason(err)+")")
		return
	}
	o.add(c.path, signer)
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

// errWrongWord is the end of asking for a passphrase.
var errWrongWord = errors.New("wrong passphrase")

// open asks for the passphrase, three times at most.
func (s *fileSigner) open() (ssh.AlgorithmSigner, error) {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	for tries := 0; s.f.signer == nil; tries++ {
		if tries == mostAsked {
			return nil, errWrongWord
		}
		var (
			word string
			err  error
		)
		s.l.clock.ask(func() { word, err = s.l.keys.opts.Passphrase(s.f.path) })
		if err != nil {
			if !errors.Is(err, ErrNoPassphrase) {
				s.l.gone = err
			}
			return nil, err
		}
		key, err := ssh.ParseRawPrivateKeyWithPassphrase(s.f.sealed, []byte(word))
		if err != nil {
			continue
		}
		s.f.use(key)
		s.f.sealed = nil
		if s.f.signer == nil {
			return nil, errors.New(s.f.why)
		}
		s.l.remember(s.f.path, key)
	}
	return s.f.signer, nil
}

// remember gives a key that was opened to the agent, where AddKeysToAgent says so. An
// agent that does not take it is no reason to stop.
func (l *login) remember(path string, key any) {
	how := l.keys.s.addKeysToAgent
	if l.agent == nil || how.how == "" {
		return
	}
	if how.how == "ask" {
		if l.keys.opts.AddKey == nil {
			return
		}
		var yes bool
		var err error
		l.clock.ask(func() { yes, err = l.keys.opts.AddKey(path) })
		if err != nil || !yes {
			return
		}
	}
	_ = l.agent.client.Add(agent.AddedKey{PrivateKey: key, Comment: path,
		LifetimeSecs: uint32(how.lifetime / time.Second), ConfirmBeforeUse: how.how == "confirm"})
}
