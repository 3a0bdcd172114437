package remote_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"foobar/internal/fault"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// echo answers on a loopback port with what it is sent.
func echo(t *testing.T) string {
	return sshtest.Accept(t, "tcp", "127.0.0.1:0", func(c net.Conn) { _, _ = io.Copy(c, c) }).String()
}

// TestTunnel: a login without root reaches what listens on the host, and runs nothing there.
func TestTunnel(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{Sudo: sshtest.SudoRefuses})
	ctx := within(t, 10*time.Second)
	tunnel, err := remote.DialTunnel(ctx, options(s))
	if err != nil {
		t.Fatal(err)
	}
	defer tunnel.Close()
	c, err := tunnel.Dial(ctx, echo(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "hello"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := tunnel.Dial(ctx, "127.0.0.1:1"); fault.Of(err) != fault.ServiceDead {
		t.Errorf("nothing listens: %v", err)
	}
	if ran := s.Commands(); len(ran) > 0 {
		t.Errorf("it runs %q", ran)
	}
	s.Drop()
	select {
	case <-tunnel.Ended:
	case <-ctx.Done():
		t.Fatal("the end of the connection is not seen")
	}
	if err := tunnel.Lost(); !errors.Is(err, remote.ErrTransport) {
		t.Error(err)
	}
}
