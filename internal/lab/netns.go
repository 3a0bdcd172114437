package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
)

const bridge = "br0"

// within calls f on a thread that stands in the lab's network namespace. Sockets
// that f makes stay in it, whoever uses them later.
func (l *Lab) within(f func() error) error {
	target, err := os.Open(l.netnsPath())
	if err != nil {
		return fmt.Errorf("lab %q has no network; start it with: %s", l.Name, l.Command("up"))
	}
	defer target.Close()
	done := make(chan error, 1)
	// A goroutine of its own: should the way back fail, its thread dies with it
	// rather than serve somebody else from the wrong namespace.
	go func() {
		runtime.LockOSThread()
		home, err := threadNetwork()
		if err != nil {
			done <- err
			return
		}
		defer home.Close()
		if err := enterNetwork(target); err != nil {
			done <- fmt.Errorf("enter network namespace %s: %w", l.netns(), err)
			return
		}
		err = f()
		if enterNetwork(home) == nil {
			runtime.UnlockOSThread()
		}
		done <- err
	}()
	return <-done
}

// listen opens a TCP listener inside the lab's network.
func (l *Lab) listen(address string) (ln net.Listener, err error) {
	err = l.within(func() error {
		ln, err = net.Listen("tcp", address)
		return err
	})
	return ln, err
}

// dial opens a TCP connection inside the lab's network, to an address that needs no resolving.
func (l *Lab) dial(ctx context.Context, address string) (conn net.Conn, err error) {
	err = l.within(func() error {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", address)
		return err
	})
	return conn, err
}

// networkUp makes the namespace with its bridge. It has no neighbour: neither a
// veth to the machine's own namespace nor a route.
func (l *Lab) networkUp() error {
	ns := l.netns()
	if err := run("ip", "netns", "add", ns); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"link", "add", bridge, "type", "bridge", "forward_delay", "0", "stp_state", "0"},
		{"addr", "add", fmt.Sprintf("%s/%d", Gateway, bits4), "dev", bridge},
		{"addr", "add", fmt.Sprintf("%s/%d", gateway6, bits6), "dev", bridge, "nodad"},
		{"link", "set", bridge, "up"},
	} {
		if err := run("ip", append([]string{"-n", ns}, args...)...); err != nil {
			return err
		}
	}
	// The bridge forwards to nowhere: an address outside the lab is then answered
	// with "network unreachable" at once, and not with silence.
	return l.within(func() error {
		return errors.Join(
			os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0),
			os.WriteFile("/proc/sys/net/ipv6/conf/all/forwarding", []byte("1"), 0))
	})
}

// networkDown removes the namespace and all that is in it.
func (l *Lab) networkDown() error {
	if _, err := os.Stat(l.netnsPath()); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return run("ip", "netns", "del", l.netns())
}

// inNetwork makes a command that runs in the lab's network namespace and is
// otherwise on this machine. Not `ip netns exec`: that mounts /sys anew and hides
// the cgroups from systemd-nspawn.
func (l *Lab) inNetwork(name string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"--net=" + l.netnsPath(), "--", name}, args...)...)
}
