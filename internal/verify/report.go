package verify

import (
	"fmt"
	"io"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/monitoring"
	"foobar/internal/planview"
)

// Report is the document of "verify -o json". Fields may be added to it.
type Report struct {
	V         int    `json:"v"`
	Site      string `json:"site"`
	Domain    string `json:"domain"`
	Inventory string `json:"inventory"`
	// Taken is when the first request went out, Took in how many seconds all had arrived
	// or was given up.
	Taken time.Time `json:"taken"`
	Took  float64   `json:"took_seconds"`
	// Mark is in the user agent of each request.
	Mark     string `json:"mark"`
	Requests int    `json:"requests"`
	// Arrived says that nothing is missing.
	Arrived bool                 `json:"arrived"`
	Proved  []monitoring.Fact    `json:"proved"`
	Missing []monitoring.Missing `json:"missing"`
	// Open is what was not looked at, and why.
	Open []string `json:"not_proved"`
}

// Report is that of the trail.
func (t *Trail) Report(p monitoring.Proof, begun time.Time, took time.Duration) Report {
	return Report{V: 1, Site: t.Inv.Site.Name, Domain: t.Inv.Site.Domain, Inventory: t.Inv.Path, Taken: begun.UTC(), Took: took.Seconds(), Mark: Agent + "/" + t.Mark, Requests: len(t.Replies),
		Arrived: len(p.Missing) == 0, Proved: append([]monitoring.Fact{}, p.Proved...), Missing: append([]monitoring.Missing{}, p.Missing...), Open: append([]string{}, p.Open...)}
}

// Plain writes a report for people.
func Plain(w io.Writer, r Report) error {
	var b strings.Builder
	word := "all of it arrived"
	if !r.Arrived {
		word = planview.Count(len(r.Missing), "thing") + " did not arrive"
	}
	fmt.Fprintf(&b, "%s: %s, %s, in %.0f s\n", r.Domain, planview.Count(r.Requests, "request"), word, r.Took)
	for _, m := range r.Missing {
		fmt.Fprintf(&b, "\nMISSING %s%s\n        next: %s\n", place(m.Host), m.Code.After(m.Text), m.Next)
	}
	if len(r.Proved) > 0 {
		b.WriteByte('\n')
	}
	for _, f := range r.Proved {
		fmt.Fprintf(&b, "proved  %s%s\n", place(f.Host), f.Text)
	}
	for _, text := range r.Open {
		fmt.Fprintf(&b, "not proved: that %s\n", text)
	}
	_, err := io.WriteString(ask.Safe(w), b.String())
	return err
}

func place(host string) string {
	if host == "" {
		return ""
	}
	return host + ": "
}
