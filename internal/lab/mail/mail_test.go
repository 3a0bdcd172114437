package mail

import (
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http/httptest"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestServer: what comes with TLS and the password is in the file, and nothing else.
func TestServer(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	file := filepath.Join(t.TempDir(), "mail.jsonl")
	s := New(file, "pass", &tls.Config{Certificates: web.TLS.Certificates})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(ln) }()
	defer s.Close()
	send := func(secure bool, password string) error {
		c, err := smtp.Dial(ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if secure {
			if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
				t.Fatal(err)
			}
		}
		if ok, _ := c.Extension("AUTH"); ok != secure {
			t.Errorf("with TLS %v: a password may be given: %v", secure, ok)
		}
		if password != "" {
			if err := c.Auth(smtp.PlainAuth("", "alerts", password, "127.0.0.1")); err != nil {
				return err
			}
		}
		if err := c.Mail("site@example.com"); err != nil {
			return err
		}
		for _, to := range []string{"ops@example.com", "dba@example.com"} {
			if err := c.Rcpt(to); err != nil {
				return err
			}
		}
		w, err := c.Data()
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte("Subject: x\r\n\r\nhello\r\n")); err != nil {
			return err
		}
		return w.Close()
	}
	for name, err := range map[string]error{"in plain": send(false, ""), "with another password": send(true, "word"), "with none": send(true, "")} {
		if err == nil {
			t.Errorf("%s it is taken", name)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("something was taken")
	}
	if err := send(true, "pass"); err != nil {
		t.Fatal(err)
	}
	var got Message
	raw, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(raw, &got) != nil || got.From != "site@example.com" || !slices.Equal(got.To, []string{"ops@example.com", "dba@example.com"}) || !strings.HasSuffix(got.Text, "\r\n\r\nhello\r\n") {
		t.Errorf("%v, %s", err, raw)
	}
}
