package ops

import (
	"context"
	_ "embed" // the script that starts the unit
	"errors"
	"fmt"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/database"
	"foobar/internal/fault"
	"foobar/internal/sh"
)

// Restoring is what to restore, and who said that data may go.
type Restoring struct {
	// Name is a backup on one of the database hosts, Host the one to take it
	// from; "" means any.
	Name, Host string
	// Local is a backup on the controller, in place of Name.
	Local *LocalBackup
	// Consent says that the primary's data may be destroyed.
	Consent bool
	// Unsigned says that a backup is restored for which no host vouches, or which
	// is doubtful.
	Unsigned bool
}

// Restore replaces the databases of users by those of a backup. The backup's file is
// compared with its digest, and what is said of it with the signature of the host that
// made it, before anything is touched; a primary that holds rows is only touched with
// consent. From then on a mark on the primary says that its data is not whole: no
// deploy opens the server for writes until the restore has ended, which the same
// command given again sees to. The dump is loaded on the primary, and reaches the
// replicas by replication; accounts stay as they are, and those that its views, triggers,
// routines and events run as are made, locked, where they are missing.
func (s *Site) Restore(ctx context.Context, r Restoring) (*Topology, error) {
	t := s.Look(ctx, true)
	if err := t.locked(); err != nil {
		return t, err
	}
	primary, err := s.restorePrimary(t)
	if err != nil {
		return t, err
	}
	b, from, err := s.restoreSource(ctx, t, r)
	if err != nil {
		return t, err
	}
	seen, err := s.restoreLook(ctx, primary)
	if err != nil {
		return t, err
	}
	if err := s.mayRestore(ctx, t, primary, b, seen, r); err != nil {
		return t, err
	}
	if err := s.hush(ctx, t); err != nil {
		return t, err
	}
	path := ""
	if !seen.running && !seen.loaded(b) {
		if path, err = s.bring(ctx, primary, from, r.Local, b); err == nil {
			err = ctx.Err()
		}
		if err != nil {
			if !seen.mark.half() {
				s.unhush(ctx, t)
			}
			return t, err
		}
	}
	if err := s.load(ctx, primary, b, seen, path); err != nil {
		if primary.Open() {
			s.unhush(ctx, t)
		}
		return t, err
	}
	failed := s.proveRestore(ctx, t, primary)
	s.unhush(ctx, t)
	if err := s.openRestored(ctx, primary); err != nil {
		return t, errors.Join(failed, err)
	}
	t.Primary = primary
	s.tell(primary, "takes writes again, with %d rows of %s", b.Rows, b.Name())
	if text := b.Lost(); text != "" {
		s.tell(primary, "%s; these are not restored", text)
	}
	return t, failed
}

// restorePrimary finds the one server to restore on.
func (s *Site) restorePrimary(t *Topology) (*Node, error) {
	if open := t.open(); len(open) > 1 {
		return nil, refuse(fault.TwoPrimaries, "decide whose data counts, and make the other a replica: "+s.next("rejoin", "HOST"), "%s all take writes", names(open))
	}
	primary := t.primary()
	if primary == nil && len(t.Nodes) == 1 && t.Nodes[0].Up() {
		primary = t.Nodes[0]
	}
	if why, settle := t.group().Doubt(); primary == nil && why != "" {
		return nil, refuse(fault.PrimaryUnclear, settle, "%s", why)
	}
	if primary == nil {
		for _, n := range t.Nodes {
			if n.Err != nil {
				return nil, fmt.Errorf("%s: %w; foobar cannot tell which server is the primary", n.Name(), n.Err)
			}
		}
		return nil, refuse(fault.PrimaryUnclear, s.next("status")+", or foobar deploy "+s.Inv.Path, "foobar cannot tell which server is the primary")
	}
	return primary, nil
}

// restoreSource finds the backup and compares its file with its digest.
func (s *Site) restoreSource(ctx context.Context, t *Topology, r Restoring) (Backup, *Node, error) {
	if r.Local != nil {
		s.Say("", "comparing "+r.Local.Path+" with its digest")
		b := r.Local.About
		s.vouch(&b)
		return b, nil, s.fits(b, r.Local.Verify())
	}
	list := s.Backups(ctx, t)
	b, err := s.FindBackup(list, r.Name, r.Host)
	if err != nil {
		return Backup{}, nil, err
	}
	if b == nil {
		for _, h := range list {
			if h.Error != "" && (r.Host == "" || r.Host == h.Host) {
				return Backup{}, nil, fault.Wrap(fault.BackupUnusable, fmt.Errorf("there is no backup %s on the hosts that answer; %s: %s", r.Name, h.Host, h.Error))
			}
		}
		return Backup{}, nil, refuse(fault.BackupUnusable, "the good ones are listed by: "+s.next("backups"), "there is no file and no good backup called %s", r.Name)
	}
	from := t.Node(b.Lies)
	s.tell(from, "comparing %s with its digest", b.File)
	out, err := s.script(ctx, from, "sha256sum <"+sh.Quote(b.Path)+" | cut -c 1-64\n", time.Hour)
	if err == nil && strings.TrimSpace(out) != b.SHA256 {
		err = fault.Wrap(fault.BackupUnusable, fmt.Errorf("%s on %s is not the file that was checked: its digest is another", b.File, from.Name()))
	}
	return *b, from, s.fits(*b, err)
}

// fits refuses what is no backup of this site.
func (s *Site) fits(b Backup, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%w; nothing was changed", err)
	case !b.Checked:
		return refuse(fault.BackupUnusable, "", "%s was never checked by restoring it; nothing was changed", b.File)
	case b.Engine != s.Dialect.Words().Name:
		return refuse(fault.BackupUnusable, "", "%s is a backup of %s, and the site runs %s; nothing was changed", b.File, b.Engine, s.Dialect.Words().Name)
	case b.Site != s.Inv.Site.Name:
		return refuse(fault.BackupUnusable, "", "%s is a backup of the site %s, and this is %s; nothing was changed", b.File, b.Site, s.Inv.Site.Name)
	}
	return nil
}

// mayRestore checks all that can be, before anything is changed.
func (s *Site) mayRestore(ctx context.Context, t *Topology, primary *Node, b Backup, seen restoreSeen, r Restoring) error {
	again := seen.mark.half() && seen.mark.SHA256 == b.SHA256
	if err := s.mayTrust(b, r, again); err != nil {
		return err
	}
	switch {
	case seen.running && !again:
		return refuse(fault.RestoreHalf, "wait until it has ended, then look at "+s.next("status"), "a restore of %s is under way on %s", orNothing(seen.mark.Backup), primary.Name())
	case again:
		s.tell(primary, "the restore of %s was begun and has not ended: it is finished now", b.Name())
	case seen.mark.half() && !r.Consent:
		return refuse(fault.RestoreHalf, "to finish it: "+s.next("restore", seen.mark.Backup)+"; to restore the other in its place: "+s.next("restore", r.what(), "--yes-destroy", s.Inv.Site.Name),
			"the restore of %s was begun on %s and has not ended", seen.mark.Backup, primary.Name())
	case seen.unread != "" && !r.Consent:
		return refuse(fault.WouldDestroy, "to give up what it may hold: "+s.next("restore", r.what(), "--yes-destroy", s.Inv.Site.Name),
			"foobar cannot tell whether %s is empty, because a table cannot be read: %s; nothing was changed", primary.Name(), seen.unread)
	case seen.filled && !r.Consent:
		return refuse(fault.WouldDestroy, "to give its data up: "+s.next("restore", r.what(), "--yes-destroy", s.Inv.Site.Name)+"; to save it first: "+s.next("backup"),
			"%s is live and holds data; nothing was changed", primary.Name())
	}
	if !seen.zstd {
		return refuse(fault.ToolMissing, "foobar deploy "+s.Inv.Path+", or apt-get install zstd there", "%s has no zstd", primary.Name())
	}
	if err := s.canDrop(ctx, t, primary); err != nil || again {
		return err
	}
	return s.roomFor(ctx, t, primary, b)
}

// mayTrust refuses a backup that nobody vouches for: its text is about to be read on
// the primary. For one whose restore was begun, consent was given then.
func (s *Site) mayTrust(b Backup, r Restoring, again bool) error {
	if b.Signed || again {
		return nil
	}
	why := b.Doubt
	switch {
	case why != "":
	case b.seal.mac != "":
		why = "its signature cannot be verified without " + s.Inv.Secrets.Master
	default:
		why = "it is not signed: it was made before foobar signed backups, or not by foobar"
	}
	if !r.Unsigned {
		args := []string{r.what(), "--unsigned"}
		if r.Consent {
			args = append(args, "--yes-destroy", s.Inv.Site.Name)
		}
		return refuse(fault.BackupUnusable, "if you know where it comes from: "+s.next("restore", args...),
			"%s has no good signature: %s; nothing was changed", b.Name(), why)
	}
	s.Say("", b.Name()+" has no good signature, and is restored because --unsigned was given: "+why)
	return nil
}

func (r Restoring) what() string {
	if r.Local != nil {
		return r.Local.Path
	}
	return r.Name
}

// load closes the primary and replaces its data. One whose data is loaded already
// is only closed.
func (s *Site) load(ctx context.Context, primary *Node, b Backup, seen restoreSeen, path string) error {
	if err := s.fence(ctx, primary); err != nil {
		if !seen.mark.half() {
			_ = s.do(context.WithoutCancel(ctx), primary, s.Dialect.SetReadOnly(false))
			s.ask(context.WithoutCancel(ctx), primary)
		}
		return fmt.Errorf("%w; nothing was restored", err)
	}
	if seen.loaded(b) {
		s.tell(primary, "the data of %s is loaded already", b.Name())
		return nil
	}
	end := ask.Token()
	start := sh.Func("load", fmt.Sprintf("cat <<'%[1]s'\n%[2]s%[1]s", end, s.loadScript(b, path))) + restoreStart
	said, result, err := s.unit(ctx, primary, restoreUnit, start)
	closed := primary.Name() + " stays closed to writes: give the same command again, or restore another backup"
	if err != nil {
		return fmt.Errorf("%w; the restore goes on at %s, which is closed to writes: give the same command again to finish it", err, primary.Name())
	}
	if out, err := s.script(ctx, primary, "cat /run/foobar/restore.ok 2>/dev/null || :\n", surveyMost); err != nil || out != b.SHA256 {
		if !seen.mark.half() && s.unmarked(ctx, primary) {
			return fault.Wrap(fault.RestoreHalf, fmt.Errorf("%s was not restored on %s: %s; no data was changed", b.Name(), primary.Name(), reason(said, result)))
		}
		return fault.Wrap(fault.RestoreHalf, fmt.Errorf("%s was not restored on %s: %s; %s", b.Name(), primary.Name(), reason(said, result), closed))
	}
	return nil
}

// unmarked opens a primary again whose data was not touched: then there is no mark.
func (s *Site) unmarked(ctx context.Context, primary *Node) bool {
	ctx = context.WithoutCancel(ctx)
	out, err := s.script(ctx, primary, "[ -e "+database.RestoreMark+" ] || echo none\n", surveyMost)
	if err == nil && out == "none" {
		err = s.do(ctx, primary, s.Dialect.SetReadOnly(false))
		s.ask(ctx, primary)
	}
	return err == nil && primary.Open()
}

//go:embed restore_start.sh
var restoreStart string

// proveRestore waits for every replica and compares its rows with the primary's,
// while nobody writes. What keeps one of them back is an error, but no reason to
// keep the site closed.
func (s *Site) proveRestore(ctx context.Context, t *Topology, primary *Node) error {
	ctx = context.WithoutCancel(ctx)
	s.ask(ctx, primary)
	want, err := s.digest(ctx, primary)
	if err != nil {
		return err
	}
	replicas := t.only(func(n *Node) bool { return n != primary && n.Following() && t.sourceOf(n) == primary })
	errs := make([]error, len(replicas))
	s.each(replicas, func(i int, n *Node) {
		s.tell(n, "applying what %s has loaded", primary.Name())
		err := s.catchUp(ctx, n, primary.Survey.Current)
		if err == nil {
			var got string
			if got, err = s.digest(ctx, n); err == nil && got != want {
				err = fault.Wrap(fault.ReplicaBroken, fmt.Errorf("%s does not have the rows that %s has", n.Name(), primary.Name()))
			}
		}
		if err == nil {
			s.tell(n, "has the same rows as %s", primary.Name())
		}
		errs[i] = err
	})
	return errors.Join(errs...)
}

// catchUp is await for a replica that has much to apply: it gives up when the
// replica stands still, not when it takes long.
func (s *Site) catchUp(ctx context.Context, n *Node, position string) error {
	last, since := "", time.Now()
	for {
		out, err := s.send(ctx, n, "-B -N", waitFor(s.Dialect, position, 5), surveyMost)
		if err == nil && strings.TrimSpace(out) == "0" {
			return nil
		}
		s.ask(ctx, n)
		if !n.Following() || n.connection().Applying != "Yes" {
			return fault.Wrap(fault.ReplicaBroken, fmt.Errorf("%s no longer applies what it received: %s", n.Name(), n.stands()))
		}
		if now := n.Survey.Applied; now != last {
			last, since = now, time.Now()
		} else if time.Since(since) > 20*s.patience() {
			return fault.Wrap(fault.ReplicaBehind, fmt.Errorf("%s has stopped at %s and did not catch up with %s", n.Name(), orNothing(now), position))
		}
		time.Sleep(s.pause())
	}
}

// openRestored takes the mark away and opens the server, in this order: a mark
// beside data that is written to would let the next restore destroy it.
func (s *Site) openRestored(ctx context.Context, primary *Node) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := s.script(ctx, primary, "rm -rf -- "+database.RestoreMark+" "+sh.Quote(s.restoreDir())+"\nsync -- /var/lib/foobar\n", stepMost); err != nil {
		return fmt.Errorf("take the mark of the restore away at %s: %w; give the same command again", primary.Name(), err)
	}
	if err := s.do(ctx, primary, s.Dialect.SetReadOnly(false)); err != nil {
		return fmt.Errorf("open %s for writes: %w; its data is restored: foobar deploy %s", primary.Name(), err, s.Inv.Path)
	}
	s.ask(ctx, primary)
	if !primary.Open() {
		return fault.Wrap(fault.MoveUnknown, fmt.Errorf("%s could not be opened for writes: %s; its data is restored: foobar deploy %s", primary.Name(), primary.stands(), s.Inv.Path))
	}
	return nil
}
