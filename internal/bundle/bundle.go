// Package bundle packs an application's source folder into one archive with a
// name made of its content, so that a release that is already on a host is
// known without looking inside it.
package bundle

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
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

// Limits of a bundle; an application is source, not data.
const (
	maxFiles = 20000 // folders count, too
	maxBytes = 256 << 20
)

// Bundle is a packed source folder. The archive is a file without a name, which
// ends with the process, however that ends; see Close.
type Bundle struct {
	// ID is the first 12 hex digits of the digest of names, modes and contents.
	ID string

	archive *os.File
	size    int64
	// names answers for the files a role wants to know of, by slash path.
	names map[string]bool
}

// Has reports whether the bundle holds a file or folder, such as "requirements.txt".
func (b *Bundle) Has(name string) bool { return b.names[path.Clean(name)] }

// Archive is the packed folder, a .tar.gz, until Close. Readers do not disturb
// one another.
func (b *Bundle) Archive() *io.SectionReader { return io.NewSectionReader(b.archive, 0, b.size) }

// Close gives up the archive.
func (b *Bundle) Close() error {
	if b == nil {
		return nil
	}
	return b.archive.Close()
}

// ignored are names never packed, at any depth.
var ignored = map[string]bool{".git": true, "__pycache__": true, ".venv": true, "venv": true, ".env": true, ".DS_Store": true, "node_modules": true}

// leftOut reports whether a file or folder of that name is never packed.
func leftOut(name string) bool { return ignored[name] || strings.HasSuffix(name, ".pyc") }

// Pack reads the folder. Links are followed only inside it; sockets, devices,
// links out of it and links to what is left out are errors that name the file.
func Pack(dir string) (*Bundle, error) {
	b, err := pack(dir)
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", dir, err)
	}
	return b, nil
}

func pack(dir string) (*Bundle, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir) // refuses whatever leads out of the folder
	if err != nil {
		return nil, err
	}
	defer root.Close()
	out, err := nameless()
	if err != nil {
		return nil, err
	}
	b := &Bundle{archive: out, names: map[string]bool{}}
	z := gzip.NewWriter(out)
	p := &packer{dir: dir, real: real, root: root, names: b.names, sum: sha256.New(), tar: tar.NewWriter(z)}
	err = filepath.WalkDir(dir, p.visit)
	if err == nil && p.files == 0 {
		err = errors.New("there are no files in it")
	}
	for _, end := range []func() error{p.tar.Close, z.Close} {
		if err == nil {
			err = end()
		}
	}
	if err == nil {
		b.size, err = out.Seek(0, io.SeekCurrent)
	}
	if err != nil {
		out.Close()
		return nil, err
	}
	b.ID = hex.EncodeToString(p.sum.Sum(nil))[:12]
	return b, nil
}

// nameless makes a temporary file and takes its name away before anything is in
// it: what is in it cannot stay behind.
func nameless() (*os.File, error) {
	file, err := os.CreateTemp("", "foobar-app-*.tar.gz")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// packer is one walk through a source folder.
type packer struct {
	dir, real string // the folder as it was named, and without links in its path
	root      *os.Root
	names     map[string]bool
	sum       hash.Hash // of names, modes and contents
	tar       *tar.Writer
	files     int
	entries   int
	total     int64 // bytes
}

func (p *packer) visit(at string, d fs.DirEntry, err error) error {
	if err != nil || at == p.dir {
		return err
	}
	if leftOut(d.Name()) {
		if d.IsDir() {
			return filepath.SkipDir
		}
		return nil
	}
	name, err := filepath.Rel(p.dir, at)
	if err != nil {
		return err
	}
	name = filepath.ToSlash(name)
	info, err := p.root.Stat(name)
	if err != nil {
		return err
	}
	if p.entries++; p.entries > maxFiles {
		return fmt.Errorf("more than %d files", maxFiles)
	}
	if d.Type()&fs.ModeSymlink != 0 {
		if err := p.follows(at, name, info); err != nil {
			return err
		}
	}
	p.names[name] = true
	if info.IsDir() {
		fmt.Fprintf(p.sum, "d %q\n", name)
		return p.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755, ModTime: time.Unix(0, 0), Format: tar.FormatPAX})
	}
	return p.file(name, info)
}

// follows refuses a link that leads to a folder or to what is left out: its
// content would be packed under a name that says nothing of it.
func (p *packer) follows(at, name string, info fs.FileInfo) error {
	if info.IsDir() {
		return fmt.Errorf("%s is a link to a folder; put the folder itself there", name)
	}
	target, err := filepath.EvalSymlinks(at)
	if err != nil {
		return err
	}
	if target, err = filepath.Rel(p.real, target); err != nil {
		return err
	}
	target = filepath.ToSlash(target)
	for _, part := range strings.Split(target, "/") {
		if leftOut(part) {
			return fmt.Errorf("%s is a link to %s, which is never packed; put a copy there if the app needs it, or remove the link", name, target)
		}
	}
	return nil
}

// file packs a regular file. Its size is looked at before its content.
func (p *packer) file(name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is neither a file nor a folder", name)
	}
	// Should it have become a pipe meanwhile, nobody waits for it.
	in, err := p.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	if info, err = in.Stat(); err != nil {
		return err
	}
	size := info.Size()
	if p.total += size; p.total > maxBytes {
		return fmt.Errorf("more than %d MiB with %s; keep data out of app.source", maxBytes>>20, name)
	}
	p.files++
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if info.Mode()&0o100 != 0 {
		h.Mode = 0o755
	}
	if err := p.tar.WriteHeader(h); err != nil {
		return err
	}
	content := sha256.New()
	// One byte more than there should be tells a file that grows.
	n, err := io.Copy(io.MultiWriter(p.tar, content), io.LimitReader(in, size+1))
	if errors.Is(err, tar.ErrWriteTooLong) || err == nil && n != size {
		return fmt.Errorf("%s changed while it was read; pack it again when nothing writes to it", name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.sum, "f %q %o %x\n", name, h.Mode, content.Sum(nil))
	return nil
}
