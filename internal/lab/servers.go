package lab

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// group is a set of servers that end together.
type group struct {
	servers []*http.Server
	more    []io.Closer
}

func (g *group) serve(ln net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	g.servers = append(g.servers, s)
	go s.Serve(ln)
}

func (g *group) unix(path string, h http.Handler) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	g.serve(ln, h)
	return nil
}

func (g *group) close() {
	for _, s := range g.servers {
		s.Close()
	}
	for _, s := range g.more {
		s.Close()
	}
}
