package sshtest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// distance is what lies between the clients and a server: all that one side says reaches
// the other a while later. It knows of everything that is said how many trips to the
// server and back came before it: a client's words are one more than those that it had
// heard of, the server's are as many.
type distance struct {
	way   time.Duration // one way
	mu    sync.Mutex
	trips int // the most so far
}

// away puts a server behind a distance and returns the port on this side of it.
func (d *distance) away(t testing.TB, server string) int {
	return Accept(t, "tcp", "127.0.0.1:0", func(client net.Conn) { d.join(client, server) }).(*net.TCPAddr).Port
}

func (d *distance) join(client net.Conn, address string) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	atServer, atClient := 0, 0 // trips before what each has heard
	there := make(chan struct{})
	go func() { d.carry(server, client, &atClient, &atServer, 1); close(there) }()
	d.carry(client, server, &atServer, &atClient, 0)
	<-there
}

// piece is what was said at once, and when it is heard on the other side.
type piece struct {
	data  []byte
	due   time.Time
	trips int
}

// carry takes what comes from one side to the other, until its end. What is said takes so
// many trips more than what that side has heard.
func (d *distance) carry(to, from net.Conn, heard, hears *int, more int) {
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 64<<10)
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			d.mu.Lock()
			p := piece{buffer[:n], time.Now().Add(d.way), *heard + more}
			d.trips = max(d.trips, p.trips)
			d.mu.Unlock()
			pieces <- p
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		d.mu.Lock()
		*hears = max(*hears, p.trips)
		d.mu.Unlock()
		_, _ = to.Write(p.data) // what cannot be written any more is left out
	}
	_ = to.(*net.TCPConn).CloseWrite()
}

// Trips is how often a client of a server with a Distance has waited for what it says, one
// time after the other, on the connection on which that was most often; it begins anew with
// each call. The opening of the TCP connection is not among them. A client that stops for
// longer than the distance may seem to have waited: the least of several runs is right.
func (s *Server) Trips() int {
	s.far.mu.Lock()
	defer s.far.mu.Unlock()
	n := s.far.trips
	s.far.trips = 0
	return n
}
