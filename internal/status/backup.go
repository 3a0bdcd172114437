package status

import (
	"time"

	"foobar/internal/ask"
	"foobar/internal/database/ops"
	"foobar/internal/fault"
	"foobar/inventory"
)

// Backup is the newest backup of the databases that lies on a host, as its record says.
type Backup struct {
	Name  string    `json:"name"`
	Began time.Time `json:"began"`
	// LostViews are views that it has as text only, the first twenty; LostViewCount
	// counts all.
	LostViews     []string `json:"lost_views,omitempty"`
	LostViewCount int      `json:"lost_view_count,omitempty"`

	lost string // the sentence about them
}

// readBackup understands the answer to ops.AskNewest.
func readBackup(inv *inventory.Inventory, host string, a *ask.Answer) *Backup {
	b := ops.ReadNewest(inv, host, a.Lines("backup"))
	if b == nil {
		return nil
	}
	return &Backup{Name: b.Name(), Began: b.Began, LostViews: b.LostViews, LostViewCount: b.LostViewCount, lost: b.Lost()}
}

// backups judges the newest backup of all hosts.
func (j *judge) backups(inv *inventory.Inventory) {
	var newest *Backup
	host := ""
	for _, h := range j.s.Hosts {
		if b := h.Backup; b != nil && (newest == nil || b.Began.After(newest.Began)) {
			newest, host = b, h.Name
		}
	}
	if newest != nil && newest.lost != "" {
		j.add(Problem, host, ops.LostNext(inv), "%s", printable("the newest backup "+newest.lost))
		j.findings[len(j.findings)-1].Code = fault.LostViews
	}
}
