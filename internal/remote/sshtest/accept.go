package sshtest

import (
	"net"
	"testing"
)

// Accept serves each connection to a listener until the test ends, and closes it after that.
func Accept(t testing.TB, network, address string, serve func(net.Conn)) net.Addr {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return ln.Addr()
}
