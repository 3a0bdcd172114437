// Package mail is a mail server that delivers nothing: what it takes lies in a file, a line of
// JSON for each message. It is as strict as mail servers that take messages of programs:
// nothing without TLS, nothing without a password.
package mail

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Message is one that came.
type Message struct {
	From string   `json:"from"`
	To   []string `json:"to"`
	// Text has the headers, too.
	Text string `json:"text"`
}

// New is a server that takes messages of whoever knows the password, under any name, and adds
// them to a file.
func New(file, password string, secure *tls.Config) *smtp.Server {
	b := &box{file: file, password: password}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: b}, nil }))
	s.Domain, s.TLSConfig = "lab", secure
	s.MaxMessageBytes, s.MaxRecipients = 1<<20, 20
	s.ReadTimeout, s.WriteTimeout = time.Minute, time.Minute
	return s
}

// box is the file.
type box struct {
	file, password string
	mu             sync.Mutex
}

func (b *box) add(m Message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f, err := os.OpenFile(b.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// session is one connection.
type session struct {
	box   *box
	known bool
	next  Message
}

// AuthMechanisms implements smtp.AuthSession; the server offers them once there is TLS.
func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if s.known = password == s.box.password; !s.known {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.known {
		return smtp.ErrAuthRequired
	}
	s.next = Message{From: from}
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.next.To = append(s.next.To, to)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.next.Text = string(text)
	return s.box.add(s.next)
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.next = Message{} }

// Logout implements smtp.Session.
func (*session) Logout() error { return nil }
