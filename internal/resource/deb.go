package resource

import (
	_ "embed" // scripts
	"fmt"
	"strings"
	"time"

	"foobar/internal/census"
	"foobar/internal/fault"
	"foobar/internal/sh"
)

// Deb is a package that comes as a file instead of from a package source. It is
// known by the file's digest: another file is another package, whatever version
// it names. The file is brought by DebFile and removed once it is installed; a
// record of its digest stays.
type Deb struct {
	// Name is the package's name, as in the file's control data.
	Name string
	// Sum is the SHA-256 of the file in hex.
	Sum string
	// Source is a file on the controller, URL where the host fetches it;
	// exactly one is set.
	Source, URL string
}

// debDir holds package files and the records of those that are installed.
const debDir = "/var/lib/foobar/packages/"

// Record is the path of the record: one line, the file's digest and the
// version. It changes with the package, so a service can load it.
func (d Deb) Record() string { return debDir + d.Name + ".installed" }

func (d Deb) file() string { return debDir + d.Name + ".deb" }

// ID is "deb:" and the path of the record.
func (d Deb) ID() ID { return NewID("deb", d.Record()) }

// Stage is Install.
func (d Deb) Stage() Stage { return Install }

// Probe asks for the package's status and version, the record and, while it
// lies there, the digest of the file.
func (d Deb) Probe() Probe {
	return Probe{Kind: debKind{}, Args: []string{d.Name, d.file(), d.Record()}}
}

// Diff installs the file unless it is what is installed.
func (d Deb) Diff(o Observed) (Change, error) {
	if err := d.check(); err != nil {
		return Change{}, err
	}
	if o.State == Unknown {
		return Unseen(o), nil
	}
	if d.installed(o) {
		return Change{}, nil
	}
	c := Change{Action: Create, Fields: []Field{{Name: d.Name, New: ShortDigest(d.Sum)}},
		Steps: []Step{Apt{Packages: []string{d.file()}}, Run{Title: "note the digest of " + d.Name, Script: d.noteScript()}}}
	if status := o.Get("status"); status != "" {
		c.Action, c.Fields[0].Old = Update, status
		if status == "installed" {
			c.Fields[0].Old = o.Get("version")
		}
	}
	return c, nil
}

func (d Deb) check() error {
	if (d.Source == "") == (d.URL == "") {
		return fmt.Errorf("package %s: want either a file of the controller or a URL", d.Name)
	}
	if len(d.Sum) != 64 || strings.Trim(d.Sum, "0123456789abcdef") != "" {
		return fmt.Errorf("package %s: %q is not a SHA-256 in lower-case hex", d.Name, d.Sum)
	}
	return nil
}

// installed reports whether the wanted file, and no other since, was installed.
func (d Deb) installed(o Observed) bool {
	return o.Get("status") == "installed" && o.Get("record") == d.Sum+" "+o.Get("version")
}

func (d Deb) noteScript() string {
	return sh.Set("f", d.file(), "record", d.Record(), "name", d.Name, "sum", d.Sum) + debNote
}

// isPackage is a command that fails, saying why, unless the file %s is a package of that name.
func (d Deb) isPackage() string {
	return "dpkg-deb --field %s Package | grep -qxF -- " + sh.Quote(d.Name) +
		" || { echo " + sh.Quote("the file is not a Debian package named "+d.Name) + "; exit 1; }"
}

// DebFile brings the file of a package to the host, when it is to be installed, and lifts
// a hold, with which the package could not be changed later.
type DebFile struct{ Deb Deb }

// ID is "deb-file:" and the path on the host.
func (f DebFile) ID() ID { return NewID("deb-file", f.Deb.file()) }

// Stage is Prepare.
func (f DebFile) Stage() Stage { return Prepare }

// Probe is the one of the package.
func (f DebFile) Probe() Probe { return f.Deb.Probe() }

// Diff is empty when the file is there, or not needed any more, and the package not on hold.
func (f DebFile) Diff(o Observed) (Change, error) {
	d := f.Deb
	if err := d.check(); err != nil {
		return Change{}, err
	}
	if o.State == Unknown {
		return Unseen(o), nil
	}
	var c Change
	if !d.installed(o) && o.Get("sum") != d.Sum {
		c = Change{Action: Create, Fields: []Field{{Name: "content", Old: ShortDigest(o.Get("sum")), New: ShortDigest(d.Sum)}}, Steps: []Step{f.step()}}
		if o.Get("sum") != "" {
			c.Action = Update
		}
	}
	c.lift(o, d.Name)
	return c, nil
}

func (f DebFile) step() Step {
	d := f.Deb
	if d.Source != "" {
		return Put{Path: d.file(), File: d.Source, Mode: 0o644, Owner: "root", Group: "root", Check: d.isPackage()}
	}
	return Run{Title: "fetch " + d.Name, Timeout: 11 * time.Minute, Script: sh.Set("f", d.file(), "url", d.URL, "sum", d.Sum) +
		sh.Func("is_package", strings.Replace(d.isPackage(), "%s", `"$t"`, 1)) + sh.Func("damaged", fault.Shell(fault.PackageDamaged)) + debFetch}
}

// debKind answers for packages that come as files. Arguments: the package's
// name, the paths of its file and of its record. Attributes: "want NAME", status and version
// (none when it was never there), record (the record's first line), sum (of the
// file, while it lies there). Source: dpkg-query(1).
type debKind struct{}

func (debKind) Script(args [][]string) string {
	files := make([][]string, len(args))
	for i, a := range args {
		files[i] = a[1:]
	}
	return debProbe + calls("deb", files)
}

// Shares are the packages.
func (debKind) Shares(args [][]string) (s census.Part) {
	for _, a := range args {
		s.Packages = append(s.Packages, a[0])
	}
	return s
}

func (debKind) Parse(args [][]string, lines []string, found []Observed) {
	all, asked := census.Packages(lines)
	for i, a := range args {
		if !asked {
			continue
		}
		found[i].State = Present
		if p, ok := all[a[0]]; ok {
			found[i].Set("want "+a[0], p.Want)
			found[i].Set("status", p.Status)
			found[i].Set("version", p.Version)
		}
	}
}

// Scripts of a package that comes as a file.
var (
	//go:embed deb.sh
	debProbe string
	//go:embed deb_fetch.sh
	debFetch string
	//go:embed deb_note.sh
	debNote string
)
