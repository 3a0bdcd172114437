package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// relay joins ports of 127.0.0.1 to others, with a round trip's time between them, until
// the context ends. Bandwidth stays as it is: what is read is written half a round trip
// later, while more is read already. Opening a connection takes a round trip more, as it
// would on the wire; the client's own handshake with the relay takes none.
func relay(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return errors.New("want MILLISECONDS PORT=HOST:PORT")
	}
	ms, err := strconv.ParseFloat(args[0], 64)
	if err != nil {
		return err
	}
	rtt := time.Duration(ms * float64(time.Millisecond))
	for _, arg := range args[1:] {
		port, target, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("%q: want PORT=HOST:PORT", arg)
		}
		ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			return err
		}
		defer ln.Close()
		go serve(ln, target, rtt)
	}
	fmt.Println("ready")
	<-ctx.Done()
	return nil
}

func serve(ln net.Listener, target string, rtt time.Duration) {
	for {
		near, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer near.Close()
			time.Sleep(rtt)
			far, err := net.Dial("tcp", target)
			if err != nil {
				return
			}
			defer far.Close()
			back := make(chan struct{})
			go func() { late(near, far, rtt/2); close(back) }()
			late(far, near, rtt/2)
			<-back
		}()
	}
}

// piece is what was read at once, and when it is due on the other side.
type piece struct {
	data []byte
	due  time.Time
}

// late copies until the end of what comes, each piece so much later.
func late(to io.Writer, from io.Reader, by time.Duration) {
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 32<<10)
			n, err := from.Read(buffer)
			if n > 0 {
				pieces <- piece{buffer[:n], time.Now().Add(by)}
			}
			if err != nil {
				pieces <- piece{due: time.Now().Add(by)}
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			for range pieces { // until its reader has ended
			}
			return
		}
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
