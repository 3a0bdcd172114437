package resource

import (
	"cmp"
	"crypto/sha256"
	_ "embed" // scripts
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"foobar/internal/census"
	"foobar/internal/sh"
)

// File is a regular file with exactly this content, mode and owner.
type File struct {
	Path    string
	Content []byte
	// Source, when set, is a local file to stream in place of Content; Sum is
	// its SHA-256 in hex.
	Source, Sum string
	// Mode holds the permission bits; zero means 0644.
	Mode uint32
	// Owner and Group default to root.
	Owner, Group string
	// Check is run on the host against the candidate before it lands, as CheckAs; see Put.
	Check, CheckAs string
	// CheckFirst says of a file that is put in the turn of its host (see At) that nothing it
	// needs comes later than Install: it is checked before the plays of the host begin.
	CheckFirst bool
	// Secret hides the content in every display.
	Secret bool
	// Keep is a folder on the host into which a copy of the file goes before it is replaced, unless
	// one lies there, or an empty NAME.absent where there is no file. See KeptBefore; "" is none.
	Keep string
	// Absent wants the file gone.
	Absent bool
}

// KeptBefore and the name of a unit are the folder with what its files were before, until
// the unit has taken them in and is ready, or what was is back.
const KeptBefore = "/var/lib/foobar/before/"

// ID is "file:" and the path.
func (f File) ID() ID { return NewID("file", f.Path) }

// Probe asks for type, mode, owner, size, digest and, where the digest differs
// and the file is neither secret nor large, the content.
func (f File) Probe() Probe {
	show := "show"
	switch {
	case f.Absent:
		show = "public"
	case f.Secret || f.Source != "":
		show = "hide"
	}
	return Probe{Kind: fileKind{}, Args: []string{f.Path, f.sum(), show}}
}

// Removed wants the file gone.
func (File) Removed(path string) Resource { return File{Path: path, Absent: true} }

func (f File) sum() string {
	if f.Absent {
		return ""
	}
	if f.Source != "" {
		return f.Sum
	}
	return Digest(f.Content)
}

// Diff compares type, digest, mode and owner.
func (f File) Diff(o Observed) (Change, error) {
	if o.State == Unknown {
		return Unseen(o), nil
	}
	if f.Absent {
		if o.State == Absent {
			return Change{}, nil
		}
		if o.Get("type") == "directory" {
			return Change{}, fmt.Errorf("%s is a directory where a file was to be removed; move it away by hand", f.Path)
		}
		return Change{Action: Remove, Fields: append([]Field{{Name: "state", Old: "present", New: "absent"}}, held(o)...),
			Steps: []Step{Run{Title: "remove " + f.Path, Script: "foobar_gone " + sh.Quote(f.Path) + f.forget()}}}, nil
	}
	put := Put{Path: f.Path, Content: f.Content, File: f.Source, Mode: f.mode(), Owner: cmp.Or(f.Owner, "root"), Group: cmp.Or(f.Group, "root"),
		Check: f.Check, CheckAs: f.CheckAs, CheckFirst: f.CheckFirst, Secret: f.Secret}
	if o.State == Absent {
		return Change{Action: Create, Fields: f.newFields(), Steps: append(f.keep(o), put)}, nil
	}
	if t := o.Get("type"); t == "directory" {
		return Change{}, fmt.Errorf("%s is a directory, and should be a file; move it away by hand", f.Path)
	}
	c := Change{Action: Update}
	if t := o.Get("type"); t != "regular file" && t != "regular empty file" {
		c.Fields = append(c.Fields, Field{Name: "type", Old: t, New: "regular file"})
	} else if o.Get("sum") != f.sum() {
		c.Fields = append(c.Fields, f.contentField(o))
	}
	if len(c.Fields) > 0 {
		c.Steps = append(f.keep(o), put)
	}
	c.Fields = append(c.Fields, ownership(o, f.mode(), f.Owner, f.Group)...)
	if len(c.Steps) == 0 && len(c.Fields) > 0 {
		c.Steps, c.Quiet = []Step{own(f.Path, f.mode(), f.Owner, f.Group)}, true
		c.Reason = takenBack(o, f.Owner)
	}
	return c, nil
}

//go:embed file_keep.sh
var keepScript string

// keep are the steps before the file is replaced.
func (f File) keep(o Observed) []Step {
	if f.Keep == "" || o.State == Present && !strings.HasPrefix(o.Get("type"), "regular") {
		return nil
	}
	return []Step{Run{Title: "keep how " + f.Path + " is", Script: sh.Set("f", f.Path, "d", f.Keep) + keepScript}}
}

// held is what is lost with a file that is removed: its text where everybody on the
// host may read it, else its size, because a ledger does not say which files are
// secret.
func held(o Observed) []Field {
	if text := o.Get("content"); text != "" && utf8.ValidString(text) {
		return []Field{{Name: "content", Old: text, Text: true}}
	}
	if o.Get("sum") == "" {
		return nil
	}
	return []Field{{Name: "size", Old: o.Get("size") + " bytes"}}
}

// forget has systemd read its units again when one of their files is gone.
func (f File) forget() string {
	if strings.HasPrefix(f.Path, "/etc/systemd/system/") {
		return "\nsystemctl daemon-reload"
	}
	return ""
}

func (f File) mode() uint32 { return cmp.Or(f.Mode, 0o644) }

func (f File) newFields() []Field {
	fields := []Field{{Name: "mode", New: octal(f.mode())}}
	if f.Owner != "" || f.Group != "" {
		fields = append(fields, Field{Name: "owner", New: ownerOf(f.Owner, f.Group)})
	}
	return append(fields, f.contentField(Observed{}))
}

// contentField shows the content as text, or only its digest where it is secret or large.
func (f File) contentField(o Observed) Field {
	old, had := o.Attrs["content"]
	switch {
	case f.Secret && o.State == Present:
		return Field{Name: "content", Old: "[secret]", New: "[secret, changed]"}
	case f.Secret:
		return Field{Name: "content", New: "[secret]"}
	case f.Source != "" || (o.State == Present && !had):
		return Field{Name: "content", Old: ShortDigest(o.Get("sum")), New: ShortDigest(f.sum())}
	}
	return Field{Name: "content", Old: old, New: string(f.Content), Text: true}
}

// Digest is the SHA-256 of content, in hex.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// ShortDigest is a digest as people read it.
func ShortDigest(sum string) string {
	if len(sum) < 12 {
		return sum
	}
	return "sha256:" + sum[:12]
}

// Dir is a directory with this mode and owner; its content is not touched.
type Dir struct {
	Path         string
	Mode         uint32 // zero means 0755
	Owner, Group string
}

// ID is "dir:" and the path.
func (d Dir) ID() ID { return NewID("dir", d.Path) }

// Probe asks for type, mode and owner.
func (d Dir) Probe() Probe { return Probe{Kind: fileKind{}, Args: []string{d.Path, "", "hide"}} }

// Diff compares type, mode and owner.
func (d Dir) Diff(o Observed) (Change, error) {
	mode := cmp.Or(d.Mode, 0o755)
	make := Run{Title: "make " + d.Path, Script: "foobar_dir " + sh.Join(octal(mode), ownerOf(d.Owner, d.Group), d.Path)}
	switch {
	case o.State == Unknown:
		return Unseen(o), nil
	case o.State == Absent:
		return Change{Action: Create, Fields: []Field{{Name: "mode", New: octal(mode)}, {Name: "owner", New: ownerOf(d.Owner, d.Group)}},
			Steps: []Step{make}}, nil
	case o.Get("type") != "directory":
		return Change{}, fmt.Errorf("%s is a %s, and should be a directory; move it away by hand", d.Path, o.Get("type"))
	}
	c := Change{Action: Update, Fields: ownership(o, mode, d.Owner, d.Group)}
	if len(c.Fields) > 0 {
		c.Steps, c.Quiet, c.Reason = []Step{make}, true, takenBack(o, d.Owner)
	}
	return c, nil
}

// Link is a symbolic link, replaced atomically.
type Link struct {
	Path, Target string
	Absent       bool
}

// ID is "link:" and the path.
func (l Link) ID() ID { return NewID("link", l.Path) }

// Probe asks for type and target.
func (l Link) Probe() Probe { return Probe{Kind: fileKind{}, Args: []string{l.Path, "", "hide"}} }

// Removed wants the link gone.
func (Link) Removed(path string) Resource { return Link{Path: path, Absent: true} }

// Diff compares type and target.
func (l Link) Diff(o Observed) (Change, error) {
	q := sh.Quote(l.Path)
	set := Run{Title: "link " + l.Path, Script: fmt.Sprintf("foobar_parent %[2]s\nln -sfn -- %[1]s %[2]s.foobar-new\nmv -fT -- %[2]s.foobar-new %[2]s", sh.Quote(l.Target), q)}
	link := o.Get("type") == "symbolic link"
	switch {
	case o.State == Unknown:
		return Unseen(o), nil
	case l.Absent && (o.State == Absent || !link):
		return Change{}, nil
	case l.Absent:
		return Change{Action: Remove, Fields: []Field{{Name: "target", Old: o.Get("target")}},
			Steps: []Step{Run{Title: "remove " + l.Path, Script: "foobar_gone " + q}}}, nil
	case o.State == Absent:
		return Change{Action: Create, Fields: []Field{{Name: "target", New: l.Target}}, Steps: []Step{set}}, nil
	case o.Get("type") == "directory":
		return Change{}, fmt.Errorf("%s is a directory, and should be a link; move it away by hand", l.Path)
	case !link || o.Get("target") != l.Target:
		old := o.Get("target")
		if !link {
			old = o.Get("type")
		}
		return Change{Action: Update, Fields: []Field{{Name: "target", Old: old, New: l.Target}}, Steps: []Step{set}}, nil
	}
	return Change{}, nil
}

// ownership compares mode, owner and group.
func ownership(o Observed, mode uint32, owner, group string) []Field {
	var fields []Field
	if got := o.Get("mode"); got != octal(mode) {
		fields = append(fields, Field{Name: "mode", Old: got, New: octal(mode)})
	}
	if want, got := ownerOf(owner, group), o.Get("owner"); got != want {
		fields = append(fields, Field{Name: "owner", Old: got, New: want})
	}
	return fields
}

// takenBack is the reason to make root the owner of what is somebody else's.
func takenBack(o Observed, owner string) string {
	user, _, _ := strings.Cut(o.Get("owner"), ":")
	if user == "root" || cmp.Or(owner, "root") != "root" {
		return ""
	}
	return user + " could have root read or write something else there"
}

// own gives a file that is there owner and mode.
func own(path string, mode uint32, owner, group string) Run {
	return Run{Title: "mode and owner of " + path, Script: "foobar_own " + sh.Join(octal(mode), ownerOf(owner, group), path)}
}

// ownerOf is an owner and a group as chown takes them; each defaults to root.
func ownerOf(user, group string) string { return cmp.Or(user, "root") + ":" + cmp.Or(group, "root") }

// Look asks what a path is, and for its mode and owner; not for the digest, which of a long
// log takes its time.
func Look(path string) Probe { return Probe{Kind: fileKind{}, Args: []string{path, "", "look"}} }

// fileKind answers for files, directories and links. Arguments: path, wanted
// SHA-256 ("" for any), and whether to "show" or "hide" the content where the
// digest differs, to show it where everybody on the host may read it ("public"), or not
// even to read it ("look").
// Attributes: type, mode, owner ("user:group"), size, ctime (Unix seconds),
// target (links), sum (regular files), content (only shown, at most mostShown).
type fileKind struct{}

// mostShown is how long a file can be that is shown, in bytes.
const mostShown = 64 << 10

func (fileKind) Script(args [][]string) string {
	paths := make([]string, len(args))
	var want strings.Builder
	for i, a := range args {
		paths[i] = a[0]
		switch {
		case a[2] == "public":
			fmt.Fprintf(&want, "public %d %s\n", i, sh.Quote(a[0]))
		case a[1] != "" && a[2] == "show":
			fmt.Fprintf(&want, "want %d %s %s\n", i, a[1], sh.Quote(a[0]))
		}
	}
	return sh.Set("most", strconv.Itoa(mostShown+1)) + "set -- " + sh.Join(paths...) + "\n" + fileProbe + want.String()
}

//go:embed file.sh
var fileProbe string

// Shares are the paths.
func (fileKind) Shares(args [][]string) (s census.Part) {
	for _, a := range args {
		if a[2] == "look" {
			s.Looked = append(s.Looked, a[0])
		} else {
			s.Files = append(s.Files, a[0])
		}
	}
	return s
}

// Parse reads the stat and sha256sum lines, which name paths, not indexes.
func (fileKind) Parse(args [][]string, lines []string, found []Observed) {
	byPath := map[string][]int{}
	for i, a := range args {
		byPath[a[0]] = append(byPath[a[0]], i)
	}
	for _, line := range lines {
		if s, ok := census.ReadStat(line); ok {
			for _, i := range byPath[s.Path] {
				o := &found[i]
				o.State = Present
				for k, v := range map[string]string{"type": s.Type, "mode": s.Mode, "owner": s.Owner, "size": s.Size, "ctime": s.Changed} {
					o.Set(k, v)
				}
				if s.Target != "" {
					o.Set("target", s.Target)
				}
			}
		} else if sum, path, ok := census.Digest(line); ok {
			for _, i := range byPath[path] {
				if strings.HasPrefix(found[i].Get("type"), "regular") { // and not where a link leads
					found[i].Set("sum", sum)
				}
			}
		}
	}
	for i := range found {
		// A regular file without a digest was not fully seen.
		if o := &found[i]; strings.HasPrefix(o.Get("type"), "regular") && o.Get("sum") == "" && args[i][2] != "look" {
			*o = Observed{Reason: "could not read " + strconv.Quote(args[i][0])}
		} else if len(o.Get("content")) > mostShown {
			delete(o.Attrs, "content")
		}
	}
}
