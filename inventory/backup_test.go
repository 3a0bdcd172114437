package inventory

import "testing"

func TestCalendar(t *testing.T) {
	for _, s := range []string{"03:00", "03:00:30", "daily", "hourly", "weekly UTC", "Sun 04:30", "Mon..Fri 03:00", "Mon,Wed 3:15", "sunday 04:00",
		"*-*-* 03:00:00", "*-*-01 02:00", "*-1,7-15 02:00", "2026-*-* 01:00", "*-*-* 00/6:00:00", "*:0/15", "00,12:00", "03:00 Europe/Berlin", "Sat", "*-*-01", "9..17:00", "*-*~01 23:00", "Mon *-05~07/1", "Mon-Fri 09:00"} {
		if err := calendar(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"", "24:00", "03:60", "3", "tomorrow", "every day", "03:00\nExecStart=/bin/sh", "03:00 $(id)", "Sonntag 03:00", "03:00 03:00", "0 3 * * *", "UTC", "@daily", "%h", "~"} {
		if calendar(s) == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

func TestBackupFolder(t *testing.T) {
	for _, s := range []string{"/var/backups/foobar", "/srv/backups", "/mnt/disk2/db", "/data/b.1/x-y", "/opt/backups", "/var/backups/db"} {
		if err := backupFolder(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"", "backups", "/", "/srv", "/var/backups", "/var/lib/mysql", "/etc/x", "/home/a/b", "/srv/../etc/x", "/srv/a b", "/srv/a/", "/srv//a", "/srv/%i", "/tmp/x", "/run/x", "/srv/-x",
		"/var/spool/cron/crontabs", "/var/mail", "/var/mail/x", "/var/www/html", "/var/spool/x", "/usr/local/x", "/var/run/x"} {
		if backupFolder(s) == nil {
			t.Errorf("%q was taken", s)
		}
	}
}
