package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options are what a lab is started with.
type Options struct {
	// Hosts are the hosts' names; none means DefaultHosts.
	Hosts []string
	// Repositories are hosts beside Debian's from which the package cache may
	// fetch, over http, such as "repo.example.com".
	Repositories []string
	// Engine is the database that the hosts' package sources have and the
	// inventory names: "mariadb", the default, or "mysql".
	Engine string
	// Release is the Debian release that the hosts run, by codename or number; "" is
	// the newest that foobar is tested on.
	Release string
	// Owner is the number of a process: when it has ended, however it ended, the
	// lab goes too. Zero means a lab that stays until it is taken down.
	Owner int
	// App is the demo application; nil for a lab without one.
	App fs.FS
	// Collector is where the collector's package comes from; nil for a lab without one.
	Collector CollectorPackage
}

// Up starts the lab with bare hosts and returns when all of them take logins. What
// an earlier start or a crash left is removed first.
func (l *Lab) Up(ctx context.Context, o Options) error {
	if err := l.needs(); err != nil {
		return err
	}
	hosts, err := plan(o.Hosts)
	if err != nil {
		return err
	}
	release, err := releaseOf(o.Release)
	if err != nil {
		return err
	}
	if machineMirrors().Debian == "" {
		return errNoArchive
	}
	if _, err := machineMirrors().engineSources(o.Engine, release.Codename); err != nil {
		return err
	}
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := l.clean(); err != nil {
		return fmt.Errorf("remove what was left of lab %q: %w", l.Name, err)
	}
	s := &shape{Hosts: hosts, Repositories: o.Repositories, Engine: o.Engine, Release: release.Codename}
	if s.Owner, err = ownerOf(o.Owner); err != nil {
		return err
	}
	l.sweep()
	if err := l.prepare(s, o.App); err != nil {
		return err
	}
	if err := l.watchOwner(s); err != nil {
		return err
	}
	if err := l.networkUp(); err != nil {
		return err
	}
	if err := l.serverUp(ctx); err != nil {
		return err
	}
	return l.fill(ctx, s, o)
}

// prepare makes the state folder and what all hosts share.
func (l *Lab) prepare(s *shape, app fs.FS) error {
	for _, dir := range []string{l.path("log"), l.path("run"), l.path("hosts"), l.path("files"), l.path("index"), l.Cache()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := os.Chmod(l.State(), 0o700); err != nil {
		return err
	}
	if err := l.keys(s.Hosts); err != nil {
		return err
	}
	if app != nil {
		s.App = l.path("app")
		if err := os.CopyFS(s.App, app); err != nil {
			return fmt.Errorf("write the demo application: %w", err)
		}
	}
	raiseInotify()
	return l.save(s)
}

// fill does, side by side, all that takes time: the image and the hosts on it, the
// ACME server, the collector's package.
func (l *Lab) fill(ctx context.Context, s *shape, o Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var work sync.WaitGroup
	do := func(f func() error) {
		work.Go(func() {
			if err := f(); err != nil {
				cancel(err)
			}
		})
	}
	do(func() error {
		if err := l.chooseImage(ctx, s); err != nil {
			return err
		}
		return l.bootAll(ctx, s)
	})
	do(func() error {
		programs, err := l.pebble(ctx)
		if err != nil {
			return err
		}
		return l.acmeUp(ctx, programs, s)
	})
	var deb string
	if o.Collector != nil {
		do(func() (err error) {
			deb, err = o.Collector(ctx, l.Cache(), func(text string) { l.logf("%s", text) })
			return err
		})
	}
	work.Wait()
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("%w (what is up stays for a look; remove it with: %s)", err, l.Command("down"))
	}
	return l.offer(s, deb)
}

// bootAll boots bare hosts side by side and waits for all.
func (l *Lab) bootAll(ctx context.Context, s *shape) error {
	began, hosts := time.Now(), s.Hosts
	err := each(hosts, func(_ int, h Host) error {
		return l.powerOn(ctx, s, h, true)
	})
	if err == nil {
		l.logf("%d hosts up in %.1f s", len(hosts), time.Since(began).Seconds())
	}
	return err
}

// powerOn boots a host, whose disk is bare or as it was, and waits for logins.
func (l *Lab) powerOn(ctx context.Context, s *shape, h Host, bare bool) error {
	err := l.mountDisk(h.Name, s.Image)
	if err == nil && bare {
		if err = l.furnish(h, s); err != nil {
			err = fmt.Errorf("prepare host %s: %w", h.Name, err)
		}
	}
	if err == nil {
		err = l.boot(h)
	}
	if err != nil {
		return err
	}
	return l.ready(ctx, h)
}

// each calls f for all hosts side by side and returns what went wrong.
func each(hosts []Host, f func(int, Host) error) error {
	errs := make([]error, len(hosts))
	var work sync.WaitGroup
	for i, h := range hosts {
		work.Go(func() { errs[i] = f(i, h) })
	}
	work.Wait()
	return errors.Join(errs...)
}

// serverUp starts the process that serves the hosts from this machine's namespace.
func (l *Lab) serverUp(ctx context.Context) error {
	cmd := exec.Command(l.Program, "lab", "serve")
	cmd.Env = append(os.Environ(), "FOOBAR_LAB="+l.Name)
	if err := l.start("server", cmd); err != nil {
		return err
	}
	return l.answers(ctx, "server", net.JoinHostPort(Gateway, strconv.Itoa(aptPort)))
}

// Reset makes all hosts bare again, forgets what the intake has got, and gives the
// lab a new ACME server. Network, keys and addresses stay.
func (l *Lab) Reset(ctx context.Context) error {
	s, unlock, err := l.change()
	if err != nil {
		return err
	}
	defer unlock()
	programs, err := l.pebble(ctx)
	if err != nil {
		return err
	}
	err = each(s.Hosts, func(_ int, h Host) error { return errors.Join(l.powerOff(h.Name), l.wipe(h.Name)) })
	if err := errors.Join(err, l.acmeDown()); err != nil {
		return err
	}
	if err := l.chooseImage(ctx, s); err != nil {
		return err
	}
	if _, ok := l.recorded("server"); !ok {
		if err := l.serverUp(ctx); err != nil {
			return err
		}
	}
	if err := l.intakeRequest(http.MethodDelete, "/records", nil, nil); err != nil {
		return err
	}
	if err := l.acmeUp(ctx, programs, s); err != nil {
		return err
	}
	return l.bootAll(ctx, s)
}

// change loads the lab's shape for a command that changes the lab, under its lock.
func (l *Lab) change() (*shape, func(), error) {
	if err := l.needs(); err != nil {
		return nil, nil, err
	}
	unlock, err := l.lock()
	if err != nil {
		return nil, nil, err
	}
	s, err := l.load()
	if err == nil {
		// After a reboot of the machine the state is there and the lab is not.
		if _, gone := os.Stat(l.netnsPath()); gone != nil {
			err = fmt.Errorf("lab %q has lost its network; start it again with: %s", l.Name, l.Command("up"))
		}
	}
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return s, unlock, nil
}

// Kill ends hosts hard, as a power cut does; their disks stay as they were.
func (l *Lab) Kill(hosts []string) error {
	return l.changeHosts(hosts, func(_ *shape, h Host) error { return l.powerOff(h.Name) })
}

// Start boots hosts that are off, side by side, with their disks as they were, and waits
// for logins. A host that is on is left alone.
func (l *Lab) Start(ctx context.Context, hosts []string) error {
	return l.changeHosts(hosts, func(s *shape, h Host) error {
		if _, on := l.recorded("host-" + h.Name); on {
			return l.ready(ctx, h)
		}
		// A host that powered itself off has left its mounts.
		if err := l.powerOff(h.Name); err != nil {
			return err
		}
		return l.powerOn(ctx, s, h, false)
	})
}

// changeHosts is change for a command about some hosts.
func (l *Lab) changeHosts(names []string, f func(*shape, Host) error) error {
	s, unlock, err := l.change()
	if err != nil {
		return err
	}
	defer unlock()
	var hosts []Host
	for _, name := range names {
		h, err := l.Host(name)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(hosts, func(other Host) bool { return other.Name == h.Name }) {
			hosts = append(hosts, h)
		}
	}
	return each(hosts, func(_ int, h Host) error { return f(s, h) })
}

// Down removes the lab: every process, mount, namespace and file of it, whatever
// state it is in. The caches stay.
func (l *Lab) Down() error {
	if err := needRoot(); err != nil {
		return err
	}
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return l.clean()
}

// clean removes what there is of the lab; nothing is no error.
func (l *Lab) clean() error {
	// Keepers first, so that none boots its host again.
	var errs []error
	for _, name := range l.running() {
		errs = append(errs, l.stop(name, graceOf(name)))
	}
	errs = append(errs, l.killGroup(""))
	errs = append(errs, unmountBelow(l.State()), l.networkDown())
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if roots, err := cgroupRoots(); err == nil {
		for _, root := range roots {
			os.Remove(filepath.Join(root, "foobar-lab")) // stays while another lab is in it
		}
	}
	err := os.RemoveAll(l.State())
	restoreInotify()
	return err
}

// graceOf is how long a process may take to end in its own way. Hosts get none:
// their disks are thrown away.
func graceOf(name string) time.Duration {
	if strings.HasPrefix(name, "host-") {
		return 0
	}
	return 2 * time.Second
}

const (
	inotifyLimit = "/proc/sys/fs/inotify/max_user_instances"
	// inotifyWanted is enough for some thirty systemds; the usual 128 is not.
	inotifyWanted = 4096
)

// inotifyBefore keeps the limit that was, for the last lab to put back.
const inotifyBefore = "/run/foobar-lab-inotify"

// raiseInotify lifts the limit of inotify instances when it is low; without that a
// large lab has hosts that do not come up.
func raiseInotify() {
	data, err := os.ReadFile(inotifyLimit)
	if err != nil {
		return
	}
	if n, err := strconv.Atoi(strings.TrimSpace(string(data))); err != nil || n >= inotifyWanted {
		return
	}
	if os.WriteFile(inotifyBefore, data, 0o600) == nil {
		os.WriteFile(inotifyLimit, []byte(strconv.Itoa(inotifyWanted)), 0)
	}
}

// restoreInotify puts the limit back when no lab is left.
func restoreInotify() {
	data, err := os.ReadFile(inotifyBefore)
	if labs, _ := filepath.Glob(filepath.Join(stateRoot, "*", "lab.json")); err != nil || len(labs) > 0 {
		return
	}
	os.WriteFile(inotifyLimit, data, 0)
	os.Remove(inotifyBefore)
}

// runUntil runs a command that ends with the context, politely and then hard, and
// with this process, however that ends.
func runUntil(ctx context.Context, cmd *exec.Cmd) error {
	// The kernel ties a parent's death to the thread that started the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	bound := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	bound.Env, bound.Dir, bound.Stdout, bound.Stderr = cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr
	bound.Cancel = func() error { return bound.Process.Signal(os.Interrupt) }
	bound.WaitDelay = 10 * time.Second
	bound.SysProcAttr = endsWithParent()
	return bound.Run()
}

// lastLine is the last line a failed program printed, where programs say why.
func lastLine(out []byte, err error) string {
	out = bytes.TrimSpace(out)
	return firstLine(out[bytes.LastIndexByte(out, '\n')+1:], err)
}
