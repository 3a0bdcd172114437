package inventory

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"foobar/internal/fault"
)

// file reads the path of a file that must be there, and makes it absolute.
func (t *table) file(name string, dst *string) bool { return t.existing(name, dst, isFile) }

// folder reads the path of a folder that must be there, and makes it absolute.
func (t *table) folder(name string, dst *string) { t.existing(name, dst, isFolder) }

func (t *table) existing(name string, dst *string, judge check) bool {
	s, ok := t.resolved(name)
	if !ok {
		return false
	}
	if err := judge(s); err != nil {
		t.fault(fault.PathMissing, name, "%v", err)
		return false
	}
	*dst = s
	return true
}

// resolved reads a path and makes it absolute.
func (t *table) resolved(name string) (string, bool) {
	var s string
	if !t.text(name, &s, notEmpty) {
		return "", false
	}
	err := onThisMachine(s)
	if err == nil {
		s, err = t.r.resolve(s)
	}
	if err != nil {
		t.wrong(name, "%v", err)
	}
	return s, err == nil
}

// resolve makes a path absolute: ~ is the home folder, and a relative path
// counts from the inventory's folder.
func (r *reader) resolve(s string) (string, error) {
	if err := r.foreignPath(s); err != nil {
		return "", err
	}
	if rest, ok := strings.CutPrefix(s, "~"); ok {
		if rest != "" && rest[0] != '/' {
			return "", fmt.Errorf("%s: only ~/ is known, not the home folders of others; write the whole path", s)
		}
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("%s: there is no home folder (%v); write the whole path", s, err)
		}
		return filepath.Join(home, rest), nil
	}
	if filepath.IsAbs(s) {
		return filepath.Clean(s), nil
	}
	return filepath.Join(r.dir, s), nil
}

func isFile(path string) error { return there(path, "file", "one", fs.FileMode.IsRegular) }

func isFolder(path string) error {
	return there(path, "folder", "the folder it is in", fs.FileMode.IsDir)
}

// there checks what lies at a path; advice is what to name in place of anything else.
func there(path, what, advice string, good func(fs.FileMode) bool) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fault.Wrap(fault.PathMissing, fmt.Errorf("there is no %s %s; correct the path", what, path))
	case !good(info.Mode()):
		return fault.Wrap(fault.PathMissing, fmt.Errorf("%s is not a %s; name %s", path, what, advice))
	}
	return nil
}

// foreignPath refuses what only another program would make a path of: a shell, Windows.
// A file that has such a name may be named.
func (r *reader) foreignPath(s string) error {
	whole := s
	if !filepath.IsAbs(s) {
		whole = filepath.Join(r.dir, s)
	}
	if _, err := os.Lstat(whole); err == nil {
		return nil
	}
	switch slashes := strings.ReplaceAll(s, `\`, "/"); {
	case strings.TrimSpace(s) != s:
		return fmt.Errorf("%q begins or ends with a space; write %q", s, strings.TrimSpace(s))
	case strings.HasPrefix(s, "$HOME/") || strings.HasPrefix(s, "${HOME}/"):
		return fmt.Errorf("%q has a variable, which foobar does not fill in; write ~/%s", s, s[strings.IndexByte(s, '/')+1:])
	case unfilled.MatchString(s):
		return fmt.Errorf("%q has a variable, which foobar does not fill in; write the path itself", s)
	case drivePath.MatchString(s):
		return fmt.Errorf("%q is a path of Windows; write one of this machine, with slashes", s)
	case slashes != s:
		return fmt.Errorf("%q has backslashes; write slashes: %s", s, slashes)
	}
	return nil
}

var drivePath = regexp.MustCompile(`^[A-Za-z]:[\\/]`)

// onThisMachine refuses what is no path of a file.
func onThisMachine(s string) error {
	if strings.Contains(s, "://") || gitPath.MatchString(s) {
		return fmt.Errorf("%q is not on this machine; fetch or clone it, and write the path of the copy", s)
	}
	return nil
}

var gitPath = regexp.MustCompile(`^[A-Za-z0-9_]+@[A-Za-z0-9.-]+:`)
