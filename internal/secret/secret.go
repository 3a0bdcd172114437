// Package secret holds values that must not be seen, and derives the ones no
// person needs to know.
package secret

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[secret]"

// String is a secret that every verb of fmt, JSON, text and slog print as
// "[secret]". Its bytes leave only through Reveal.
type String struct{ bytes []byte }

// New makes a secret of s.
func New(s string) String { return String{[]byte(s)} }

// Reveal returns the secret itself. Callers put it on a standard input or into
// a 0600 file, nowhere else.
func (s String) Reveal() string { return string(s.bytes) }

// Empty reports whether there is nothing in it.
func (s String) Empty() bool { return len(s.bytes) == 0 }

// Format hides the value from every verb and flag.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// String hides the value.
func (s String) String() string { return hidden }

// MarshalText hides the value, in JSON too.
func (s String) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue hides the value.
func (s String) LogValue() slog.Value { return slog.StringValue(hidden) }

// Master is the one secret from which the others of a site are derived.
type Master struct {
	key        []byte
	generation int
	site       Site
}

// Site tells a site from others that share its master secret, as two
// inventories in one folder do: no secret of one is a secret of the other.
type Site struct{ Name, Domain string }

// NewMaster uses key, at least 32 random bytes. The generation and the site are
// part of every password: with another one they are all new.
func NewMaster(key []byte, generation int, site Site) (*Master, error) {
	if len(key) < 32 {
		return nil, fmt.Errorf("the master secret is too short: %d bytes, at least 32 are needed", len(key))
	}
	return &Master{key: key, generation: generation, site: site}, nil
}

// Generation is the generation of the passwords.
func (m *Master) Generation() int { return m.generation }

// Password derives 32 letters, digits, - and _ (192 bits) for a label such as
// "db/replication". The same master, site, generation and label give the same
// password.
func (m *Master) Password(label string) String { return m.PasswordAt(m.generation, label) }

// PasswordAt is the password of another generation.
func (m *Master) PasswordAt(generation int, label string) String {
	return m.password(m.info("password", fmt.Sprintf("generation %d %s", generation, label)))
}

// PasswordV1 is the password that earlier versions of foobar derived: all sites
// with the same master secret had it. It is good for knowing it again, no more.
func (m *Master) PasswordV1(generation int, label string) String {
	return m.password(fmt.Sprintf("foobar password v1 generation %d %s", generation, label))
}

func (m *Master) password(info string) String {
	return String{[]byte(base64.RawURLEncoding.EncodeToString(m.derive(info, 24)))}
}

// Seed derives 32 bytes for a key that outlives rotations of the passwords, such
// as that of a CA. It is another one when the site gets another name or domain.
func (m *Master) Seed(label string) []byte { return m.derive(m.info("seed", label), 32) }

// SeedV1 is the seed that earlier versions of foobar derived: all sites with the
// same master secret had it. It is good for knowing again what was made of it.
func (m *Master) SeedV1(label string) []byte { return m.derive("foobar seed v1 "+label, 32) }

// Fingerprint tells this master secret from others, and tells nothing else of it. It
// is the same for all sites and generations.
func (m *Master) Fingerprint() string {
	return hex.EncodeToString(m.derive("foobar fingerprint v1", 16))
}

// info names one secret of one site. The length before each word keeps two
// sites apart whose words joined are the same.
func (m *Master) info(kind, label string) string {
	return fmt.Sprintf("foobar %s v2 site %d:%s domain %d:%s %s", kind, len(m.site.Name), m.site.Name, len(m.site.Domain), m.site.Domain, label)
}

func (m *Master) derive(info string, n int) []byte {
	out, err := hkdf.Key(sha256.New, m.key, nil, info, n)
	if err != nil { // only for a length no caller asks for
		panic(err)
	}
	return out
}
