package status

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"foobar/internal/ask"
	"foobar/internal/firewall"
	"foobar/internal/planview"
)

// Plain writes a status for people: what is wrong first, then what there is,
// on one screen and 80 columns wide where names and addresses allow.
func Plain(w io.Writer, s Status) error {
	var b strings.Builder
	head(&b, s)
	findings(&b, s.Findings)
	for _, h := range s.Hosts {
		balancer(&b, h, s.Taken)
	}
	web(&b, s)
	timers(&b, s)
	databases(&b, s.Hosts)
	machines(&b, s)
	versions(&b, s)
	others(&b, s.Hosts)
	lastRuns(&b, s)
	_, err := io.WriteString(ask.Safe(w), b.String())
	return err
}

func head(b *strings.Builder, s Status) {
	problems, word := 0, "healthy"
	for _, f := range s.Findings {
		if f.Severity == Problem {
			problems++
			word = "unhealthy"
		}
	}
	fmt.Fprintf(b, "%s is %s: %s, %s, %s\n", s.Domain, word, planview.Count(problems, "problem"), planview.Count(len(s.Findings)-problems, "notice"), planview.Count(len(s.Hosts), "host"))
}

func findings(b *strings.Builder, list []Finding) {
	if len(list) > 0 {
		b.WriteByte('\n')
	}
	for _, f := range list {
		mark := "PROBLEM"
		if f.Severity == Notice {
			mark = "notice "
		}
		where := ""
		if f.Host != "" {
			where = f.Host + ": "
		}
		fmt.Fprintf(b, "%s %s%s\n", mark, where, f.Code.After(f.Text))
		if f.Next != "" {
			fmt.Fprintf(b, "        next: %s\n", f.Next)
		}
	}
}

// table aligns rows of cells separated by tabs under a head.
func table(b *strings.Builder, head string, rows []string) {
	if len(rows) == 0 {
		return
	}
	var t strings.Builder
	w := tabwriter.NewWriter(&t, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, head)
	for _, r := range rows {
		fmt.Fprintln(w, r)
	}
	_ = w.Flush() // into memory
	b.WriteByte('\n')
	for line := range strings.Lines(t.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

// cells joins the cells of a row; an empty one becomes a dash.
func cells(list ...string) string {
	for i, c := range list {
		if c == "" {
			list[i] = "-"
		}
	}
	return strings.Join(list, "\t")
}

func balancer(b *strings.Builder, h Host, now time.Time) {
	if h.Balancer == nil {
		return
	}
	v := h.Balancer
	if !v.Answered {
		fmt.Fprintf(b, "\nBALANCER %s  no answer from HAProxy\n", h.Name)
	} else {
		fmt.Fprintf(b, "\nBALANCER %s  HAProxy %s, up %s, %d req/s, %d of %d connections\n", h.Name, mainVersion(v.Version), age(seconds(v.Uptime)),
			v.Front.RequestRate, v.Connections, v.MaxConnections)
		fmt.Fprintf(b, "  %s: %d ok, %d refused, %d failed\n", planview.Count(int(v.Front.Requests), "request"), v.Front.Status2xx, v.Front.Status4xx, v.Front.Status5xx)
	}
	if c := h.Certificate; c != nil && c.Error == "" {
		fmt.Fprintf(b, "  certificate: %s left (until %s), by %s\n", age(c.Until.Sub(now)), c.Until.Format(time.DateOnly), c.by())
	}
	var rows []string
	for _, s := range v.Servers {
		rows = append(rows, cells(s.Name, s.Status, age(seconds(s.Since)), weight(s), fmt.Sprint(s.Sessions), fmt.Sprint(s.Rate),
			fmt.Sprint(s.Status5xx), fmt.Sprint(s.Errors), fmt.Sprintf("%d ms", s.ResponseTime), s.Check))
	}
	table(b, "SERVER\tSTATUS\tFOR\tWEIGHT\tNOW\tREQ/S\t5XX\tERRORS\tTIME\tCHECK", rows)
	lately(b, v)
}

func weight(s Server) string {
	if s.Weight != s.Configured && s.Configured > 0 {
		return fmt.Sprintf("%d of %d", s.Weight, s.Configured)
	}
	return fmt.Sprint(s.Weight)
}

// mainVersion leaves out a distribution's suffix.
func mainVersion(v string) string {
	v, _, _ = strings.Cut(v, "-")
	v, _, _ = strings.Cut(v, "+")
	return v
}

// web lists services, releases, firewall and collector by host.
func web(b *strings.Builder, s Status) {
	var rows []string
	most := commonRelease(s.Hosts)
	for _, h := range s.Hosts {
		if !h.Reached {
			rows = append(rows, cells(h.Name, "unreachable", "", "", "", "", newest(h.Data)))
			continue
		}
		release, since := "", ""
		if r := h.Release; r != nil && r.Current != "" {
			release = r.Current
			if r.Current != most {
				release += " !"
			}
			since = age(s.Taken.Sub(r.Since))
		}
		rows = append(rows, cells(h.Name, services(h), release, since, wall(h.Firewall), collector(h.Collector), newest(h.Data)))
	}
	table(b, "HOST\tSERVICES\tRELEASE\tFOR\tFIREWALL\tCOLLECTOR\tDATA", rows)
	for _, h := range s.Hosts {
		if h.Firewall != nil {
			for _, line := range h.Firewall.Kept {
				fmt.Fprintf(b, "  the firewall of %s has kept: %s\n", h.Name, line)
			}
		}
	}
}

// services are the units that run, and with their state those that do not.
// Those that are not installed are a finding, and left out.
func services(h Host) string {
	var up, down []string
	for _, u := range h.Services {
		switch {
		case u.missing():
		case u.aside:
			if u.Up() {
				continue // the other columns say so, and the findings
			}
			fallthrough
		case !u.Up():
			down = append(down, short(u.Unit)+"="+cmp.Or(u.Active, "unknown"))
		default:
			up = append(up, short(u.Unit))
		}
	}
	if len(up)+len(down) == 0 {
		return "none"
	}
	return strings.Join(append(down, up...), " ")
}

func wall(f *firewall.State) string {
	switch {
	case f == nil:
		return "off"
	case !f.Closed():
		return "OPEN"
	}
	return fmt.Sprintf("%d+%d rules", f.Rules4, f.Rules6)
}

func collector(c *Collector) string {
	switch {
	case c == nil:
		return "off"
	case c.Healthy:
		return "ok"
	}
	return "NOT OK"
}

// databases lists the servers, the primary first.
func databases(b *strings.Builder, hosts []Host) {
	with := slices.DeleteFunc(slices.Clone(hosts), func(h Host) bool { return h.Database == nil })
	slices.SortStableFunc(with, func(x, y Host) int { return rank(x.Database) - rank(y.Database) })
	var rows []string
	for _, h := range with {
		d := h.Database
		if !d.Running {
			rows = append(rows, cells(h.Name, "no answer", "", "", "", "", ""))
			continue
		}
		threads, lag, gtid := "", "", d.Written
		if d.Role == Replica {
			threads, lag, gtid = "io "+d.Reading+", sql "+d.Applying, "unknown", d.Applied
			if d.Lag != nil {
				lag = fmt.Sprintf("%d s", *d.Lag)
			}
		}
		writes := "writable"
		if d.ReadOnly {
			writes = "read only"
		}
		rows = append(rows, cells(h.Name, d.Role, writes, cmp.Or(d.SourceHost, d.Source), threads, lag, cut(gtid, 16)))
	}
	table(b, "DATABASE\tROLE\tMODE\tFOLLOWS\tTHREADS\tLAG\tGTID", rows)
}

func rank(d *Database) int {
	return slices.Index([]string{Primary, Neither, Replica, ""}, d.Role)
}

func machines(b *strings.Builder, s Status) {
	var rows []string
	for _, h := range s.Hosts {
		y := h.System
		if y == nil {
			continue
		}
		reboot := "no"
		if y.RebootPending {
			reboot = "pending"
		}
		rows = append(rows, cells(h.Name, shortOS(y.OS), age(seconds(y.Uptime)), fmt.Sprintf("%.1f/%d", y.Load, y.CPUs), memory(y), fullest(y.Disks),
			clock(y), reboot, fmt.Sprint(len(y.FailedUnits))))
	}
	table(b, "MACHINE\tOS\tUP\tLOAD\tMEMORY\tDISK\tCLOCK\tREBOOT\tFAILED", rows)
}

// shortOS is "Debian 13" of "Debian GNU/Linux 13 (trixie)".
func shortOS(os string) string {
	os, _, _ = strings.Cut(strings.Replace(os, " GNU/Linux", "", 1), " (")
	return cut(os, 16)
}

func memory(y *System) string {
	if y.MemoryTotal == 0 {
		return ""
	}
	return fmt.Sprintf("%d%% of %s", 100-y.MemoryAvailable*100/y.MemoryTotal, size(y.MemoryTotal))
}

func fullest(disks []Disk) string {
	text, most := "", -1
	for _, d := range disks {
		if d.UsedPct > most {
			text, most = fmt.Sprintf("%d%% of %s", d.UsedPct, size(d.Total)), d.UsedPct
		}
	}
	return text
}

// clock leaves out what is below the error of the measurement.
func clock(y *System) string {
	if off := max(y.ClockOffset, -y.ClockOffset); off <= max(y.ClockError, 0.1) {
		return "right"
	}
	return fmt.Sprintf("%+.1f s", y.ClockOffset)
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// size writes bytes as df -h does, in powers of 1024.
func size(n int64) string {
	units := []string{"B", "K", "M", "G", "T"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	if f < 10 && i > 0 {
		return fmt.Sprintf("%.1f%s", f, units[i])
	}
	return fmt.Sprintf("%.0f%s", f, units[i])
}

// age writes a time span in its largest unit.
func age(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + age(-max(d, -math.MaxInt64)) // the least has no counterpart
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 2*day:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d/day))
}
