package ops

import (
	"fmt"
	"slices"
	"time"

	"foobar/internal/fault"
)

// FindBackup finds a backup by its name or its file's name; host "" means any.
// Where several hosts offer different files under the name it is refused: one of
// them is not the one that is meant, and only a person knows which. One that is
// doubtful is found where there is no other.
func (s *Site) FindBackup(list []HostBackups, name, host string) (*Backup, error) {
	name = Backup{File: name}.Name()
	pick := func(of func(*HostBackups) []Backup) (*Backup, error) {
		var found *Backup
		for i := range list {
			if host != "" && host != list[i].Host {
				continue
			}
			for _, b := range of(&list[i]) {
				switch {
				case b.Name() != name:
				case found == nil:
					found = &b
				case found.SHA256 != b.SHA256:
					return nil, refuse(fault.BackupUnusable, "look at both, then choose one: --host "+found.Lies+" or --host "+b.Lies,
						"%s and %s offer different files under the name %s; nothing was changed", found.Lies, b.Lies, name)
				}
			}
		}
		return found, nil
	}
	found, err := pick(func(h *HostBackups) []Backup { return h.Backups })
	if found == nil && err == nil {
		found, err = pick(func(h *HostBackups) []Backup { return h.Doubtful })
	}
	return found, err
}

// Newest is the newest good backup of all hosts, one that is signed before one
// that is not; nil when there is none.
func Newest(list []HostBackups) *Backup {
	var newest *Backup
	for i := range list {
		for j := range list[i].Backups {
			b := &list[i].Backups[j]
			if newest == nil || b.Signed && !newest.Signed || b.Signed == newest.Signed && b.Began.After(newest.Began) {
				newest = b
			}
		}
	}
	return newest
}

// Choose is the backup to keep a copy of: the newest of the host whose turn it is to
// make them, so that another host cannot put one of its own in its place; of the next
// host in turn where that one's is old, and the newest of all where no host has a
// recent one. Host "" means any.
func (s *Site) Choose(t *Topology, list []HostBackups, host string) *Backup {
	var from []HostBackups
	for _, n := range s.turn(t) {
		i := slices.IndexFunc(list, func(h HostBackups) bool { return h.Host == n.Name() })
		if i < 0 || host != "" && host != n.Name() {
			continue
		}
		one := list[i : i+1]
		b := Newest(one)
		if b != nil && n.Following() && (b.Signed || s.BackupKey == nil) && s.now().Sub(b.Began) <= grace(usual(list, hostPeriod)) {
			return b
		}
		from = append(from, one...)
	}
	return Newest(from)
}

// grace is how old the newest backup may be when one is due every period.
func grace(period time.Duration) time.Duration { return 2*period + time.Hour }

func hostPeriod(h HostBackups) time.Duration { return h.period }
func hostSince(h HostBackups) time.Duration  { return time.Duration(h.since.UnixNano()) }

// usual is the median of what the deployed hosts say, so that no single host decides
// it; 0 when none says anything.
func usual(list []HostBackups, of func(HostBackups) time.Duration) time.Duration {
	var said []time.Duration
	for _, h := range list {
		if h.period > 0 && !h.since.IsZero() {
			said = append(said, of(h))
		}
	}
	if len(said) == 0 {
		return 0
	}
	slices.Sort(said)
	return said[(len(said)-1)/2]
}

// AddBackups judges the backups and adds to a status what was found.
func (s *Site) AddBackups(st *Status, list []HostBackups, now time.Time) {
	add := func(host, next, format string, args ...any) {
		st.Findings = append(st.Findings, Finding{Host: host, Text: clean(fmt.Sprintf(format, args...)), Next: next, Code: fault.NoBackup})
		st.Healthy = false
	}
	for _, h := range list {
		if h.Restoring != "" {
			add(h.Host, s.next("restore", h.Restoring, "--yes-destroy", s.Inv.Site.Name), "the restore of %s was begun here and has not ended", h.Restoring)
		}
	}
	if !s.Inv.DB.Backup.Enabled {
		return
	}
	st.Backup = Newest(list)
	if f, ok := s.lossOf(st.Backup); ok {
		st.Findings, st.Healthy = append(st.Findings, f), false
	}
	for _, h := range list {
		if h.Unit == "failed" {
			add(h.Host, s.next("backup", "--host", h.Host)+" (what failed: foobar logs "+s.Inv.Path+" backup -l "+h.Host+")", "the last backup failed")
		}
		if h.Deployed && h.Timer != "active" {
			add(h.Host, "foobar deploy "+s.Inv.Path, "the timer of the backups is %s", h.Timer)
		}
		if n := len(h.Doubtful); n > 0 {
			add(h.Host, "find out who wrote it there", "%d of the backups here are not counted; %s: %s", n, h.Doubtful[0].Name(), h.Doubtful[0].Doubt)
		}
		if st.Next.IsZero() || !h.Next.IsZero() && h.Next.Before(st.Next) {
			st.Next = h.Next
		}
	}
	period := usual(list, hostPeriod)
	if period == 0 {
		return // not deployed, or not seen
	}
	since := time.Unix(0, int64(usual(list, hostSince)))
	if latest, found := freshest(list, since); now.Sub(latest) > grace(period) {
		if !found {
			add("", s.next("backup"), "no host that answers has a good backup")
		} else {
			add("", s.next("backup"), "the newest good backup is %s old", Age(now.Sub(latest)))
		}
		return
	}
	// A host that has stopped making backups is named although another has a recent
	// one.
	for i, h := range list {
		if !h.makes() {
			continue
		}
		if latest, _ := freshest(list[i:i+1], h.since); now.Sub(latest) > grace(h.period) {
			add(h.Host, s.next("backup", "--host", h.Host), "it should make the backups, and has made none for %s", Age(now.Sub(latest)))
		}
	}
}

// freshest is when the newest good backup began, or since.
func freshest(list []HostBackups, since time.Time) (latest time.Time, found bool) {
	for _, h := range list {
		for _, b := range h.Backups {
			found = true
			if b.Began.After(since) {
				since = b.Began
			}
		}
	}
	return since, found
}

// makes says that a host's last run made a backup or tried to: it did not leave
// it to another.
func (h HostBackups) makes() bool {
	return h.Deployed && h.ran && h.period > 0 && !h.since.IsZero() && h.Unit == "inactive" && h.Result == "success"
}
