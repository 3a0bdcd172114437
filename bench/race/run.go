package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// race is one run of the bench.
type race struct {
	tools []tool
	works []string
	rtts  []int
	// rounds is how often everything is done; peers do it at most peerRounds times, as
	// they take minutes, and first deploys are made firsts times at each distance.
	rounds, peerRounds, firsts int
	dir                        string // of the logs
	warmed                     bool   // whether a deploy of each site comes first, untimed
	grounds                    []*ground
	// owners are the tools that have deployed to a ground since it was bare.
	owners map[*ground][]string
}

func run(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	r := &race{owners: map[*ground][]string{}}
	f.IntVar(&r.rounds, "runs", 5, "rounds of foobar and the floor")
	f.IntVar(&r.peerRounds, "peer-runs", 2, "rounds of the peers, at most those of foobar")
	f.IntVar(&r.firsts, "firsts", 1, "first deploys of each tool at each distance")
	rtts := f.String("rtts", "0,20,100", "milliseconds to the hosts and back")
	tools := f.String("tools", "floor,foobar,pyinfra,ansible", "who takes part, in this order")
	works := f.String("works", "first,converged,plan,repair,release", "what is done")
	warm := f.Bool("warm", true, "deploy both sites once, untimed, to fill the cache of packages")
	lab := f.String("lab", "bench", "name of the labs, which the run starts and removes")
	if err := f.Parse(args); err != nil {
		return err
	}
	r.works = strings.Split(*works, ",")
	for text := range strings.SplitSeq(*rtts, ",") {
		ms, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		r.rtts = append(r.rtts, ms)
	}
	r.peerRounds = min(r.peerRounds, r.rounds)
	r.warmed = *warm || !slices.Contains(r.works, first)
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	r.dir = filepath.Join(root, "bin", "bench")
	foobar := filepath.Join(root, "bin", "foobar")
	peers := filepath.Join(root, "bench", "peers")
	for _, name := range []string{*lab, *lab + "-peers"} {
		g, err := open(ctx, name, foobar, r.dir)
		defer func() { g.close() }()
		if err != nil {
			return err
		}
		r.grounds = append(r.grounds, g)
	}
	own, other := r.grounds[0], r.grounds[1]
	if out, err := other.within(ctx, filepath.Join(peers, "pki.sh")).CombinedOutput(); err != nil {
		return fmt.Errorf("pki.sh: %w\n%s", err, out)
	}
	for name := range strings.SplitSeq(*tools, ",") {
		r.enter(name, own, other, peers)
	}
	defer r.tidy()
	return r.all(ctx)
}

// tidy removes what tools kept outside the folder of the logs.
func (r *race) tidy() {
	for _, t := range r.tools {
		if t.kept != "" {
			t.rest(context.Background())
			_ = os.RemoveAll(t.kept)
		}
	}
}

// enter adds a tool, unless it is not to be had.
func (r *race) enter(name string, own, other *ground, peers string) {
	var t tool
	err := fmt.Errorf("no such tool")
	switch name {
	case "foobar":
		t, err = foobarTool(own), nil
	case "floor":
		t, err = floorTool(own, other, peers), nil
	case "ansible":
		t, err = ansibleTool(other, peers)
	case "pyinfra":
		t, err = pyinfraTool(other, peers, filepath.Join(r.dir, "venv"))
	}
	if err != nil {
		say("%s does not take part: %v", name, err)
		return
	}
	r.tools = append(r.tools, t)
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// all does every work at every distance. Tools take turns, so that what else the
// machine does meets all alike.
func (r *race) all(ctx context.Context) error {
	if r.warmed {
		if err := r.warm(ctx); err != nil {
			return err
		}
	}
	for _, rtt := range r.rtts {
		for _, g := range r.grounds {
			if err := g.distance(ctx, rtt); err != nil {
				return err
			}
		}
		if slices.Contains(r.works, first) {
			for range r.firsts {
				if err := r.round(ctx, rtt, []string{first}, func(tool) bool { return true }); err != nil {
					return err
				}
			}
		}
		rest := slices.DeleteFunc(slices.Clone(r.works), func(w string) bool { return w == first })
		for i := range r.rounds {
			err := r.round(ctx, rtt, rest, func(t tool) bool { return i < r.peerRounds || !t.peer })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// warm deploys both sites once, untimed: it fills the cache of packages.
func (r *race) warm(ctx context.Context) error {
	for _, t := range r.tools {
		if len(r.owners[t.ground]) > 0 {
			continue
		}
		say("%s deploys, for the cache of packages", t.name)
		if _, err := r.once(ctx, t, first, 0); err != nil {
			return err
		}
	}
	return nil
}

// round lets each tool that takes part do each work.
func (r *race) round(ctx context.Context, rtt int, works []string, part func(tool) bool) error {
	for _, work := range works {
		for _, t := range r.tools {
			if t.works[work] == nil || !part(t) {
				continue
			}
			result, err := r.once(ctx, t, work, rtt)
			if err != nil && ctx.Err() == nil && t.peer {
				say("%s does no %s from here on: %v", t.name, work, err)
				if delete(t.works, work); work == converged {
					clear(t.works) // it cannot even be got ready
				}
				continue
			}
			if err != nil {
				return err
			}
			if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
				return err
			}
			say("%-8s %-9s %3d ms  %7.2f s, CPU %6.2f s, of the machine %6.2f s, %5d processes, exit %d", t.name, work, rtt, result.Wall, result.CPU, result.Busy, result.Starts, result.Code)
		}
	}
	return nil
}

// once makes the hosts ready and measures. A tool that says it has changed hosts where
// there was nothing to do is measured again.
func (r *race) once(ctx context.Context, t tool, work string, rtt int) (result Result, err error) {
	for try := range 3 {
		if err := r.ready(ctx, t, work); err != nil {
			return Result{}, err
		}
		var log bytes.Buffer
		if result, err = measure(ctx, t.works[work](ctx), &log); err != nil {
			return Result{}, err
		}
		result.Tool, result.Work, result.RTT = t.name, work, rtt
		name := filepath.Join(r.dir, fmt.Sprintf("%s-%s-%d.log", t.name, work, rtt))
		if err := os.WriteFile(name, log.Bytes(), 0o600); err != nil {
			return Result{}, err
		}
		if result.Code != 0 && work == converged && t.changed != nil && try < 2 {
			say("%s fails on hosts that another tool has deployed to: not counted", t.name)
			continue
		}
		if result.Code != 0 {
			return Result{}, fmt.Errorf("%s, %s: exit %d; its words are in %s", t.name, work, result.Code, name)
		}
		if work != converged || t.changed == nil || t.changed(log.String()) == "" {
			return result, nil
		}
		say("%s changed %s: not counted", t.name, t.changed(log.String()))
	}
	return Result{}, fmt.Errorf("%s changes something each time", t.name)
}

// ready makes the hosts bare, converged or broken, as the work wants them. Hosts that
// another tool has deployed, a tool that does not say what it changes first makes its
// own, in a run that is not counted.
func (r *race) ready(ctx context.Context, t tool, work string) error {
	if t.rest != nil {
		t.rest(ctx)
	}
	if work == first {
		if err := t.ground.bare(ctx); err != nil {
			return err
		}
		r.owners[t.ground] = []string{t.name}
		if t.lean == "" {
			return nil
		}
		return t.ground.each(ctx, t.lean)
	}
	if t.name != "floor" && t.changed == nil && !slices.Contains(r.owners[t.ground], t.name) {
		say("%s makes the hosts its own", t.name)
		r.owners[t.ground] = append(r.owners[t.ground], t.name)
		if out, err := t.works[converged](ctx).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", t.name, err, out)
		}
	}
	switch work {
	case repair:
		return t.ground.on(ctx, hosts[0], broken)
	case release:
		return r.edit(t)
	}
	return nil
}

// edit changes the app's source: a release of what runs already has nothing to do.
func (r *race) edit(t tool) error {
	source := r.grounds[0].value(sourceOf)
	f, err := os.OpenFile(filepath.Join(source, "wsgi.py"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "# released by %s\n", t.name)
	return errors.Join(err, f.Close())
}

// each runs a shell command as root on every host at once.
func (g *ground) each(ctx context.Context, script string) error {
	failed := make(chan error, len(hosts))
	for _, h := range hosts {
		go func() { failed <- g.on(ctx, h, script) }()
	}
	var all error
	for range hosts {
		if err := <-failed; err != nil {
			all = err
		}
	}
	return all
}
