package report

import (
	"fmt"
	"io"
	"slices"

	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/planview"
)

// Plain writes for people without a terminal to redraw: the plan and the
// summary to Out, progress to Err.
type Plain struct {
	Out, Err io.Writer
	// Verbose 0 shows what changes; 1 adds the output of steps and whole new
	// files; 2 adds the cost of each host.
	Verbose int
	// Diffs shows changed texts also where the verb is not plan, as before a question.
	Diffs bool
	// Paint colours the plan; nil for none.
	Paint planview.Paint

	total planview.Total
	plans []event.HostPlanned // until all are there
	verb  string
	width int
	hosts []event.HostDone
	clean []string          // hosts without a difference
	order []string          // of the hosts in the inventory
	at    map[string]string // where each host answered
}

// Receive shows one event.
func (p *Plain) Receive(env event.Envelope) {
	switch e := env.Event.(type) {
	case event.RunStarted:
		p.order, p.total.Beside = e.All(), e.Beside
		p.verb, p.at = e.Verb, map[string]string{}
		for _, h := range p.order {
			p.width = max(p.width, len(h))
		}
	case event.HostConnected:
		if p.at == nil { // it came in later, for a view that broke
			p.at = map[string]string{}
		}
		p.at[e.Host] = e.Address
	case event.FactsGathered:
		p.note(e.Host, "connected to %s: %s %s, %d processors, %s", p.at[e.Host], e.OS, e.Arch, e.CPUs, memory(e.Memory))
	case event.HostPlanned:
		p.total.Add(e)
		if len(e.Changes)+len(e.Refused) == 0 {
			p.clean = append(p.clean, e.Host)
		}
		p.plans = append(p.plans, e)
	case event.Planned:
		p.planned()
		p.write(p.total.Lines(p.paint()))
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
		p.note(e.Host, "FAILED %s: %s", e.Resource, e.Code.After(e.Error))
		if p.Verbose == 0 { // else it stands above already
			for _, line := range e.Tail {
				p.note(e.Host, "    %s", line)
			}
		}
	case e.Changed:
		p.note(e.Host, "changed %s (%s)", e.Resource, planview.Seconds(e.Took))
	}
}

// planned shows the plans of all hosts, those that read alike once.
func (p *Plain) planned() {
	depth := planview.Named
	switch {
	case p.Verbose > 0:
		depth = planview.Whole
	case p.Diffs || p.verb == "plan":
		depth = planview.Diffs
	}
	p.write(planview.Hosts(p.paint(), p.plans, depth))
	p.plans = nil
}

func (p *Plain) paint() planview.Paint {
	if p.Paint == nil {
		return planview.Bare
	}
	return p.Paint
}

func (p *Plain) write(lines []string) {
	for _, l := range lines {
		fmt.Fprintln(p.Out, l)
	}
}

func (p *Plain) summary(e event.RunDone) {
	if len(p.clean) > 0 {
		fmt.Fprintf(p.Out, "no differences: %s\n", planview.Names(p.clean))
	}
	slices.SortStableFunc(p.hosts, func(a, b event.HostDone) int { return slices.Index(p.order, a.Host) - slices.Index(p.order, b.Host) })
	p.endings()
	for _, problem := range e.Problems {
		fmt.Fprintf(p.Err, "error: %s\n", problem)
	}
	fmt.Fprint(p.Err, fault.See(e.Codes))
	what := fmt.Sprintf("%d changed", e.Changed)
	if p.verb == "plan" {
		what = fmt.Sprintf("%s planned", planview.Count(e.Planned, "change"))
		if e.Planned == 0 && e.Exit == 0 {
			what = "no differences"
		}
	}
	fmt.Fprintf(p.Out, "%s: %s in %s%s\n", p.verb, what, planview.Seconds(e.Took), planview.Lost(e.FailedRequests))
}

// fewEndings is how many hosts have a line each for how they ended.
const fewEndings = 16

// endings says how the hosts ended; of many, once what is true of several.
func (p *Plain) endings() {
	var order []string
	on := map[string][]string{}
	for _, h := range p.hosts {
		text := fmt.Sprintf("%-11s %d changed", h.Outcome, h.Changed)
		if p.Verbose > 1 {
			text += fmt.Sprintf(", %s, %s", planview.Count(h.Connections, "connection"), planview.Count(h.Scripts, "script"))
		}
		switch {
		case p.verb == "plan" && h.Outcome == event.OK:
		case len(p.hosts) <= fewEndings:
			fmt.Fprintf(p.Out, "%-*s  %s\n", p.width, h.Host, text)
		default:
			if on[text] == nil {
				order = append(order, text)
			}
			on[text] = append(on[text], h.Host)
		}
	}
	for _, text := range order {
		fmt.Fprintf(p.Out, "%s  %s\n", planview.Names(on[text]), text)
	}
}

// memory prints a host's memory as people read it.
func memory(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
