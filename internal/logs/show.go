package logs

import (
	"fmt"
	"io"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/planview"
)

// form is how entries are written: as JSON, or for people with columns of that width.
type form struct {
	asJSON       bool
	hosts, names int
	paint        planview.Paint // nil for no colours
}

// write writes entries, of which one may have several lines.
func (f form) write(entries []entry, out io.Writer) error {
	paint := f.paint
	if paint == nil {
		paint = planview.Bare
	}
	for _, e := range entries {
		if f.asJSON {
			if err := ask.WriteJSON(out, e); err != nil {
				return err
			}
			continue
		}
		for line := range strings.SplitSeq(e.Message, "\n") {
			line = strings.TrimRight(ask.PrintableText(line, mostMessage), " \t")
			at, host := e.Time.UTC().Format("2006-01-02T15:04:05.000Z"), fmt.Sprintf("%-*s", f.hosts, e.Host)
			service := fmt.Sprintf("%-*s", f.names, e.Service)
			if line == "" {
				service = e.Service
			}
			text := paint(planview.Dim, at) + "  " + paint(planview.Place, host) + "  " + service
			if line != "" {
				text += "  " + paint(e.ink(), line)
			}
			if _, err := fmt.Fprintln(out, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// ink is how grave an entry is, as journalctl has it: errors and what is worse, warnings,
// what is for debugging. A request is an error where the server failed.
func (e entry) ink() planview.Ink {
	status, _ := e.Record["status"].(float64)
	switch {
	case e.Priority != nil && *e.Priority <= 3, status >= 500:
		return planview.Gone
	case e.Priority != nil && *e.Priority == 4:
		return planview.Altered
	case e.Priority != nil && *e.Priority == 7:
		return planview.Dim
	}
	return 0
}
