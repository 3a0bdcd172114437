package sshtest

import (
	"fmt"
	"io"
	"regexp"
	"time"

	"golang.org/x/crypto/ssh"
)

// Stall is a step of a connection at which a server stops.
type Stall string

// The steps, in their order.
const (
	AtAccept  Stall = "accept"  // the connection is taken, and nothing said
	AtBanner  Stall = "banner"  // the version comes a byte at a time
	AtKex     Stall = "kex"     // only the version comes
	AtAuth    Stall = "auth"    // no key is answered
	AtChannel Stall = "channel" // no channel is answered
	AtExec    Stall = "exec"    // no command is answered
)

// drip is the time between two bytes of a slow server.
const drip = 20 * time.Millisecond

// stalled plays a server that never gets as far as a key exchange.
func (s *Server) stalled(g *gate) bool {
	switch s.conf.Stall {
	case AtAccept:
	case AtBanner:
		s.Drip(g, "SSH-2.0-slow")
	case AtKex:
		_, _ = io.WriteString(g, "SSH-2.0-silent\r\n")
	default:
		return false
	}
	<-s.Gone
	return true
}

// Drip writes a byte of the text at a time, again and again, until the test has
// ended or nobody takes it.
func (s *Server) Drip(w io.Writer, text string) {
	for i := 0; ; i++ {
		if _, err := io.WriteString(w, text[i%len(text):i%len(text)+1]); err != nil {
			return
		}
		select {
		case <-s.Gone:
			return
		case <-time.After(drip):
		}
	}
}

var readyToken = regexp.MustCompile("'?foobar'? '?(foobar-[a-z0-9]+)'?")

// Ready writes to a channel what the program of a command prints when it is up, with
// the words that follow root's user id there.
func Ready(command string, channel ssh.Channel, words string) bool {
	m := readyToken.FindAllStringSubmatch(command, -1)
	if len(m) == 0 {
		return false
	}
	_, err := fmt.Fprintf(channel, "\n%s 0 %s\n", m[len(m)-1][1], words)
	return err == nil
}
