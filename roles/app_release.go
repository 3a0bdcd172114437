package roles

import (
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Releases lie side by side in /srv/SITE/releases, each named by its content;
// /srv/SITE/current links to the one in use. They belong to root: the
// application cannot write to its own code.

func siteFolder(inv *inventory.Inventory) string { return "/srv/" + inv.Site.Name }

func currentRelease(inv *inventory.Inventory) string { return siteFolder(inv) + "/current" }

// release is one version of the application on a host.
type release struct {
	site       string // folder of the site on the host
	id         string
	archive    *io.SectionReader
	keep       int    // releases to keep
	runnable   bool   // with what it takes to run it, not only its files
	needsVenv  bool   // it names its own Python packages
	entrypoint string
}

// releaseOf is the site's release, unpacked, and the link to it. With runnable,
// its Python packages are installed too.
func releaseOf(s *play.Site, runnable bool) []resource.Resource {
	if s.App == nil {
		return nil
	}
	r := release{site: siteFolder(s.Inv), id: s.App.ID, archive: s.App.Archive(), keep: max(s.Inv.App.KeepReleases, 1), runnable: runnable,
		needsVenv: runnable && s.App.Has("requirements.txt"), entrypoint: s.Inv.App.Entrypoint}
	return []resource.Resource{r.unpacked(), r.current()}
}

func (r release) dir() string { return r.site + "/releases/" + r.id }

// unpackedID and currentID name files that change with the release, so that a
// service can load them.
func (r release) unpackedID() resource.ID { return resource.NewID("release", r.dir()+"/.complete") }

func (r release) currentID() resource.ID {
	return resource.NewID("current", r.site+"/current/.complete")
}

// releaseDigest is shell that prints one digest over names, modes, owners and
// bytes of the release in the working directory, without what Python makes of it.
const releaseDigest = `digest(){
 { find . \( -path ./venv -o -name __pycache__ \) -prune -o ! -path ./.complete \( -type f -o -type l \) -printf '%m %U %G %p %l\n' | LC_ALL=C sort
   find . \( -path ./venv -o -name __pycache__ \) -prune -o ! -path ./.complete -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum --
 } | sha256sum | cut -c 1-64; }
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
	return resource.Custom{Name: r.unpackedID(), In: resource.Converge, Ask: r.askUnpacked(), Compare: func(o resource.Observed) (resource.Change, error) {
		got := strings.TrimSpace(o.Get("out"))
		c := resource.Change{Action: resource.Create, Fields: []resource.Field{{Name: "release", New: r.id}}}
		switch {
		case o.State == resource.Present && got == "complete":
			return resource.Change{}, nil
		case o.State == resource.Unknown:
			c.Provisional, c.Reason = true, "could not be seen: "+orDefault(o.Reason, got)
			return c, nil
		case o.State == resource.Present:
			c.Action, c.Fields[0].Old = resource.Update, r.id+", "+got
		}
		archive := "/var/lib/foobar/app/" + r.id + ".tar.gz"
		c.Steps = []resource.Step{
			resource.Put{Path: archive, Archive: r.archive, Mode: 0o600, Owner: "root", Group: "root"},
			resource.Run{Title: "build release " + r.id, Script: r.build(archive), Timeout: 10 * time.Minute, Detached: r.needsVenv},
		}
		return c, nil
	}}
}

func (r release) askUnpacked() string {
	enough := `"$kind" = app`
	if !r.runnable {
		enough = `-n "$kind"`
	}
	return "export LC_ALL=C\ncd " + sh.Quote(r.dir()) + " 2>/dev/null && [ -f .complete ] || exit 3\n" + releaseDigest +
		`read -r sum id kind <.complete || :
if ! [ ` + enough + ` ]; then echo "files only"
elif [ "$sum" != "$(digest)" ]; then echo "changed by hand"
else echo complete; fi
`
}

// build unpacks at the final path, because a virtual environment cannot move.
// The release counts only once .complete is written, last.
func (r release) build(archive string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "umask 022\nexport LC_ALL=C.UTF-8\nsite=%s\nid=%s\narchive=%s\n", sh.Quote(r.site), sh.Quote(r.id), sh.Quote(archive))
	b.WriteString(`dir=$site/releases/$id
install -d -m 0755 -o root -g root -- "$site" "$site/releases"
rm -rf -- "$dir"
mkdir -- "$dir"
tar -xzf "$archive" --no-same-owner -C "$dir"
rm -f -- "$archive"
cd "$dir"
`)
	if r.runnable {
		b.WriteString(r.makeRunnable())
	}
	fmt.Fprintf(&b, "%ssync -f .\nsum=$(digest)\necho \"$sum $id %s\" >.complete.new\nmv -f -T .complete.new .complete\n", releaseDigest, r.kind())
	b.WriteString(r.prune())
	return b.String()
}

// makeRunnable installs what requirements.txt asks for, compiles, and writes
// .start, which runs gunicorn with the release's own Python.
func (r release) makeRunnable() string {
	var b strings.Builder
	b.WriteString("python=/usr/bin/python3\n")
	if r.needsVenv {
		b.WriteString(`if grep -q '^[[:space:]]*[^#[:space:]]' requirements.txt; then
  hashes=
  if grep -q -e --hash= requirements.txt; then hashes=--require-hashes; fi
  /usr/bin/python3 -m venv --system-site-packages venv
  venv/bin/pip install -q --disable-pip-version-check --no-input --no-cache-dir $hashes -r requirements.txt
  python=$dir/venv/bin/python
fi
`)
	}
	module, _, _ := strings.Cut(r.entrypoint, ":")
	file := sh.Quote("./" + path.Join(strings.Split(module, ".")...) + ".py")
	fmt.Fprintf(&b, "if [ -f %s ]; then /usr/bin/python3 -m py_compile %s; fi\n", file, file)
	b.WriteString(`/usr/bin/python3 -m compileall -q -x '/venv/' . || echo "some files of the release do not compile; going on, since its entry point does"
printf '#!/bin/sh\nexec %s -m gunicorn "$@"\n' "$python" >.start
chmod 0755 .start
`)
	return b.String()
}

// prune removes the oldest releases beyond the number kept, never the one in
// use nor the new one, and what an interrupted build left.
func (r release) prune() string {
	return fmt.Sprintf(`cd "$site/releases"
inuse=$(readlink -- ../current || :)
for d in *; do
  if [ -d "$d" ] && [ ! -f "$d/.complete" ] && [ "$d" != "$id" ] && [ "releases/$d" != "$inuse" ]; then rm -rf -- "./$d"; fi
done
n=0
ls -1t -- */.complete | while read -r c; do
  d=${c%%/.complete}
  n=$((n+1))
  if [ $n -gt %d ] && [ "$d" != "$id" ] && [ "releases/$d" != "$inuse" ]; then rm -rf -- "./$d"; fi
done
`, r.keep)
}

// current is the link to the release in use. Replacing it is one rename.
func (r release) current() resource.Custom {
	link, want := r.site+"/current", "releases/"+r.id
	return resource.Custom{Name: r.currentID(), In: resource.Converge, Ask: "readlink -- " + sh.Quote(link) + " || exit 3",
		Compare: func(o resource.Observed) (resource.Change, error) {
			got := strings.TrimSpace(o.Get("out"))
			if o.State == resource.Present && got == want {
				return resource.Change{}, nil
			}
			c := resource.Change{Action: resource.Update, Fields: []resource.Field{{Name: "current", Old: strings.TrimPrefix(got, "releases/"), New: r.id}},
				Steps: []resource.Step{resource.Run{Title: "switch to release " + r.id,
					Script: fmt.Sprintf("link=%s\nln -sfn -- %s \"$link.foobar-new\"\nmv -fT -- \"$link.foobar-new\" \"$link\"", sh.Quote(link), sh.Quote(want))}}}
			if o.State == resource.Absent {
				c.Action = resource.Create
			}
			return c, nil
		}}
}
