package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"foobar/internal/ask"
	"foobar/internal/database/ops"
	"foobar/internal/engine"
	"foobar/internal/fault"
)

// DBBackup makes a backup.
type DBBackup struct {
	Common Common
	JSON   bool
	// Host makes it; "" is the one whose turn it is.
	Host string
	// Fetch is a folder of this machine to copy it to, or "".
	Fetch string
}

// Run makes a backup and waits for it.
func (v *DBBackup) Run(ctx context.Context) (failed error) {
	s, line, err := v.Common.dbLook(v.Host)
	if err != nil {
		return err
	}
	defer line.close()
	r := v.Common.recordOperation(s.Inv, "db backup", line, s)
	defer func() { r.endOperation(line.held(), failed) }()
	ctx, interrupted := v.Common.Console.untilSignal(ctx)
	b, err := s.Backup(ctx, v.Host)
	if err == nil && v.Fetch != "" {
		var t *ops.Topology
		if t = s.Look(ctx, false); ctx.Err() == nil {
			_, err = s.Fetch(ctx, t, b, v.Fetch)
		}
	}
	if code := interrupted(); code != 0 {
		return &Exit{code, err}
	}
	if err != nil {
		return &Exit{dbCode(err), err}
	}
	tellLost(v.Common.Console.Err, s, b)
	if v.JSON {
		return writeIndented(v.Common.Console.Out, b)
	}
	fmt.Fprintf(ask.Safe(v.Common.Console.Out), "%s:%s\n%s, %d rows of %d tables, position %s, made in %s and checked\n", b.Lies, b.Path,
		ops.Bytes(b.Size), b.Rows, b.Tables, b.Position, b.Ended.Sub(b.Began).Round(time.Second))
	return nil
}

// tellLost names the views that a backup has lost, and what to do about them.
func tellLost(out io.Writer, s *ops.Site, b ops.Backup) {
	if text := b.Lost(); text != "" {
		fmt.Fprintf(ask.Safe(out), "PROBLEM %s: %s\n        next: %s\n", b.Lies, fault.LostViews.After(text), ops.LostNext(s.Inv))
	}
}

// DBBackups lists the good backups.
type DBBackups struct {
	Common Common
	JSON   bool
	// Fetch is a folder of this machine to copy the newest to, or ""; Host is the
	// one to take it from, "" the one whose turn it is to make them.
	Fetch, Host string
}

// Run looks, copies and prints.
func (v *DBBackups) Run(ctx context.Context) error {
	s, line, err := v.Common.dbLook(v.Host)
	if err != nil {
		return err
	}
	defer line.close()
	ctx, interrupted := v.Common.Console.untilSignal(ctx)
	t := s.Look(ctx, false)
	list := s.Backups(ctx, t)
	if v.Fetch != "" && ctx.Err() == nil {
		if b := s.Choose(t, list, v.Host); b != nil {
			_, err = s.Fetch(ctx, t, *b, v.Fetch)
		} else {
			err = noneToCopy(t, list)
		}
	}
	if code := interrupted(); code != 0 {
		return &Exit{Code: code}
	}
	if err != nil {
		return &Exit{dbCode(err), err}
	}
	return v.print(s, t, list)
}

// noneToCopy says why there is no backup to copy: also that hosts did not answer.
func noneToCopy(t *ops.Topology, list []ops.HostBackups) error {
	err := fault.Wrap(fault.NoBackup, errors.New("there is no good backup to copy"))
	for i, h := range list {
		if t.Nodes[i].Err != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", h.Host, t.Nodes[i].Err))
		}
	}
	return err
}

// print shows the backups, and why others do not count.
func (v *DBBackups) print(s *ops.Site, t *ops.Topology, list []ops.HostBackups) (err error) {
	if v.JSON {
		err = writeIndented(v.Common.Console.Out, struct {
			Version int               `json:"v"`
			Hosts   []ops.HostBackups `json:"hosts"`
		}{1, list})
	} else {
		err = plainBackups(v.Common.Console.Out, list, time.Now())
	}
	if err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	if b := ops.Newest(list); b != nil {
		tellLost(v.Common.Console.Err, s, *b)
	}
	for i, h := range list {
		for _, b := range h.Doubtful {
			fmt.Fprintf(v.Common.Console.Err, "%s: %s is not counted: %s\n", h.Host, b.Name(), b.Doubt)
		}
		if h.Error != "" {
			fmt.Fprintf(v.Common.Console.Err, "%s: %s\n", h.Host, printable(h.Error))
			if t.Nodes[i].Err != nil {
				err = &Exit{Code: engine.ExitUnreachable}
			}
		}
	}
	return err
}

// plainBackups is a table, the newest first, and when the next are due.
func plainBackups(out io.Writer, list []ops.HostBackups, now time.Time) error {
	var all []ops.Backup
	for _, h := range list {
		all = append(all, h.Backups...)
	}
	slices.SortStableFunc(all, func(a, b ops.Backup) int { return strings.Compare(b.File, a.File) })
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tHOST\tAGE\tSIZE\tTABLES\tROWS\tSIGNED\tPOSITION")
	signed := map[bool]string{true: "yes", false: "no"}
	for _, b := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", b.Name(), b.Lies, ops.Age(now.Sub(b.Began)), ops.Bytes(b.Size), b.Tables, b.Rows, signed[b.Signed], b.Position)
	}
	if len(all) == 0 {
		fmt.Fprintln(w, "none")
	}
	_ = w.Flush() // into memory
	_, err := io.WriteString(ask.Safe(out), text.String())
	return err
}
