package bundle

import (
	"archive/tar"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// packer is one walk through a source folder.
type packer struct {
	dir     string // without links in its path
	root    *os.Root
	names   map[string]bool
	ignored ignored
	leftOut []string
	sum     hash.Hash // of names, modes and contents: not of times, which differ from checkout to checkout
	tar     *tar.Writer
	files   int
	entries int
	total   int64                    // bytes
	texts   map[string]*bytes.Buffer // of files that tell what the app is and needs
}

func (p *packer) visit(at string, d fs.DirEntry, err error) error {
	name, wrong := filepath.Rel(p.dir, at)
	if err = cmp.Or(err, wrong); err != nil {
		return unread(name, err)
	}
	if at == p.dir {
		return p.reads(".")
	}
	name = filepath.ToSlash(name)
	if out, quietly := p.ignored.leavesOut(name, d.IsDir()); out {
		if !quietly {
			p.leftOut = append(p.leftOut, name)
		}
		if d.IsDir() {
			return filepath.SkipDir
		}
		return nil
	}
	info, err := d.Info()
	if err != nil {
		return unread(path.Dir(name), err) // its files may be listed, but not looked at
	}
	if p.entries++; p.entries > maxFiles {
		return fmt.Errorf("more than %d files", maxFiles)
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return p.link(at, name)
	case info.Mode()&fs.ModeSocket != 0:
		p.leftOut = append(p.leftOut, name+" (a socket)")
		return nil
	case info.IsDir():
		if what := p.madeHere(name); what != "" {
			p.leftOut = append(p.leftOut, name+" ("+what+")")
			return filepath.SkipDir
		}
		p.names[name] = true
		return p.folder(name, info)
	}
	p.names[name] = true
	return p.file(name, info)
}

// folder packs a folder itself, and reads what is left out below it.
func (p *packer) folder(name string, info fs.FileInfo) error {
	h := p.header(name+"/", info, 0o755)
	h.Typeflag = tar.TypeDir
	if h.Mode == 0o755 {
		fmt.Fprintf(p.sum, "d %q\n", name)
	} else {
		fmt.Fprintf(p.sum, "d %q %o\n", name, h.Mode)
	}
	if err := p.tar.WriteHeader(h); err != nil {
		return err
	}
	return p.reads(name)
}

// unread is the error of what may not be read, such as the data of a database that a
// container keeps in the source.
func unread(name string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%s may not be read (%w); change that, or name it in %s if the app does not need it", name, fs.ErrPermission, ignoreFile)
	}
	return err
}

var (
	// oldest is the first time that a ZIP file can hold: Python programs make such of their files.
	oldest = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	// timeless ends the times that say nothing: npm, Nix and others give every file the same
	// old one.
	timeless = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
)

// timeOf is a time for a file whose own says nothing, made of its content: with one time for
// all, another file of the same size has the same ETag, and browsers keep the old one.
func timeOf(content io.ReadSeeker) (time.Time, error) {
	sum := sha256.New()
	_, err := io.Copy(sum, content)
	if err == nil {
		_, err = content.Seek(0, io.SeekStart)
	}
	return oldest.Add(time.Duration(binary.BigEndian.Uint32(sum.Sum(nil))>>3) * time.Second), err
}

// header is that of an entry. Its time makes the ETag of a static file. What others may
// not read in the source they may not read on a host; the app, whose group has it, may.
func (p *packer) header(name string, info fs.FileInfo, mode int64) *tar.Header {
	when := info.ModTime().Truncate(time.Second).UTC()
	if when.Before(oldest) {
		when = oldest
	}
	if info.Mode()&0o004 == 0 {
		mode &^= 0o007
	}
	return &tar.Header{Name: name, Mode: mode, ModTime: when, Format: tar.FormatPAX}
}

// link packs a link that stays inside the folder, as a relative one.
func (p *packer) link(at, name string) error {
	full, err := filepath.EvalSymlinks(at)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) { // ENOTDIR: through a file
		p.leftOut = append(p.leftOut, name+" (a link to nothing)")
		return nil
	} else if err != nil {
		return fmt.Errorf("follow the link %s: %w", name, err)
	}
	target, err := filepath.Rel(p.dir, full)
	if err != nil {
		return err
	}
	if !filepath.IsLocal(target) {
		return fmt.Errorf("%s is a link to %s, outside the folder; put a copy there if the app needs it, or name it in %s", name, full, ignoreFile)
	}
	target = filepath.ToSlash(target)
	info, err := os.Stat(full)
	if err != nil {
		return err
	}
	if p.without(target, info.IsDir()) {
		return fmt.Errorf("%s is a link to %s, which is never packed; put a copy there if the app needs it, or remove the link", name, target)
	}
	text, err := os.Readlink(at)
	if err != nil {
		return err
	}
	if filepath.IsAbs(text) || !filepath.IsLocal(filepath.Join(filepath.FromSlash(path.Dir(name)), text)) {
		if text, err = filepath.Rel(filepath.FromSlash(path.Dir(name)), filepath.FromSlash(target)); err != nil {
			return err
		}
	}
	p.names[name] = true
	fmt.Fprintf(p.sum, "l %q %q\n", name, text)
	h := p.header(name, info, 0o777)
	h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, filepath.ToSlash(text), 0o777
	return p.tar.WriteHeader(h)
}

// without reports whether a path, or a folder on the way to it, is left out.
func (p *packer) without(name string, isDir bool) bool {
	parts := strings.Split(name, "/")
	for i := range parts {
		at, folder := strings.Join(parts[:i+1], "/"), isDir || i < len(parts)-1
		if out, _ := p.ignored.leavesOut(at, folder); out || folder && p.madeHere(at) != "" {
			return true
		}
	}
	return false
}

// file packs a regular file. Its size is looked at before its content.
func (p *packer) file(name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is neither a file nor a folder; remove it, or name it in %s", name, ignoreFile)
	}
	// Should it have become a pipe meanwhile, nobody waits for it.
	in, err := p.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return unread(name, err)
	}
	defer in.Close()
	if info, err = in.Stat(); err != nil {
		return err
	}
	size := info.Size()
	if p.total += size; p.total > maxBytes {
		return fmt.Errorf("more than %d MiB with %s; keep data out of app.source, or name it in %s", maxBytes>>20, name, ignoreFile)
	}
	p.files++
	mode := int64(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	h := p.header(name, info, mode)
	h.Typeflag, h.Size = tar.TypeReg, size
	if h.ModTime.Before(timeless) {
		if h.ModTime, err = timeOf(in); err != nil {
			return err
		}
	}
	if err := p.tar.WriteHeader(h); err != nil {
		return err
	}
	content := sha256.New()
	to := io.MultiWriter(p.tar, content)
	if tells(name) && size <= mostText {
		p.texts[name] = &bytes.Buffer{}
		to = io.MultiWriter(to, p.texts[name])
	}
	// One byte more than there should be tells a file that grows.
	n, err := io.Copy(to, io.LimitReader(in, size+1))
	if errors.Is(err, tar.ErrWriteTooLong) || err == nil && n != size {
		return fmt.Errorf("%s changed while it was read; pack it again when nothing writes to it", name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.sum, "f %q %o %x\n", name, h.Mode, content.Sum(nil))
	return nil
}
