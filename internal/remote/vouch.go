package remote

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// standing is what known_hosts makes of a key that a host shows.
type standing int

const (
	isUnknown standing = iota // nothing is known of the host
	isKnown
	isChanged // other keys of the host are known
	isRevoked
)

// finding is a standing, with the line it comes from: for isChanged one with another
// key of the host. The key is the certificate where that is what counts, and else the
// plain key. The note says why a certificate did not count.
type finding struct {
	is   standing
	line *knownLine
	key  ssh.PublicKey
	note string
}

// judge looks a key up under each of the host's names. A certificate counts when an
// authority that is known for the host has signed it and it holds now; else its plain
// key is looked up. An error means that KnownHostsCommand failed.
func (k *hostKeys) judge(key ssh.PublicKey) (finding, error) {
	plain := key
	cert, certified := key.(*ssh.Certificate)
	if certified {
		plain = cert.Key
	}
	first := finding{is: isUnknown, key: plain}
	var note string
	for i, name := range k.names {
		lines, err := k.lines(name, key)
		if err != nil {
			return first, err
		}
		if l := revoking(lines, key); l != nil {
			return finding{is: isRevoked, line: l, key: plain}, nil
		}
		if certified {
			l, err := k.authority(lines, cert)
			if l != nil && err == nil {
				return finding{is: isKnown, line: l, key: cert}, nil
			}
			if note == "" || l != nil {
				note = fmt.Sprintf("; its certificate does not count: %s", reason(err))
			}
		}
		// Under the name without its port only a key that fits says something, and that
		// only where no other is known with the port.
		if first.is == isChanged {
			continue
		}
		f := vouched(lines, plain)
		if f.is == isKnown {
			return f, nil
		}
		if i == 0 {
			first = f
		}
	}
	first.note = note
	return first, nil
}

// revoking is the line that revokes a key, or a certificate's key or authority; or nil.
func revoking(lines []knownLine, key ssh.PublicKey) *knownLine {
	keys := []ssh.PublicKey{key}
	if cert, ok := key.(*ssh.Certificate); ok {
		keys = []ssh.PublicKey{cert.Key, cert.SignatureKey}
	}
	for i := range lines {
		l := &lines[i]
		if l.marker == markerRevoked && slices.ContainsFunc(keys, func(k ssh.PublicKey) bool { return sameKey(k, l.key) }) {
			return l
		}
	}
	return nil
}

// vouched looks for a plain key. Lines of authorities say nothing about it.
func vouched(lines []knownLine, key ssh.PublicKey) finding {
	f := finding{is: isUnknown, key: key}
	for i := range lines {
		l := &lines[i]
		switch {
		case l.marker != "":
		case sameKey(l.key, key):
			return finding{is: isKnown, line: l, key: key}
		case f.line == nil || l.key.Type() == key.Type():
			f.is, f.line = isChanged, l
		}
	}
	return f
}

// authority is the line of the authority that signed a certificate, and what is wrong
// with the certificate. As in OpenSSH, a principal may be a pattern, and a certificate
// without principals is for every host.
func (k *hostKeys) authority(lines []knownLine, cert *ssh.Certificate) (*knownLine, error) {
	i := slices.IndexFunc(lines, func(l knownLine) bool { return l.marker == markerAuthority && sameKey(l.key, cert.SignatureKey) })
	if i < 0 {
		return nil, fmt.Errorf("no @cert-authority line for the host has the key that signed it, %s", ssh.FingerprintSHA256(cert.SignatureKey))
	}
	name, _ := k.s.knownAs()
	principal := name
	switch j := slices.IndexFunc(cert.ValidPrincipals, func(p string) bool { return matchPattern(p, name) }); {
	case cert.CertType != ssh.HostCert:
		return &lines[i], fmt.Errorf("it is one for users")
	case j >= 0:
		principal = cert.ValidPrincipals[j]
	case len(cert.ValidPrincipals) > 0:
		return &lines[i], fmt.Errorf("it is for %s, not for %s", strings.Join(cert.ValidPrincipals, ", "), name)
	}
	if f := cert.Signature.Format; f == ssh.KeyAlgoRSA || f == ssh.InsecureKeyAlgoDSA {
		return &lines[i], fmt.Errorf("it is signed with %s", f)
	}
	return &lines[i], new(ssh.CertChecker).CheckCert(principal, cert)
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// algorithms are those of host keys that foobar asks for, by ssh_config's
// HostKeyAlgorithms or, as OpenSSH has it, certificates and ed25519 first. What signs
// with SHA-1 is left out, whoever asks for it.
func (s *settings) algorithms() []string {
	can := ssh.SupportedAlgorithms().HostKeys
	asked := slices.DeleteFunc(slices.Clone(s.hostKeyAlgorithms), func(a string) bool { return !slices.Contains(can, a) })
	if len(asked) > 0 {
		return asked
	}
	return []string{ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
		ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
		ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
}

// order puts the algorithms first whose kind of key is known, and those of
// certificates where an authority is, as OpenSSH's order_hostkeyalgs does.
func order(algorithms []string, vouching []knownLine) []string {
	has := func(algorithm string) bool {
		return slices.ContainsFunc(vouching, func(l knownLine) bool { return l.marker == "" && l.key.Type() == kindOf(algorithm) })
	}
	authority := slices.ContainsFunc(vouching, func(l knownLine) bool { return l.marker == markerAuthority })
	if len(algorithms) > 0 && has(algorithms[0]) {
		return algorithms
	}
	var first, last []string
	for _, a := range algorithms {
		if has(a) || authority && strings.Contains(a, certSuffix) {
			first = append(first, a)
		} else {
			last = append(last, a)
		}
	}
	return append(first, last...)
}

const certSuffix = "-cert-v01@"

// kindOf is the kind of plain key that an algorithm signs with: "ssh-rsa" for
// rsa-sha2-512 and for rsa-sha2-512-cert-v01@openssh.com.
func kindOf(algorithm string) string {
	kind, _, _ := strings.Cut(algorithm, certSuffix)
	if strings.HasPrefix(kind, "rsa-sha2-") {
		return ssh.KeyAlgoRSA
	}
	return kind
}
