package ops

import (
	"bufio"
	"context"
	"crypto/sha256"
	_ "embed" // the script that makes the folder
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"foobar/internal/fault"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// Files is a Target that carries files, too.
type Files interface {
	// Upload writes a new private file as root.
	Upload(ctx context.Context, path string, mode uint32, size int64, r io.Reader) error
	// Download reads a file as root, at most so many bytes.
	Download(ctx context.Context, path string, most int64, w io.Writer) (int64, error)
}

func (n *Node) files() (Files, error) {
	if f, ok := n.target.(Files); ok {
		return f, nil
	}
	return nil, fmt.Errorf("%s: files cannot be copied over this connection", n.Name())
}

// LocalBackup is a backup on the controller: a file, and the one beside it.
type LocalBackup struct {
	Path  string
	About Backup
}

// aboutMost bounds the file beside a backup, which has a line for every table.
const aboutMost = 64 << 20

// OpenLocal reads what stands beside a backup on the controller. The error of a
// file that is not there is fs.ErrNotExist.
func OpenLocal(path string) (*LocalBackup, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || !strings.HasSuffix(path, backupEnding) {
		return nil, fault.Wrap(fault.BackupUnusable, fmt.Errorf("%s is not a backup: the names of backups end in %s", path, backupEnding))
	}
	about := strings.TrimSuffix(path, backupEnding) + ".json"
	f, err := os.Open(about)
	if err != nil {
		return nil, fault.Wrap(fault.BackupUnusable, fmt.Errorf("%s was never checked, or the record of its check is missing: %s", path, strings.TrimPrefix(err.Error(), "open ")))
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, 1<<20)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	b, err := parseBackup(line)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", about, err)
	}
	if b.Size != info.Size() {
		return nil, fault.Wrap(fault.BackupUnusable, fmt.Errorf("%s has %d bytes, and %d when it was checked: it is corrupt", path, info.Size(), b.Size))
	}
	return &LocalBackup{Path: path, About: b}, nil
}

// Verify compares the file with its digest.
func (l *LocalBackup) Verify() error {
	f, err := os.Open(l.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != l.About.SHA256 {
		return fault.Wrap(fault.BackupUnusable, fmt.Errorf("%s is not the file that was checked: its digest is another", l.Path))
	}
	return nil
}

// bring makes sure that a backup and what is beside it lie on the primary, and
// says where. What comes from another host goes through the controller: the
// hosts have no way to one another but the database's port.
func (s *Site) bring(ctx context.Context, primary, from *Node, local *LocalBackup, b Backup) (string, error) {
	if from == primary {
		return b.Path, nil
	}
	to, err := primary.files()
	if err != nil {
		return "", err
	}
	dir := s.restoreDir()
	stem := strings.TrimSuffix(b.File, backupEnding)
	if out, err := s.script(ctx, primary, sh.Set("backups", s.Inv.DB.Backup.Path, "dir", dir, "file", b.File, "about", stem+".json", "sum", b.SHA256, "mark", resource.OwnMark)+
		sh.Files+restoreFolder, stepMost); err != nil {
		return "", fmt.Errorf("%s: %w", primary.Name(), err)
	} else if out != "have" {
		var room int64
		if _, err := fmt.Sscan(out, &room); err == nil && room < b.Size+64<<20 {
			return "", refuse(fault.NoRoomForCopy, "make room there", "%s has room for %s in %s; nothing was changed", primary.Name(), Bytes(room), dir)
		}
		s.tell(primary, "getting %s of backup", Bytes(b.Size))
		if err := s.carry(ctx, from, to, local, b.Path, b.File, b.Size, dir); err != nil {
			return "", fmt.Errorf("%w; nothing was changed", err)
		}
	}
	if err := s.carry(ctx, from, to, local, strings.TrimSuffix(b.Path, backupEnding)+".json", stem+".json", -1, dir); err != nil {
		return "", fmt.Errorf("%w; nothing was changed", err)
	}
	path := filepath.Join(dir, b.File)
	_, err = s.script(ctx, primary, fmt.Sprintf("cd %[1]s && for f in *.part; do [ ! -f \"$f\" ] || mv -f -- \"$f\" \"${f%%.part}\"; done; [ \"$(sha256sum <%[2]s | cut -c 1-64)\" = %[3]s ] || { echo 'the backup did not arrive whole'; exit 1; }\n",
		sh.Quote(dir), sh.Quote(b.File), b.SHA256), unitMost)
	if err != nil {
		return "", fmt.Errorf("%s: %w; nothing was changed", primary.Name(), err)
	}
	return path, nil
}

//go:embed restore_folder.sh
var restoreFolder string

// carry copies one file to the primary. A size below 0 is not known yet; such a
// file is small.
func (s *Site) carry(ctx context.Context, from *Node, to Files, local *LocalBackup, path, name string, size int64, dir string) error {
	target := filepath.Join(dir, name+".part")
	if local != nil {
		f, err := os.Open(strings.TrimSuffix(local.Path, backupEnding) + strings.TrimPrefix(name, local.About.Name()))
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return to.Upload(ctx, target, 0o600, info.Size(), f)
	}
	source, err := from.files()
	if err != nil {
		return err
	}
	if size < 0 {
		var text strings.Builder
		if _, err := source.Download(ctx, path, aboutMost, &text); err != nil {
			return err
		}
		return to.Upload(ctx, target, 0o600, int64(text.Len()), strings.NewReader(text.String()))
	}
	r, w := io.Pipe()
	read := make(chan error, 1)
	go func() {
		_, err := source.Download(ctx, path, size, w)
		w.CloseWithError(err)
		read <- err
	}()
	err = to.Upload(ctx, target, 0o600, size, r)
	r.CloseWithError(errors.New("the upload has ended"))
	if down := <-read; down != nil && err == nil {
		err = down
	}
	return err
}

// Fetch copies a backup from its host into a folder of the controller, as far as
// there is room. A file of that name which is there already is left alone.
func (s *Site) Fetch(ctx context.Context, t *Topology, b Backup, dir string) (string, error) {
	n := t.Node(b.Lies)
	if n == nil || n.target == nil {
		return "", fmt.Errorf("%s was not reached", b.Lies)
	}
	source, err := n.files()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, b.File)
	if have, err := fetched(path, b); have || err != nil {
		return path, err
	}
	room, err := free(dir)
	if err != nil {
		return "", err
	}
	if need := b.Size + aboutMost; room < need || need < b.Size {
		return "", refuse(fault.NoRoomForCopy, "make room there, or name another folder", "%s has room for %s, and %s says that its backup %s has %s; nothing was copied",
			dir, Bytes(room), n.Name(), b.Name(), Bytes(b.Size))
	}
	if !b.Signed {
		s.tell(n, "%s has no good signature: it is not signed, or %s cannot be read", b.Name(), s.Inv.Secrets.Master)
	}
	s.tell(n, "copying %s of backup to %s", Bytes(b.Size), dir)
	// What stands beside it comes last: without it a file is no good backup.
	for _, part := range []struct {
		from, to string
		most     int64
	}{{b.Path, path, b.Size}, {strings.TrimSuffix(b.Path, backupEnding) + ".json", strings.TrimSuffix(path, backupEnding) + ".json", aboutMost}} {
		if err := download(ctx, source, part.from, part.to, part.most); err != nil {
			return "", err
		}
	}
	l, err := OpenLocal(path)
	if err == nil {
		err = l.Verify()
	}
	if err == nil && (l.About.SHA256 != b.SHA256 || l.About.seal != b.seal) {
		err = fault.Wrap(fault.BackupUnusable, fmt.Errorf("%s is not the backup that %s has listed", path, n.Name()))
	}
	return path, err
}

// fetched reports whether a backup was copied before; another file of its name is
// an error, for it may be the good one.
func fetched(path string, b Backup) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	l, err := OpenLocal(path)
	if err == nil {
		err = l.Verify()
	}
	if err != nil || l.About.SHA256 != b.SHA256 {
		return false, refuse(fault.BackupUnusable, "move that file away, or name another folder", "%s exists, and is not the backup that %s offers under this name; nothing was copied", path, b.Lies)
	}
	return true, nil
}

// free is how many bytes a user without rights may still write in a folder.
// Source: statfs(2).
func free(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("how much room %s has: %w", dir, err)
	}
	return int64(min(uint64(st.Bavail), 1<<40) * uint64(st.Bsize)), nil
}

func download(ctx context.Context, source Files, from, to string, most int64) (err error) {
	f, err := os.OpenFile(to+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(to + ".part")
		}
	}()
	_, err = source.Download(ctx, from, most, f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(to+".part", to)
}
