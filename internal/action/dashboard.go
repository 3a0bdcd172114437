package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/monitoring/prometheus"
)

// Dashboard forwards a port of this machine to the page of Prometheus, by this
// machine's ssh: no host opens a port for it.
type Dashboard struct {
	Common Common
	// Port is the local port; 0 takes a free one.
	Port int
	// JSON prints one document in place of a line.
	JSON bool
}

// Run forwards until ctx ends or the connection does.
func (v *Dashboard) Run(ctx context.Context) error {
	inv, err := v.Common.load()
	if err != nil {
		return err
	}
	h := inv.PrometheusHost()
	if h == nil || !inv.Monitoring.Enabled {
		return Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("%s runs no Prometheus, whose page this shows; write provider = \"prometheus\" under [monitoring] and deploy", v.Common.Inventory)))
	}
	at, err := localPort(v.Port)
	if err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	self, err := os.Executable()
	if err != nil {
		return &Exit{engine.ExitFailed, fmt.Errorf("find this program's own file: %w", err)}
	}
	argv := sshArgs(h, v.Common.overlay(h.SSH), self, nil, false)
	argv = slices.Insert(argv, 1, "-N", "-o", "ExitOnForwardFailure=yes", "-L", fmt.Sprintf("%s:127.0.0.1:%d", at, prometheus.Port))
	child := exec.CommandContext(ctx, argv[0], argv[1:]...)
	child.Stdin, child.Stderr = os.Stdin, os.Stderr
	if err := child.Start(); err != nil {
		return &Exit{engine.ExitFailed, fmt.Errorf("run ssh: %w; install it, on Debian with apt-get install openssh-client", err)}
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	if forwarded(ctx, at, ended) {
		v.tell("http://"+at+"/", h.Name)
		err = <-ended
	} else {
		err = errors.New("ssh ended; it says why above")
	}
	if ctx.Err() != nil {
		return nil // a person has seen enough
	}
	return &Exit{engine.ExitFailed, fmt.Errorf("the connection to %s is over: %w", h.Name, err)}
}

func (v *Dashboard) tell(url, host string) {
	if !v.JSON {
		fmt.Fprintf(v.Common.Console.Out, "%s is Prometheus on %s; Ctrl-C ends it\n", url, host)
		return
	}
	_ = json.NewEncoder(v.Common.Console.Out).Encode(map[string]any{"v": 1, "url": url, "host": host})
}

// localPort is an address of this machine on which nothing listens.
func localPort(port int) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return "", fmt.Errorf("take a port of this machine: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// forwarded waits until ssh listens, and reports whether it does.
func forwarded(ctx context.Context, at string, ended chan error) bool {
	for tick := time.Tick(100 * time.Millisecond); ; {
		select {
		case err := <-ended:
			ended <- err
			return false
		case <-ctx.Done():
			return true
		case <-tick:
			if c, err := net.Dial("tcp", at); err == nil {
				c.Close()
				return true
			}
		}
	}
}
