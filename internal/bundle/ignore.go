package bundle

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
)

// ignoreFile names, in any folder, what of it is not packed. Source of its syntax:
// gitignore(5).
const ignoreFile = ".foobarignore"

// unsaid are left out of every source, and nobody misses them.
var unsaid = []string{".git", ".hg", ".svn", "__pycache__", "*.pyc", ".DS_Store", ignoreFile}

// said are left out as well, until a .foobarignore takes one back with "!": what is
// installed on each host anew, secrets of the machine, and what editors leave.
var said = []string{".venv", "venv", ".env", "node_modules", ".#*", ".*.sw[a-p]", "*~", `\#*#`}

// ignored are patterns in rising order of their weight.
type ignored struct{ patterns []gitignore.Pattern }

// always is what is left out without anybody's word.
func always() ignored {
	var i ignored
	i.add(nil, said)
	return i
}

func (i *ignored) add(domain, lines []string) {
	for _, line := range lines {
		if line = strings.TrimRight(line, "\r\n"); line != "" && !strings.HasPrefix(line, "#") {
			i.patterns = append(i.patterns, gitignore.ParsePattern(line, domain))
		}
	}
}

// matches reports whether a file or folder, by its slash path, is left out.
func (i ignored) matches(name string, isDir bool) bool {
	return gitignore.NewMatcher(i.patterns).Match(strings.Split(name, "/"), isDir)
}

// takesBack reports whether a folder is named in a .foobarignore as one to be packed.
func (i ignored) takesBack(folder string) bool {
	parts := strings.Split(folder, "/")
	for _, pattern := range slices.Backward(i.patterns) {
		if r := pattern.Match(parts, true); r != gitignore.NoMatch {
			return r == gitignore.Include
		}
	}
	return false
}

// quiet reports whether a file or folder is left out of every source.
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
	file, err := p.root.Open(path.Join(folder, ignoreFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxIgnoreFile))
	if err != nil {
		return err
	}
	var domain []string
	if folder != "." {
		domain = strings.Split(folder, "/")
	}
	p.ignored.add(domain, strings.Split(string(text), "\n"))
	return nil
}
