// Package bundle packs an application's source folder into one archive with a
// name made of its content, so that a release that is already on a host is
// known without looking inside it.
package bundle

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Limits of a bundle; an application is source, not data.
const (
	maxFiles = 20000
	maxBytes = 256 << 20
)

// Bundle is a packed source folder. The archive lies in a temporary file; see Close.
type Bundle struct {
	// ID is the first 12 hex digits of the digest of names, modes and contents.
	ID string
	// File is the .tar.gz, SHA256 its digest in hex.
	File   string
	SHA256 string
	// Has answers for the files a role wants to know of, by slash path.
	names map[string]bool
}

// Has reports whether the bundle holds a file or folder, such as "requirements.txt".
func (b *Bundle) Has(name string) bool { return b.names[path.Clean(name)] }

// Close removes the temporary archive.
func (b *Bundle) Close() error { return os.Remove(b.File) }

// ignored are names never packed, at any depth.
var ignored = map[string]bool{".git": true, "__pycache__": true, ".venv": true, "venv": true, ".env": true, ".DS_Store": true, "node_modules": true}

// Pack reads the folder. Links are followed only inside it; sockets, devices and
// links out of it are errors that name the file.
func Pack(dir string) (*Bundle, error) {
	out, err := os.CreateTemp("", "foobar-app-*.tar.gz")
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", dir, err)
	}
	b := &Bundle{File: out.Name(), names: map[string]bool{}}
	fail := func(err error) (*Bundle, error) {
		out.Close()
		os.Remove(b.File)
		return nil, fmt.Errorf("pack %s: %w", dir, err)
	}
	sum := sha256.New()
	z := gzip.NewWriter(out)
	t := tar.NewWriter(z)
	root, err := os.OpenRoot(dir) // refuses whatever leads out of the folder
	if err != nil {
		return fail(err)
	}
	defer root.Close()
	files, total := 0, int64(0)
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		if ignored[d.Name()] || strings.HasSuffix(d.Name(), ".pyc") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		info, err := root.Stat(rel)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: rel, Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
		b.names[rel] = true
		if info.IsDir() {
			if d.Type()&fs.ModeSymlink != 0 {
				return fmt.Errorf("%s is a link to a folder; put the folder itself there", rel)
			}
			h.Typeflag, h.Mode, h.Name = tar.TypeDir, 0o755, rel+"/"
			fmt.Fprintf(sum, "d %q\n", rel)
			return t.WriteHeader(h)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a folder", rel)
		}
		if info.Mode()&0o100 != 0 {
			h.Mode = 0o755
		}
		data, err := root.ReadFile(rel)
		if err != nil {
			return err
		}
		if files++; files > maxFiles {
			return fmt.Errorf("more than %d files", maxFiles)
		}
		if total += int64(len(data)); total > maxBytes {
			return fmt.Errorf("more than %d MiB; keep data out of app.source", maxBytes>>20)
		}
		h.Typeflag, h.Size = tar.TypeReg, int64(len(data))
		fmt.Fprintf(sum, "f %q %o %x\n", rel, h.Mode, sha256.Sum256(data))
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		_, err = t.Write(data)
		return err
	})
	if err != nil {
		return fail(err)
	}
	if files == 0 {
		return fail(fmt.Errorf("there are no files in it"))
	}
	for _, c := range []func() error{t.Close, z.Close, out.Close} {
		if err := c(); err != nil {
			return fail(err)
		}
	}
	b.ID = hex.EncodeToString(sum.Sum(nil))[:12]
	data, err := os.ReadFile(b.File)
	if err != nil {
		return fail(err)
	}
	whole := sha256.Sum256(data)
	b.SHA256 = hex.EncodeToString(whole[:])
	return b, nil
}
