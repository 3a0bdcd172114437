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

// Plain writes a report for people: a table for the controller and for each
// host, every finding with what to do about it, and what comes next.
func Plain(w io.Writer, r Report) error {
	var b strings.Builder
	width := 0
	for _, f := range r.Findings {
		width = max(width, len(f.ID))
	}
	table(&b, "this machine", r.of(""), width)
	for _, h := range r.Hosts {
		table(&b, h.Name+"  "+h.Address+"  "+strings.Join(h.Roles, ", "), r.of(h.Name), width)
	}
	b.WriteString("\n" + r.verdict() + "\n" + fault.See(r.codes()) + r.next() + "\n")
	_, err := io.WriteString(ask.Safe(w), b.String())
	return err
}

// verdict sums up. It comes last: a terminal shows the end.
func (r Report) verdict() string {
	word := "can be deployed"
	switch {
	case r.Unreachable():
		word = "is not ready: some hosts could not be checked"
	case !r.Ready:
		word = "is not ready"
	case r.Offline:
		word = "can be deployed, as far as foobar can tell without connecting"
	case r.Partial:
		word = "can be deployed, as far as it was checked"
	}
	return fmt.Sprintf("%s %s (%s, %s)", r.Domain, word, planview.Count(r.Failures(), "failure"), planview.Count(r.Warnings(), "warning"))
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

func (r Report) of(host string) []Finding {
	var list []Finding
	for _, f := range r.Findings {
		if f.Host == host {
			list = append(list, f)
		}
	}
	return list
}

func table(b *strings.Builder, head string, list []Finding, width int) {
	if len(list) == 0 {
		return
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(head + "\n")
	for _, f := range list {
		mark := map[string]string{OK: "ok  ", Warn: "warn", Fail: "FAIL"}[f.Level]
		fmt.Fprintf(b, "  %s  %-*s  %s\n", mark, width, f.ID, f.Code.After(f.Seen))
		if f.Fix != "" {
			fmt.Fprintf(b, "        %-*s  fix: %s\n", width, "", f.Fix)
		}
	}
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
