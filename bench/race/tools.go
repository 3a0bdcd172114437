package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// The works that are compared.
const (
	first     = "first"     // deploy to bare hosts, packages from a warm cache
	converged = "converged" // deploy again: nothing to do
	plan      = "plan"      // say what a deploy would do: nothing
	repair    = "repair"    // deploy after a line has gone from the balancer's configuration
	release   = "release"   // a new release of the app, one server after the other
)

// broken takes a line out of HAProxy's configuration, as somebody's hand would.
const broken = "sed -i /httpchk/d /etc/haproxy/haproxy.cfg"

// tool is one of those that race.
type tool struct {
	name   string
	peer   bool // not of this project: slow, and its failure ends no run
	ground *ground
	works  map[string]func(context.Context) *exec.Cmd
	// lean has the host's part of what the tool needs before its first deploy; "" for nothing.
	lean string
	// rest ends what the tool keeps running between two runs; nil where it keeps nothing.
	rest func(context.Context)
	kept string // a folder that goes with the run; "" for none
	// changed reads what a run has changed from its output; nil where it does not say so.
	changed func(log string) string
}

// python is what Ansible finds on a host of Debian's standard installation. The lists
// of packages are made old again: the playbook has to bring new ones.
const python = "apt-get -q update && apt-get -q -y install --no-install-recommends python3 python3-apt && rm -rf /var/lib/apt/lists/* && mkdir -p /var/lib/apt/lists/partial && touch -d 2000-01-01 /var/lib/apt/lists /var/lib/apt/lists/partial"

func foobarTool(g *ground) tool {
	verb := func(args ...string) func(context.Context) *exec.Cmd {
		return func(ctx context.Context) *exec.Cmd {
			return g.within(ctx, g.foobar, append(args, g.inventory())...)
		}
	}
	deploy := verb("deploy", "-y", "-o", "plain")
	return tool{name: "foobar", ground: g, works: map[string]func(context.Context) *exec.Cmd{
		first: deploy, converged: deploy, repair: deploy, plan: verb("plan"), release: verb("release", "-y", "-o", "plain"),
	}}
}

// floorTool deploys a site like foobar's on the peers' lab, and checks and releases foobar's own.
func floorTool(own, peers *ground, scripts string) tool {
	script := func(g *ground, name string) func(context.Context) *exec.Cmd {
		return func(ctx context.Context) *exec.Cmd {
			return g.within(ctx, filepath.Join(scripts, "floor", name))
		}
	}
	return tool{name: "floor", ground: peers, works: map[string]func(context.Context) *exec.Cmd{
		first: script(peers, "deploy.sh"), converged: script(own, "check-all.sh"), release: script(own, "release.sh"),
	}}
}

func ansibleTool(g *ground, scripts string) (tool, error) {
	play, err := exec.LookPath("ansible-playbook")
	if err != nil {
		return tool{}, err
	}
	// A short path: sockets lie in it.
	kept, err := os.MkdirTemp("", "race")
	if err != nil {
		return tool{}, err
	}
	sockets := filepath.Join(kept, "cp")
	run := func(ctx context.Context) *exec.Cmd {
		cmd := g.within(ctx, play, "site.yml")
		cmd.Dir = filepath.Join(scripts, "ansible")
		cmd.Env = append(cmd.Env, "ANSIBLE_CONFIG="+filepath.Join(cmd.Dir, "ansible.cfg"), "ANSIBLE_SSH_CONTROL_PATH_DIR="+sockets,
			"ANSIBLE_CACHE_PLUGIN_CONNECTION="+filepath.Join(kept, "facts"), "ANSIBLE_SSH_COMMON_ARGS=-F "+g.value("BENCH_SSH"))
		return cmd
	}
	return tool{name: "ansible", peer: true, ground: g, lean: python, kept: kept, works: map[string]func(context.Context) *exec.Cmd{
		first: run, converged: run, repair: run,
	}, rest: func(ctx context.Context) {
		// A connection that outlives its host makes the next task fail.
		all, _ := filepath.Glob(filepath.Join(sockets, "*"))
		for _, socket := range all {
			_ = exec.CommandContext(ctx, "ssh", "-o", "ControlPath="+socket, "-O", "exit", "x").Run()
			_ = os.Remove(socket)
		}
	}, changed: recap}, nil
}

var recapChanged = regexp.MustCompile(`(?m)^(\S+) .*\bchanged=(\d+)`)

// recap reads Ansible's: the hosts on which it has changed something, and how much.
func recap(log string) string {
	var all []string
	for _, m := range recapChanged.FindAllStringSubmatch(log, -1) {
		if n, err := strconv.Atoi(m[2]); err == nil && n > 0 {
			all = append(all, fmt.Sprintf("%s %d", m[1], n))
		}
	}
	return strings.Join(all, ", ")
}

// pyinfraTool runs a checkout that $PYINFRA names, else what was installed in venv.
func pyinfraTool(g *ground, scripts, venv string) (tool, error) {
	command := []string{filepath.Join(venv, "bin", "pyinfra")}
	if os.Getenv("PYINFRA") != "" {
		command = []string{"/usr/bin/python3", "run.py"}
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return tool{}, err
	}
	run := func(ctx context.Context) *exec.Cmd {
		cmd := g.within(ctx, command[0], append(command[1:], "-y", "inventory.py", "deploy.py")...)
		cmd.Dir = filepath.Join(scripts, "pyinfra")
		cmd.Env = append(cmd.Env, "PYTHONDONTWRITEBYTECODE=1")
		return cmd
	}
	return tool{name: "pyinfra", peer: true, ground: g, works: map[string]func(context.Context) *exec.Cmd{
		first: run, converged: run, repair: run,
	}}, nil
}
