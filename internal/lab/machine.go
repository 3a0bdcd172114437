package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"foobar/internal/sh"
)

// bootLimit is how long a host may take from its start to a login.
const bootLimit = 5 * time.Minute

func (l *Lab) disk(host, part string) string { return l.path("hosts", host, part) }

// mountDisk lays the host's own layer over the image. A layer already there is kept.
func (l *Lab) mountDisk(host, image string) error {
	for _, part := range []string{"upper", "work", "root"} {
		if err := os.MkdirAll(l.disk(host, part), 0o755); err != nil {
			return err
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", image, l.disk(host, "upper"), l.disk(host, "work"))
	if err := mountOverlay(l.disk(host, "root"), options); err != nil {
		return fmt.Errorf("mount the disk of %s on %s: %w (overlayfs wants a file system such as ext4 or xfs below it)", host, l.disk(host, "root"), err)
	}
	return nil
}

// furnish makes a bare disk this host's: name, addresses, keys.
func (l *Lab) furnish(h Host, s *shape) error {
	root := l.disk(h.Name, "root")
	login, err1 := os.ReadFile(l.path("key.pub"))
	hostKey, err2 := os.ReadFile(l.path("host_key"))
	hostPub, err3 := os.ReadFile(l.path("host_key.pub"))
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	files := []struct {
		name string
		data string
		mode fs.FileMode
	}{
		{"etc/hostname", h.Name + "\n", 0o644},
		{"etc/hosts", "127.0.0.1 localhost\n127.0.1.1 " + h.Name + "\n::1 localhost ip6-localhost ip6-loopback\n", 0o644},
		{"etc/resolv.conf", "nameserver " + Gateway + "\noptions timeout:1 attempts:1\n", 0o644},
		{"etc/systemd/network/10-host0.network", network(h), 0o644},
		{"etc/ssh/ssh_host_ed25519_key", string(hostKey), 0o600},
		{"etc/ssh/ssh_host_ed25519_key.pub", string(hostPub), 0o644},
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(root, f.name), []byte(f.data), f.mode); err != nil {
			return err
		}
	}
	sources, err := machineMirrors().engineSources(s.Engine, s.Release)
	if err != nil {
		return err
	}
	for name, text := range sources {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	for _, home := range []string{"root", "home/admin", "home/oper", "home/nosudo"} {
		if err := authorize(filepath.Join(root, home), login); err != nil {
			return err
		}
	}
	return nil
}

// authorize lets the lab's key in, in the name of the home's owner.
func authorize(home string, key []byte) error {
	var owner unix.Stat_t
	if err := unix.Stat(home, &owner); err != nil {
		return fmt.Errorf("%s: %w", home, err)
	}
	dir := filepath.Join(home, ".ssh")
	file := filepath.Join(dir, "authorized_keys")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(file, key, 0o600); err != nil {
		return err
	}
	uid, gid := int(owner.Uid), int(owner.Gid)
	return errors.Join(os.Chown(dir, uid, gid), os.Chown(file, uid, gid))
}

// network is the host's own configuration of its interface, so that its addresses
// survive a reboot from inside.
func network(h Host) string {
	return fmt.Sprintf(`[Match]
Name=host0

[Network]
DHCP=no
IPv6AcceptRA=no
Gateway=%s
Gateway=%s

[Address]
Address=%s/%d

[Address]
Address=%s/%d
DuplicateAddressDetection=none
`, Gateway, gateway6, h.V4, bits4, h.V6, bits6)
}

// boot starts the container of a host whose disk is mounted.
func (l *Lab) boot(h Host) error {
	script, err := l.grouped(h.Name, l.inNetwork("systemd-nspawn", "--quiet",
		"--directory="+l.disk(h.Name, "root"), "--boot", "--register=no", "--keep-unit", "--settings=no",
		"--network-bridge="+bridge, "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=read-only",
		"--machine="+l.Name+"."+h.Name, "--hostname="+h.Name))
	if err != nil {
		return err
	}
	// With --keep-unit a reboot from inside ends nspawn with 133 for its keeper to
	// start it again. The keeper stays out of the host's groups: cgroup2 wants
	// processes in leaves only. The kernel may still be removing the network of the
	// host's last boot, whose link to the bridge has the name that the new one needs.
	link := "ip -n " + sh.Join(l.netns(), "link", "del", "vb-"+l.Name+"."+h.Name) + " 2>/dev/null"
	keeper := "while " + link + "; sh -c " + sh.Quote(script) + `; [ $? -eq 133 ]; do :; done`
	cmd := exec.Command("sh", "-c", keeper)
	cmd.Env = append(os.Environ(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1")
	return l.start("host-"+h.Name, cmd)
}

// leader is the host's first process, as the machine numbers it.
func (l *Lab) leader(host string) (int, error) {
	keeper, ok := l.recorded("host-" + host)
	if !ok {
		return 0, fmt.Errorf("host %s is off; boot it with: %s", host, l.Command("start "+host))
	}
	files, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		return 0, err
	}
	table := map[int]kin{}
	for _, name := range files {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil {
			continue
		}
		if data, err := os.ReadFile(name); err == nil {
			table[pid] = parseKin(string(data))
		}
	}
	for pid, k := range table {
		if k.first && table[k.parent].parent == keeper.PID {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("host %s is still starting", host)
}

// kin is where a process stands among others.
type kin struct {
	parent int
	// first says that it is the first process of a PID namespace below this one.
	first bool
}

// parseKin reads /proc/PID/status.
func parseKin(status string) (k kin) {
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		switch {
		case name == "PPid" && len(fields) == 1:
			k.parent, _ = strconv.Atoi(fields[0])
		case name == "NSpid":
			k.first = len(fields) > 1 && fields[len(fields)-1] == "1"
		}
	}
	return k
}

// ready waits until the host has finished booting and lets people in.
func (l *Lab) ready(ctx context.Context, h Host) error {
	ctx, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	state, banner := "no answer", errors.New("not asked")
	for {
		if state != "running" && state != "degraded" {
			state = l.systemState(ctx, h.Name)
		} else if banner = l.banner(ctx, h); banner == nil {
			return nil
		}
		if _, ok := l.recorded("host-" + h.Name); !ok {
			log := l.path("log", "host-"+h.Name+".log")
			return fmt.Errorf("host %s stopped while booting: %s; see %s", h.Name, lastWords(log), log)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("host %s is not ready after %s: systemd says %q, ssh: %w", h.Name, bootLimit, state, banner)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// lastWords are the last lines of a log, as one.
func lastWords(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.Join(lines[max(0, len(lines)-3):], " | ")
}

// systemState is what the host's systemd says of itself; it waits for the boot to end.
func (l *Lab) systemState(ctx context.Context, host string) string {
	leader, err := l.leader(host)
	if err != nil {
		return "starting"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "nsenter", inside(leader, "systemctl", "is-system-running")...).Output()
	if state := strings.TrimSpace(string(out)); state != "" {
		return state
	}
	return firstLine(nil, err)
}

// banner asks the host's sshd for its greeting.
func (l *Lab) banner(ctx context.Context, h Host) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := l.dial(ctx, net.JoinHostPort(h.V4.String(), "22"))
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * time.Second))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "SSH-") {
		err = fmt.Errorf("strange greeting %q", line)
	}
	return err
}

// inside are nsenter's arguments for a command in all namespaces of a host.
func inside(leader int, command ...string) []string {
	args := []string{"--target=" + strconv.Itoa(leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--"}
	return append(args, command...)
}

// powerOff ends a host hard and unmounts its disk, whose layer stays.
func (l *Lab) powerOff(host string) error {
	return errors.Join(l.stop("host-"+host, 0), l.killGroup(host), unmountBelow(l.path("hosts", host)))
}

// unmountBelow unmounts everything at or below a folder, the last mounted first.
func unmountBelow(dir string) error {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	var points []string
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 4 && (fields[4] == dir || strings.HasPrefix(fields[4], dir+"/")) {
			points = append(points, fields[4])
		}
	}
	for _, p := range slices.Backward(points) {
		if err := unmount(p); err != nil {
			return fmt.Errorf("unmount %s: %w", p, err)
		}
	}
	return nil
}

// wipe throws away what a host wrote.
func (l *Lab) wipe(host string) error {
	return errors.Join(os.RemoveAll(l.disk(host, "upper")), os.RemoveAll(l.disk(host, "work")))
}
