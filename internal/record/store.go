// Package record keeps the event streams of runs on the machine they were made
// from, a file a run, and reads them back. The files hold what displays show,
// configuration included, and so are their owner's alone.
package record

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"foobar/internal/event"
)

// Bounds of what is kept.
const (
	keepRuns  = 100     // of a site
	keepIdle  = 20      // so many runs that changed nothing stay while others go
	maxRun    = 4 << 20 // bytes of a run; how it ended is written beyond them
	maxOutput = 1 << 20 // bytes of what steps printed, within maxRun
	endOfRun  = 4 << 10 // bytes at the end of a record, with the last line of a run that ended well
	extension = ".jsonl"
)

// Store holds the records of one site.
type Store struct{ Dir string }

// Base is where records are kept: $XDG_STATE_HOME/foobar/runs, by default
// ~/.local/state/foobar/runs. Source: the XDG base directory specification,
// which has paths that are not absolute passed over.
func Base() (string, error) {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("no folder for records: neither XDG_STATE_HOME nor HOME is set; set HOME")
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "foobar", "runs"), nil
}

// Of is the store of a site. Two inventories of one name and domain share it.
func Of(base, site, domain string) Store {
	sum := sha256.Sum256([]byte(site + "\x00" + domain))
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, site)
	return Store{filepath.Join(base, name[:min(len(name), 60)]+"-"+hex.EncodeToString(sum[:4]))}
}

// idTime is the first part of an ID. What is written has milliseconds, or two runs
// of one second would sort by chance; what is read may lack them.
const idTime = "20060102T150405Z"

// NewID names a run: its beginning, by which IDs sort, and a random end.
func NewID(began time.Time) string {
	b := make([]byte, 3)
	_, _ = rand.Read(b) // never fails
	return began.UTC().Format("20060102T150405.000Z") + "-" + hex.EncodeToString(b)
}

// Short is the end of an ID, which is enough to name a run.
func Short(id string) string { return id[strings.LastIndexByte(id, '-')+1:] }

func (s Store) path(id string) string { return filepath.Join(s.Dir, id+extension) }

// IDs are those of all records, the newest last. A site without runs has none.
func (s Store) IDs() ([]string, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), extension)
		if _, err := time.Parse(idTime, id[:max(0, strings.LastIndexByte(id, '-'))]); ok && err == nil && e.Type().IsRegular() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// List sums up all records, the newest last. A record that cannot be read is an
// error beside the others.
func (s Store) List() ([]Summary, error) {
	ids, err := s.IDs()
	if err != nil {
		return nil, err
	}
	var all []Summary
	var errs []error
	for _, id := range ids {
		sum, err := s.Summary(id)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, sum)
	}
	return all, errors.Join(errs...)
}

// prune makes room for one more run: first go those that changed nothing, the oldest
// before others, so that scheduled deploys do not push out what changed something. A
// run under way stays.
func (s Store) prune() error {
	ids, err := s.IDs()
	if err != nil || len(ids) < keepRuns {
		return err
	}
	var idle, others []string
	for _, id := range ids {
		switch done, ended := s.done(id); {
		case ended && done.Exit == 0 && done.Changed == 0:
			idle = append(idle, id)
		case ended || !s.held(id):
			others = append(others, id)
		}
	}
	var errs []error
	for n := len(ids) - keepRuns + 1; n > 0 && len(idle)+len(others) > 0; n-- {
		from := &others
		if len(idle) > keepIdle || len(others) == 0 {
			from = &idle
		}
		if err := os.Remove(s.path((*from)[0])); !errors.Is(err, os.ErrNotExist) { // another run may prune too
			errs = append(errs, err)
		}
		*from = (*from)[1:]
	}
	return errors.Join(errs...)
}

// done is the end of a run by the last line of its record, or false where that is
// another event. Only so much is read of it: each deploy asks this of all records, of
// which each may have megabytes.
func (s Store) done(id string) (done event.RunDone, ok bool) {
	file, err := os.Open(s.path(id))
	if err != nil {
		return done, false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return done, false
	}
	end := make([]byte, min(info.Size(), endOfRun))
	if _, err := file.ReadAt(end, info.Size()-int64(len(end))); err != nil {
		return done, false
	}
	lines := bytes.Split(end, []byte("\n"))
	if len(lines) < 2 || !bytes.Contains(lines[len(lines)-2], []byte(`"type":"`+done.Type()+`"`)) { // after the last end of line stands nothing
		return done, false
	}
	var e event.Envelope
	if err := json.Unmarshal(lines[len(lines)-2], &e); err != nil {
		return done, false
	}
	done, ok = e.Event.(event.RunDone)
	return done, ok
}
