package resource

import (
	"fmt"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/sh"
)

// guard is a change that undoes itself: a timer on the host puts the old state
// back unless a new connection has proved, in time, that the way in still
// works. Nothing of it outlives a reboot. Source: systemd-run(1).
type guard struct {
	name string // of the directory in /run/foobar and, with a prefix, of the timer
	// save copies the old state into the current directory; restore puts it
	// back, in the same directory and going on after errors.
	save, restore string
	within        time.Duration // until the change is undone
}

func (g guard) dir() string  { return "/run/foobar/" + g.name }
func (g guard) unit() string { return "foobar-" + g.name + "-undo" }

// arm saves the old state and starts the timer. A state saved by a run that was
// cut off before its proof is kept: what came after it was never proved. What
// lies in the folder will be run by root.
func (g guard) arm() string {
	return fmt.Sprintf(`d=%[1]s
[ -d $d ] || foobar_dir 0700 root:root $d
foobar_parent $d/undo
systemctl stop %[2]s.timer 2>/dev/null || :
systemctl reset-failed %[2]s.service 2>/dev/null || :
if [ ! -e $d/saved ]; then
  rm -rf $d/*
  ( umask 077; cd $d
%[3]s
  )
  printf '%%s\n' %[4]s >$d/undo
  : >$d/saved
fi
systemd-run -q --collect --unit=%[2]s --on-active=%[5]d --timer-property=AccuracySec=1s /bin/sh $d/undo
`, g.dir(), g.unit(), strings.TrimSpace(g.save),
		sh.Quote("cd "+g.dir()+" || exit 0\n"+strings.TrimSpace(g.restore)+"\nrm -rf "+g.dir()), g.seconds())
}

// confirm keeps the change, unless it has been undone meanwhile.
func (g guard) confirm() string {
	return fmt.Sprintf(`if ! systemctl is-active -q %[2]s.timer || [ ! -e %[1]s/saved ]; then
  echo "the change was undone before it was confirmed (deploy.confirm_timeout is %[3]d s)"
  %[4]s
fi
systemctl stop %[2]s.timer
`, g.dir(), g.unit(), g.seconds(), fault.Shell(fault.ProvedTooLate))
}

// undo puts the old state back at once.
func (g guard) undo() string {
	return fmt.Sprintf("if [ ! -e %[1]s/undo ] || /bin/sh %[1]s/undo; then systemctl stop %[2]s.timer 2>/dev/null || :; fi\n", g.dir(), g.unit())
}

// forget drops the saved state of a confirmed change.
func (g guard) forget() string { return "rm -rf " + g.dir() + "\n" }

// seconds is the time until the change is undone; never so short that a proof
// could not come in time.
func (g guard) seconds() int {
	s := int(g.within.Seconds())
	switch {
	case s == 0:
		return 60
	case s < 10:
		return 10
	}
	return s
}
