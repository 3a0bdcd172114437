package remote

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// fileKey is one identity file.
type fileKey struct {
	path   string
	pub    ssh.PublicKey // nil when it cannot be known
	certs  []fileCert    // user certificates for it that lie beside it
	signer ssh.AlgorithmSigner
	sealed []byte // the encrypted key, until it is opened
	why    string // why the file cannot be used by itself, if so
	locked bool   // because it is encrypted
	absent bool   // because there is none
	mu     sync.Mutex
}

const onlyPublic = "a public key, and the agent lacks the private one"

// fileCert is a user certificate and the file it is from.
type fileCert struct {
	path string
	cert *ssh.Certificate
}

// readKeys loads the identity files, and the certificates beside them unless
// CertificateFile names others, as OpenSSH does. A default one may be there by its
// public half or its certificate alone, for an agent that has the private half.
func (s *settings) readKeys() []*fileKey {
	var files []*fileKey
	for _, path := range s.identities {
		f := readKey(path)
		if len(s.certificates) == 0 {
			if cert, err := readCertificate(path + "-cert.pub"); err == nil {
				f.certs = append(f.certs, fileCert{path + "-cert.pub", cert})
			}
		}
		if s.defaultsForKey && f.absent && f.pub == nil && len(f.certs) == 0 {
			continue
		}
		// A key in a form that does not tell its public half may have one all the same.
		if len(f.certs) > 0 && f.pub == nil {
			f.pub = f.certs[0].cert.Key
			if f.sealed != nil {
				f.why = ""
			}
		}
		files = append(files, f)
	}
	return files
}

// shut reports whether the private key cannot be used yet.
func (f *fileKey) shut() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.signer == nil
}

// readKey reads a private key, or a public one whose private half an agent has. Of a
// private key in a form that is not known here, the public half is found as OpenSSH
// finds it: in the file itself, or in PATH.pub.
func readKey(path string) *fileKey {
	f := &fileKey{path: path}
	data, err := os.ReadFile(path)
	if err != nil {
		f.why, f.absent = reasonOfFile(err), errors.Is(err, fs.ErrNotExist)
		if f.pub = readPublic(path + ".pub"); f.absent && f.pub != nil {
			f.why = onlyPublic
		}
		return f
	}
	if f.pub = publicOf(data); f.pub != nil {
		f.why = onlyPublic
		if cert, ok := f.pub.(*ssh.Certificate); ok {
			f.pub, f.certs = cert.Key, []fileCert{{path, cert}}
		}
		return f
	}
	key, err := ssh.ParseRawPrivateKey(data)
	if err == nil {
		f.use(key)
		return f
	}
	var sealed *ssh.PassphraseMissingError
	if errors.As(err, &sealed) {
		f.sealed, f.pub = data, sealed.PublicKey
	} else {
		f.pub = embeddedPublic(data)
	}
	if f.pub == nil {
		f.pub = readPublic(path + ".pub")
	}
	f.locked = f.sealed != nil || isEncryptedPKCS8(data)
	switch {
	case f.sealed == nil:
		f.why = whyNot(data, f.pub, err)
	case f.pub == nil: // the old format tells nothing
		f.why = "encrypted in the old format, and there is no " + path + ".pub"
	}
	return f
}

// whyNot says why a private key can be used through an agent only, or not at all.
func whyNot(data []byte, pub ssh.PublicKey, err error) string {
	block, _ := pem.Decode(data)
	switch {
	case isEncryptedPKCS8(data):
		return "encrypted as PKCS #8, which only an agent opens: ssh-add it"
	case pub != nil && (pub.Type() == ssh.KeyAlgoSKED25519 || pub.Type() == ssh.KeyAlgoSKECDSA256):
		return "a key of a security key (FIDO), which only an agent can use: ssh-add it"
	case block != nil:
		return "a private key in a form that only an agent may know: ssh-add it (" + reason(err) + ")"
	}
	return "not a private key: " + reason(err)
}

func isEncryptedPKCS8(data []byte) bool {
	block, _ := pem.Decode(data)
	return block != nil && block.Type == "ENCRYPTED PRIVATE KEY"
}

// embeddedPublic is the public half of a private key in OpenSSH's own form, where it
// stands unencrypted. Source: OpenSSH's PROTOCOL.key.
func embeddedPublic(data []byte) ssh.PublicKey {
	const magic = "openssh-key-v1\x00"
	block, _ := pem.Decode(data)
	if block == nil {
		return nil
	}
	body, ok := bytes.CutPrefix(block.Bytes, []byte(magic))
	var w struct {
		Cipher, KDF, Options string
		Keys                 uint32
		Public               []byte
		Rest                 []byte `ssh:"rest"`
	}
	if !ok || ssh.Unmarshal(body, &w) != nil || w.Keys != 1 {
		return nil
	}
	pub, err := ssh.ParsePublicKey(w.Public)
	if err != nil {
		return nil
	}
	return pub
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

// readPublic reads a public key; nil where there is none. Of a certificate it is the
// key that was certified.
func readPublic(path string) ssh.PublicKey {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	pub := publicOf(data)
	if cert, ok := pub.(*ssh.Certificate); ok {
		return cert.Key
	}
	return pub
}

func publicOf(data []byte) ssh.PublicKey {
	pub, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		return nil
	}
	return pub
}

// readCertificate reads a user certificate.
func readCertificate(path string) (*ssh.Certificate, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.New(reasonOfFile(err))
	}
	cert, ok := publicOf(data).(*ssh.Certificate)
	switch {
	case !ok:
		return nil, errors.New("not a certificate of OpenSSH")
	case cert.CertType != ssh.UserCert:
		return nil, errors.New("a certificate for a host, not for a user")
	}
	return cert, nil
}

// validity says what keeps a certificate from being valid at a time, in words that
// follow its name, or "". By this machine's clock, which may be wrong: the server has
// the last word.
func validity(cert *ssh.Certificate, now time.Time) string {
	at := func(sec uint64) string { return time.Unix(int64(sec), 0).UTC().Format("2006-01-02 15:04 UTC") }
	unix := uint64(max(now.Unix(), 0))
	switch {
	case unix >= cert.ValidBefore:
		return "which expired on " + at(cert.ValidBefore)
	case unix < cert.ValidAfter:
		return "which is valid only from " + at(cert.ValidAfter) + " on"
	}
	return ""
}

func reasonOfFile(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// describe names a key or a certificate for a message.
func describe(name string, pub ssh.PublicKey) string {
	kind, print := pub.Type(), ssh.FingerprintSHA256(pub)
	cert, err := certificateOf(pub)
	if err != nil {
		return fmt.Sprintf("%s (%s %s)", name, kind, print)
	}
	text := fmt.Sprintf("%s (%s %s, certificate %q", name, kind, ssh.FingerprintSHA256(cert.Key), clean(cert.KeyId))
	if odd := validity(cert, time.Now()); odd != "" {
		text += ", " + odd
	}
	return text + ")"
}

var errNoCertificate = errors.New("not a certificate")

// certificateOf is the certificate that a key of an agent may be: an agent gives
// all its keys as bytes.
func certificateOf(pub ssh.PublicKey) (*ssh.Certificate, error) {
	if cert, ok := pub.(*ssh.Certificate); ok {
		return cert, nil
	}
	parsed, err := ssh.ParsePublicKey(pub.Marshal())
	if err != nil {
		return nil, err
	}
	if cert, ok := parsed.(*ssh.Certificate); ok {
		return cert, nil
	}
	return nil, errNoCertificate
}
