package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ignoreFile names, in any folder, what of it is not packed. Source of its syntax:
// gitignore(5).
const ignoreFile = ".foobarignore"

// unsaid are left out of every source, and nobody misses them; "!" takes them back by name.
var unsaid = []string{".git", ".hg", ".svn", "__pycache__", "*.pyc", ".DS_Store", ignoreFile}

// said are left out as well, until a .foobarignore takes one back with "!": what is
// installed on each host anew, secrets of the machine, and what editors leave.
var said = []string{".venv", "venv", ".env", "node_modules", ".#*", ".*.sw[a-p]", "*~", `\#*#`}

// ignored are patterns in rising order of their weight.
type ignored struct{ patterns []pattern }

// always is what is left out without anybody's word.
func always() ignored {
	var i ignored
	i.add("", said)
	return i
}

func (i *ignored) add(domain string, lines []string) {
	for _, line := range lines {
		if p, ok := parse(line, domain); ok {
			i.patterns = append(i.patterns, p)
		}
	}
}

// leavesOut reports whether a file or folder, by its slash path, is left out, and whether
// that needs no word. It is about this entry, not about the folders on the way to it.
// A line that names nothing takes back nothing unsaid: with "*" and "!*/" each commit in
// .git would make another release.
func (i ignored) leavesOut(name string, isDir bool) (out, quietly bool) {
	quietly = quiet(path.Base(name))
	for _, p := range slices.Backward(i.patterns) {
		if p.fits(name, isDir) && !(quietly && p.keep && p.broad) {
			return !p.keep, quietly
		}
	}
	return quietly, quietly
}

// takesBack reports whether a folder is named in a .foobarignore as one to be packed.
func (i ignored) takesBack(folder string) bool {
	for _, p := range slices.Backward(i.patterns) {
		if p.fits(folder, true) {
			return p.keep && !p.broad
		}
	}
	return false
}

// quiet reports whether a file or folder has a name that is left out of every source.
func quiet(name string) bool {
	for _, pattern := range unsaid {
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return false
}

// cacheTag begins the file CACHEDIR.TAG of a folder that any tool may fill again: those of
// pytest, mypy, ruff and others. Source: https://bford.info/cachedir/.
const cacheTag = "Signature: 8a477f597d28d172789f06886806bc55"

// madeHere says what a folder is by a file in it, where it is of this machine and made again
// elsewhere, whatever its name; "" of any other. A .foobarignore that takes the folder back
// has the last word here, too.
func (p *packer) madeHere(folder string) string {
	if p.ignored.takesBack(folder) {
		return ""
	}
	if info, err := p.root.Stat(path.Join(folder, "pyvenv.cfg")); err == nil && info.Mode().IsRegular() {
		return "a virtual environment"
	}
	tag := path.Join(folder, "CACHEDIR.TAG")
	if info, err := p.root.Stat(tag); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := p.root.Open(tag)
	if err != nil {
		return ""
	}
	defer file.Close()
	begins := make([]byte, len(cacheTag))
	if _, err := io.ReadFull(file, begins); err != nil || string(begins) != cacheTag {
		return ""
	}
	return "a cache"
}

// maxIgnoreFile bounds a .foobarignore, in bytes.
const maxIgnoreFile = 1 << 20

// reads adds what a folder's .foobarignore names, if it has one.
func (p *packer) reads(folder string) error {
	name := path.Join(folder, ignoreFile)
	file, err := p.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		if _, shut := p.root.Lstat(name); shut != nil {
			name = folder
		}
		return unread(name, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxIgnoreFile+1))
	if err != nil {
		return err
	} else if len(text) > maxIgnoreFile {
		return fmt.Errorf("%s is larger than %d MiB; name folders in it, or use patterns", name, maxIgnoreFile>>20)
	}
	domain := ""
	if folder != "." {
		domain = folder + "/"
	}
	// Editors on Windows begin a file with a byte order mark.
	p.ignored.add(domain, strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n"))
	return nil
}
