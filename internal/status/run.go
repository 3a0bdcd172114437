package status

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"foobar/internal/play"
	"foobar/internal/record"
)

// Run is a run of foobar as the host remembers it.
type Run struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`             // its beginning
	By      string    `json:"by"`             // user@machine
	From    string    `json:"from,omitempty"` // address that machine came from
	Verb    string    `json:"verb"`
	State   string    `json:"state"`             // ended, running, cut off
	Outcome string    `json:"outcome,omitempty"` // of the host: ok, failed…
	Changed int       `json:"changed"`
	Error   string    `json:"error,omitempty"`
}

func readLastRun(lines []string) *Run {
	runs := record.ParseHostRuns(lines)
	if len(runs) == 0 {
		return nil
	}
	r := runs[len(runs)-1]
	return &Run{ID: printable(r.ID), At: r.At.UTC(), By: printable(r.By), From: printable(r.From), Verb: printable(r.Verb),
		State: string(r.State(record.Held(lines))), Outcome: printable(string(r.Outcome)), Changed: r.Changed, Error: printable(r.Error)}
}

// newerKernel finds the kernel that a reboot would bring: the newest of the
// running one's kind, or a newer build under its name. The lines are the running
// one, then all in the order of their versions, then "runs" and "installed".
func newerKernel(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	runs, newer, build, installed := lines[0], "", "", ""
	after := false
	for _, l := range lines[1:] {
		if text, ok := strings.CutPrefix(l, "runs "); ok {
			_, build, _ = strings.Cut(text, " Debian ")
			build, _, _ = strings.Cut(build, " ")
			continue
		}
		if text, ok := strings.CutPrefix(l, "installed "); ok {
			installed = text
			continue
		}
		if l == runs {
			after = true
		} else if after && kernelKind(l) == kernelKind(runs) {
			newer = l
		}
	}
	if newer == "" && build != "" && installed != "" && build != installed {
		newer = installed
	}
	return printable(newer)
}

// kernelKind is "cloud-amd64" of "6.1.0-28-cloud-amd64": what is behind the version.
func kernelKind(release string) string {
	words := strings.Split(release, "-")
	for len(words) > 0 && words[0] != "" && words[0][0] >= '0' && words[0][0] <= '9' {
		words = words[1:]
	}
	return strings.Join(words, "-")
}

// programs are the packages whose versions are shown.
func programs(services play.Services) []play.Package {
	var list []play.Package
	for _, s := range services.Each() {
		for _, p := range s.Packages {
			if p.Called != "" {
				list = append(list, p)
			}
		}
	}
	return list
}

// versions names each program once, with its hosts where they differ.
func versions(b *strings.Builder, s Status) {
	var words []string
	add := func(name string, of func(Host) string) {
		var order []string
		on := map[string][]string{}
		for _, h := range s.Hosts {
			v := of(h)
			if v == "" {
				continue
			}
			if on[v] == nil {
				order = append(order, v)
			}
			on[v] = append(on[v], h.Name)
		}
		for i, v := range order {
			text := name + " " + v
			if i > 0 {
				text = v
			}
			if len(order) > 1 {
				text += " (" + strings.Join(on[v], ", ") + ")"
			}
			words = append(words, text+",")
		}
	}
	for _, p := range s.programs {
		add(p.Called, func(h Host) string { return upstream(h.Packages[p.Name]) })
	}
	add("kernel", func(h Host) string {
		if h.System == nil {
			return ""
		}
		return h.System.Kernel
	})
	if len(words) == 0 {
		return
	}
	words[len(words)-1] = strings.TrimSuffix(words[len(words)-1], ",")
	line := "\nVERSIONS"
	for _, w := range words {
		if len([]rune(line))+1+len([]rune(w)) > 80 {
			fmt.Fprintln(b, line)
			line = " "
		}
		line += " " + w
	}
	fmt.Fprintln(b, line)
}

// upstream is a package's version without epoch and what the distribution adds.
func upstream(v string) string {
	if _, rest, ok := strings.Cut(v, ":"); ok {
		v = rest
	}
	return mainVersion(v)
}

// lastRuns lists what changed the hosts last: one line for hosts of one run.
// A run that found nothing to change is not among them.
func lastRuns(b *strings.Builder, s Status) {
	var rows []string
	seen := map[string]bool{}
	for _, h := range s.Hosts {
		r := h.LastRun
		if r == nil || seen[lastKey(r)] {
			continue
		}
		seen[lastKey(r)] = true
		var names []string
		changed := 0
		for _, other := range s.Hosts {
			if o := other.LastRun; o != nil && lastKey(o) == lastKey(r) {
				names = append(names, other.Name)
				changed += o.Changed
			}
		}
		rows = append(rows, cells(r.ID[strings.LastIndexByte(r.ID, '-')+1:], age(s.Taken.Sub(r.At)), r.By, r.Verb, fmt.Sprint(changed), cmp.Or(r.Outcome, r.State), strings.Join(names, " ")))
	}
	table(b, "LAST RUN\tAGO\tBY\tCOMMAND\tCHANGED\tENDED\tON", rows)
}

// lastKey tells hosts apart on which one run ended otherwise.
func lastKey(r *Run) string { return r.ID + " " + r.State + " " + r.Outcome }
