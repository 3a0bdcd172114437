package resource

import (
	_ "embed" // scripts
	"fmt"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/sh"
)

// Guard is a change that undoes itself: a timer on the host puts the old state
// back unless a new connection has proved, in time, that the way in still
// works. Nothing of it outlives a reboot. Source: systemd-run(1).
type Guard struct {
	// Name is that of the directory in /run/foobar and, with a prefix, of the timer.
	Name string
	// Save is sh that copies the old state into the current directory; Restore
	// puts it back, in the same directory and going on after errors.
	Save, Restore string
	// Within is the time until the change is undone: a minute unless set, and
	// never less than ten seconds.
	Within time.Duration
}

// Dir is the folder on the host, where scripts may leave files of the change.
func (g Guard) Dir() string  { return "/run/foobar/" + g.Name }
func (g Guard) unit() string { return "foobar-" + g.Name + "-undo" }

// Arm saves the old state and starts the timer. A state saved by a run that was
// cut off before its proof is kept: what came after it was never proved. What
// lies in the folder will be run by root.
func (g Guard) Arm() string {
	undo := "cd " + g.Dir() + " || exit 0\n" + strings.TrimSpace(g.Restore) + "\nrm -rf " + g.Dir()
	return g.vars() + sh.Set("undo", undo) + sh.Func("save", g.Save) + guardArm
}

func (g Guard) vars() string {
	return sh.Set("d", g.Dir(), "unit", g.unit(), "within", strconv.Itoa(g.seconds()))
}

// Scripts of a change that undoes itself.
var (
	//go:embed guard_arm.sh
	guardArm string
	//go:embed guard_confirm.sh
	guardConfirm string
)

// Confirm keeps the change, unless it has been undone meanwhile.
func (g Guard) Confirm() string {
	return g.vars() + sh.Func("late", fault.Shell(fault.ProvedTooLate)) + guardConfirm
}

// Undo puts the old state back at once.
func (g Guard) Undo() string {
	return fmt.Sprintf("if [ ! -e %[1]s/undo ] || /bin/sh %[1]s/undo; then systemctl stop %[2]s.timer 2>/dev/null || :; fi\n", g.Dir(), g.unit())
}

// Forget drops the saved state of a confirmed change.
func (g Guard) Forget() string { return "rm -rf " + g.Dir() + "\n" }

func (g Guard) seconds() int {
	s := int(g.Within.Seconds())
	switch {
	case s == 0:
		return 60
	case s < 10:
		return 10
	}
	return s
}
