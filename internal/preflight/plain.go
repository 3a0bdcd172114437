package preflight

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/planview"
	"foobar/internal/sh"
)

// Shown is how a report is shown to people.
type Shown struct {
	// Paint colours it; nil for none.
	Paint planview.Paint
	// Quiet shows failures alone, and nothing where there are none.
	Quiet bool
}

// Plain writes a report for people: failures first, then warnings, each with what to do
// about it; then what is well, for the controller and each host; then what comes next.
func Plain(w io.Writer, r Report, how Shown) error {
	p := &page{paint: how.Paint}
	if p.paint == nil {
		p.paint = planview.Bare
	}
	p.findings(r, Fail)
	if !how.Quiet {
		p.findings(r, Warn)
		width := 0
		for _, f := range r.Findings {
			if f.Level == OK {
				width = max(width, len(f.ID))
			}
		}
		p.table("this machine", r.well(""), width)
		for _, h := range r.Hosts {
			p.table(h.Name+"  "+h.Address+"  "+strings.Join(h.Roles, ", "), r.well(h.Name), width)
		}
		p.text("\n" + r.verdict() + "\n" + fault.See(r.codes()) + r.next() + "\n")
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// page is what is shown. All that comes from elsewhere goes through text or heading.
type page struct {
	strings.Builder
	paint planview.Paint
}

func (p *page) text(text string) { p.WriteString(ask.PrintableText(text, ask.MostShown)) }

// gap separates blocks.
func (p *page) gap() {
	if p.Len() > 0 {
		p.WriteByte('\n')
	}
}

// mark begins the line of a finding.
func (p *page) mark(level string) {
	word, ink := "ok  ", planview.Add
	switch level {
	case Warn:
		word, ink = "warn", planview.Altered
	case Fail:
		word, ink = "FAIL", planview.Gone|planview.Bold
	}
	p.WriteString(p.paint(ink, word))
}

// findings are those of a level that is not well, with their hosts.
func (p *page) findings(r Report, level string) {
	for _, f := range r.Findings {
		if f.Level != level {
			continue
		}
		if p.mark(level); f.Host != "" {
			p.text("  " + f.Host + ": " + f.ID + ": " + f.Code.After(f.Seen) + "\n")
		} else {
			p.text("  " + f.ID + ": " + f.Code.After(f.Seen) + "\n")
		}
		if f.Fix != "" {
			p.text("      fix: " + f.Fix + "\n")
		}
	}
}

// table is what is well in one place.
func (p *page) table(head string, list []Finding, width int) {
	if len(list) == 0 {
		return
	}
	p.gap()
	p.WriteString(p.paint(planview.Bold, ask.Printable(head, ask.MostShown)) + "\n")
	for _, f := range list {
		p.WriteString("  ")
		p.mark(f.Level)
		p.text(fmt.Sprintf("  %-*s  %s\n", width, f.ID, f.Seen))
	}
}

// verdict sums up. It comes last: a terminal shows the end.
func (r Report) verdict() string {
	word := "can be deployed"
	switch {
	case r.Unreachable():
		word = "is not ready, and some hosts could not be checked"
	case !r.Ready:
		word = "is not ready"
	case r.Offline:
		word = "can be deployed, as far as foobar can tell without connecting"
	case r.Partial:
		word = "can be deployed, as far as it was checked"
	}
	return fmt.Sprintf("%s %s: %s%s, %s", r.Domain, word, planview.Count(r.Failures(), "failure"), r.where(), planview.Count(r.Warnings(), "warning"))
}

// where names what failed: the failures themselves stand at the top.
func (r Report) where() string {
	var list []string
	for _, f := range r.Findings {
		if f.Level == Fail && len(list) < 8 {
			list = append(list, strings.TrimSpace(f.Host+" "+f.ID))
		}
	}
	if len(list) == 0 {
		return ""
	}
	text := " (" + strings.Join(list, ", ")
	if r.Failures() > len(list) {
		text += ", …"
	}
	return text + ")"
}

// codes are those of what keeps a deploy from succeeding, each once.
func (r Report) codes() (list []fault.Code) {
	for _, f := range r.Findings {
		if f.Level == Fail && f.Code != "" && !slices.Contains(list, f.Code) {
			list = append(list, f.Code)
		}
	}
	return list
}

// well are the findings of a host, "" for the controller, that need nothing.
func (r Report) well(host string) []Finding {
	var list []Finding
	for _, f := range r.Findings {
		if f.Host == host && f.Level == OK {
			list = append(list, f)
		}
	}
	return list
}

func (r Report) next() string {
	file := sh.Quote(r.Inventory)
	switch {
	case !r.Ready && r.Offline:
		return "next: fix what failed, then: foobar check --offline " + file
	case !r.Ready:
		return "next: fix what failed, then: foobar check " + file
	case r.Offline:
		return "next: foobar check " + file
	}
	return "next: foobar deploy " + file
}
