package ops

import (
	"context"
	_ "embed" // the script that asks
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/database"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Backup is what a backup's host says of it; its JSON form is that of the file
// beside it, to which list and status add where it lies.
type Backup struct {
	Version int `json:"v"`
	// Lies is the host on which it was found, "" for a file on the controller.
	Lies string `json:"lies_on,omitempty"`
	// Path is its file there.
	Path string `json:"path,omitempty"`
	Site string `json:"site"`
	// Host made it.
	Host          string    `json:"host"`
	Engine        string    `json:"engine"`
	ServerVersion string    `json:"server_version"`
	Position      string    `json:"position"`
	Began         time.Time `json:"began"`
	Ended         time.Time `json:"ended"`
	File          string    `json:"file"`
	// Size is that of the file, SQLSize of the statements in it, DataSize about
	// what the data took on the server: bytes.
	Size     int64          `json:"size"`
	SQLSize  int64          `json:"sql_size"`
	DataSize int64          `json:"data_size"`
	SHA256   string         `json:"sha256"`
	Schemas  int            `json:"schemas"`
	Tables   int            `json:"table_count"`
	Rows     int64          `json:"rows"`
	Objects  map[string]int `json:"objects"`
	// BrokenViews are the views that did not work when it was made.
	BrokenViews int `json:"broken_views,omitempty"`
	// LostViews are those of them of which it has the text alone, "SCHEMA.VIEW", the first
	// twenty; LostViewCount counts all.
	LostViews     []string `json:"lost_views,omitempty"`
	LostViewCount int      `json:"lost_view_count,omitempty"`
	// Checked says that it was restored and counted.
	Checked bool `json:"checked"`
	// CountsSHA256 is the digest of the lines that name the tables and their rows;
	// "" in a backup that is not signed.
	CountsSHA256 string `json:"counts_sha256,omitempty"`
	// Signed says that the host Host has signed all of this, Doubt what speaks
	// against it; see Site.vouch.
	Signed bool   `json:"signed"`
	Doubt  string `json:"doubt,omitempty"`

	seal seal
}

// Name is the file's name without its ending.
func (b Backup) Name() string { return strings.TrimSuffix(b.File, backupEnding) }

const backupEnding = ".sql.zst"

// HostBackups is what one host says of its backups.
type HostBackups struct {
	Host  string `json:"host"`
	Error string `json:"error,omitempty"`
	// Deployed says that the timer is there; Timer and Unit are the states of
	// timer and service, Result how the service ended last.
	Deployed bool      `json:"deployed"`
	Timer    string    `json:"timer"`
	Unit     string    `json:"unit"`
	Result   string    `json:"result"`
	Next     time.Time `json:"next,omitzero"`
	// Backups are the good ones, the newest first; Doubtful are those that are not
	// counted, with what speaks against each.
	Backups  []Backup `json:"backups"`
	Doubtful []Backup `json:"doubtful,omitempty"`
	// Restoring is the backup whose restore was begun here and did not end.
	Restoring string `json:"restoring,omitempty"`

	since  time.Time     // the timer is there
	period time.Duration // the longest time between two of the schedule's next times
	ran    bool          // the service was started since the host was
}

// Backups asks every host that was reached; a script for each.
func (s *Site) Backups(ctx context.Context, t *Topology) []HostBackups {
	list := make([]HostBackups, len(t.Nodes))
	s.each(t.Nodes, func(i int, n *Node) {
		h := HostBackups{Host: n.Name(), Backups: []Backup{}}
		if n.Err != nil {
			h.Error = clean(n.Err.Error())
		} else if out, err := s.script(ctx, n, s.backupsScript(), surveyMost); err != nil {
			h.Error = clean(err.Error())
		} else {
			h.read(out, s.Inv)
			s.sift(&h)
		}
		list[i] = h
	})
	return list
}

// sift sets aside the backups of which a host says what cannot be true.
func (s *Site) sift(h *HostBackups) {
	good := []Backup{}
	for _, b := range h.Backups {
		if s.vouch(&b); b.Doubt != "" {
			h.Doubtful = append(h.Doubtful, b)
		} else {
			good = append(good, b)
		}
	}
	h.Backups = good
}

// backupsMost is how many backups of a host are listed, the newest ones.
const backupsMost = 2000

// backupsScript changes nothing. Sources: systemctl(1), systemd-analyze(1).
func (s *Site) backupsScript() string {
	b := s.Inv.DB.Backup
	return sh.Set("schedule", b.Schedule, "dir", b.Path, "site", s.Inv.Site.Name, "mark", database.RestoreMark, "ending", backupEnding, "most", strconv.Itoa(backupsMost)) + backupsAsk
}

//go:embed backups.sh
var backupsAsk string

// read understands the answer to backupsScript.
func (h *HostBackups) read(out string, inv *inventory.Inventory) {
	var elapses []time.Time
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		switch key {
		case "timer.LoadState":
			h.Deployed = value == "loaded"
		case "timer.ActiveState":
			h.Timer = clean(value)
		case "timer.NextElapseUSecRealtime":
			h.Next, _ = time.Parse("Mon 2006-01-02 15:04:05 MST", value)
		case "service.ActiveState":
			h.Unit = clean(value)
		case "service.Result":
			h.Result = clean(value)
		case "service.ExecMainStartTimestampMonotonic":
			h.ran = value != "" && value != "0"
		case "since":
			h.since = seconds(value)
		case "elapse":
			if at, err := time.Parse("2006-01-02 15:04:05", value); err == nil {
				elapses = append(elapses, at)
			}
		case "restoring":
			h.Restoring = clean(value)
		case "about":
			if b, ok := readBackup(value, inv); ok {
				b.Lies = h.Host
				h.Backups = append(h.Backups, b)
			}
		}
	}
	for i := 1; i < len(elapses); i++ {
		h.period = max(h.period, elapses[i].Sub(elapses[i-1]))
	}
	slices.Reverse(h.Backups)
}

func seconds(text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n > 1<<40 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// readBackup reads the size of a file and the first line of the one beside it. A
// file that is not as long as was written down is no good backup.
func readBackup(text string, inv *inventory.Inventory) (Backup, bool) {
	size, about, _ := strings.Cut(text, " ")
	b, err := parseBackup(about)
	if err != nil || strconv.FormatInt(b.Size, 10) != size || !b.Checked {
		return b, false
	}
	b.Path = inv.DB.Backup.Path + "/" + b.File
	return b, true
}

var (
	backupFile = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}-[0-9]{8}T[0-9]{6}Z\.sql\.zst$`)
	sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// parseBackup reads the first line of the file beside a backup. What it says goes
// into command lines and onto terminals.
func parseBackup(line string) (Backup, error) {
	var b Backup
	line = strings.TrimSpace(line)
	mark := readSeal(line)
	if strings.HasSuffix(line, ",") {
		line = strings.TrimSuffix(line, ",") + "}"
	}
	if err := json.Unmarshal([]byte(line), &b); err != nil {
		return b, fmt.Errorf("it is not the record that foobar writes for a backup: %w", err)
	}
	switch {
	case b.Version != 1:
		return b, fmt.Errorf("it is of version %d, which this foobar does not know", b.Version)
	case !backupFile.MatchString(b.File) || !sha256Form.MatchString(b.SHA256) || b.Size <= 0,
		b.CountsSHA256 != "" && !sha256Form.MatchString(b.CountsSHA256), mark.mac != "" && b.CountsSHA256 == "":
		return b, fmt.Errorf("it is not the record that foobar writes for a backup")
	}
	b.Site, b.Host, b.Engine = clean(b.Site), clean(b.Host), clean(b.Engine)
	b.ServerVersion, b.Position = clean(b.ServerVersion), clean(b.Position)
	b.readLost()
	b.Lies, b.Path, b.Signed, b.Doubt, b.seal = "", "", false, "", mark
	return b, nil
}

// Age writes a duration for people.
func Age(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
