package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"foobar/internal/lab/intake"
	"foobar/internal/sh"
)

// replace becomes another program, so that its exit status, terminal and signals are
// the caller's without a go-between. It returns only when that fails.
func replace(name string, args, env []string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return err
	}
	return fmt.Errorf("start %s: %w", path, syscall.Exec(path, append([]string{name}, args...), env))
}

// Exec becomes a command that runs as root on a host, whatever the host's network
// and sshd do. Without a command it is a login shell.
func (l *Lab) Exec(host string, command []string) error {
	if err := needRoot(); err != nil {
		return err
	}
	h, err := l.Host(host)
	if err != nil {
		return err
	}
	leader, err := l.leader(h.Name)
	if err != nil {
		return err
	}
	if len(command) == 0 {
		command = []string{"bash", "--login"}
	}
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash", "LANG=C.UTF-8"}
	if term := os.Getenv("TERM"); term != "" {
		env = append(env, "TERM="+term)
	}
	return replace("nsenter", inside(leader, command...), env)
}

// SSH becomes ssh to a host, with the lab's key and known hosts.
func (l *Lab) SSH(user, host string, command []string) error {
	if err := needRoot(); err != nil {
		return err
	}
	h, err := l.Host(host)
	if err != nil {
		return err
	}
	args := []string{"-F", "none", "-i", l.path("key"), "-o", "IdentitiesOnly=yes", "-o", "UserKnownHostsFile=" + l.path("known_hosts"),
		"-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes", "-o", "ProxyCommand=" + l.proxyCommand(), "-l", user, h.V4.String()}
	return replace("ssh", append(args, command...), os.Environ())
}

// proxyCommand is the ssh option by which the machine reaches a host it has no route to.
func (l *Lab) proxyCommand() string {
	text := sh.Quote(l.Program) + " lab dial %h %p"
	if l.Name != DefaultName {
		text = "env FOOBAR_LAB=" + l.Name + " " + text
	}
	return text
}

// Curl becomes curl as a client outside the hosts: it finds the site at the
// balancer and trusts the lab's ACME root.
func (l *Lab) Curl(args []string) error {
	if err := needRoot(); err != nil {
		return err
	}
	s, err := l.load()
	if err != nil {
		return err
	}
	roots, err := l.Roots()
	if err != nil {
		l.logf("curl will trust the lab's own root only: %v", err)
	}
	if err := replaceFile(l.path("roots.pem"), roots, 0o644); err != nil {
		return err
	}
	all := []string{"--net=" + l.netnsPath(), "--", "curl", "--connect-timeout", "10", "--cacert", l.path("roots.pem")}
	address := front(s.Hosts).V4.String()
	for _, name := range []string{Domain, "foobar.com"} {
		for _, port := range []string{"80", "443"} {
			all = append(all, "--resolve", name+":"+port+":"+address)
		}
	}
	return replace("nsenter", append(all, args...), os.Environ())
}

// Dial joins in and out to a TCP connection made inside the lab's network. The host
// is a name or an address. It returns when the other side has closed.
func (l *Lab) Dial(ctx context.Context, host, port string, in io.Reader, out io.Writer) error {
	if err := needRoot(); err != nil {
		return err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("port %q: want a number up to 65535", port)
	}
	if _, err := netip.ParseAddr(host); err != nil {
		h, err := l.Host(host)
		if err != nil {
			return err
		}
		host = h.V4.String()
	}
	conn, err := l.dial(ctx, net.JoinHostPort(host, port))
	if err != nil {
		return err
	}
	defer conn.Close()
	go func() {
		io.Copy(conn, in)
		if half, ok := conn.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
	}()
	_, err = io.Copy(out, conn)
	return err
}

// Row is one line of the lab's status.
type Row struct {
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
	State   string `json:"state"`
	// SSH is "yes" when the host's sshd greets, else why not; "" for services.
	SSH string `json:"ssh,omitempty"`
}

// Status looks at every host and service of the lab.
func (l *Lab) Status(ctx context.Context) ([]Row, error) {
	if err := needRoot(); err != nil {
		return nil, err
	}
	s, err := l.load()
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(s.Hosts))
	err = each(s.Hosts, func(i int, h Host) error {
		row := &rows[i]
		*row = Row{Name: h.Name, Address: h.V4.String(), State: "off", SSH: "no"}
		if _, on := l.recorded("host-" + h.Name); on {
			row.State, row.SSH = l.systemState(ctx, h.Name), "yes"
			if err := l.banner(ctx, h); err != nil {
				row.SSH = "no: " + reason(err)
			}
		}
		return nil
	})
	for _, service := range []string{"server", "pebble", "dns", "dns-validation"} {
		row := Row{Name: "(" + service + ")", Address: Gateway, State: "stopped"}
		if _, on := l.recorded(service); on {
			row.State = "running"
		}
		rows = append(rows, row)
	}
	return rows, err
}

// reason is the last part of a network error, which says what happened.
func reason(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}

// intakeRequest asks the lab's server about its intake, over its socket.
func (l *Lab) intakeRequest(method, path string, query url.Values, into any) error {
	if _, err := l.load(); err != nil {
		return err
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", l.path("intake.sock"))
		},
		DisableKeepAlives: true,
	}}
	req, err := http.NewRequest(method, "http://intake"+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the intake of lab %q does not answer: %s; is the lab up? see: %s", l.Name, reason(err), l.Command("status"))
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return errors.New(strings.TrimSpace(string(text)))
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// Records asks what the intake has got.
func (l *Lab) Records(q intake.Query) (records []intake.Record, err error) {
	err = l.intakeRequest(http.MethodGet, "/records", q.Values(), &records)
	return records, err
}

// Collectors asks which collectors the intake knows.
func (l *Lab) Collectors() (collectors []intake.Collector, err error) {
	err = l.intakeRequest(http.MethodGet, "/collectors", nil, &collectors)
	return collectors, err
}

// Outage makes the intake answer every collector with an HTTP status such as 503;
// 0 ends it.
func (l *Lab) Outage(status int) error {
	return l.intakeRequest(http.MethodPut, "/outage", url.Values{"status": {strconv.Itoa(status)}}, nil)
}
