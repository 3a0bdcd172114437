package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"foobar/internal/lab/aptcache"
	"foobar/internal/lab/intake"
)

// Serve is the lab's server process. Its sockets listen inside the lab's network and
// it asks the outside from the machine's own: the only thing the two have in common.
// It ends with the context.
func (l *Lab) Serve(ctx context.Context) error {
	if err := needRoot(); err != nil {
		return err
	}
	s, err := l.load()
	if err != nil {
		return err
	}
	token, err := os.ReadFile(l.path("token"))
	if err != nil {
		return err
	}
	store, err := intake.NewStore(l.path("intake.jsonl"))
	if err != nil {
		return err
	}
	defer store.Close()
	packages, err := l.packageCache(s)
	if err != nil {
		return err
	}
	cert, err := tls.LoadX509KeyPair(l.path("gateway.pem"), l.path("gateway.key"))
	if err != nil {
		return err
	}
	own := intake.New(strings.TrimSpace(string(token)), store)

	var servers group
	defer servers.close()
	if err := servers.unix(l.path("intake.sock"), own.Control()); err != nil {
		return err
	}
	files := http.StripPrefix("/files/", http.FileServer(http.Dir(l.path("files"))))
	for _, on := range []struct {
		port    int
		handler http.Handler
		tls     *tls.Config
	}{
		{intakePort, own, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}},
		{filesPort, files, nil},
		// Last: who waits for the server asks for this one.
		{aptPort, packages, nil},
	} {
		ln, err := l.listen(net.JoinHostPort(Gateway, strconv.Itoa(on.port)))
		if err != nil {
			return err
		}
		if on.tls != nil {
			ln = tls.NewListener(ln, on.tls)
		}
		servers.serve(ln, on.handler)
	}
	<-ctx.Done()
	return nil
}

// packageCache makes the proxy that is the hosts' only way to packages.
func (l *Lab) packageCache(s *shape) (*aptcache.Cache, error) {
	m := machineMirrors()
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, ResponseHeaderTimeout: time.Minute}
	if text := machineProxy(); text != "" {
		proxy, err := url.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("the machine's Acquire::http::Proxy %q: %w", text, err)
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	rewrite := map[string]string{archive: m.Debian, security: m.Security}
	for _, host := range s.Repositories {
		rewrite["http://"+host] = "http://" + host
	}
	c := &aptcache.Cache{
		Dir: l.Cache() + "/apt", Rewrite: rewrite,
		Client: &http.Client{Transport: transport, Timeout: 10 * time.Minute},
	}
	return c, c.Trim()
}

// group is a set of HTTP servers that end together.
type group struct{ servers []*http.Server }

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
}
