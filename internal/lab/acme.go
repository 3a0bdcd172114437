package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// pebbleVersion is the release of the ACME test server, as a Go module.
const pebbleVersion = "v2.10.1"

const pebbleModule = "github.com/letsencrypt/pebble/v2/cmd/"

// Where pebble and its DNS servers are managed: reachable inside the lab's namespace,
// and not from a host.
const (
	pebbleManagement = "127.0.0.1:15000"
	validationDNS    = "127.0.0.1:8053"
	validationManage = "127.0.0.1:8055"
	hostsManage      = "127.0.0.1:8056"
)

// pebble returns the folder of the ACME server's programs, built when they are not
// in the cache.
func (l *Lab) pebble(ctx context.Context) (string, error) {
	dir := filepath.Join(l.Cache(), "pebble-"+pebbleVersion)
	if _, err := os.Stat(filepath.Join(dir, "pebble")); err == nil {
		return dir, nil
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		return "", errors.New("the lab's ACME server is built once with Go, which is not in PATH; install Go, or add its bin folder to PATH")
	}
	l.logf("building the ACME server (pebble %s), once", pebbleVersion)
	part := dir + ".part"
	if err := os.RemoveAll(part); err != nil {
		return "", err
	}
	cmd := exec.Command(goTool, "install", pebbleModule+"pebble@"+pebbleVersion, pebbleModule+"pebble-challtestsrv@"+pebbleVersion)
	// With the flags of foobar's own build, the standard library is compiled for both.
	cmd.Env = append(os.Environ(), "GOBIN="+part, "GOFLAGS=-mod=mod -trimpath", "CGO_ENABLED=0", "GOGC=off", "GOMEMLIMIT=1GiB")
	cmd.Dir = l.Cache()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := runUntil(ctx, cmd); err != nil {
		return "", fmt.Errorf("build pebble: %s", lastLine(out.Bytes(), err))
	}
	return dir, os.Rename(part, dir)
}

func pebbleConfig(cert, key string) ([]byte, error) {
	return json.MarshalIndent(map[string]any{"pebble": map[string]any{
		"listenAddress":                  net.JoinHostPort(Gateway, strconv.Itoa(acmePort)),
		"managementListenAddress":        pebbleManagement,
		"certificate":                    cert,
		"privateKey":                     key,
		"httpPort":                       80,
		"tlsPort":                        443,
		"ocspResponderURL":               "",
		"externalAccountBindingRequired": false,
		"retryAfter":                     map[string]int{"authz": 1, "order": 1},
		"profiles": map[string]any{"default": map[string]any{
			"description":    "The profile of every certificate",
			"validityPeriod": int((90 * 24 * time.Hour).Seconds()),
		}},
	}}, "", "  ")
}

// acmeUp starts the ACME server and two DNS servers: the one it validates with
// sends every name to the site's front, the hosts' own knows the lab's names only,
// so that any other fails at once.
func (l *Lab) acmeUp(ctx context.Context, programs string, s *shape) error {
	config, err := pebbleConfig(l.path("gateway.pem"), l.path("gateway.key"))
	if err != nil {
		return err
	}
	if err := replaceFile(l.path("pebble.json"), config, 0o600); err != nil {
		return err
	}
	dns := filepath.Join(programs, "pebble-challtestsrv")
	none := []string{"-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-defaultIPv6", ""}
	to := front(s.Hosts).V4.String()
	err = errors.Join(
		l.start("dns-validation", l.inNetwork(dns, append(none, "-dnsserver", validationDNS, "-management", validationManage, "-defaultIPv4", to)...)),
		l.start("dns", l.inNetwork(dns, append(none, "-dnsserver", Gateway+":53,["+gateway6+"]:53", "-management", hostsManage, "-defaultIPv4", "")...)))
	if err != nil {
		return err
	}
	pebble := l.inNetwork(filepath.Join(programs, "pebble"), "-config", l.path("pebble.json"), "-dnsserver", validationDNS)
	// Without the delays and the rejected nonces that pebble makes up to test clients.
	pebble.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	if err := l.start("pebble", pebble); err != nil {
		return err
	}
	if err := l.dnsRecords(ctx, s); err != nil {
		return err
	}
	return l.answers(ctx, "pebble", net.JoinHostPort(Gateway, strconv.Itoa(acmePort)))
}

// acmeDown ends all three.
func (l *Lab) acmeDown() error {
	return errors.Join(l.stop("pebble", 0), l.stop("dns", 0), l.stop("dns-validation", 0))
}

// dnsRecords teaches the hosts' DNS server the lab's names.
func (l *Lab) dnsRecords(ctx context.Context, s *shape) error {
	if err := l.answers(ctx, "dns", hostsManage); err != nil {
		return err
	}
	site := front(s.Hosts)
	type record struct {
		name   string
		v4, v6 string
	}
	records := []record{{Domain, site.V4.String(), site.V6.String()}, {"foobar.com", site.V4.String(), site.V6.String()}, {"acme.lab", Gateway, gateway6}, {"intake.lab", Gateway, gateway6}}
	for _, h := range s.Hosts {
		records = append(records, record{h.Name + ".lab", h.V4.String(), h.V6.String()})
	}
	client := l.client(5 * time.Second)
	for _, r := range records {
		for path, address := range map[string]string{"add-a": r.v4, "add-aaaa": r.v6} {
			body, err := json.Marshal(map[string]any{"host": r.name + ".", "addresses": []string{address}})
			if err != nil {
				return err
			}
			resp, err := client.Post("http://"+hostsManage+"/"+path, "application/json", bytes.NewReader(body))
			if err != nil {
				return fmt.Errorf("tell the lab's DNS about %s: %w", r.name, err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("tell the lab's DNS about %s: %s", r.name, resp.Status)
			}
		}
	}
	return nil
}

// client speaks HTTP from inside the lab's network, to addresses rather than names.
func (l *Lab) client(timeout time.Duration) *http.Client {
	return &http.Client{Timeout: timeout, Transport: &http.Transport{
		DialContext:       func(ctx context.Context, _, address string) (net.Conn, error) { return l.dial(ctx, address) },
		TLSClientConfig:   l.tlsConfig(),
		DisableKeepAlives: true,
	}}
}

// answers waits until a service of the lab takes connections, or has ended.
func (l *Lab) answers(ctx context.Context, name, address string) error {
	for end := time.Now().Add(time.Minute); ; {
		conn, err := l.dial(ctx, address)
		if err == nil {
			return conn.Close()
		}
		if _, ok := l.recorded(name); !ok || time.Now().After(end) || ctx.Err() != nil {
			return fmt.Errorf("the lab's %s does not answer at %s: %w; see %s", name, address, err, l.path("log", name+".log"))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Roots returns the certificates, in PEM, that a client of the site should trust:
// the root with which the ACME server signs, and the lab's own.
func (l *Lab) Roots() ([]byte, error) {
	own, err := os.ReadFile(l.path("lab-ca.pem"))
	if err != nil {
		return nil, err
	}
	resp, err := l.client(5 * time.Second).Get("https://" + pebbleManagement + "/roots/0")
	if err != nil {
		return own, fmt.Errorf("ask the ACME server for its root: %w", err)
	}
	defer resp.Body.Close()
	root, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || resp.StatusCode != http.StatusOK {
		return own, fmt.Errorf("ask the ACME server for its root: %s %w", resp.Status, err)
	}
	return append(root, own...), nil
}
