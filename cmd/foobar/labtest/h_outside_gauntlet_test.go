//go:build lab && gauntlet

package labtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// dialInside makes a connection in the lab's network, where a client outside the hosts is.
func dialInside(host, port string) (net.Conn, error) {
	cmd := exec.Command(binary, "lab", "dial", host, port)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	go func() {
		_, _ = io.Copy(in, far)
		_ = cmd.Process.Kill()
	}()
	go func() {
		_, _ = io.Copy(far, out)
		_ = far.Close()
		_ = cmd.Wait()
	}()
	return near, nil
}

// shown are the certificates that the balancer shows, which curl has found to be good.
func shown(t *testing.T) (chain []*x509.Certificate) {
	t.Helper()
	text := []byte(curl(t, "-o", "/dev/null", "-w", "%{certs}", "https://www.foobar.com/"))
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		t.Fatal("curl shows no certificates")
	}
	return chain
}

// outside is a client outside the hosts that keeps its connections, as browsers do.
func outside(t *testing.T) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	for _, c := range shown(t) {
		roots.AddCert(c)
	}
	transport := &http.Transport{
		DialContext:     func(context.Context, string, string) (net.Conn, error) { return dialInside("lb1", "443") },
		TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: within(20 * time.Second)}
}

// perSecond is how many requests load makes.
const perSecond = 40

// page is asked for with GET, or with POST where it has a body of a kind.
type page struct{ path, kind, body string }

// readsOf are the pages without those that write.
func readsOf(pages []page) []page {
	return slices.DeleteFunc(slices.Clone(pages), func(p page) bool { return p.kind != "" })
}

// ask asks for the page and says why it did not come.
func (p page) ask(client *http.Client) error {
	method := http.MethodGet
	if p.kind != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequest(method, "https://www.foobar.com"+p.path, strings.NewReader(p.body))
	if err != nil {
		return err
	}
	if p.kind != "" {
		req.Header.Set("Content-Type", p.kind)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %.200s", resp.Status, said)
	}
	return err
}

// load asks for pages in turn, whatever the answers take, until the function that it
// returns is called: by then none may have failed.
func load(t *testing.T, client *http.Client, pages []page) (end func(while string)) {
	t.Helper()
	var (
		asked  sync.WaitGroup
		mu     sync.Mutex
		good   int
		failed []string
	)
	ask := func(p page) {
		began := time.Now()
		err := p.ask(client)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			good++
			return
		}
		failed = append(failed, fmt.Sprintf("%s %s after %s: %v", began.Format("15:04:05.000"), p.path, time.Since(began).Round(time.Millisecond), err))
	}
	stop := make(chan struct{})
	asked.Go(func() {
		tick := time.NewTicker(time.Second / perSecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				asked.Go(func() { ask(pages[i%len(pages)]) })
			}
		}
	})
	return func(while string) {
		t.Helper()
		close(stop)
		asked.Wait()
		t.Logf("while %s: %d requests answered, %d failed", while, good, len(failed))
		if good < perSecond {
			t.Errorf("while %s only %d requests were answered", while, good)
		}
		if len(failed) > 0 {
			slices.Sort(failed)
			t.Errorf("while %s %d requests failed:\n%s", while, len(failed), strings.Join(failed[:min(10, len(failed))], "\n"))
		}
	}
}
