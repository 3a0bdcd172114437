package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// Plain writes for people without a terminal to redraw: the plan and the
// summary to Out, progress to Err.
type Plain struct {
	Out, Err io.Writer
	// Verbose 0 shows what changes; 1 adds the output of steps and whole new
	// files; 2 adds the cost of each host.
	Verbose int

	verb   string
	width  int
	hosts  []event.HostDone
	clean  []string // hosts without a difference
	looked map[string]int
	at     map[string]string // where each host answered
}

// Receive shows one event.
func (p *Plain) Receive(env event.Envelope) {
	switch e := env.Event.(type) {
	case event.RunStarted:
		p.verb, p.looked, p.at = e.Verb, map[string]int{}, map[string]string{}
		for _, h := range e.Hosts {
			p.width = max(p.width, len(h))
		}
	case event.HostConnected:
		p.at[e.Host] = e.Address
	case event.FactsGathered:
		p.note(e.Host, "connected to %s: %s %s, %d processors, %s", p.at[e.Host], e.OS, e.Arch, e.CPUs, Bytes(e.Memory))
	case event.HostPlanned:
		p.planned(e)
	case event.ChangeStarted:
		p.note(e.Host, "… %s", e.Title)
	case event.Output:
		if p.Verbose > 0 {
			p.note(e.Host, "    %s", e.Line)
		}
	case event.ChangeDone:
		p.changed(e)
	case event.Waiting:
		p.note(e.Host, "waits for %s", e.For)
	case event.HostDone:
		p.hosts = append(p.hosts, e)
	case event.RunDone:
		p.summary(e)
	}
}

func (p *Plain) note(host, format string, args ...any) {
	fmt.Fprintf(p.Err, "%-*s  %s\n", p.width, host, fmt.Sprintf(format, args...))
}

func (p *Plain) changed(e event.ChangeDone) {
	switch {
	case e.Error != "":
		p.note(e.Host, "FAILED %s: %s", e.Resource, e.Error)
	case e.Changed:
		p.note(e.Host, "changed %s (%s)", e.Resource, Seconds(e.Took))
	}
}

func (p *Plain) planned(e event.HostPlanned) {
	p.looked[e.Host] = e.Resources
	if len(e.Changes) == 0 {
		p.clean = append(p.clean, e.Host)
	} else {
		fmt.Fprintf(p.Out, "%s: %s\n", e.Host, count(len(e.Changes), "change"))
	}
	play := ""
	for _, c := range e.Changes {
		if c.Play != play {
			play = c.Play
			fmt.Fprintf(p.Out, "  [%s]\n", play)
		}
		WriteChange(p.Out, c, p.Verbose > 0 || p.verb == "plan")
	}
	for _, s := range e.Strangers {
		fmt.Fprintf(p.Out, "  ? not foobar's, left alone on %s: %s\n", e.Host, s)
	}
}

var marks = map[resource.Action]string{resource.Create: "+", resource.Update: "~", resource.Remove: "-", resource.Act: "!"}

// WriteChange writes one planned change; diffs says whether changed texts are shown.
func WriteChange(w io.Writer, c event.Change, diffs bool) {
	fmt.Fprintf(w, "  %s %s", marks[c.Action], c.Resource)
	if c.Provisional {
		fmt.Fprint(w, "  (to be looked at again in its turn)")
	}
	if c.Disrupts {
		fmt.Fprint(w, "  (users can feel it: host by host)")
	}
	fmt.Fprintln(w)
	if c.Reason != "" {
		fmt.Fprintf(w, "      %s\n", c.Reason)
	}
	for _, f := range c.Fields {
		switch {
		case f.Text && f.Old == "":
			fmt.Fprintf(w, "      %s: %s\n", f.Name, count(strings.Count(f.New, "\n"), "line"))
		case f.Text && diffs:
			for _, line := range Unified(f.Old, f.New) {
				fmt.Fprintf(w, "      %s\n", line)
			}
		case f.Text:
			fmt.Fprintf(w, "      %s differs\n", f.Name)
		case f.Old == "":
			fmt.Fprintf(w, "      %s: %s\n", f.Name, f.New)
		default:
			fmt.Fprintf(w, "      %s: %s -> %s\n", f.Name, f.Old, f.New)
		}
	}
}

func (p *Plain) summary(e event.RunDone) {
	if len(p.clean) > 0 {
		fmt.Fprintf(p.Out, "as wanted: %s\n", strings.Join(p.clean, ", "))
	}
	for _, h := range p.hosts {
		line := fmt.Sprintf("%-*s  %-11s %d changed", p.width, h.Host, h.Outcome, h.Changed)
		if p.Verbose > 1 {
			line += fmt.Sprintf(", %s, %s", count(h.Connections, "connection"), count(h.Scripts, "script"))
		}
		if p.verb != "plan" || h.Outcome != event.OK {
			fmt.Fprintln(p.Out, line)
		}
	}
	for _, problem := range e.Problems {
		fmt.Fprintf(p.Err, "error: %s\n", problem)
	}
	what := fmt.Sprintf("%d changed", e.Changed)
	if p.verb == "plan" {
		what = fmt.Sprintf("%s planned", count(e.Planned, "change"))
		if e.Planned == 0 && e.Exit == 0 {
			what = "no differences"
		}
	}
	fmt.Fprintf(p.Out, "%s: %s in %s\n", p.verb, what, Seconds(e.Took))
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Seconds prints a duration as people read it.
func Seconds(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
}

// Bytes prints a size as people read it.
func Bytes(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
