// Package secret holds values that must not be seen, and derives the ones no
// person needs to know.
package secret

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
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

// Master is the one secret from which the others are derived.
type Master struct {
	key        []byte
	generation int
}

// NewMaster uses key, at least 32 random bytes. The generation is part of every
// password: raising it rotates them all.
func NewMaster(key []byte, generation int) (*Master, error) {
	if len(key) < 32 {
		return nil, fmt.Errorf("the master secret is too short: %d bytes, at least 32 are needed", len(key))
	}
	return &Master{key: key, generation: generation}, nil
}

// Password derives 32 letters, digits, - and _ (192 bits) for a label such as
// "db/replication". The same master, generation and label give the same password.
func (m *Master) Password(label string) String {
	raw := m.derive(fmt.Sprintf("foobar password v1 generation %d %s", m.generation, label), 24)
	return String{[]byte(base64.RawURLEncoding.EncodeToString(raw))}
}

// Seed derives 32 bytes for a key that outlives rotations, such as the CA's.
func (m *Master) Seed(label string) []byte { return m.derive("foobar seed v1 "+label, 32) }

func (m *Master) derive(info string, n int) []byte {
	out, err := hkdf.Key(sha256.New, m.key, nil, info, n)
	if err != nil { // only for a length no caller asks for
		panic(err)
	}
	return out
}
