package monitoring

import (
	_ "embed" // scripts
	"fmt"
	"path"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/census"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// Agent claims a Debian package for foobar, before anything is installed or written: with
// a note on the host (play.Claim), where the package is not there yet. A package that
// stands there without the note is somebody else's, and is neither changed nor removed.
// Notes stay when a host leaves its site: a later deploy then knows what it finds.
//
// The ledger lists it. When the inventory names another provider, or the host has nothing
// more for it to watch, a claimed package is removed, but not what it has gathered, and
// not where packages of others need it.
type Agent struct {
	Name string // of the package; resource.Packages or resource.Deb installs it
	// Files are what foobar writes for it and others may have written before.
	Files []string
	// Where is the place in the inventory that asks for it ("site.toml:12: monitoring.provider"),
	// and Host the host's name, for the error where it is somebody else's. Without Where
	// foobar uses what it finds.
	Where, Host string

	rests, gone, purge bool
}

// Resting are the agents that a ledger lists, while monitoring is switched off: they stay
// as they are.
func Resting(ledger []string) (list []resource.Resource) {
	for _, name := range ledger {
		if id := resource.ID(name); id.Kind() == (Agent{}).ID().Kind() {
			list = append(list, Agent{Name: id.Name(), rests: true})
		}
	}
	return list
}

// Leaving is an agent of a host that leaves its site, whose packages are removed, with
// data also what they have gathered.
func Leaving(name string, data bool) resource.Resource {
	return Agent{Name: name, gone: true, purge: data}
}

// ID is "agent:" and the package.
func (a Agent) ID() resource.ID { return resource.NewID("agent", a.Name) }

// Probe asks for the package, the note and the files.
func (a Agent) Probe() resource.Probe {
	goes := map[bool]string{true: "goes"}[a.gone]
	return resource.Probe{Kind: agentKind{}, Args: append([]string{a.Name, goes}, a.Files...)}
}

// Removed wants the package gone, and not what it has gathered.
func (Agent) Removed(name string) resource.Resource { return Agent{Name: name, gone: true} }

// Diff claims the package, or removes one that is claimed.
func (a Agent) Diff(o resource.Observed) (resource.Change, error) {
	switch {
	case o.State == resource.Unknown:
		return resource.Unseen(o), nil
	case a.gone:
		return a.leave(o)
	case a.rests || o.Get("ours") != "":
		return resource.Change{}, nil
	}
	found, note := o.Get("file"), play.Claim(a.Name)
	if isThere(o) {
		found = a.Name
	}
	switch {
	case found == "":
		return resource.Change{Action: resource.Create, Fields: []resource.Field{{Name: "installed by", New: "foobar"}},
			Steps: []resource.Step{resource.Run{Title: "note that " + a.Name + " is foobar's",
				Script: "foobar_dir 0700 root:root " + path.Dir(note) + "\nfoobar_put 0600 root:root " + sh.Quote(note) + " </dev/null"}}}, nil
	case a.Where == "":
		return resource.Change{}, nil
	}
	return resource.Change{}, fault.Wrap(fault.PackageConflict, fmt.Errorf("%s: %s was on %s before foobar came, and a deploy would replace its configuration; keep it with another provider or enabled = false under [monitoring], or save what you need of it and take it away there: apt-get purge %s",
		a.Where, found, a.Host, a.Name))
}

func isThere(o resource.Observed) bool {
	s := o.Get("status")
	return s != "" && s != "not-installed" && s != "config-files"
}

//go:embed agent_gone.sh
var goneScript string

// mostNamed is how many packages that need another one people are told.
const mostNamed = 5

// leave removes what is claimed, and then the note.
func (a Agent) leave(o resource.Observed) (resource.Change, error) {
	if o.Get("ours") == "" {
		return resource.Change{}, nil
	}
	if why, mute := strings.CutPrefix(o.Get("with"), "!"); mute {
		return resource.Change{}, fault.Wrap(fault.CannotBePlanned, fmt.Errorf("apt cannot say what would go with %s, so it stays for now, and is still foobar's: %s; fix that first, often with: apt-get -f install",
			a.Name, ask.Printable(strings.Join(strings.Fields(why), " "), 300)))
	}
	verb, becomes := "remove", "removed; its data stay"
	if a.purge {
		verb, becomes = "purge", "purged with its data"
	}
	c := resource.Change{Action: resource.Remove}
	note := play.Claim(a.Name)
	others := strings.Fields(o.Get("with"))
	if more := len(others) - mostNamed; more > 0 {
		others = append(others[:mostNamed], fmt.Sprintf("and %d more", more))
	}
	switch {
	case len(others) > 0:
		c.Fields = []resource.Field{{Name: a.Name, Old: "foobar's", New: "stays, and is not foobar's any more; others need it: " + strings.Join(others, " ")}}
	case isThere(o) || a.purge && o.Get("status") == "config-files":
		c.Fields = []resource.Field{{Name: a.Name, Old: o.Get("status"), New: becomes}}
		c.Steps = []resource.Step{resource.Run{Title: verb + " " + a.Name, Detached: true, Timeout: 10 * time.Minute,
			Script: sh.Set("n", a.Name, "note", note, "verb", verb) + goneScript}}
		return c, nil
	default:
		c.Fields = []resource.Field{{Name: "note", Old: "foobar's", New: "none"}}
	}
	c.Steps = []resource.Step{resource.Run{Title: "forget " + a.Name, Script: "foobar_gone " + sh.Quote(note)}}
	return c, nil
}

// agentKind answers for packages. Arguments: the name, "goes" where it is to go, and paths
// of files. Attributes: status (of dpkg, none when it was never there), ours (where there
// is a note), file (the first that is there), with (what apt would remove or install
// with it, each behind a space, or "!" and why it cannot say; only where it goes and is ours). Sources: dpkg-query(1), apt-get(8) "-s".
type agentKind struct{}

//go:embed agent.sh
var agentProbe string

func (agentKind) Script(args [][]string) string {
	var leave []string
	var calls strings.Builder
	for i, a := range args {
		if a[1] != "" {
			leave = append(leave, a[0])
		}
		fmt.Fprintf(&calls, "agent %d %s\n", i, sh.Join(a...))
	}
	text := sh.Set("notes", path.Dir(play.Claim("")), "nl", "\n", "tab", "\t") + agentProbe
	if len(leave) > 0 {
		text += "leaving " + sh.Join(leave...) + "\n"
	}
	return text + calls.String()
}

// Shares are the packages.
func (agentKind) Shares(args [][]string) (s census.Part) {
	for _, a := range args {
		s.Packages = append(s.Packages, a[0])
	}
	return s
}

func (agentKind) Parse(args [][]string, lines []string, found []resource.Observed) {
	all, asked := census.Packages(lines)
	for i, a := range args {
		if !asked {
			continue
		}
		found[i].State = resource.Present
		if p, ok := all[a[0]]; ok {
			found[i].Set("status", p.Status)
		}
	}
}
