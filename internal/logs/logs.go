// Package logs reads what services have logged, in the journal and in files, on
// all hosts, and puts it in the order of time.
package logs

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/sh"
	"foobar/inventory"
)

// MostLines bounds the lines of a source: a host's answer must fit into memory.
const MostLines = 10_000

// service is what logs knows of a service.
type service struct {
	name  string
	roles []string // the roles that bring it; none: every host has it
	// match are fields of journal entries, as for journalctl.
	match []string
	grep  string // what an entry must contain
	files []logFile
}

// logFile is a log that is not in the journal.
type logFile struct {
	path  string
	as    string   // the account that reads it, where the folder is not root's
	roles []string // hosts that have it; none: as its service
	label string   // shown as the service
	parse func(line string, zone *time.Location) (entry, bool)
}

// services are those a site has, in the order of a request's way.
func services() []service {
	haproxy, nginx := []string{inventory.LB}, []string{inventory.Web}
	return []service{
		{name: "haproxy", roles: haproxy, match: unitMatch("haproxy"), files: []logFile{{path: "/var/log/haproxy.log", label: "haproxy", parse: parseStamped}}},
		{name: "nginx", roles: nginx, match: unitMatch("nginx"), files: []logFile{{path: "/var/log/nginx/error.log", label: "nginx", parse: parseNginxError}}},
		{name: "app", roles: []string{inventory.App}, match: append(unitMatch("app"), "+", "UNIT=app.socket")},
		// Of the two engines a site has one; the other says nothing.
		{name: "mariadb", roles: []string{inventory.DB}, match: unitMatch("mariadb")},
		{name: "mysql", roles: []string{inventory.DB}, match: unitMatch("mysql"), files: []logFile{{path: "/var/log/mysql/error.log", as: "mysql", label: "mysql", parse: parseStamped}}},
		{name: "backup", roles: []string{inventory.DB}, match: unitMatch("foobar-backup")},
		// What ufw drops is said by the kernel.
		{name: "ufw", match: append(unitMatch("ufw"), "+", "_TRANSPORT=kernel"), grep: "ufw"},
		{name: "otelcol-sumo", match: unitMatch("otelcol-sumo")},
		{name: "ssh", match: append(unitMatch("ssh"), "+", "SYSLOG_IDENTIFIER=sshd", "SYSLOG_IDENTIFIER=sshd-session", "SYSLOG_IDENTIFIER=sudo")},
		{name: "certificate", roles: []string{inventory.Web, inventory.App, inventory.DB}, match: unitMatch("foobar-certificate")},
		{name: "certbot", roles: haproxy, match: append(unitMatch("certbot"), "+", "UNIT=certbot.timer")},
		{name: "access", roles: append(haproxy, nginx...), files: []logFile{
			{path: "/var/log/haproxy-access.json", roles: haproxy, label: "haproxy", parse: parseAccess},
			{path: "/var/log/nginx/access.json", roles: nginx, label: "nginx", parse: parseAccess},
		}},
	}
}

// unitMatch matches what a unit says and what systemd says of it.
func unitMatch(unit string) []string {
	return []string{"_SYSTEMD_UNIT=" + unit + ".service", "+", "UNIT=" + unit + ".service"}
}

// Names are those of the services.
func Names() []string {
	var names []string
	for _, s := range services() {
		names = append(names, s.name)
	}
	return names
}

func onAny(roles []string, h *inventory.Host) bool {
	return len(roles) == 0 || slices.ContainsFunc(roles, h.Has)
}

// Query is what to show.
type Query struct {
	services []service
	// Lines is how many to show at the most, 1 to MostLines.
	Lines int
	since time.Time // zero: no bound
	// ago is since as it was asked for when that was a duration: then the host's
	// own clock counts.
	ago time.Duration
}

// Choose fills in what the arguments say: perhaps the name of a service, and since,
// a duration or a time.
func (q *Query) Choose(names []string, since string, now time.Time) error {
	if q.Lines < 1 || q.Lines > MostLines {
		return fmt.Errorf("--lines %d: give a number from 1 to %d", q.Lines, MostLines)
	}
	all := services()
	q.services = all[:5]
	if len(names) > 0 {
		i := slices.IndexFunc(all, func(s service) bool { return s.name == names[0] })
		if i < 0 {
			return fmt.Errorf("%q is not a service; the services are %s", names[0], strings.Join(Names(), ", "))
		}
		q.services = all[i : i+1]
	}
	return q.begin(since, now)
}

var sinceForm = regexp.MustCompile(`^([0-9]{1,6})(d|w)$`)

// begin reads --since.
func (q *Query) begin(text string, now time.Time) error {
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

// source is one log of one host: its journal entries of a service, or a file.
type source struct {
	service service
	file    *logFile
}

// sources lists what to read on a host.
func (q Query) sources(h *inventory.Host) []source {
	var list []source
	for _, s := range q.services {
		if !onAny(s.roles, h) {
			continue
		}
		if len(s.match) > 0 {
			list = append(list, source{service: s})
		}
		for i := range s.files {
			if onAny(s.files[i].roles, h) {
				list = append(list, source{service: s, file: &s.files[i]})
			}
		}
	}
	return list
}

// On is the answer that a host is to give; nil where it has none of the logs.
func (q Query) On(h *inventory.Host) *Answer {
	if list := q.sources(h); len(list) > 0 {
		return &Answer{host: h.Name, sources: list, zone: time.UTC}
	}
	return nil
}

// Script asks for an answer.
func (q Query) Script(a *Answer) string { return q.script(a.sources) }

// script asks for the host's time zone, then for the lines of each source, in a
// section with the source's number.
func (q Query) script(sources []source) string {
	var b strings.Builder
	b.WriteString("section zone; date +%z\n")
	n := strconv.Itoa(q.Lines)
	for i, s := range sources {
		b.WriteString("section " + strconv.Itoa(i) + "; ")
		if s.file != nil {
			path, tail := sh.Quote(s.file.path), "tail -q -n "+n+" -- "
			if as := sh.Quote(s.file.as); s.file.as != "" {
				tail = "setpriv --reuid=" + as + " --regid=" + as + " --init-groups -- " + tail
			}
			// The log may have been rotated a moment ago.
			b.WriteString("{ " + tail + path + ".1; " + tail + path + "; } 2>/dev/null | tail -n " + n + " | cut -b 1-8192\n")
			continue
		}
		words := []string{"journalctl", "--quiet", "--no-pager", "--output=json", "--output-fields=MESSAGE,PRIORITY", "--lines=" + n}
		switch {
		case q.ago > 0:
			words = append(words, fmt.Sprintf("--since=-%ds", int64(q.ago.Seconds())))
		case !q.since.IsZero():
			words = append(words, fmt.Sprintf("--since=@%d", q.since.Unix()))
		}
		if s.service.grep != "" {
			words = append(words, "--grep="+s.service.grep)
		}
		b.WriteString(sh.Join(append(words, s.service.match...)...) + " 2>&1\n")
	}
	return b.String()
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
	if len(entries) == 0 {
		fmt.Fprintln(notes, "nothing was logged"+map[bool]string{true: " since then"}[!q.since.IsZero()])
	}
	if cut {
		fmt.Fprintf(notes, "the last %d lines; -n %d shows more\n", q.Lines, min(10*q.Lines, MostLines))
	}
	if asJSON {
		for _, e := range entries {
			if err := ask.WriteJSON(out, e); err != nil {
				return err
			}
		}
		return nil
	}
	return writeEntries(entries, out)
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

func writeEntries(entries []entry, out io.Writer) error {
	hosts, names := 0, 0
	for _, e := range entries {
		hosts, names = max(hosts, len(e.Host)), max(names, len(e.Service))
	}
	for _, e := range entries {
		for line := range strings.SplitSeq(e.Message, "\n") {
			text := fmt.Sprintf("%s  %-*s  %-*s  %s", e.Time.UTC().Format("2006-01-02T15:04:05.000Z"), hosts, e.Host, names, e.Service, ask.PrintableText(line, mostMessage))
			if _, err := fmt.Fprintln(out, strings.TrimRight(text, " \t")); err != nil {
				return err
			}
		}
	}
	return nil
}
