package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"foobar/internal/ask"
	"foobar/internal/database/ops"
	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/resource"
	"foobar/inventory"
	"foobar/roles"
)

func dbBackupCommand() *cobra.Command {
	f, host, fetch := &runFlags{}, "", ""
	cmd := &cobra.Command{
		Use:   "backup INVENTORY",
		Short: "Make a backup on a replica, checked by restoring it, and wait for it",
		Long: `Starts what the timer of [db.backup] starts, on the replica whose turn it is: a dump
as of one moment, compressed, restored into a scratch server and counted there. The
primary is left alone unless it is the only database. The backup goes on when this
command is interrupted, and the same command then waits for it.

    foobar db backup inventory.toml
    foobar db backup inventory.toml --fetch ~/backups     bring a copy here, too`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArgs(nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.dbBackup(cmd.Context(), args[0], host, fetch)
		},
	}
	f.addConnection(cmd)
	cmd.Flags().BoolVarP(&f.askBecome, "ask-become-pass", "K", false, "ask for the sudo password")
	cmd.Flags().StringVar(&host, "host", "", "make it on this `host`")
	cmd.Flags().StringVar(&fetch, "fetch", "", "copy the backup into a `folder` of this machine")
	addOutput(cmd, &f.output)
	return cmd
}

func dbBackupsCommand() *cobra.Command {
	f, host, fetch := &runFlags{}, "", ""
	cmd := &cobra.Command{
		Use:   "backups INVENTORY",
		Short: "List the good backups on all database hosts; changes nothing",
		Long: `Shows the backups that were checked, the newest first, and whether the host that made
one has signed it. With -o json, one document: {"v": 1, "hosts": […]}.

--fetch copies one here: the newest of the host whose turn it is to make them, or of
the next where that one has none of late.

    foobar db backups inventory.toml
    foobar db backups inventory.toml --fetch ~/backups`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArgs(nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.dbBackups(cmd.Context(), args[0], host, fetch)
		},
	}
	f.addConnection(cmd)
	cmd.Flags().BoolVarP(&f.askBecome, "ask-become-pass", "K", false, "ask for the sudo password")
	cmd.Flags().StringVar(&fetch, "fetch", "", "copy the newest backup into a `folder` of this machine")
	cmd.Flags().StringVar(&host, "host", "", "with --fetch: the newest of this `host`")
	addOutput(cmd, &f.output)
	return cmd
}

// dbLook is a site for commands that move nothing.
func (f *runFlags) dbLook(path string) (*ops.Site, *dbLine, error) {
	if err := plainOrJSON(f.output); err != nil {
		return nil, nil, err
	}
	inv, err := f.load(path)
	if err != nil {
		return nil, nil, err
	}
	s, line, err := f.dbLookAt(inv)
	if err != nil {
		return nil, nil, err
	}
	return s, line, f.readPassword()
}

// dbLookAt is dbLook where the inventory and the sudo password were read.
func (f *runFlags) dbLookAt(inv *inventory.Inventory) (*ops.Site, *dbLine, error) {
	if len(inv.Group(inventory.DB)) == 0 {
		return nil, nil, usage(fault.As(fault.Lacking, fmt.Errorf("%s: no host has the role db", inv.Path)))
	}
	flavour, err := resource.DatabaseEngine(inv.DB.Engine)
	if err != nil {
		return nil, nil, usage(err)
	}
	line := f.dbLine(inv)
	return &ops.Site{Inv: inv, Flavour: flavour, Dial: line.dial, Say: dbSay(inv), Owner: owner(), LockWait: f.lockWait,
		BackupKey: backupKeys(inv)}, line, nil
}

// backupKeys are the keys with which the hosts sign their backups; nil where the
// master secret cannot be read, which a look at the backups does without.
func backupKeys(inv *inventory.Inventory) func(host string) []byte {
	master, _, err := loadMaster(inv, false)
	if err != nil {
		return nil
	}
	return func(host string) []byte { return roles.BackupKey(master, host) }
}

// dbHost refuses what is no database host.
func dbHost(inv *inventory.Inventory, host string) error {
	dbs := namesOf(inv.Group(inventory.DB))
	if host != "" && !slices.Contains(dbs, host) {
		return usage(fault.As(fault.NoSuch, fmt.Errorf("%s: no host with the role db is called %s; those are %s", inv.Path, host, strings.Join(dbs, ", "))))
	}
	return nil
}

func (f *runFlags) dbBackup(ctx context.Context, path, host, fetch string) error {
	s, line, err := f.dbLook(path)
	if err != nil {
		return err
	}
	defer line.close()
	if err := dbHost(s.Inv, host); err != nil {
		return err
	}
	ctx, interrupted := untilSignal(ctx)
	b, err := s.Backup(ctx, host)
	if err == nil && fetch != "" {
		var t *ops.Topology
		if t = s.Look(ctx, false); ctx.Err() == nil {
			_, err = s.Fetch(ctx, t, b, fetch)
		}
	}
	if code := interrupted(); code != 0 {
		return &exitError{code, err}
	}
	if err != nil {
		return &exitError{dbCode(err), err}
	}
	if f.output == "json" {
		return writeJSON(os.Stdout, b)
	}
	fmt.Fprintf(ask.Safe(os.Stdout), "%s:%s\n%s, %d rows of %d tables, position %s, made in %s and checked\n", b.Lies, b.Path,
		ops.Bytes(b.Size), b.Rows, b.Tables, b.Position, b.Ended.Sub(b.Began).Round(time.Second))
	return nil
}

func (f *runFlags) dbBackups(ctx context.Context, path, host, fetch string) error {
	s, line, err := f.dbLook(path)
	if err != nil {
		return err
	}
	defer line.close()
	if err := dbHost(s.Inv, host); err != nil {
		return err
	}
	ctx, interrupted := untilSignal(ctx)
	t := s.Look(ctx, false)
	list := s.Backups(ctx, t)
	if fetch != "" && ctx.Err() == nil {
		if b := s.Choose(t, list, host); b != nil {
			_, err = s.Fetch(ctx, t, *b, fetch)
		} else {
			err = errors.New("there is no good backup to copy")
		}
	}
	if code := interrupted(); code != 0 {
		return &exitError{code: code}
	}
	if err != nil {
		return &exitError{dbCode(err), err}
	}
	if f.output == "json" {
		err = writeJSON(os.Stdout, struct {
			Version int               `json:"v"`
			Hosts   []ops.HostBackups `json:"hosts"`
		}{1, list})
	} else {
		err = plainBackups(os.Stdout, list, time.Now())
	}
	if err != nil {
		return &exitError{engine.ExitFailed, err}
	}
	for i, h := range list {
		for _, b := range h.Doubtful {
			fmt.Fprintf(os.Stderr, "%s: %s is not counted: %s\n", h.Host, b.Name(), b.Doubt)
		}
		if h.Error != "" {
			fmt.Fprintf(os.Stderr, "%s: %s\n", h.Host, printable(h.Error))
			if t.Nodes[i].Err != nil {
				err = &exitError{code: engine.ExitUnreachable}
			}
		}
	}
	return err
}

func writeJSON(out io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = out.Write(append(ask.PrintableJSON(text), '\n'))
	return err
}

func signed(b ops.Backup) string {
	if b.Signed {
		return "yes"
	}
	return "no"
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
	for _, b := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", b.Name(), b.Lies, ops.Age(now.Sub(b.Began)), ops.Bytes(b.Size), b.Tables, b.Rows, signed(b), b.Position)
	}
	if len(all) == 0 {
		fmt.Fprintln(w, "none")
	}
	_ = w.Flush() // into memory
	_, err := io.WriteString(ask.Safe(out), text.String())
	return err
}

// Download reads a file of the host as root, where the connection can.
func (t dbTarget) Download(ctx context.Context, path string, most int64, w io.Writer) (int64, error) {
	d, ok := t.Target.(interface {
		Download(context.Context, string, int64, io.Writer) (int64, error)
	})
	if !ok {
		return 0, fmt.Errorf("%s: the connection carries no files", t.name)
	}
	n, err := d.Download(ctx, path, most, w)
	return n, hostError(err)
}
