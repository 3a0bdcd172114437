package lab

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// keys makes the keys and certificates of a lab, anew for each: the login key, the
// hosts' one host key, known_hosts, the lab's root and its leaf for the gateway, and
// the words that collectors register with, and people manage them with.
func (l *Lab) keys(hosts []Host) error {
	if _, err := l.sshKey("key", "foobar lab "+l.Name); err != nil {
		return err
	}
	hostKey, err := l.sshKey("host_key", "foobar lab hosts")
	if err != nil {
		return err
	}
	if err := os.WriteFile(l.path("known_hosts"), []byte(knownHosts(hosts, hostKey)), 0o644); err != nil {
		return err
	}
	for _, name := range []string{"token", "access-id", "access-key"} {
		word := make([]byte, 24)
		rand.Read(word)
		if err := os.WriteFile(l.path(name), []byte(hex.EncodeToString(word)+"\n"), 0o600); err != nil {
			return err
		}
	}
	return l.certificates()
}

// sshKey writes a new ed25519 key and its public half, and returns the latter's line.
func (l *Lab) sshKey(name, comment string) (string, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	block, err := ssh.MarshalPrivateKey(private, comment)
	if err != nil {
		return "", err
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return "", err
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	if err := os.WriteFile(l.path(name), pem.EncodeToMemory(block), 0o600); err != nil {
		return "", err
	}
	return line, os.WriteFile(l.path(name+".pub"), []byte(line+" "+comment+"\n"), 0o644)
}

// knownHosts names every host with the key they share.
func knownHosts(hosts []Host, key string) string {
	var b strings.Builder
	for _, h := range hosts {
		fmt.Fprintf(&b, "%s,%s,%s %s\n", h.Name, h.V4, h.V6, key)
	}
	return b.String()
}

// certificates makes the lab's root and a certificate for the services on the gateway.
func (l *Lab) certificates() error {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "foobar lab " + l.Name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey)
	if err != nil {
		return err
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "acme.lab"},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		DNSNames:    []string{"acme.lab", "intake.lab", "localhost"},
		IPAddresses: []net.IP{net.ParseIP(Gateway), net.ParseIP(gateway6), net.ParseIP("127.0.0.1")},
		KeyUsage:    x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, &leafKey.PublicKey, rootKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		return err
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER})
	for name, data := range map[string][]byte{
		"lab-ca.pem":  ca,
		"acme-ca.pem": ca,
		"gateway.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafDER}),
		"gateway.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	} {
		if err := os.WriteFile(l.path(name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// tlsConfig trusts the lab's root and no other.
func (l *Lab) tlsConfig() *tls.Config {
	roots := x509.NewCertPool()
	if data, err := os.ReadFile(l.path("lab-ca.pem")); err == nil {
		roots.AppendCertsFromPEM(data)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}
