package resource

import (
	"cmp"
	_ "embed" // scripts
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/sh"
	"foobar/internal/sshd"
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
	// Kept names what is weak and stays for a reason, Why says what a new content is
	// about; both may be empty.
	Kept, Why string
	// Port is the one that foobar comes in by and that a reload must not shut; 0 where
	// a reload cannot: a socket of systemd's or another sshd has it open.
	Port int
	// Confirm is the time in which a new connection must prove the change.
	Confirm time.Duration
}

// ID is "sshd:" and the path.
func (s SSHD) ID() ID { return NewID("sshd", s.Path) }

// Stage is Converge: the host's other ways in are in place by then.
func (s SSHD) Stage() Stage { return Converge }

// Probe asks for the unit, the drop-in, whether the one has read the other, which files
// sshd reads before the drop-in, and what is in force.
func (s SSHD) Probe() Probe {
	p := s.service().Probe()
	p.Args = append(p.Args, s.saved(), "--", s.set()+sshdSays)
	return p
}

// set names the drop-in for the scripts, and the port of the connection that they ask about.
func (s SSHD) set() string {
	return sh.Set("path", s.Path, "lport", strconv.Itoa(cmp.Or(s.Port, 22)))
}

// saved is there while a change waits for its proof, and would be undone without.
func (s SSHD) saved() string { return Guard{Name: "sshd"}.Dir() + "/saved" }

func (s SSHD) service() Service {
	return Service{Unit: "ssh.service", Static: true, Reload: true, Loads: []ID{s.ID()}, Check: "sshd -t",
		ReloadScript: bySocket(`systemctl restart -- "$u" || dead`, `systemctl reload -- "$u" || dead`)}
}

// Diff compares the drop-in's digest, whether the running sshd has read it, and whether
// what it forbids is forbidden: of two values the first one that sshd reads is in force.
// What the host's own settings forbid beyond it stays forbidden.
// Where no sshd runs (it is started by a socket) every connection reads it anew.
func (s SSHD) Diff(o Observed) (Change, error) {
	if o.State == Unknown {
		return Unseen(o), nil
	}
	s.Content = sshd.Fit(s.Content, o.Get("says"))
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
		c.Fields = append(c.Fields, Field{Name: "way in", Old: "not tested since the last change", New: "proved"})
	}
	var allowed []Field
	var keys []string
	if got == want || strings.HasPrefix(o.Get("says"), "before ") { // else it only waits for the drop-in
		allowed, keys = s.allowed(o.Get("says"))
	}
	if c.Fields = append(c.Fields, allowed...); len(c.Fields) == 0 {
		return Change{}, nil
	}
	if port := s.moves(o.Get("says")); running && port != "" {
		return c, fault.Wrap(fault.WayInMoves, fmt.Errorf("foobar comes in by port %d of sshd, whose configuration now says port %s: the reload that the change of %s needs would shut foobar out; "+
			"write Port %[1]d there as well, or restart sshd and name the new port in the inventory (port = %[2]s in [ssh])", s.Port, port, s.Path))
	}
	if len(allowed) > 0 {
		c.Reason = "a line that sshd reads before " + s.Path + " is in force; it is made a comment"
	}
	if c.Reason == "" && got != want {
		c.Reason = s.Why
	}
	c.Steps = s.steps(got != want, running, keys)
	return c, nil
}

// Unmanaged is what stays.
func (s SSHD) Unmanaged(Observed) []string {
	if s.Kept == "" {
		return nil
	}
	return []string{s.Kept}
}

// moves is the port on which sshd will listen after a reload instead of that of foobar's
// connection; "" where that one stays, or nothing is said.
func (s SSHD) moves(says string) (port string) {
	for line := range strings.Lines(says) {
		at, ok := strings.CutPrefix(strings.TrimSpace(line), "listenaddress ")
		if !ok || s.Port == 0 {
			continue
		}
		port = at[strings.LastIndexByte(at, ':')+1:]
		if port == strconv.Itoa(s.Port) {
			return ""
		}
	}
	return port
}

// allowed compares what the drop-in forbids with what sshd -T says: a value "no", or a
// list that begins with the patterns of what is taken from it. Limits in numbers may
// differ, because an administrator's own may come first. An answer without a line
// about it says nothing.
func (s SSHD) allowed(says string) (fields []Field, keys []string) {
	is := map[string]string{}
	var first []string
	for line := range strings.Lines(says) {
		if file, ok := strings.CutPrefix(line, "before "); ok {
			first = append(first, strings.TrimSpace(file))
		} else if key, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			is[key] = value
		}
	}
	for line := range strings.Lines(string(s.Content)) {
		key, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		got, said := is[strings.ToLower(key)]
		if !said || strings.HasPrefix(key, "#") || forbids(want, got) {
			continue
		}
		fields, keys = append(fields, Field{Name: key, Old: got, New: want}), append(keys, key)
	}
	if len(fields) > 0 && len(first) > 0 {
		fields = append(fields, Field{Name: "read first", Old: strings.Join(first, ", "), New: s.Path})
	}
	return fields, keys
}

// forbids reports whether a value in force forbids what the wanted one does.
func forbids(want, got string) bool {
	switch {
	case want == "no":
		return got == "no"
	case want == "prohibit-password": // which sshd -T calls by its old name
		return got == "no" || got == "without-password" || got == "forced-commands-only" || got == want
	case !strings.HasPrefix(want, "-"):
		return true
	}
	for _, pattern := range strings.Split(want[1:], ",") {
		for _, has := range strings.Split(got, ",") {
			if ok, err := path.Match(pattern, has); ok || err != nil {
				return false
			}
		}
	}
	return true
}

func (s SSHD) steps(write, running bool, keys []string) []Step {
	q := sh.Quote(s.Path)
	reload := bySocket("systemctl try-restart ssh.service", "systemctl try-reload-or-restart ssh.service")
	g := Guard{Name: "sshd", Within: s.Confirm,
		Save:    "[ ! -e " + q + " ] || cp -p -- " + q + " old",
		Restore: "if [ -e old ]; then cp -p -- old " + q + ".foobar-old && mv -fT -- " + q + ".foobar-old " + q + "; else rm -f -- " + q + "; fi\n" + reload}
	if len(keys) > 0 {
		others, conf := sh.Quote(path.Dir(s.Path)), "/etc/ssh/sshd_config"
		g.Save = "mkdir others\ncp -a -- " + others + "/. others/\ncp -a -- " + conf + " conf\n" + g.Save
		g.Restore = "cp -a -- others/. " + others + "/\ncp -a -- conf " + conf + "\n" + g.Restore
	}
	steps := []Step{Run{Title: "prepare to undo the change of sshd", Script: g.Arm()}}
	if len(keys) > 0 {
		steps = append(steps, Run{Title: "switch off what sshd reads before " + s.Path, Script: sh.Set("path", s.Path, "keys", strings.Join(keys, "|")) + sshdOff})
	}
	if write {
		steps = append(steps, Put{Path: s.Path, Content: s.Content, Mode: 0o644, Owner: "root", Group: "root"})
	}
	check := s.set() + sh.Set("effective", s.Effective) + sh.Func("undo", g.Undo()) + sh.Func("rejected", fault.Shell(fault.ConfigRejected)) + sshdCheck
	if running {
		check += s.service().TurnScript("reload") + sshdListens
	}
	return append(steps, Run{Title: "reload sshd", Script: check}, Prove{Undo: g.Undo(), Code: fault.SSHDReverted},
		Run{Title: "keep the change of sshd", Script: g.Confirm() + g.Forget()})
}

// bySocket is shell that does one thing where systemd listens for sshd, and else another.
// A reload makes sshd open its ports anew, which there are systemd's; a restart hands
// them over, and leaves sessions alone (KillMode=process).
func bySocket(yes, no string) string {
	return "if systemctl is-active -q ssh.socket; then " + yes + "; else " + no + "; fi"
}

// Scripts of sshd's configuration.
var (
	//go:embed sshd_says.sh
	sshdSays string
	//go:embed sshd_off.sh
	sshdOff string
	//go:embed sshd_check.sh
	sshdCheck string
	//go:embed sshd_listens.sh
	sshdListens string
)
