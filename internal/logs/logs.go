// Package logs reads what services have logged, in the journal and in files, on
// all hosts, and puts it in the order of time.
package logs

import (
	_ "embed" // scripts
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/planview"
	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
)

// MostLines bounds the lines of a source: a host's answer must fit into memory.
const MostLines = 10_000

// Query is what to show.
type Query struct {
	// Service names the service; "" stands for those that people look at first.
	Service string
	// Lines is how many to show at the most, 1 to MostLines; with Follow also 0.
	Lines int
	// Follow goes on with what is logged from then on.
	Follow bool
	// Paint colours what people read; nil for none.
	Paint planview.Paint
	since time.Time // zero: no bound
	// ago is since as it was asked for when that was a duration: then the host's
	// own clock counts.
	ago time.Duration
}

// Names are the services whose logs can be asked for.
func Names(services play.Services) []string {
	var names, more []string
	for _, s := range services.Each() {
		if s.Journal.Unit != "" || len(s.Files) > 0 {
			names = append(names, s.Name)
		}
		for _, f := range s.Files {
			if f.Under != "" && !slices.Contains(more, f.Under) {
				more = append(more, f.Under)
			}
		}
	}
	return append(names, more...)
}

// Check refuses a service that the site does not have.
func (q Query) Check(services play.Services) error {
	if names := Names(services); q.Service != "" && !slices.Contains(names, q.Service) {
		return fmt.Errorf("%q is not a service; %s", q.Service, inventory.DidYouMean(q.Service, names, "the services are"))
	}
	return nil
}

var sinceForm = regexp.MustCompile(`^([0-9]{1,6})(d|w)$`)

// Begin checks the number of lines, and reads --since.
func (q *Query) Begin(text string, now time.Time) error {
	least := 1
	if q.Follow {
		least = 0
	}
	if q.Lines < least || q.Lines > MostLines {
		return fmt.Errorf("--lines %d: give a number from %d to %d", q.Lines, least, MostLines)
	}
	if text == "" {
		return nil
	}
	if m := sinceForm.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		if m[2] == "w" {
			n *= 7
		}
		text = strconv.Itoa(n*24) + "h"
	}
	if d, err := time.ParseDuration(text); err == nil {
		if d <= 0 {
			return fmt.Errorf("--since %s: give a duration above 0", text)
		}
		q.ago, q.since = d, now.Add(-d)
		return nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			q.since = at
			return nil
		}
	}
	for _, form := range []string{"15:04:05", "15:04"} {
		if at, err := time.Parse(form, text); err == nil {
			q.since = time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), 0, now.Location())
			return nil
		}
	}
	return fmt.Errorf("--since %s: give a duration (10m, 2h, 7d) or a time (2026-01-31 12:00, 12:00, 2026-01-31T12:00:00Z)", text)
}

// source is one log of one host: a service's entries in the journal, or a file.
type source struct {
	service play.Service
	file    *play.File
}

// sources lists what to read of a host's services.
func (q Query) sources(services []play.Service) []source {
	var list []source
	for _, s := range services {
		asked := q.Service == s.Name || q.Service == "" && s.Main
		if asked && s.Journal.Unit != "" {
			list = append(list, source{service: s})
		}
		for i, f := range s.Files {
			if asked && f.Under == "" || f.Under != "" && f.Under == q.Service {
				list = append(list, source{s, &s.Files[i]})
			}
		}
	}
	return list
}

// On is the answer that a host is to give; nil where it has none of the logs.
func (q Query) On(host string, services []play.Service) *Answer {
	list := q.sources(services)
	if len(list) == 0 {
		return nil
	}
	a := &Answer{host: host, sources: list, zone: time.UTC}
	if q.Follow {
		a.seen = make([]map[string]int, len(list))
	}
	return a
}

// Script asks for the host's time zone, then for the lines of each source, in a
// section with the source's number.
func (q Query) Script(a *Answer) string {
	var b strings.Builder
	b.WriteString("section zone; date " + zoneForm(q.Follow) + "\n")
	n := strconv.Itoa(q.Lines)
	for i, s := range a.sources {
		if s.file != nil && q.Follow {
			b.WriteString("section size " + strconv.Itoa(i) + "; " + s.as() + "stat -L -c %s -- " + sh.Quote(s.file.Path) + " 2>/dev/null\n")
		}
		b.WriteString("section " + strconv.Itoa(i) + "; ")
		if s.file != nil {
			b.WriteString(sh.Set("file", s.file.Path, "n", n, "since", q.onHost(), "most", strconv.Itoa(mostLine)) + sh.Func("as", s.as()+`"$@"`) + readFile)
			continue
		}
		words := []string{"--lines=" + n}
		switch at := q.onHost(); {
		case q.ago > 0:
			words = append(words, "--since="+at+"s")
		case !q.since.IsZero():
			words = append(words, "--since=@"+at)
		}
		b.WriteString(s.journalctl(words...) + " 2>&1\n")
	}
	return b.String()
}

// onHost is since as a host counts it: in seconds since 1970, or before its own time, as in
// "-90"; 0 without a bound.
func (q Query) onHost() string {
	switch {
	case q.ago > 0:
		return "-" + strconv.FormatInt(int64(q.ago.Seconds()), 10)
	case q.since.IsZero():
		return "0"
	}
	return strconv.FormatInt(q.since.Unix(), 10)
}

// mostLine bounds a line of a file, in bytes.
const mostLine = 8192

//go:embed file.sh
var readFile string

// as begins a command that reads a file as the account whose folder it is in.
func (s source) as() string {
	if s.file.As == "" {
		return ""
	}
	as := sh.Quote(s.file.As)
	return "setpriv --reuid=" + as + " --regid=" + as + " --init-groups -- "
}

// journalctl is the command that reads a service's entries.
func (s source) journalctl(how ...string) string {
	words := append([]string{"journalctl", "--quiet", "--no-pager", "--output=json", "--output-fields=MESSAGE,PRIORITY"}, how...)
	j := s.service.Journal
	if j.Grep != "" {
		words = append(words, "--grep="+j.Grep)
	}
	words = append(words, "_SYSTEMD_UNIT="+j.Unit+".service", "+", "UNIT="+j.Unit+".service")
	for _, unit := range j.More {
		words = append(words, "+", "_SYSTEMD_UNIT="+unit+".service", "+", "UNIT="+unit+".service")
	}
	if len(j.Also) > 0 {
		words = append(append(words, "+"), j.Also...)
	}
	return sh.Join(words...)
}

// Show writes the last lines of all answers in the order of time, and to notes what
// else there is to know. A nil answer is of a host that gave none.
func (q Query) Show(answers []*Answer, asJSON bool, out, notes io.Writer) error {
	entries, cut := q.merge(answers)
	for _, a := range answers {
		if a != nil && a.complaint != "" {
			fmt.Fprintf(notes, "%s: %s\n", a.host, a.complaint)
		}
	}
	if len(entries) == 0 && !q.Follow {
		fmt.Fprintln(notes, "nothing was logged"+map[bool]string{true: " since then"}[!q.since.IsZero()])
	}
	if cut && !q.Follow {
		fmt.Fprintf(notes, "the last %d lines; -n %d shows more\n", q.Lines, min(10*q.Lines, MostLines))
	}
	hosts, names := 0, 0
	for _, e := range entries {
		hosts, names = max(hosts, len(e.Host)), max(names, len(e.Service))
	}
	return form{asJSON, hosts, names, q.Paint}.write(entries, out)
}

// merge returns the last entries of all, and whether there may be earlier ones.
func (q Query) merge(answers []*Answer) (entries []entry, cut bool) {
	for _, a := range answers {
		if a == nil {
			continue
		}
		kept := make([]int, len(a.sources))
		for _, e := range a.entries {
			// In the journal the host itself looked for what is younger.
			if e.Time.Before(q.since) && (q.ago == 0 || a.sources[e.source].file != nil) {
				continue
			}
			kept[e.source]++
			cut = cut || kept[e.source] >= q.Lines
			entries = append(entries, e)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.Time.Compare(b.Time) })
	if len(entries) > q.Lines {
		return entries[len(entries)-q.Lines:], true
	}
	return entries, cut
}
