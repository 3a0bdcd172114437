package ops

import (
	"context"
	_ "embed" // scripts
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/database"
	"foobar/internal/fault"
	"foobar/internal/sh"
)

// unitMost bounds how long a backup or a restore may take.
const unitMost = 24 * time.Hour

// Backup makes a backup on a replica and waits for its end; host "" means the one
// whose turn it is. One that is being made already is waited for.
func (s *Site) Backup(ctx context.Context, host string) (Backup, error) {
	t := s.Look(ctx, false)
	n, err := s.backupNode(t, host)
	if err != nil {
		return Backup{}, err
	}
	said, result, err := s.unit(ctx, n, backupUnit, backupStart)
	switch {
	case ctx.Err() != nil:
		return Backup{}, fmt.Errorf("%w; the backup goes on at %s", ctx.Err(), n.Name())
	case err != nil:
		return Backup{}, err
	case result == "not-found":
		return Backup{}, refuse(fault.NoBackup, "foobar deploy "+s.Inv.Path, "%s has nothing yet that makes backups", n.Name())
	case result != "success":
		return Backup{}, fault.Wrap(fault.NoBackup, fmt.Errorf("%s made no backup: %s", n.Name(), reason(said, result)))
	}
	for _, h := range s.Backups(ctx, t) {
		switch {
		case h.Host != n.Name():
		case len(h.Backups) > 0:
			return h.Backups[0], nil
		case len(h.Doubtful) > 0:
			return Backup{}, fault.Wrap(fault.NoBackup, fmt.Errorf("the backup of %s was made, and is not counted: %s", n.Name(), h.Doubtful[0].Doubt))
		}
	}
	return Backup{}, fault.Wrap(fault.NoBackup, fmt.Errorf("the backup of %s was made, but is not there", n.Name()))
}

// backupNode chooses the host as the backup script on the hosts does.
func (s *Site) backupNode(t *Topology, host string) (*Node, error) {
	if !s.Inv.DB.Backup.Enabled {
		return nil, refuse(fault.NoBackup, "write enabled = true into [db.backup], and deploy", "%s switches backups off", s.Inv.Path)
	}
	n, nodes := t.Node(host), s.turn(t)
	if i := slices.IndexFunc(nodes, func(n *Node) bool {
		return n.Following() && n.connection().Halted() == "" && n.connection().Filters == "" && n.connection().Behind < database.LagProblem
	}); host == "" && i >= 0 {
		n = nodes[i]
	} else if host == "" && len(nodes) == 1 {
		n = nodes[0]
	}
	switch {
	case n == nil && host != "":
		return nil, fault.Wrap(fault.NoSuch, fmt.Errorf("%s is not a host with the role db", host))
	case n == nil:
		return nil, refuse(fault.NoBackup, s.next("status")+"; to make it on another host anyway: "+s.next("backup", "--host", "HOST"), "no replica replicates and is less than %d s behind", database.LagProblem)
	case !n.Up():
		return nil, fault.Wrap(fault.DatabaseSilent, fmt.Errorf("%s: %s", n.Name(), n.why()))
	}
	return n, nil
}

// turn is the hosts in the order in which they are asked to make the backup.
func (s *Site) turn(t *Topology) []*Node {
	nodes := slices.Clone(t.Nodes)
	if i := slices.IndexFunc(nodes, func(n *Node) bool { return n.Name() == s.Inv.DB.Backup.Host }); i > 0 {
		first := nodes[i]
		nodes = slices.Insert(slices.Delete(nodes, i, i+1), 0, first)
	}
	return nodes
}

const backupUnit = "foobar-backup.service"

var (
	//go:embed backup_start.sh
	backupStart string
	//go:embed unit.sh
	unitScript string
)

// unit starts a unit, unless it runs, and hands on what it says until it ends; it
// gives the last lines and how the unit ended. The unit does not end with the
// connection. Sources: systemctl(1), journalctl(1).
func (s *Site) unit(ctx context.Context, n *Node, unit, start string) (said []string, result string, err error) {
	script := sh.Set("u", unit) + sh.Func("start", start) + unitScript
	_, err = ask.Bounds{Whole: unitMost}.Hear(ctx, n.target, script, func(line string) {
		if text, ok := strings.CutPrefix(line, "result "); ok {
			result = clean(text)
		} else if text, ok := strings.CutPrefix(line, "said "); ok {
			if said = append(said, clean(text)); len(said) > 50 {
				said = said[1:]
			}
			s.tell(n, "%s", clean(text))
		}
	})
	if err == nil && result == "" {
		err = fault.Wrap(fault.AnswerCut, errors.New("the answer was cut off before its end"))
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: %w; it goes on there: give the same command again", n.Name(), err)
	}
	return said, result, err
}

// reason is the error that a unit said, or how it ended.
func reason(said []string, result string) string {
	for _, l := range slices.Backward(said) {
		if text, ok := strings.CutPrefix(l, "error: "); ok {
			return text
		}
	}
	if result == "exec-condition" && len(said) > 0 {
		return said[len(said)-1]
	}
	return "the unit ended with " + result
}

// backupLine is the last line of a status.
func (s Status) backupLine(now time.Time) string {
	if s.Backup == nil && s.Next.IsZero() {
		return ""
	}
	text := "\nbackup: none yet"
	if b := s.Backup; b != nil {
		text = fmt.Sprintf("\nbackup: %s on %s, %s ago, %s, %d rows", b.Name(), b.Lies, Age(now.Sub(b.Began)), Bytes(b.Size), b.Rows)
	}
	if !s.Next.IsZero() {
		text += "; next " + s.Next.Format("2006-01-02 15:04 UTC")
	}
	return text + "\n"
}

// Bytes writes a number of bytes for people.
func Bytes(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.size {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(u.size), u.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
