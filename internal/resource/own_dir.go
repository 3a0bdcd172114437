package resource

import (
	_ "embed" // scripts
	"fmt"

	"foobar/internal/census"
	"foobar/internal/fault"
	"foobar/internal/sh"
)

// OwnMark is the file by which a folder that foobar made for itself is known.
const OwnMark = ".foobar"

// OwnDir is a folder that foobar has for itself: root's, with the mode 0700. A
// folder that was there before is only taken when it is empty, or when all that
// lies in it is foobar's own; mode and owner of any other are left as they are.
type OwnDir struct {
	Path string
	// Content are patterns of the shell, of the names of what foobar puts there.
	Content []string
	// Known says that an earlier version of foobar may have made the folder without
	// marking it: one that is root's with the mode 0700 counts as that.
	Known bool
	// Key is the key of the inventory that names the folder.
	Key string
}

// ID is that of a Dir.
func (d OwnDir) ID() ID { return NewID("dir", d.Path) }

// Probe asks what the folder is and what lies in it.
func (d OwnDir) Probe() Probe {
	return Probe{Kind: ownDirKind{}, Args: append([]string{d.Path}, d.Content...)}
}

// Diff makes the folder, or marks one that is free for it.
func (d OwnDir) Diff(o Observed) (Change, error) {
	take := []Step{Run{Title: "make " + d.Path, Script: fmt.Sprintf("foobar_dir 0700 root:root %[1]s\nfoobar_put 0600 root:root %[1]s/"+OwnMark+" </dev/null\n", sh.Quote(d.Path))}}
	mark := Field{Name: "mark", New: OwnMark}
	switch {
	case o.State == Unknown:
		return Unseen(o), nil
	case o.State == Absent:
		return Change{Action: Create, Fields: []Field{{Name: "mode", New: octal(0o700)}, {Name: "owner", New: "root:root"}, mark}, Steps: take}, nil
	case o.Get("type") != "directory":
		return Change{}, d.taken("it is a " + o.Get("type"))
	}
	fields := ownership(o, 0o700, "", "")
	switch {
	case o.Get("mark") != "":
		if len(fields) == 0 {
			return Change{}, nil
		}
		return Change{Action: Update, Fields: fields, Steps: take}, nil
	case o.Get("owner") != "root:root":
		return Change{}, d.taken("it is " + o.Get("owner") + "'s")
	case d.Known && len(fields) == 0:
		return Change{Action: Update, Fields: []Field{mark}, Steps: take, Reason: "an earlier version of foobar made it, and did not mark it"}, nil
	case o.Get("others") != "":
		return Change{}, d.taken("in it is " + o.Get("others"))
	}
	return Change{Action: Update, Fields: append(fields, mark), Steps: take, Reason: "nothing of others is in it"}, nil
}

func (d OwnDir) taken(why string) error {
	return fault.Wrap(fault.WouldDestroy, fmt.Errorf("%s belongs to others: %s; name an empty folder, or one that is not there yet, as %s", d.Path, why, d.Key))
}

// ownDirKind answers for folders that foobar has for itself. Arguments: the path,
// and patterns of names that are foobar's. Attributes: type, mode, owner, mark
// ("yes" when the folder is marked), others (up to three names that are not
// foobar's, and how many more there are). Source: stat(1).
type ownDirKind struct{}

func (ownDirKind) Script(args [][]string) string {
	return sh.Set("own", OwnMark) + ownDirProbe + calls("own_dir", args)
}

// Shares are the folders.
func (ownDirKind) Shares(args [][]string) (s census.Part) {
	for _, a := range args {
		s.Looked = append(s.Looked, a[0])
	}
	return s
}

func (ownDirKind) Parse(args [][]string, lines []string, found []Observed) {
	for i, a := range args {
		if s, ok := census.StatOf(a[0], lines); ok && found[i].State != Absent {
			for k, v := range map[string]string{"type": s.Type, "mode": s.Mode, "owner": s.Owner, "state": "present"} {
				found[i].Set(k, v)
			}
		}
	}
}

//go:embed own_dir.sh
var ownDirProbe string
