package resource

import (
	"cmp"
	_ "embed" // scripts
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/census"
	"foobar/internal/fault"
	"foobar/internal/sh"
)

// Service is a systemd unit in a wanted state: enabled, running, and having
// loaded the bytes that are on disk. There are no handlers: whether the running
// process has read its files is itself observed, from the unit's invocation,
// its start time, the files' digests and change times, and a stamp that foobar
// leaves in /run/foobar when it starts or reloads a unit. A run killed between
// writing a file and reloading is therefore finished by the next one.
type Service struct {
	// Unit is the full unit name, "nginx.service".
	Unit string
	// Stopped wants the unit disabled and stopped instead of enabled and running.
	Stopped bool
	// Static units have no [Install] section: running is wanted, enabled is not asked.
	Static bool
	// Loads are the files the process reads at start or reload: IDs of
	// resources whose name is the path ("file:/etc/nginx/nginx.conf").
	Loads []ID
	// Restarts are the ones of Loads that only a restart takes in (a unit
	// file, an environment file). All of them when Reload is false.
	Restarts []ID
	// Reload says that the unit can take in its Loads without a restart.
	Reload bool
	// ReloadScript replaces systemctl reload; it must fail when the new
	// configuration was not taken.
	ReloadScript string
	// RestartWith replaces systemctl restart; it must fail when the unit is not well after it.
	RestartWith string
	// Check must succeed before a start, reload or restart ("nginx -t -q").
	Check string
	// Ready is polled after a start, reload or restart until it succeeds, at
	// most ReadyTimeout (default one minute). It may take $most seconds; from the second
	// look on $main is the unit's main process.
	Ready        string
	ReadyTimeout time.Duration
	// StopTimeout is how long the unit may take to end what it has begun, before a restart.
	StopTimeout time.Duration
	// Disruptive says that users of the site notice a restart: hosts are then rolled.
	Disruptive bool
	// OneByOne has hosts reload one after the other, so that what makes one unwell reaches no other.
	OneByOne bool
}

// ID is "service:" and the unit.
func (s Service) ID() ID { return NewID("service", s.Unit) }

// Stage is Converge.
func (s Service) Stage() Stage { return Converge }

// Removed wants the unit stopped and disabled.
func (Service) Removed(unit string) Resource { return Service{Unit: unit, Stopped: true} }

// Probe asks for the unit's state, its stamp, and digest and change time of each loaded file.
func (s Service) Probe() Probe {
	args := []string{s.Unit}
	for _, id := range s.Loads {
		args = append(args, id.Name())
	}
	return Probe{Kind: serviceKind{}, Args: args}
}

// Needs are the files that the process loads.
func (s Service) Needs() []ID { return s.Loads }

// Diff compares, counting files about to change as not yet loaded.
func (s Service) Diff(o Observed) (Change, error) {
	if o.State == Unknown {
		return Unseen(o), nil
	}
	active := o.Get("active") == "active" || o.Get("active") == "reloading"
	if s.Stopped {
		return s.stop(o, active), nil
	}
	c := Change{Action: Act}
	if o.Get("load") == "masked" {
		c.Fields = append(c.Fields, Field{Name: "masked", Old: "yes", New: "no"})
	}
	if !s.Static && !UnitEnabled(o.Get("enabled")) {
		c.Fields = append(c.Fields, Field{Name: "enabled", Old: cmp.Or(o.Get("enabled"), "none"), New: "enabled"})
	}
	verb, why := "", []string(nil)
	if !active {
		verb = "start"
		c.Fields = append(c.Fields, Field{Name: "state", Old: cmp.Or(o.Get("active"), "none"), New: "active"})
	} else if verb, why = s.stale(o); verb != "" {
		c.Fields = append(c.Fields, Field{Name: "loaded", Old: "older", New: strings.Join(why, ", ")})
		c.Reason = verb + ": " + strings.Join(why, ", ") + " not loaded by the running process"
		c.Disrupts = verb == "restart" && s.Disruptive
	}
	if active && verb == "" && o.Get("unready") != "" {
		c.Fields = append(c.Fields, Field{Name: "ready", Old: "not seen since it was last started or reloaded", New: "ready"})
		verb = "await"
	}
	if active && o.Get("reload-needed") == "yes" {
		// systemd itself has not read the unit file it will use next.
		if verb == "" || verb == "await" {
			c.Fields = append(c.Fields, Field{Name: "unit file", Old: "older", New: "loaded by systemd"})
			verb, c.Reason = "restart", "restart: the unit file changed on disk"
			c.Disrupts = s.Disruptive
		}
	}
	c.OneByOne = s.OneByOne && verb == "reload"
	strange, remove := s.strange(o)
	if len(strange) > 0 {
		if active {
			verb, c.Disrupts = "restart", s.Disruptive
			c.Reason = "restart: others changed how it runs"
		}
		c.Fields = append(c.Fields, strange...)
	}
	if len(c.Fields) == 0 {
		return Change{}, nil
	}
	if UnitEnabled(o.Get("enabled")) && o.Get("load") != "masked" {
		remove += sh.Set("enabled", "yes", "read", s.read(o))
	}
	c.Steps = []Step{Run{Title: strings.TrimSpace(cmp.Or(verb, "enable") + " " + s.Unit), Script: remove + s.TurnScript(verb), Timeout: s.readyTimeout() + s.StopTimeout + 2*time.Minute}}
	return c, nil
}

// read are the unit files that systemd has read, where the unit runs from them, none of
// others is new and none is about to change; else nothing.
func (s Service) read(o Observed) string {
	changes := func(id ID) bool { return o.Changes(id) && strings.Contains(id.Name(), "/systemd/system/") }
	if slices.ContainsFunc(s.Loads, changes) || !stamped(o) || o.Get("load") != "loaded" || o.Get("reload-needed") != "no" || slices.ContainsFunc(s.others(o), o.Strange) {
		return ""
	}
	return " " + o.Get("dropins") + " " + strings.Join(s.Probe().Args[1:], " ") + " "
}

// stale says whether the running process must reload or restart, and for which files.
func (s Service) stale(o Observed) (verb string, why []string) {
	for _, id := range s.Loads {
		reloads := s.Reload && !slices.Contains(s.Restarts, id)
		// A change of owner moves the change time, by which loaded judges these.
		moves := o.Changes(Quietly(id)) && (reloads || !stamped(o))
		if !o.Changes(id) && !moves && loaded(o, id.Name(), reloads) {
			continue
		}
		if why = append(why, id.Name()); !reloads {
			verb = "restart"
		}
		verb = cmp.Or(verb, "reload")
	}
	return verb, why
}

// loaded reports whether the running process has read the path as it is now.
// What a process reads at its start only it has in its stamp, whatever happened
// to the file since; what it reads at a reload, too, may have been edited,
// loaded by hand and put back: then the time of the last change decides.
func loaded(o Observed, path string, reloads bool) bool {
	sum, ctime := o.Get("sum "+path), number(o.Get("ctime "+path))
	if sum == "" {
		return false
	}
	if stamped(o) {
		return o.Get("stamp "+path) == sum && (!reloads || ctime <= number(o.Get("stamp time")))
	}
	return ctime < number(o.Get("start"))
}

// stamped reports whether the stamp is of the process that runs now.
func stamped(o Observed) bool {
	inv := o.Get("invocation")
	return inv != "" && o.Get("stamp invocation") == inv
}

func number(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }

// UnitEnabled tells from systemd's UnitFileState whether a unit starts at boot,
// by itself or by what needs it.
func UnitEnabled(s string) bool {
	return s == "enabled" || s == "static" || s == "generated" || s == "indirect" || s == "alias"
}

func (s Service) stop(o Observed, active bool) Change {
	gone := o.State == Absent || o.Get("load") == "not-found"
	enabled := o.Get("enabled") == "enabled"
	if !active && (!enabled || gone) {
		return Change{}
	}
	return Change{Action: Act, Fields: []Field{{Name: "state", Old: cmp.Or(o.Get("active"), "none"), New: "stopped and disabled"}},
		Steps: []Step{Run{Title: "stop " + s.Unit, Script: "systemctl disable --now -- " + sh.Quote(s.Unit) + s.stopJob(), Timeout: time.Hour + 2*time.Minute}}} // as long as systemd gives a worker (app.worker.stop_timeout)
}

// stopJob ends what a timer has started: another host may be about to start the same.
func (s Service) stopJob() string {
	if job, ok := strings.CutSuffix(s.Unit, ".timer"); ok {
		job = sh.Quote(job + ".service")
		return "\nsystemctl stop -- " + job + "\nsystemctl reset-failed -- " + job + " 2>/dev/null || :"
	}
	return ""
}

func (s Service) readyTimeout() time.Duration { return cmp.Or(s.ReadyTimeout, time.Minute) }

//go:embed service_turn.sh
var turnScript string

// TurnScript is shell, under set -eu and with the functions of sh.Files, that brings the unit
// to the wanted state, by "reload" or "restart" where it runs, and stamps it. The paths that
// it reads are in order, so that stamps are comparable.
func (s Service) TurnScript(verb string) string {
	paths := slices.Sorted(slices.Values(s.Probe().Args[1:]))
	known := map[bool]string{true: "yes"}
	within := strconv.Itoa(int(math.Ceil(s.readyTimeout().Seconds())))
	return sh.Set("u", s.Unit, "kept", KeptBefore+s.Unit, "verb", verb, "static", known[s.Static], "reloads", known[s.Reload], "within", within) + "set -- " + sh.Join(paths...) + "\n" +
		sh.Func("check", cmp.Or(s.Check, ":")) + sh.Func("is_ready", cmp.Or(s.Ready, `systemctl is-active -q -- "$u" || dead`)) + sh.Func("take_in", s.reload()) +
		sh.Func("turn_over", cmp.Or(s.RestartWith, `systemctl restart -- "$u" || dead`)) +
		sh.Func("dead", "words\n"+fault.Shell(fault.ServiceDead)) + sh.Func("rejected", fault.Shell(fault.ConfigRejected)) + sh.Func("unready", fault.Shell(fault.NotReady)) + turnScript
}

// serviceDead is shell, in scripts that lie on hosts too, for a unit that did not come up: its last words, and the end.
func serviceDead() string {
	return `{ journalctl -q -u "$u" -n 20 --no-pager -o cat; ` + fault.Shell(fault.ServiceDead) + "; }"
}

func (s Service) reload() string {
	return cmp.Or(s.ReloadScript, `systemctl reload -- "$u" || `+serviceDead())
}

// serviceKind answers for units. Arguments: the unit, then the paths it loads, and
// after "--" a script that prints what the unit says of its configuration (says).
// Attributes: load, active, sub, enabled, reload-needed, invocation, start (Unix seconds at which
// activation began), "stamp time", "stamp invocation", unready ("yes" while a start or reload, or
// what KeptBefore is for, has not been seen to end well), and for each path "sum PATH", "ctime PATH"
// and "stamp PATH" (its digest when it was loaded), dropins (what systemd has merged, with spaces
// between) and others (drop-ins and files in the place of the package's, one a line). The state is
// Absent when systemd does not know the unit. Sources: systemctl(1), org.freedesktop.systemd1(5).
type serviceKind struct{}

func (serviceKind) Script(args [][]string) string {
	var b strings.Builder
	for i, a := range args {
		if _, script := unitArgs(a); script != "" {
			fmt.Fprintf(&b, "says=$(exec 2>&1 </dev/null\n%s\n)\nv %d says \"$says\"\n", script, i)
		}
	}
	b.WriteString(othersProbe)
	var units []string
	for i, a := range args {
		units = append(units, a[0])
		fmt.Fprintf(&b, "[ ! -e /run/foobar/%[1]s.unready ] && [ ! -e "+KeptBefore+"%[1]s ] || o %[2]d unready yes\nothers %[2]d %[1]s\n", sh.Quote(a[0]), i)
	}
	b.WriteString("stamps " + sh.Join(units...) + "\n")
	return b.String()
}

// Shares are the units and the files that they load.
func (serviceKind) Shares(args [][]string) (s census.Part) {
	for _, a := range args {
		loads, _ := unitArgs(a)
		s.Units, s.Followed = append(s.Units, a[0]), append(s.Followed, loads...)
	}
	return s
}

// unitArgs are the paths and the script among the arguments of a unit.
func unitArgs(args []string) (paths []string, script string) {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[1:i], strings.Join(args[i+1:], "\n")
	}
	return args[1:], ""
}

func (serviceKind) Parse(args [][]string, lines []string, found []Observed) {
	sums, ctimes := map[string]string{}, map[string]string{}
	unit := -1
	names := map[string]string{"LoadState": "load", "ActiveState": "active", "SubState": "sub", "UnitFileState": "enabled",
		"NeedDaemonReload": "reload-needed", "InvocationID": "invocation", "InactiveExitTimestamp": "start", "DropInPaths": "dropins"}
	for _, line := range lines {
		if s, ok := census.ReadStat(line); ok {
			ctimes[s.Path] = s.Changed
		} else if sum, path, ok := census.Digest(line); ok {
			sums[path] = sum
		} else if key, value, ok := strings.Cut(line, "="); ok {
			if key == "Id" {
				unit++
			}
			if name := names[key]; name != "" && unit >= 0 && unit < len(found) {
				found[unit].Set(name, strings.TrimPrefix(value, "@"))
			}
		}
	}
	for i := range found {
		o := &found[i]
		switch o.Get("load") {
		case "":
			continue
		case "not-found":
			o.State = Absent
		default:
			o.State = Present
		}
		for _, line := range strings.Split(o.Get("stamp"), "\n") {
			if sum, path, ok := census.Digest(line); ok {
				o.Set("stamp "+path, sum)
			} else if key, value, ok := strings.Cut(line, " "); ok && (key == "time" || key == "invocation") {
				o.Set("stamp "+key, value)
			}
		}
		delete(o.Attrs, "stamp")
		loads, _ := unitArgs(args[i])
		for _, p := range loads {
			if sums[p] != "" {
				o.Set("sum "+p, sums[p])
				o.Set("ctime "+p, ctimes[p])
			}
		}
	}
}
