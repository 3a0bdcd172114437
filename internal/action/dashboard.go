package action

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/monitoring/prometheus"
	"foobar/internal/secret"
	"foobar/inventory"
)

// Dashboard forwards a port of this machine to Prometheus, which has the site's page, through
// an SSH connection of its own: no host opens a port for it.
type Dashboard struct {
	Common Common
	// Port is the local port; 0 takes a free one.
	Port int
	// JSON prints one document in place of a line.
	JSON bool
	// Grafana prints a dashboard for Grafana, and asks no host.
	Grafana bool

	page string // address on the host; "" is Prometheus'
}

// Run forwards until Ctrl-C or SIGTERM, or until the connection ends.
func (v *Dashboard) Run(ctx context.Context) error {
	inv, err := v.Common.load()
	if err != nil {
		return err
	}
	h := inv.PrometheusHost()
	if h == nil || !inv.Monitoring.Enabled {
		return Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("%s runs no Prometheus, whose page this shows; write provider = \"prometheus\" into [monitoring] and deploy", inv.Path)))
	}
	if v.Grafana {
		return v.grafana(inv)
	}
	master, err := loadMaster(inv)
	if err != nil {
		return Usage(err)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Taken before the host is asked and never let go: nobody else on this machine can
	// have it in the meantime.
	at, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(v.Port)))
	if err != nil {
		return &Exit{engine.ExitFailed, fault.Wrap(fault.PortTaken, fmt.Errorf("take a port of this machine: %w; name another one with --port", err))}
	}
	defer at.Close()
	tunnel, err := v.Common.dialer().tunnel(ctx, h)
	if ctx.Err() != nil {
		return nil // a person has seen enough
	}
	if err != nil {
		return &Exit{engine.ExitUnreachable, hostError(err)}
	}
	defer tunnel.Close()
	page := cmp.Or(v.page, net.JoinHostPort("127.0.0.1", strconv.Itoa(prometheus.Port)))
	first, err := tunnel.Dial(ctx, page)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return &Exit{engine.ExitFailed, hostError(err)}
	}
	first.Close()
	password, way := prometheus.Password(master), &http.Transport{MaxConnsPerHost: 16, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: answerTime,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) { return tunnel.Dial(ctx, address) }}
	if err := v.tell("http://"+at.Addr().String()+"/", h.Name, has(ctx, way, page, password)); err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	server := forwarder(at.Addr(), page, password, way)
	go func() { _ = server.Serve(at) }()
	defer server.Close()
	select {
	case <-ctx.Done():
		return nil
	case <-tunnel.Ended:
		return &Exit{engine.ExitUnreachable, hostError(tunnel.Lost())}
	}
}

func (v *Dashboard) grafana(inv *inventory.Inventory) error {
	page, err := prometheus.Grafana(inv)
	if err == nil {
		_, err = v.Common.Console.Out.Write(page)
	}
	if err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	return nil
}

// has reports whether Prometheus has the site's page: on a site that an earlier version of
// foobar deployed it has not. Who gives no answer is not in doubt here.
func has(ctx context.Context, way http.RoundTripper, page string, password secret.String) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+page+prometheus.Page, nil)
	if err != nil {
		return true
	}
	ask.SetBasicAuth(prometheus.Login, password.Reveal())
	got, err := way.RoundTrip(ask)
	if err != nil {
		return true
	}
	got.Body.Close()
	return got.StatusCode != http.StatusNotFound
}

func (v *Dashboard) tell(url, host string, has bool) error {
	page, shows := "", "An earlier version of foobar has deployed the site, which has no page of its own yet: foobar deploy brings it"
	if has {
		page = strings.TrimSuffix(url, "/") + prometheus.Page
		shows = page + " shows the site"
	}
	if v.JSON {
		return json.NewEncoder(v.Common.Console.Out).Encode(map[string]any{"v": 1, "page": page, "url": url, "host": host})
	}
	_, err := fmt.Fprintf(v.Common.Console.Out, "%s\n%s is Prometheus on %s; Ctrl-C ends it\n", shows, url, host)
	return err
}

// answerTime is how long the page may take to begin an answer: a query of Prometheus may
// take two minutes.
const answerTime = 3 * time.Minute

// forwarder hands requests on to the page. A name of somebody else's that leads to this
// machine gets nothing: else a web page that a browser shows could read Prometheus by it. The
// password is asked of nobody.
func forwarder(at net.Addr, page string, password secret.String, way http.RoundTripper) *http.Server {
	quiet := log.New(io.Discard, "", 0)
	pass := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: page})
			r.Out.SetBasicAuth(prometheus.Login, password.Reveal())
		},
		Transport: way,
		ErrorLog:  quiet,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, "no answer from Prometheus: "+printable(err.Error()), http.StatusBadGateway)
		},
	}
	_, port, _ := net.SplitHostPort(at.String())
	return &http.Server{ErrorLog: quiet, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != at.String() && r.Host != "localhost:"+port {
			http.Error(w, "ask for http://"+at.String()+"/", http.StatusMisdirectedRequest)
			return
		}
		pass.ServeHTTP(w, r)
	})}
}
