package ops

import (
	_ "embed" // the script that asks
	"fmt"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/sh"
	"foobar/inventory"
)

const (
	// lostMost is how many lost views the record of a backup names, as the template
	// database/backup.sh.tmpl does; lostNamed is how many people are told.
	lostMost, lostNamed = 20, 5
	// lostLength is how long a name may be: that of a schema, a dot and that of a view.
	lostLength = 130
)

// readLost bounds and clears what a record says of lost views.
func (b *Backup) readLost() {
	b.LostViews = b.LostViews[:min(len(b.LostViews), lostMost)]
	for i, name := range b.LostViews {
		b.LostViews[i] = ask.Printable(name, lostLength)
	}
	b.LostViewCount = max(b.LostViewCount, len(b.LostViews))
}

// Lost is a sentence, without a full stop, about views that are in a backup as text only;
// "" when there are none.
func (b Backup) Lost() string {
	if b.LostViewCount == 0 {
		return ""
	}
	names := b.LostViews[:min(len(b.LostViews), lostNamed)]
	text := strings.Join(names, ", ")
	if more := b.LostViewCount - len(names); more > 0 {
		text = strings.TrimSpace(text + fmt.Sprintf(" and %d more", more))
	}
	return fmt.Sprintf("%s has views as text only, because something that they name is gone: %s", b.Name(), text)
}

// LostNext says what to do about lost views of a site's databases.
func LostNext(inv *inventory.Inventory) string {
	return "on the primary, drop them or make again what they name, then foobar db backup " + sh.Quote(inv.Path)
}

// lossOf is the finding about a backup; ok is false when it lost nothing.
func (s *Site) lossOf(b *Backup) (f Finding, ok bool) {
	if b == nil || b.LostViewCount == 0 {
		return f, false
	}
	return Finding{Host: b.Lies, Text: clean("the newest backup " + b.Lost()), Next: LostNext(s.Inv), Code: fault.LostViews}, true
}

//go:embed newest.sh
var newestAsk string

// AskNewest is shell that prints what ReadNewest reads, and changes nothing.
func AskNewest(inv *inventory.Inventory) string {
	return sh.Set("dir", inv.DB.Backup.Path, "site", inv.Site.Name, "ending", backupEnding) + newestAsk
}

// ReadNewest is the newest backup that lies on a host, as its record says; nil when
// there is none. Nothing is verified.
func ReadNewest(inv *inventory.Inventory, host string, lines []string) *Backup {
	for _, l := range lines {
		if about, ok := strings.CutPrefix(l, "about="); ok {
			if b, ok := readBackup(about, inv); ok {
				b.Lies = host
				return &b
			}
		}
	}
	return nil
}
