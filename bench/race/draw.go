package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// draw reads results and writes the README's part, with the version that was measured, and
// the plots into a folder beside it.
func draw(in io.Reader, args []string) error {
	if len(args) != 3 {
		return errors.New("want the README, the folder of the plots and the version that was measured")
	}
	results, err := read(in)
	if err != nil {
		return err
	}
	if len(results) == 0 {
		return errors.New("there are no results")
	}
	if err := os.WriteFile(filepath.Join(args[1], "bench.svg"), plots(results), 0o644); err != nil {
		return err
	}
	return put(args[0], "bench", table(results, args[2]))
}

// put writes a text between the marks of that name in a file.
func put(file, name, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	begins, ends := "<!-- "+name+" begins -->", "<!-- "+name+" ends -->"
	before, rest, ok := bytes.Cut(old, []byte(begins))
	_, after, ended := bytes.Cut(rest, []byte(ends))
	if !ok || !ended {
		return fmt.Errorf("%s has no %s … %s", file, begins, ends)
	}
	return os.WriteFile(file, slices.Concat(before, []byte(begins+"\n"+text), []byte(ends), after), 0o644)
}

func read(in io.Reader) (all []Result, err error) {
	for dec := json.NewDecoder(in); ; {
		var r Result
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
}

// names are what people read of tools and works.
var names = map[string]string{
	"foobar": "foobar", "floor": "floor", "ansible": "Ansible, tuned", "pyinfra": "pyinfra",
	first: "first deploy", converged: "deploy, nothing to do", plan: "plan, nothing to do", repair: "deploy, one line to repair", release: "release of the app",
}

// span is the middle of some measurements and their ends.
type span struct{ low, middle, high float64 }

// spread is the span of a figure; ok is whether it was measured.
func spread(results []Result, tool, work string, rtt int, figure func(Result) float64) (s span, ok bool) {
	var all []float64
	for _, r := range results {
		if r.Tool == tool && r.Work == work && r.RTT == rtt {
			all = append(all, figure(r))
		}
	}
	if len(all) == 0 {
		return span{}, false
	}
	return spanOf(all), true
}

// spanOf wants at least one figure.
func spanOf(all []float64) span {
	all = slices.Sorted(slices.Values(all))
	n := len(all)
	return span{all[0], (all[(n-1)/2] + all[n/2]) / 2, all[n-1]}
}

func wall(r Result) float64   { return r.Wall }
func starts(r Result) float64 { return float64(r.Starts) }

// distances are the RTTs, in rising order.
func distances(results []Result) (all []int) {
	for _, r := range results {
		all = append(all, r.RTT)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// table is the README's: seconds, and how many times the floor that is.
func table(results []Result, version string) string {
	var b strings.Builder
	rtts := distances(results)
	b.WriteString("| | |")
	for _, rtt := range rtts {
		fmt.Fprintf(&b, " RTT %d ms |", rtt)
	}
	b.WriteString(" processes | runs |\n|---|---|" + strings.Repeat("--:|", len(rtts)+2) + "\n")
	for _, work := range []string{first, converged, plan, repair, release} {
		for _, tool := range tools {
			b.WriteString(row(results, tool, work, rtts))
		}
	}
	fmt.Fprintf(&b, "\nMeasured with foobar %s.\n", version)
	b.WriteString("\n![Seconds of deploys with each tool, by round trip time](docs/bench.svg)\n")
	return b.String()
}

func row(results []Result, tool, work string, rtts []int) string {
	cells, processes, runs := "", "", 0
	for _, rtt := range rtts {
		s, ok := spread(results, tool, work, rtt, wall)
		if !ok {
			cells += " |"
			continue
		}
		for _, r := range results {
			if r.Tool == tool && r.Work == work && r.RTT == rtt {
				runs++
			}
		}
		cells += fmt.Sprintf(" %s s (%s–%s)", figures(s.middle), figures(s.low), figures(s.high))
		if floor, ok := spread(results, "floor", base(work), rtt, wall); ok && tool != "floor" {
			cells += fmt.Sprintf(", %s×", figures(s.middle/floor.middle))
		}
		cells += " |"
		if n, _ := spread(results, tool, work, rtt, starts); processes == "" {
			processes = fmt.Sprintf("%.0f", n.middle)
		}
	}
	if runs == 0 {
		return ""
	}
	return fmt.Sprintf("| %s | %s |%s %s | %d |\n", names[work], names[tool], cells, processes, runs)
}

// base is the work of the floor with which a work is compared.
func base(work string) string {
	if work == first || work == release {
		return work
	}
	return converged
}

// figures writes a number with what is worth reading of it.
func figures(x float64) string {
	switch {
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	case x < 100:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}
