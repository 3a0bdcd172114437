// Package bundle packs an application's source folder into one archive with a
// name made of its content, so that a release that is already on a host is
// known without looking inside it.
package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Limits of a bundle; an application is source, not data.
const (
	maxFiles = 200_000 // folders count, too
	maxBytes = 2 << 30
)

// Bundle is a packed source folder. The archive is a file without a name, which
// ends with the process, however that ends; see Close.
type Bundle struct {
	// ID is the first 12 hex digits of the digest of names, modes and contents.
	ID string

	archive  *os.File
	size     int64
	unpacked int64
	// LeftOut names what of the folder is not in it, in slash paths, sorted; not what
	// every source has: version control and compiled Python.
	LeftOut []string
	// Python is what the source's pyproject.toml asks of the version of Python, such as
	// ">=3.12"; "" where nothing is asked, or pip does not compare it: where there is a
	// requirements.txt that does not name the source Itself, as "-e ." does.
	Python string
	Itself bool
	// Gunicorn says that either of these files names it, or other files that may.
	Gunicorn bool
	django   map[string]bool // the folders with a manage.py of Django's
	// names answers for the files a role wants to know of, by slash path.
	names map[string]bool
}

// Has reports whether the bundle holds a file or folder, such as "requirements.txt".
func (b *Bundle) Has(name string) bool { return b.names[path.Clean(name)] }

// Django reports whether a folder of the bundle, such as ".", has a manage.py of Django's.
func (b *Bundle) Django(folder string) bool { return b.django[path.Clean(folder)] }

// Without says what of the folder is not in the bundle: the first few, and how many more.
func (b *Bundle) Without() string {
	const few = 5
	if len(b.LeftOut) <= few {
		return strings.Join(b.LeftOut, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(b.LeftOut[:few], ", "), len(b.LeftOut)-few)
}

// Archive is the packed folder, a .tar.gz, until Close. Readers do not disturb
// one another.
func (b *Bundle) Archive() *io.SectionReader { return io.NewSectionReader(b.archive, 0, b.size) }

// Unpacked is the size of all files in bytes.
func (b *Bundle) Unpacked() int64 { return b.unpacked }

// Close gives up the archive.
func (b *Bundle) Close() error {
	if b == nil {
		return nil
	}
	return b.archive.Close()
}

// Pack reads the folder, or the one that a link leads to. What .foobarignore files name, in the syntax of gitignore(5),
// is left out, and so are links that lead nowhere, sockets, and folders that say of
// themselves that they are a cache or a virtual environment. Links inside the folder stay
// links; pipes, devices, links out of it and links to what is left out are errors that name
// the file.
//
// How the folder is built into a release, if there is more to say than what is in it,
// is part of the ID.
func Pack(dir string, build ...string) (*Bundle, error) {
	b, err := pack(dir, build)
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", dir, err)
	}
	return b, nil
}

func pack(dir string, build []string) (*Bundle, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(real) // refuses whatever leads out of the folder
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
	p := &packer{dir: real, root: root, names: b.names, ignored: always(), sum: sha256.New(), tar: tar.NewWriter(z),
		texts: map[string]*bytes.Buffer{}}
	err = filepath.WalkDir(real, p.visit) // which follows no link, not even the first
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
	for _, step := range build {
		fmt.Fprintf(p.sum, "build %q\n", step)
	}
	slices.Sort(p.leftOut)
	b.LeftOut, b.unpacked = p.leftOut, p.total
	b.reads(p.texts)
	b.ID = hex.EncodeToString(p.sum.Sum(nil))[:12]
	return b, nil
}

// nameless makes a temporary file and takes its name away before anything is in
// it: what is in it cannot stay behind. Without a TMPDIR it is where large files belong:
// /tmp is memory on many machines. Source: file-hierarchy(7).
func nameless() (*os.File, error) {
	const pattern = "foobar-app-*.tar.gz"
	dir := os.Getenv("TMPDIR")
	if dir == "" {
		dir = "/var/tmp"
	}
	file, err := os.CreateTemp(dir, pattern)
	if err != nil && os.Getenv("TMPDIR") == "" {
		file, err = os.CreateTemp("", pattern)
	}
	if err != nil {
		return nil, fmt.Errorf("write a temporary file: %w; set TMPDIR to a folder that you may write to", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
