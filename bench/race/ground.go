package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// hosts are a lab's four, in the order of their addresses.
var hosts = [...]string{"lb1", "web1", "web2", "web3"}

// sourceOf is the variable that names the folder of the app, the lab's own copy.
const sourceOf = "BENCH_SOURCE"

// firstHost is the last number of the first host's address, 10.77.0.11.
const firstHost = 11

// ground is a lab that some of the tools share, and the files that lead to it.
type ground struct {
	lab    string // name
	foobar string // path of the binary
	dir    string // for its files
	env    []string
	relay  *exec.Cmd
}

// open starts the lab and writes the files, for no added delay. The ground is to be
// closed even when it could not be opened.
func open(ctx context.Context, lab, foobar, dir string) (*ground, error) {
	g := &ground{lab: lab, foobar: foobar, dir: filepath.Join(dir, lab)}
	if err := os.MkdirAll(g.dir, 0o700); err != nil {
		return g, err
	}
	g.env = append(os.Environ(), "FOOBAR_LAB="+lab)
	if err := g.ask(ctx, "lab", "up", "--hosts", strings.Join(hosts[:], ","), "--owner", strconv.Itoa(os.Getpid())); err != nil {
		return g, err
	}
	cmd := gently(ctx, foobar, "lab", "inventory")
	cmd.Env = g.env
	text, err := cmd.Output()
	if err != nil {
		return g, fmt.Errorf("lab inventory: %w", err)
	}
	key, known := setting(text, "identity"), setting(text, "known_hosts")
	config := filepath.Join(g.dir, "ssh_config")
	g.env = append(g.env, "BENCH_SSH="+config, "BENCH_KEY="+key, "BENCH_KNOWN_HOSTS="+known, "BENCH_PKI="+filepath.Join(dir, "pki"), sourceOf+"="+setting(text, "source"),
		"BENCH_LAB="+filepath.Dir(key), "BENCH_DEB="+setting(text, "file"))
	// From within the lab's network no command is needed to reach a host, and nothing reaches
	// the API that keeps alerts, which listens on this machine; no peer keeps any.
	inventory := regexp.MustCompile(`(?m)^(proxy_command|api|access_id|access_key) *=.*\n`).ReplaceAll(text, nil)
	inventory = regexp.MustCompile(`(?m)^config *= *"none"`).ReplaceAllLiteral(inventory, []byte("config = "+strconv.Quote(config)))
	if err := os.WriteFile(g.inventory(), inventory, 0o600); err != nil {
		return g, err
	}
	return g, g.distance(ctx, 0)
}

// setting is a text of an inventory, "" where it has none of that name.
func setting(inventory []byte, key string) string {
	m := regexp.MustCompile(`(?m)^` + key + ` *= *"(.*)"$`).FindSubmatch(inventory)
	if m == nil {
		return ""
	}
	return string(m[1])
}

func (g *ground) inventory() string { return filepath.Join(g.dir, "site.toml") }

// distance puts the controller so many milliseconds from the hosts and back.
func (g *ground) distance(ctx context.Context, rtt int) error {
	g.nearer()
	var b strings.Builder
	fmt.Fprintf(&b, "Host *\nUser root\nIdentityFile %s\nUserKnownHostsFile %s\nGlobalKnownHostsFile /dev/null\nBatchMode yes\n", g.value("BENCH_KEY"), g.value("BENCH_KNOWN_HOSTS"))
	args := []string{"relay", strconv.Itoa(rtt)}
	for i := range hosts {
		n := firstHost + i
		args = append(args, fmt.Sprintf("22%d=10.77.0.%d:22", n, n))
		if rtt > 0 {
			fmt.Fprintf(&b, "Host 10.77.0.%d\nHostName 127.0.0.1\nPort 22%d\nHostKeyAlias 10.77.0.%d\n", n, n, n)
		}
	}
	if err := os.WriteFile(g.value("BENCH_SSH"), []byte(b.String()), 0o600); err != nil || rtt == 0 {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := g.within(ctx, self, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	g.relay = cmd
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		g.nearer()
		return fmt.Errorf("the relay of %d ms does not start", rtt)
	}
	return nil
}

// nearer ends the relay.
func (g *ground) nearer() {
	if g.relay != nil {
		_ = g.relay.Cancel()
		_ = g.relay.Wait()
		g.relay = nil
	}
}

// value is a variable of the environment.
func (g *ground) value(name string) string {
	for _, v := range g.env {
		if text, ok := strings.CutPrefix(v, name+"="); ok {
			return text
		}
	}
	return ""
}

// within makes a command that runs in the lab's network. Not "ip netns exec": that
// mounts /sys anew and hides the cgroups.
func (g *ground) within(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := gently(ctx, "nsenter", append([]string{"--net=/run/netns/foobar-" + g.lab, "--", name}, args...)...)
	cmd.Env = append([]string(nil), g.env...)
	if g.relay != nil {
		cmd.Env = append(cmd.Env, "BENCH_RELAY=1")
	}
	return cmd
}

// ask runs foobar on the lab and shows what it says only when it fails.
func (g *ground) ask(ctx context.Context, args ...string) error {
	cmd := gently(ctx, g.foobar, args...)
	cmd.Env = g.env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("foobar %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// on runs a shell command as root on a host, without its network.
func (g *ground) on(ctx context.Context, host, script string) error {
	return g.ask(ctx, "lab", "exec", host, "--", "sh", "-c", script)
}

// bare makes the hosts new.
func (g *ground) bare(ctx context.Context) error { return g.ask(ctx, "lab", "reset") }

// close takes the lab down, whatever has happened.
func (g *ground) close() {
	g.nearer()
	if err := g.ask(context.Background(), "lab", "down"); err != nil {
		say("%v", err)
	}
}
