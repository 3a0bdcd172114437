package roles

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"foobar/internal/database"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Names on the hosts of what makes backups.
const (
	backupScript  = "/usr/local/sbin/foobar-backup"
	backupLogin   = "/etc/foobar/backup.cnf"
	backupKey     = "/etc/foobar/backup.key"
	backupService = "/etc/systemd/system/foobar-backup.service"
	backupTimer   = "/etc/systemd/system/foobar-backup.timer"
)

// databaseBackup is the script that makes a backup, and the timer that starts
// it. Every database host has both, so that a backup is made whoever is the
// primary and whatever host is lost: the script decides whose turn it is.
func databaseBackup(s *play.Site, h *inventory.Host, e databaseEngine) ([]resource.Resource, error) {
	b := s.Inv.DB.Backup
	if !b.Enabled {
		return nil, nil
	}
	var t texts
	script := t.of("database/backup.sh.tmpl", map[string]any{
		"Site": sh.Quote(s.Inv.Site.Name), "Host": sh.Quote(h.Name), "Engine": sh.Quote(e.dialect.Words().Name),
		"Dir": sh.Quote(b.Path), "Made": play.Events + "/" + play.BackupEvent, "Keep": b.Keep, "Scratch": sh.Quote(database.Scratch), "Login": sh.Quote(backupLogin), "Key": sh.Quote(backupKey), "Mark": resource.OwnMark,
		"Servers": sh.Quote(backupServers(s.Inv)), "LagProblem": database.LagProblem, "Functions": database.ViewsScript + string(e.dialect.Words().Backups)})
	service := t.of("database/backup.service.tmpl", map[string]any{
		"Script": backupScript, "Dir": b.Path, "Scratch": database.Scratch, "Unit": e.unit, "Before": e.profile})
	timer := t.of("database/backup.timer.tmpl", map[string]any{"Schedule": b.Schedule})
	want := []resource.Resource{
		resource.Packages{For: "database-backup", Names: []string{"zstd"}},
		backupFolder(s, h),
		resource.File{Path: backupKey, Content: []byte(hex.EncodeToString(BackupKey(s.Master, h.Name)) + "\n"), Mode: 0o600, Secret: true},
		resource.File{Path: backupScript, Content: script, Mode: 0o700, Check: "bash -n %s"},
		// A folder that does not exist is left out of the sandbox, and the scratch server
		// could not write to it. The server's account may pass through, no more.
		resource.Dir{Path: database.Scratch, Mode: 0o711},
		resource.File{Path: backupService, Content: service},
		resource.File{Path: backupTimer, Content: timer, Check: "systemd-analyze calendar -- " + sh.Quote(b.Schedule) + " >/dev/null"},
		// The timer loads nothing, but what it starts does.
		resource.Service{Unit: "foobar-backup.timer", Loads: []resource.ID{resource.NewID("file", backupTimer), resource.NewID("file", backupService)}},
	}
	if len(s.Inv.Group(inventory.DB)) > 1 {
		copier, err := databaseLoginOf(s, databaseCopier)
		if err != nil {
			return nil, err
		}
		login := database.PeerLogin(e.dialect, database.Source{Port: s.Inv.DB.Port, User: copier.user, Password: copier.password.Reveal(), CA: leafCA})
		want = append(want, resource.File{Path: backupLogin, Content: []byte(login), Mode: 0o600, Secret: true})
	}
	return want, t.err
}

// BackupKey is the key with which a host signs its backups. It is good for those
// of that host alone: what it is derived from lies on no host.
func BackupKey(m *secret.Master, host string) []byte {
	mac := hmac.New(sha256.New, m.Seed("backup/mac"))
	mac.Write([]byte("host " + host))
	return mac.Sum(nil)
}

// backupFolder is the folder of the backups. Earlier versions did not mark it: where
// the ledger lists their script, a folder that is as they made it is taken for
// foobar's, even with files of others in it.
func backupFolder(s *play.Site, h *inventory.Host) resource.Resource {
	d := resource.OwnDir{Path: s.Inv.DB.Backup.Path, Key: "db.backup.path"}
	d.Known = slices.Contains(s.Facts[h.Name].Owned, string(resource.NewID("file", backupScript)))
	name := s.Inv.Site.Name // of letters, digits and hyphens
	d.Content = []string{".lock", ".work", ".restore", name + "-[0-9]*T[0-9]*Z.sql.zst", name + "-[0-9]*T[0-9]*Z.json"}
	return d
}

// backupServers are the servers that may make a backup, a line "name address" each,
// the inventory's choice first.
func backupServers(inv *inventory.Inventory) string {
	var lines []string
	for _, h := range inv.Group(inventory.DB) {
		line := h.Name + " " + h.IP().Unmap().String()
		if h.Name == inv.DB.Backup.Host {
			lines = slices.Insert(lines, 0, line)
		} else {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
