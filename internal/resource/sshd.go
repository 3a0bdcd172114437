package resource

import (
	_ "embed" // scripts
	"time"

	"foobar/internal/fault"
	"foobar/internal/sh"
)

// SSHD is a drop-in of sshd's configuration that is in force. A change undoes
// itself unless a new connection proves that the way in still works. Sources:
// sshd_config(5), sshd(8).
type SSHD struct {
	// Path is the drop-in, in /etc/ssh/sshd_config.d.
	Path    string
	Content []byte
	// Effective is a line of sshd -T that shows that the drop-in is read:
	// "passwordauthentication no".
	Effective string
	// Confirm is the time in which a new connection must prove the change.
	Confirm time.Duration
}

// ID is "sshd:" and the path.
func (s SSHD) ID() ID { return NewID("sshd", s.Path) }

// Stage is Converge: the host's other ways in are in place by then.
func (s SSHD) Stage() Stage { return Converge }

// Probe asks for the unit, the drop-in, and whether the one has read the other.
func (s SSHD) Probe() Probe {
	p := s.service().Probe()
	p.Args = append(p.Args, s.saved())
	return p
}

// saved is there while a change waits for its proof, and would be undone without.
func (s SSHD) saved() string { return Guard{Name: "sshd"}.Dir() + "/saved" }

func (s SSHD) service() Service {
	return Service{Unit: "ssh.service", Static: true, Reload: true, Loads: []ID{s.ID()}, Check: "sshd -t"}
}

// Diff compares the drop-in's digest and whether the running sshd has read it.
// Where no sshd runs (it is started by a socket) every connection reads it anew.
func (s SSHD) Diff(o Observed) (Change, error) {
	if o.State == Unknown {
		return Unseen(o), nil
	}
	c := Change{Action: Update}
	got, want := o.Get("sum "+s.Path), Digest(s.Content)
	running := o.Get("active") == "active" || o.Get("active") == "reloading"
	switch {
	case got == "":
		c.Action = Create
		c.Fields = append(c.Fields, Field{Name: "content", New: string(s.Content), Text: true})
	case got != want:
		c.Fields = append(c.Fields, Field{Name: "content", Old: ShortDigest(got), New: ShortDigest(want)})
	case running && !loaded(o, s.Path, true):
		c.Fields = append(c.Fields, Field{Name: "loaded", Old: "older", New: s.Path})
	case o.Get("sum "+s.saved()) != "":
		c.Fields = append(c.Fields, Field{Name: "way in", Old: "not proved since the last change", New: "proved"})
	default:
		return Change{}, nil
	}
	c.Steps = s.steps(got != want, running)
	return c, nil
}

func (s SSHD) steps(write, running bool) []Step {
	q := sh.Quote(s.Path)
	reload := "systemctl try-reload-or-restart ssh.service"
	g := Guard{Name: "sshd", Within: s.Confirm,
		Save:    "[ ! -e " + q + " ] || cp -p -- " + q + " old",
		Restore: "if [ -e old ]; then cp -p -- old " + q + ".foobar-old && mv -fT -- " + q + ".foobar-old " + q + "; else rm -f -- " + q + "; fi\n" + reload}
	steps := []Step{Run{Title: "prepare to undo the change of sshd", Script: g.Arm()}}
	if write {
		steps = append(steps, Put{Path: s.Path, Content: s.Content, Mode: 0o644, Owner: "root", Group: "root"})
	}
	check := sh.Set("path", s.Path, "effective", s.Effective) + sh.Func("undo", g.Undo()) + sh.Func("rejected", fault.Shell(fault.ConfigRejected)) + sshdCheck
	if running {
		check += s.service().script("reload") + sshdListens
	}
	return append(steps, Run{Title: "reload sshd", Script: check}, Prove{Undo: g.Undo(), Code: fault.SSHDReverted},
		Run{Title: "keep the change of sshd", Script: g.Confirm() + g.Forget()})
}

// Scripts of a change of sshd's configuration.
var (
	//go:embed sshd_check.sh
	sshdCheck string
	//go:embed sshd_listens.sh
	sshdListens string
)
