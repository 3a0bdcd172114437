package inventory

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	"foobar/internal/fault"
)

// Worker is a command of the app that runs all the time ([[app.worker]]).
type Worker struct {
	Name    string
	Command string // for a shell, in the release
	Count   int    // processes on each host; default 1
	// Hosts run it, in the order of the file; default all with the role app.
	Hosts []string
	// StopTimeout is how long it may take to end what it has begun; default 30s.
	StopTimeout time.Duration
}

// Timer is a command of the app that runs at its times, on one host ([[app.timer]]).
type Timer struct {
	Name    string
	Command string // for a shell, in the release
	// Schedule is a calendar expression of systemd, as OnCalendar= takes it.
	Schedule string
	Host     string        // default the first host with the role app
	Timeout  time.Duration // of a run; default 1h
	// Persistent runs it after a time at which the host was off; default true.
	Persistent bool
}

var commandName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// named reads the name of a worker or a timer, which becomes part of a unit's.
func (t *table) named(what string, dst *string, others []string) {
	if !t.has("name") {
		t.wrong("name", `a %s needs a name; add name = "…"`, what)
	}
	t.text("name", dst, matches(commandName, "is not a name that a unit can have; use a-z, 0-9 and dashes, a letter first, at most 31"), func(s string) error {
		if slices.Contains(others, s) {
			return fmt.Errorf("there is another %s %s; give each its own name", what, s)
		}
		return nil
	})
	if !t.has("command") {
		t.wrong("command", `a %s needs a command; add command = "python manage.py …"`, what)
	}
}

func (r *reader) worker(t *table, others []string) Worker {
	w := Worker{Count: 1, StopTimeout: 30 * time.Second}
	t.named("worker", &w.Name, others)
	t.commands(func() { t.text("command", &w.Command, notEmpty) })
	t.number("count", &w.Count, 1, 64)
	t.oneOrMore("hosts", &w.Hosts, notEmpty)
	t.nothing("hosts", `name the hosts that run it, or "one" for the first, or remove the line for all with the role app`)
	t.duration("stop_timeout", &w.StopTimeout, time.Second, time.Hour)
	t.end()
	return w
}

func (r *reader) timer(t *table, others []string) Timer {
	w := Timer{Timeout: time.Hour, Persistent: true}
	t.named("timer", &w.Name, others)
	t.commands(func() { t.text("command", &w.Command, notEmpty) })
	if !t.has("schedule") {
		t.wrong("schedule", `a timer needs a time; add schedule = "03:30"`)
	}
	t.text("schedule", &w.Schedule, notEmpty, schedule)
	t.text("host", &w.Host, notEmpty)
	t.duration("timeout", &w.Timeout, time.Second, 7*day)
	t.boolean("persistent", &w.Persistent)
	t.end()
	return w
}

// commands reads the app's workers and timers.
func (r *reader) commands(t *table, a *Application) {
	var names []string
	for i, values := range t.tables("worker") {
		w := r.worker(&table{r: r, at: append(t.key("worker"), element(i)), values: values}, names)
		a.Background = append(a.Background, w)
		names = append(names, w.Name)
	}
	names = nil
	for i, values := range t.tables("timer") {
		w := r.timer(&table{r: r, at: append(t.key("timer"), element(i)), values: values}, names)
		a.Timers = append(a.Timers, w)
		names = append(names, w.Name)
	}
}

// one stands for the first host with the role app.
const one = "one"

// commandHosts puts the hosts of workers and timers in the place of what the file says.
func (r *reader) commandHosts(inv *Inventory) {
	apps := Names(inv.Group(App))
	if len(apps) == 0 {
		return // which is an error of its own
	}
	for i, w := range inv.App.Background {
		if len(w.Hosts) == 0 {
			inv.App.Background[i].Hosts = apps
			continue
		}
		var chosen []string
		for _, name := range w.Hosts {
			if name == one && inv.Host(one) == nil {
				name = apps[0]
			}
			if r.appHost(inv, name, "app", "worker", element(i), "hosts") {
				chosen = append(chosen, name)
			}
		}
		inv.App.Background[i].Hosts = slices.DeleteFunc(slices.Clone(apps), func(name string) bool { return !slices.Contains(chosen, name) })
	}
	for i, w := range inv.App.Timers {
		if w.Host == "" || w.Host == one && inv.Host(one) == nil {
			inv.App.Timers[i].Host = apps[0]
		} else {
			r.appHost(inv, w.Host, "app", "timer", element(i), "host")
		}
	}
}

// appHost checks that the host which a key names has the role app.
func (r *reader) appHost(inv *Inventory, name string, at ...string) bool {
	apps := inv.Group(App)
	switch h := inv.Host(name); {
	case h == nil:
		r.fault(fault.Contradiction, at, "there is no host %q; %s", name, DidYouMean(name, Names(apps), "the app hosts are"))
	case !h.Has(App):
		r.fault(fault.Contradiction, at, "%s does not have the role app; the app hosts are %s", name, names(apps))
	default:
		return true
	}
	return false
}

// index reads the package index: a URL, or where one with a password in it comes from.
func (r *reader) index(t *table, a *Application) {
	t.file("index_ca", &a.IndexCA)
	t.r.schema.orSource(t.key("index_url"))
	if isTable(t.values["index_url"]) {
		var s Source
		if t.source("index_url", &s) {
			a.IndexSecret = &s
		}
		return
	}
	t.text("index_url", &a.Index, IndexURL)
}

// IndexURL accepts the URL of a package index without a password.
func IndexURL(s string) error {
	if u, err := url.Parse(s); err == nil && u.User != nil { // not shown: it may be a password
		return errors.New(`there is a user or password in the URL; write where the URL comes from: { env = "NAME" }, { file = "path" } or { command = ["program", "argument"] }`)
	}
	return webURL("https")(s)
}
