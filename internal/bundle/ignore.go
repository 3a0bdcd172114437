package bundle

import (
	"errors"
	"io"
	"io/fs"
	"path"
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

// quiet reports whether a file or folder is left out of every source.
func quiet(name string) bool {
	for _, pattern := range unsaid {
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return false
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
