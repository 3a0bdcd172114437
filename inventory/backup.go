package inventory

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/fault"
)

// Backup is [db.backup].
type Backup struct {
	Enabled bool // default true
	// Schedule is a calendar expression of systemd, as OnCalendar= takes it;
	// default "03:00", in the host's time zone.
	Schedule string
	Keep     int    // good backups that are kept on a host; default 7
	Path     string // folder on the host; default /var/backups/foobar
	// Host makes the backups while it replicates; empty means the first database
	// host of the file that does.
	Host string
}

func (r *reader) backup(t *table, b *Backup) {
	t.boolean("enabled", &b.Enabled)
	t.text("schedule", &b.Schedule, notEmpty, schedule)
	t.number("keep", &b.Keep, 1, 10_000)
	t.text("path", &b.Path, notEmpty, backupFolder)
	t.text("host", &b.Host, notEmpty)
	t.end()
}

// wholeBackup checks what depends on the hosts.
func (r *reader) wholeBackup(inv *Inventory) {
	if app := "/srv/" + inv.Site.Name; under(inv.DB.Backup.Path, app) {
		r.clash([]string{"db", "backup", "path"}, "%s is the app's folder, which other users can read; write a folder that holds only backups, such as /var/backups/foobar or /srv/backups/foobar", app)
	}
	if name := inv.DB.Backup.Host; name != "" {
		r.databaseHost(fault.Contradiction, inv, name, "db", "backup", "host")
	}
}

// Forms of systemd.time(7), "Calendar events", and "Mon-Fri", which it took before "Mon..Fri";
// without fractions of seconds.
var (
	calendarWord = regexp.MustCompile(`^(minutely|hourly|daily|weekly|monthly|quarterly|semiannually|yearly|annually)$`)
	calendarDays = regexp.MustCompile(`(?i)^(mon(day)?|tue(sday)?|wed(nesday)?|thu(rsday)?|fri(day)?|sat(urday)?|sun(day)?)` +
		`((\.\.|-|,)(mon(day)?|tue(sday)?|wed(nesday)?|thu(rsday)?|fri(day)?|sat(urday)?|sun(day)?))*$`)
	calendarDate = regexp.MustCompile(`^((\*|[0-9]{4})-)?` + calendarPart + `[-~]` + calendarPart + `$`)
	calendarTime = regexp.MustCompile(`^` + calendarPart + `:` + calendarPart + `(:` + calendarPart + `)?$`)
	calendarZone = regexp.MustCompile(`^(UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z0-9_+-]+){1,2})$`)
)

const calendarPart = `(\*|[0-9]{1,2}(\.\.[0-9]{1,2})?)(/[0-9]{1,2})?(,[0-9]{1,2}(\.\.[0-9]{1,2})?(/[0-9]{1,2})?)*`

// calendar accepts what OnCalendar= does, as far as these forms go; the host's systemd
// checks it again before the timer is installed.
func calendar(s string) error {
	wrong := fmt.Errorf("%q is not a time of systemd's calendar; write one such as 03:00, \"Sun 04:30\" or \"*-*-* 00/6:00:00\"", s)
	words := strings.Fields(s)
	if n := len(words); n > 1 && calendarZone.MatchString(words[n-1]) {
		words = words[:n-1]
	}
	if len(words) == 1 && calendarWord.MatchString(words[0]) {
		return nil
	}
	next := func(form *regexp.Regexp) string {
		if len(words) == 0 || !form.MatchString(words[0]) {
			return ""
		}
		w := words[0]
		words = words[1:]
		return w
	}
	days, date, clock := next(calendarDays), next(calendarDate), next(calendarTime)
	if len(words) > 0 || days+date+clock == "" {
		return wrong
	}
	for i, part := range strings.Split(clock, ":") {
		for _, n := range strings.FieldsFunc(part, func(r rune) bool { return r < '0' || r > '9' }) {
			if v, _ := strconv.Atoi(n); v > []int{23, 59, 59}[i] {
				return wrong
			}
		}
	}
	return nil
}

var backupPath = regexp.MustCompile(`^/[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)+$`)

// systemFolders belong to the system or to packages, with all that is in them.
var systemFolders = []string{"/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/libx32", "/lost+found", "/proc", "/root", "/run", "/sbin", "/snap", "/sys", "/tmp", "/usr",
	"/var/cache", "/var/crash", "/var/lib", "/var/local", "/var/lock", "/var/log", "/var/mail", "/var/opt", "/var/run", "/var/spool", "/var/tmp", "/var/www"}

// under reports whether a path is a folder or lies in it.
func under(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

// backupFolder accepts a folder that backups can have for themselves: it is made
// root's alone. Whether anything of others is in it only the host can tell.
func backupFolder(s string) error {
	switch clean := path.Clean(s); {
	case strings.Contains(s, "://"):
		return fmt.Errorf("%q is a URL, and backups are in a folder of the host; write its path, and copy them elsewhere with foobar db backups --fetch", s)
	case clean != s && backupPath.MatchString(clean):
		return fmt.Errorf("%q has a needless slash or dot; write %s", s, clean)
	case path.IsAbs(s) && strings.Count(clean, "/") == 1:
		return fmt.Errorf("%q is at the top of the file system; write a folder below one, such as /srv/backups/foobar", s)
	}
	if path.Clean(s) != s || !backupPath.MatchString(s) {
		return fmt.Errorf("%q is not an absolute path; write that of a folder that holds only backups, such as /srv/backups/foobar", s)
	}
	if s == "/var/backups" || slices.ContainsFunc(systemFolders, func(f string) bool { return under(s, f) }) {
		return fmt.Errorf("%s belongs to the system or is cleaned up by it; write a folder that holds only backups, such as /var/backups/foobar or /srv/backups/foobar", s)
	}
	return nil
}
