package roles

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Releases lie side by side in /srv/SITE/releases, each named by its content;
// /srv/SITE/current links to the one in use. They belong to root: the
// application cannot write to its own code. Folders there that are not foobar's
// stay as they are.

// buildUser runs the code of the app and of its packages while a release is built.
const buildUser = "foobar-build"

func siteFolder(inv *inventory.Inventory) string { return "/srv/" + inv.Site.Name }

func currentRelease(inv *inventory.Inventory) string { return siteFolder(inv) + "/current" }

// release is one version of the application on a host.
type release struct {
	site       string // folder of the site on the host
	id         string
	archive    *io.SectionReader // nil where the hosts must have it
	keep       int               // releases to keep
	readers    string            // the group that reads releases
	runnable   bool              // with its Python packages, not only its files
	needsVenv  bool              // it names its own Python packages
	refuses    error             // of the host's Python
	entrypoint string
	leftOut    string // of the source
	purge      bool   // what others put beside the releases goes, whatever it holds
	commands   []string
	timeout    time.Duration // of the commands
	size       int64         // of all files, unpacked
	keepRuns   string        // shell that keeps how the app runs, before it is switched to
	by         string        // who goes back to it; "" when it goes forward
}

// releaseOf is the site's release, unpacked, and the link to it, and who may read
// it. With runnable, its Python packages are installed too.
func releaseOf(s *play.Site, h *inventory.Host, runnable bool) []resource.Resource {
	if s.App == nil {
		return nil
	}
	r := release{site: siteFolder(s.Inv), id: s.ReleaseID(), archive: s.App.Archive(), keep: s.Inv.App.KeepReleases, readers: releaseReaders(h),
		runnable: runnable, needsVenv: runnable && namesPackages(s.App), size: s.App.Unpacked(), entrypoint: s.Inv.App.Entrypoint, leftOut: s.App.Without(), purge: s.Inv.Deploy.Purge == "all",
		keepRuns: keepApp(s.Inv, h)}
	if s.Release != "" {
		r.archive, r.by = nil, s.By
	}
	var want []resource.Resource
	if runnable {
		r.commands, r.timeout = s.Inv.App.Build, s.Inv.App.StepTimeout
		r.refuses = RefusesPython(s.Inv, s.App.Python, s.Facts[h.Name].System())
		want = append(want, resource.User{Name: buildUser, Own: true})
		if h.Has(inventory.Web) && s.Inv.Web.Static != "" {
			want = append(want, nginxReads()...)
		}
	}
	return append(want, r.access(), r.unpacked(), r.current())
}

func (r release) dir() string { return r.site + "/releases/" + r.id }

// unpackedID and currentID name files that change with the release, so that a
// service can load them.
func (r release) unpackedID() resource.ID { return resource.NewID("release", r.dir()+"/.complete") }

// currentIn is the ID of the link to the release in use, in the folder of a site.
func currentIn(site string) resource.ID { return resource.NewID("current", site+"/current/.complete") }

// releaseDigest is shell that prints one digest over names, modes, owners and
// bytes of the release in the working directory, without what Python makes of it.
//
//go:embed app_release_digest.sh
var releaseDigest string

// releaseMark is shell that tells whether a folder is a release that foobar has
// built, by the mark in it, and reads the mark: the digest, the release and its
// kind.
const releaseMark = `is_ours(){ [ ! -L "$1" ] && [ ! -L "$1/.complete" ] && [ -f "$1/.complete" ] && read -r sum name kind <"$1/.complete" && [ "$name" = "${1##*/}" ]; }
`

func (r release) kind() string {
	if r.runnable {
		return "app"
	}
	return "files"
}

// unpacked is the release's folder, complete and as it was built: a file in it
// that was edited by hand is drift.
func (r release) unpacked() resource.Custom {
	return resource.Custom{Name: r.unpackedID(), In: resource.Converge, Of: resource.Told(r.askUnpacked()), Compare: func(o resource.Observed) (resource.Change, error) {
		got, others, _ := strings.Cut(strings.TrimSpace(o.Get("out")), "\n")
		c := resource.Change{Action: resource.Create, Fields: []resource.Field{{Name: "release", New: r.id}}}
		switch {
		case o.State == resource.Present && got == "complete":
			return resource.Change{}, nil
		case o.State == resource.Unknown:
			return resource.Unseen(o), nil
		case r.archive == nil:
			return resource.Change{}, fault.Wrap(fault.NoRelease, fmt.Errorf("release %s is %s here, and nothing is built to go back to it; name another one that foobar releases lists", r.id, got))
		case o.State == resource.Present:
			c.Action, c.Fields[0].Old = resource.Update, r.id+", "+got
		}
		if err := cmp.Or(r.refuses, r.room(o)); err != nil {
			return resource.Change{}, err
		}
		old := r.toPrune(others)
		for _, k := range old {
			c.Fields = append(c.Fields, resource.Field{Name: "old release", Old: k.String(), New: "removed"})
		}
		if r.leftOut != "" {
			c.Fields = append(c.Fields, resource.Field{Name: "left out", New: r.leftOut})
		}
		archive := "/var/lib/foobar/app/" + r.id + ".tar.gz"
		c.Steps = []resource.Step{
			resource.Put{Path: archive, Archive: r.archive, Mode: 0o600, Owner: "root", Group: "root"},
			resource.Run{Title: "build release " + r.id, Script: r.build(archive, old), Timeout: 10*time.Minute + 2*r.timeout, Detached: r.needsVenv || len(r.commands) > 0},
		}
		return c, nil
	}}
}

// askUnpacked says in its first line how the release is. Unless that is
// "complete", a line follows for each other release of foobar's: when it was
// built, its size, whether it is in use, its name and its kind.
func (r release) askUnpacked() string {
	return sh.Set("site", r.site, "id", r.id, "wanted", r.kind()) + releaseMark + releaseDigest + askUnpacked
}

// keptRelease is another release of foobar's on the host.
type keptRelease struct {
	id, kind string
	built    time.Time
	size     int64 // KiB
	used     bool
}

// String says what the release holds.
func (k keptRelease) String() string {
	return fmt.Sprintf("%s: %s, %d KiB, built %s", k.id, k.kind, k.size, k.built.UTC().Format(time.DateTime))
}

// toPrune picks, from a host's answer, the oldest releases beyond the number kept:
// never the one in use, nor the new one.
func (r release) toPrune(said string) []keptRelease {
	var all []keptRelease
	for line := range strings.Lines(said) {
		f := strings.Fields(line)
		if len(f) != 5 || !releaseID.MatchString(f[3]) || f[3] == r.id {
			continue
		}
		built, err := strconv.ParseInt(f[0], 10, 64)
		size, wrong := strconv.ParseInt(f[1], 10, 64)
		if err != nil || wrong != nil {
			continue
		}
		all = append(all, keptRelease{id: f[3], kind: f[4], built: time.Unix(built, 0), size: size, used: f[2] == "used"})
	}
	slices.SortStableFunc(all, func(a, b keptRelease) int { return b.built.Compare(a.built) })
	var old []keptRelease
	for i, k := range all {
		if i+1 >= r.keep && !k.used { // the new one is the first kept
			old = append(old, k)
		}
	}
	return old
}

// Scripts of the release, of what a host is asked and of how it is built.
var (
	//go:embed app_release.sh
	releaseScript string
	//go:embed app_release_ask.sh
	askUnpacked string
	//go:embed app_current_ask.sh
	askCurrent string
)

// build is the script that unpacks, builds and puts the release in its place.
func (r release) build(archive string, old []keptRelease) string {
	var prune []string
	for _, k := range old {
		prune = append(prune, k.id)
	}
	needsVenv, entry, packages := 0, "", ""
	if r.needsVenv {
		needsVenv, packages = 1, installPackages
	}
	if r.runnable {
		module, _, _ := strings.Cut(r.entrypoint, ":")
		entry = path.Join(strings.Split(module, ".")...) + ".py"
	}
	keep := ""
	if r.keepRuns != "" {
		keep = "if ! [ \"$dir\" -ef \"$site/current\" ]; then\n(\n" + r.keepRuns + ")\nfi\n"
	}
	return fmt.Sprintf("commands=%s seconds=%d environment=%s site=%s id=%s archive=%s readers=%s kind=%s entry=%s needs_venv=%d prune=%s\n",
		sh.Quote(commands(r.commands)), wholeSeconds(r.timeout), stepsEnv, sh.Quote(r.site), sh.Quote(r.id), sh.Quote(archive),
		sh.Quote(r.readers), r.kind(), sh.Quote(entry), needsVenv, sh.Quote(strings.Join(prune, " "))) + sh.Set("packages", packages, "ca", leafCA) + releaseMark + releaseDigest + logScript + releaseScript + keep
}

// current is the link to the release in use. Replacing it is one rename.
func (r release) current() resource.Custom {
	link, want := r.site+"/current", "releases/"+r.id
	ask := sh.Set("link", link, "id", r.id, "log", appLog) + releaseMark + askLog + askCurrent
	return resource.Custom{Name: currentIn(r.site), In: resource.Converge, Of: resource.Told(ask, link), Compare: func(o resource.Observed) (resource.Change, error) {
		past, said := r.past(o.Get("out"))
		whose, got := strings.TrimSpace(said), o.Get("leads "+link)
		c := resource.Change{Action: resource.Update, Reason: past}
		switch {
		case o.State == resource.Present && got == want:
			return resource.Change{}, nil
		case o.State == resource.Unknown, whose == "ours" && got == "":
			return resource.Unseen(o), nil
		case o.State == resource.Absent:
			c.Action = resource.Create
		case whose == "no link":
			return resource.Change{}, fault.Wrap(fault.CannotBePlanned, fmt.Errorf("%[1]s is a folder or a file, and should be a link to the release in use; if its content is not needed there, move it away on the host: mv %[1]s %[1]s.before", link))
		}
		old := strings.TrimPrefix(got, "releases/")
		switch whose {
		case "other":
			old = got + ", which is not foobar's and stays"
		case "nothing":
			old = got + ", which is not there"
		}
		c.Fields = []resource.Field{{Name: "current", Old: old, New: r.id}}
		c.Steps = []resource.Step{resource.Run{Title: "switch to release " + r.id, Script: r.switchScript(o.Changes(r.unpackedID()))}}
		return c, nil
	}}
}

// switchScript keeps what runs, unless that was done when the release was built, makes the
// release the one in use and notes that.
func (r release) switchScript(built bool) string {
	word := "switched"
	if r.by != "" {
		word = "back"
	}
	keep := r.keepRuns
	if built {
		keep = ""
	}
	return keep + sh.Set("site", r.site, "log", appLog) + logScript + "point " + r.id + "\nnote " + sh.Join(word, r.id, r.by) + "\n"
}

// past says what the host's log has about a switch to this release, and returns the rest of
// the answer.
func (r release) past(out string) (why, rest string) {
	rest = strings.TrimSpace(out)
	for {
		line, more, _ := strings.Cut(rest, "\n")
		word, args, _ := strings.Cut(line, " ")
		f := strings.SplitN(args, " ", 3)
		at, err := strconv.ParseInt(f[0], 10, 64)
		switch {
		case word != "failed" && word != "back" || err != nil:
			return why, rest
		case word == "failed":
			why = fmt.Sprintf("this release was taken back here on %s, because it did not become healthy or requests failed", moment(at))
		case len(f) == 3 && f[1] != r.id && why == "" && r.by == "":
			why = fmt.Sprintf("the site was rolled back to %s on %s by %s; this is the release that the source makes", f[1], moment(at), f[2])
		}
		rest = more
	}
}

// moment is a time of a host's clock, in seconds since 1970.
func moment(seconds int64) string { return time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04 MST") }
