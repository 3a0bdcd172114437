package status

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/sh"
	"foobar/inventory"
)

// From where on a number is a finding.
const (
	diskNotice, diskProblem   = 85, 95 // percent used
	memoryNotice              = 5      // percent available
	clockNotice, clockProblem = 1.0, 30.0
	restartsNotice            = 3
	connectionsNotice         = 85 // percent of the most
)

// Judge fills in Findings and Healthy from the rest of s. A cause that explains
// others stands for them.
func Judge(inv *inventory.Inventory, s *Status) {
	j := &judge{s: s, file: sh.Quote(s.Inventory), findings: []Finding{}}
	j.reach()
	for i := range s.Hosts {
		if h := &s.Hosts[i]; h.Reached {
			j.host(h)
		}
	}
	j.arrivals()
	j.releases()
	j.databases(inv)
	j.backups(inv)
	slices.SortStableFunc(j.findings, func(a, b Finding) int { return strings.Compare(b.Severity, a.Severity) }) // problems first
	s.Findings, s.Healthy = j.findings, !slices.ContainsFunc(j.findings, func(f Finding) bool { return f.Severity == Problem })
}

// Unreachable reports whether a host did not answer.
func (s Status) Unreachable() bool {
	return slices.ContainsFunc(s.Hosts, func(h Host) bool { return !h.Reached })
}

type judge struct {
	s        *Status
	file     string
	findings []Finding
}

func (j *judge) add(severity, host, next, format string, args ...any) {
	j.findings = append(j.findings, Finding{Severity: severity, Host: host, Text: fmt.Sprintf(format, args...), Next: next, Code: codeOf(format)})
}

func (j *judge) deploy() string { return "foobar deploy " + j.file }

// logs shows what a service said.
func (j *judge) logs(service, host string) string {
	return "foobar logs " + j.file + " " + service + " -l " + sh.Quote(host)
}

// unitLogs shows what a unit said; of sockets and timers systemd knows more.
func (j *judge) unitLogs(u Service, host string) string {
	if strings.HasSuffix(u.Unit, ".service") {
		return j.logs(u.name, host)
	}
	return j.exec(host, "systemctl status "+sh.Quote(u.Unit))
}

func (j *judge) exec(host, command string) string {
	return "foobar exec " + j.file + " -b -l " + sh.Quote(host) + " -- " + command
}

func (j *judge) reach() {
	for _, h := range j.s.Hosts {
		if h.Reached {
			continue
		}
		next := cmp.Or(h.Hint, "foobar ssh "+j.file+" "+sh.Quote(h.Name))
		j.add(Problem, h.Name, next, "cannot be asked: %s", strings.TrimPrefix(h.Error, h.Name+": "))
		j.findings[len(j.findings)-1].Code = cmp.Or(h.Code, fault.Unreachable)
	}
}

func (j *judge) host(h *Host) {
	if j.units(h) {
		return // bare: nothing else is to be expected
	}
	j.firewall(h)
	j.balancer(h)
	j.certificate(h)
	j.internal(h)
	j.release(h)
	j.timers(h)
	j.app(h)
	if c := h.Collector; c != nil && !c.Healthy && j.up(h, c.unit) {
		j.add(Problem, h.Name, j.logs(c.service, h.Name), "the collector is not healthy: %s", c.Answer)
	}
	j.system(h)
}

// units judges the services; it reports whether none is there at all.
func (j *judge) units(h *Host) (bare bool) {
	var missing []string
	for _, u := range h.Services {
		name := short(u.Unit)
		switch {
		case u.missing():
			missing = append(missing, name)
		case u.Load == "masked":
			j.add(Problem, h.Name, j.deploy(), "%s is masked", name)
		case !u.Up():
			why := u.Active
			if u.Result != "" && u.Result != "success" {
				why += " (" + u.Result + ")"
			}
			j.add(Problem, h.Name, j.unitLogs(u, h.Name), "%s is %s%s", name, why, j.since(u.Since))
		case u.Enabled == "disabled":
			j.add(Notice, h.Name, j.deploy(), "%s will not start at boot", name)
		case u.Restarts >= restartsNotice:
			j.add(Notice, h.Name, j.unitLogs(u, h.Name), "%s was restarted %d times by systemd", name, u.Restarts)
		}
	}
	if len(missing) == 0 {
		return false
	}
	// ufw proves no deploy: many images come with it.
	bare, what := true, "nothing is deployed yet"
	if slices.ContainsFunc(h.Services, func(u Service) bool { return !u.missing() && u.Unit != "ufw.service" }) {
		bare, what = false, "not installed"
	}
	j.add(Problem, h.Name, j.deploy(), "%s: %s", what, strings.Join(missing, ", "))
	return bare
}

func (j *judge) since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", since " + age(j.s.Taken.Sub(t))
}

// up reports whether a unit runs; when it does not, that is a finding already.
func (j *judge) up(h *Host, unit string) bool {
	return slices.ContainsFunc(h.Services, func(u Service) bool { return u.Unit == unit && u.Up() })
}

func (j *judge) firewall(h *Host) {
	if f := h.Firewall; f != nil && !f.Closed() {
		j.add(Problem, h.Name, j.deploy(), "the firewall is open: %s", f.Open())
	}
}

func (j *judge) balancer(h *Host) {
	b := h.Balancer
	if b == nil || !j.up(h, "haproxy.service") {
		return
	}
	if !b.Answered {
		j.add(Problem, h.Name, j.logs("haproxy", h.Name), "HAProxy does not answer on %s: %s", adminSocket, b.Error)
		return
	}
	up := 0
	for _, s := range b.Servers {
		out := strings.HasPrefix(s.Status, "MAINT") || strings.HasPrefix(s.Status, "DRAIN")
		switch {
		case out && s.DrainedBy != "":
			j.add(Notice, s.Name, "foobar host undrain "+j.file+" "+sh.Quote(s.Name), "drained by %s at %s UTC", s.DrainedBy, s.DrainedAt.Format(time.DateTime))
		case s.DrainedBy != "":
			j.add(Problem, s.Name, j.deploy(), "drained by %s at %s UTC, but the balancer sends it requests", s.DrainedBy, s.DrainedAt.Format(time.DateTime))
		case out:
			j.add(Problem, s.Name, j.deploy(), "taken out of the balancer (%s), since %s", s.Status, age(seconds(s.Since)))
		case !s.Up():
			j.add(Problem, s.Name, j.logs("nginx", s.Name), "%s at the balancer%s, since %s", s.Status, because(s), age(seconds(s.Since)))
		default:
			up++
			j.weight(s)
		}
	}
	if up == 0 {
		j.add(Problem, h.Name, j.logs("haproxy", h.Name), "no web server is up: visitors get an error 503")
	}
	for _, other := range j.s.Hosts {
		known := slices.ContainsFunc(b.Servers, func(s Server) bool { return s.Name == other.Name })
		if other.Has(inventory.Web) && !known {
			j.add(Problem, other.Name, j.deploy(), "the running HAProxy of %s does not know it", h.Name)
		}
	}
	if b.MaxConnections > 0 && b.Connections*100 >= b.MaxConnections*connectionsNotice {
		j.add(Notice, h.Name, j.logs("haproxy", h.Name), "%d of %d connections are in use", b.Connections, b.MaxConnections)
	}
}

// weight compares a server's weight with the inventory's.
func (j *judge) weight(s Server) {
	for _, h := range j.s.Hosts {
		if h.Name != s.Name || int64(h.Weight) == s.Configured {
			continue
		}
		severity := Notice
		if s.Configured == 0 {
			severity = Problem
		}
		j.add(severity, s.Name, j.deploy(), "its weight at the balancer is %d, and %d in the inventory", s.Configured, h.Weight)
	}
}

func because(s Server) string {
	if s.Check == "" {
		return ""
	}
	return " (" + strings.TrimSpace(s.Check+" "+s.CheckText) + ")"
}

// certificate judges by what is left of it: a week, or a twelfth of its life
// where that is shorter, is a problem.
func (j *judge) certificate(h *Host) {
	c := h.Certificate
	if c == nil || !j.up(h, "haproxy.service") {
		return
	}
	left, life := c.Until.Sub(j.s.Taken), c.Until.Sub(c.From)
	renew, self, how := j.logs("certbot", h.Name), Problem, ""
	if !slices.ContainsFunc(h.Services, func(u Service) bool { return u.Unit == "certbot.timer" }) { // the operator's own
		renew, self, how = j.deploy(), Notice, ": put the new one into the files of tls.cert and tls.key, then deploy"
	}
	switch {
	case c.Error != "":
		j.add(Problem, h.Name, j.logs("haproxy", h.Name), "no certificate is served for %s: %s", j.s.Domain, c.Error)
		return
	case left <= 0:
		j.add(Problem, h.Name, renew, "the certificate expired %s ago%s", age(-left), how)
	case j.s.Taken.Before(c.From):
		j.add(Problem, h.Name, renew, "the certificate is valid only from %s on", c.From.Format(time.DateOnly))
	case left < min(7*day, life/12):
		j.add(Problem, h.Name, renew, "the certificate expires in %s%s", age(left), how)
	case left < min(21*day, life/4):
		j.add(Notice, h.Name, renew, "the certificate expires in %s and was not renewed%s", age(left), how)
	}
	if c.SelfSigned {
		j.add(self, h.Name, j.deploy(), "the certificate is self-signed: browsers refuse it")
	}
	if len(c.Missing) > 0 {
		j.add(Problem, h.Name, j.deploy(), "the certificate does not cover %s", strings.Join(c.Missing, ", "))
	}
}

// internalProblem is what is left of a host's own certificate when its renewal
// is long overdue: it comes with 30 days left.
const internalProblem = 14 * day

func (j *judge) internal(h *Host) {
	c := h.Internal
	if c == nil {
		return
	}
	renew := j.exec(h.Name, "systemctl status "+renewal+".timer "+renewal+".service")
	switch left := c.Until.Sub(j.s.Taken); {
	case c.Error != "":
		j.add(Problem, h.Name, j.deploy(), "it has no certificate for the other hosts: %s", c.Error)
	case left <= 0:
		j.add(Problem, h.Name, renew, "its certificate for the other hosts expired %s ago: %s.timer did not renew it", age(-left), renewal)
	case j.s.Taken.Before(c.From):
		j.add(Problem, h.Name, j.deploy(), "its certificate for the other hosts is valid only from %s on: its clock was ahead", c.From.Format(time.DateOnly))
	case left < internalProblem:
		j.add(Problem, h.Name, renew, "its certificate for the other hosts expires in %s: %s.timer did not renew it", age(left), renewal)
	case len(c.Missing) > 0:
		j.add(Problem, h.Name, j.deploy(), "its certificate for the other hosts does not cover %s", strings.Join(c.Missing, ", "))
	}
}

const day = 24 * time.Hour

func (j *judge) release(h *Host) {
	r := h.Release
	switch {
	case r == nil:
	case r.Current == "":
		j.add(Problem, h.Name, j.deploy(), "no release is in use")
	case !r.Complete:
		j.add(Problem, h.Name, j.deploy(), "the build of release %s did not finish", r.Current)
	case r.Running != "" && r.Running != r.Current:
		j.add(Problem, h.Name, j.deploy(), "release %s runs while %s is current", r.Running, r.Current)
	}
}

// releases are to be the same everywhere; the one that most hosts have is taken
// for the right one.
func (j *judge) releases() {
	most := commonRelease(j.s.Hosts)
	for _, h := range j.s.Hosts {
		if r := h.Release; r != nil && r.Current != "" && r.Current != most {
			j.add(Problem, h.Name, j.deploy(), "has release %s, others have %s", r.Current, most)
		}
	}
}

// commonRelease is the release of most hosts; of two as common, that of the
// host that comes first.
func commonRelease(hosts []Host) string {
	count, best := map[string]int{}, ""
	for _, h := range hosts {
		if h.Release != nil && h.Release.Current != "" {
			count[h.Release.Current]++
		}
	}
	for _, h := range hosts {
		if h.Release != nil && count[h.Release.Current] > count[best] {
			best = h.Release.Current
		}
	}
	return best
}

func (j *judge) system(h *Host) {
	y := h.System
	for _, d := range y.Disks {
		severity, used, of := Notice, d.UsedPct, "full"
		if d.InodesUsed > used {
			used, of = d.InodesUsed, "out of inodes"
		}
		if used >= diskProblem {
			severity = Problem
		}
		if used >= diskNotice {
			j.add(severity, h.Name, j.exec(h.Name, "du -xh --max-depth=2 "+sh.Quote(d.Mount)), "%s is %d %% %s", d.Mount, used, of)
		}
	}
	if y.MemoryTotal > 0 && y.MemoryAvailable*100 < y.MemoryTotal*memoryNotice {
		j.add(Notice, h.Name, j.exec(h.Name, "ps aux --sort=-rss"), "only %s of %s memory are available", size(y.MemoryAvailable), size(y.MemoryTotal))
	}
	if off := max(y.ClockOffset, -y.ClockOffset) - y.ClockError; off > clockNotice {
		severity := Notice
		if off > clockProblem {
			severity = Problem
		}
		j.add(severity, h.Name, j.exec(h.Name, "timedatectl"), "its clock is off by %.1f s", y.ClockOffset)
	}
	for _, u := range y.FailedUnits {
		if u == "foobar-backup.service" {
			j.add(Problem, h.Name, j.logs("backup", h.Name), "the last backup of the databases failed")
		} else if !slices.ContainsFunc(h.Services, func(s Service) bool { return s.Unit == u }) && !slices.ContainsFunc(h.Timers, func(t Timer) bool { return t.Unit == u }) {
			j.add(Notice, h.Name, j.exec(h.Name, "systemctl status "+sh.Quote(u)), "%s has failed", u)
		}
	}
	if y.RebootPending {
		why := ""
		if len(y.RebootFor) > 0 {
			why = " for " + strings.Join(y.RebootFor[:min(3, len(y.RebootFor))], ", ")
		}
		if y.NewerKernel != "" {
			why = fmt.Sprintf(": kernel %s runs, %s is installed", y.Kernel, y.NewerKernel)
		}
		j.add(Notice, h.Name, j.exec(h.Name, "systemctl reboot"), "needs a reboot%s", why)
	}
}

// short is a unit's name as people say it.
func short(unit string) string { return strings.TrimSuffix(unit, ".service") }

// seconds makes a Duration, which holds 292 years at the most, of what a host says.
func seconds(s float64) time.Duration {
	const most = 9e9
	return time.Duration(min(max(s, -most), most) * float64(time.Second))
}
