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
	"foobar/internal/lab/mail"
)

// Serve is the lab's server process. Its sockets listen inside the lab's network, and
// what it fetches it fetches from the machine's own: nothing else connects the two. It
// ends with the context.
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
	secure := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if err := errors.Join(l.manage(&servers, own, secure), l.mailServer(&servers, strings.TrimSpace(string(token)), secure)); err != nil {
		return err
	}
	files := http.StripPrefix("/files/", http.FileServer(http.Dir(l.path("files"))))
	for _, on := range []struct {
		port    int
		handler http.Handler
		tls     *tls.Config
	}{
		{intakePort, own, secure},
		{indexPort, index(l.path("index"), strings.TrimSpace(string(token))), secure},
		{filesPort, files, nil},
		// Last, because serverUp waits for this one.
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

// mailServer takes mail with the lab's token as its password. What came lies among the lab's
// files, where the hosts can read it, too.
func (l *Lab) mailServer(servers *group, token string, secure *tls.Config) error {
	ln, err := l.listen(net.JoinHostPort(Gateway, strconv.Itoa(mailPort)))
	if err != nil {
		return err
	}
	s := mail.New(l.path("files/mail.jsonl"), token, secure)
	servers.more = append(servers.more, s)
	go s.Serve(ln)
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
	rewrite := map[string]string{known(m.Debian): m.Debian}
	if m.Security != "" {
		rewrite[known(m.Security)] = m.Security
	}
	for _, host := range s.Repositories {
		rewrite["http://"+host] = "http://" + host
	}
	c := &aptcache.Cache{
		Dir: l.Cache() + "/apt", Rewrite: rewrite,
		Client: &http.Client{Transport: transport, Timeout: 10 * time.Minute},
	}
	return c, c.Trim()
}
