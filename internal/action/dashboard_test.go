package action

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/monitoring/prometheus"
	"foobar/internal/remote/sshtest"
)

// prometheusSite is an inventory of one server that runs Prometheus.
func prometheusSite(t *testing.T, s *sshtest.Server) string {
	t.Helper()
	path := sshtest.Site(t, s, nil)
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, append([]byte("[monitoring]\nprovider = \"prometheus\"\n"), text...), 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(filepath.Dir(path), "foobar.key"), []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// shownDashboard starts the verb, and returns what it says and how it ends.
func shownDashboard(t *testing.T, s *sshtest.Server, old bool) (url string, ended chan error) {
	t.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if old && r.URL.Path == prometheus.Page {
			http.NotFound(w, r)
		} else if name, password, ok := r.BasicAuth(); ok && name == prometheus.Login && len(password) == 32 {
			fmt.Fprint(w, "the page "+r.URL.Path)
		}
	}))
	t.Cleanup(page.Close)
	out, in := io.Pipe()
	v := &Dashboard{Common: Common{Inventory: prometheusSite(t, s), Console: Console{Out: in, Err: io.Discard}}, JSON: true, page: page.Listener.Addr().String()}
	ended = make(chan error, 1)
	go func() {
		err := v.Run(t.Context())
		in.Close()
		ended <- err
	}()
	var said struct{ URL, Page, Host string }
	if err := json.NewDecoder(out).Decode(&said); err != nil {
		t.Fatalf("%v: %v", err, <-ended)
	}
	if want := map[bool]string{false: said.URL + "consoles/foobar.html"}[old]; said.Host != "lb1" || said.Page != want {
		t.Errorf("it names %+v", said)
	}
	return said.URL, ended
}

func fetched(url string) (string, error) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	got, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	return string(text), err
}

// TestDashboard: the page of the host is reached through the connection, as often as asked,
// until somebody has seen enough; then nothing listens any more.
func TestDashboard(t *testing.T) {
	url, ended := shownDashboard(t, sshtest.Start(t, sshtest.Config{Sudo: sshtest.SudoRefuses}), false)
	for _, path := range []string{"graph", "targets"} {
		if got, err := fetched(url + path); err != nil || got != "the page /"+path {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	// A web page of somebody else's, with a name that leads here.
	ask, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	ask.Host = "evil.example.com"
	if got, err := http.DefaultClient.Do(ask); err != nil || got.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another name: %v, %v", got, err)
	}
	// Nobody else gets the port meanwhile.
	at := strings.Trim(strings.TrimPrefix(url, "http://"), "/")
	if l, err := net.Listen("tcp", at); err == nil {
		l.Close()
		t.Error("the port is free for others")
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended by SIGTERM: %v", err)
	}
	if _, err := fetched(url); err == nil {
		t.Error("it still answers")
	}
}

// TestDashboardLost: a connection that breaks is an error of the host. Where the page is not
// there yet, its address is not named.
func TestDashboardLost(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	_, ended := shownDashboard(t, s, true)
	s.Drop()
	err := <-ended
	var e *Exit
	if !errors.As(err, &e) || e.Code != engine.ExitUnreachable || fault.Of(err) != fault.ConnectionLost {
		t.Errorf("%v, %s", err, fault.Of(err))
	}
}

// TestDashboardRefuses: what cannot be shown, with the exit code and what to do.
func TestDashboardRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s, gone := sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{})
	gone.Close()
	without := prometheusSite(t, s)
	if err := os.Remove(filepath.Join(filepath.Dir(without), "foobar.key")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		v    Dashboard
		exit int
		code fault.Code
	}{
		"another provider": {Dashboard{Common: Common{Inventory: sshtest.Site(t, s, nil)}}, engine.ExitUsage, fault.NoSuch},
		"a port in use":    {Dashboard{Common: Common{Inventory: prometheusSite(t, s)}, Port: taken.Addr().(*net.TCPAddr).Port}, engine.ExitFailed, fault.PortTaken},
		"no host":          {Dashboard{Common: Common{Inventory: prometheusSite(t, gone)}}, engine.ExitUnreachable, fault.PortClosed},
		"no master secret": {Dashboard{Common: Common{Inventory: without}}, engine.ExitUsage, fault.MasterMissing},
		"no Prometheus":    {Dashboard{Common: Common{Inventory: prometheusSite(t, s)}, page: "127.0.0.1:1"}, engine.ExitFailed, fault.ServiceDead},
	} {
		c.v.Common.Console = Console{Out: io.Discard, Err: io.Discard}
		err := c.v.Run(context.Background())
		var e *Exit
		if !errors.As(err, &e) || e.Code != c.exit || fault.Of(err) != c.code {
			t.Errorf("%s: %v, code %s", name, err, fault.Of(err))
		}
	}
}

// TestDashboardForGrafana: it is printed, and no host is asked.
func TestDashboardForGrafana(t *testing.T) {
	var out bytes.Buffer
	v := &Dashboard{Common: Common{Inventory: prometheusSite(t, sshtest.Start(t, sshtest.Config{})), Console: Console{Out: &out, Err: io.Discard}}, Grafana: true, page: "192.0.2.1:1"}
	if err := v.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var page struct{ Panels []map[string]any }
	if err := json.Unmarshal(out.Bytes(), &page); err != nil || len(page.Panels) == 0 {
		t.Errorf("%v: %s", err, out.String())
	}
}
