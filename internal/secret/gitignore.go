package secret

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// KeepOutOfGit sees to it that a secret that was just made is not committed by
// accident, and returns what a person should know of it, or "". Where git tracks
// the folder and nothing ignores the file, a .gitignore is made; one that is
// there is somebody's own and is left alone.
func KeepOutOfGit(secret string) string {
	abs, err := filepath.Abs(secret)
	if err != nil {
		return ""
	}
	dir, name := filepath.Split(abs)
	dir = filepath.Clean(dir)
	folders := workTree(dir)
	for _, d := range folders {
		if ignores(filepath.Join(d, ".gitignore"), name, d == dir) {
			return ""
		}
	}
	if len(folders) == 0 {
		return ""
	}
	list := filepath.Join(dir, ".gitignore")
	file, err := os.OpenFile(list, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Sprintf("%s is in a git work tree, and nothing there ignores it: add the line /%s to %s before you commit", secret, name, list)
	}
	_, err = io.WriteString(file, "/"+name+"\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Sprintf("%s: %v; make sure that git does not commit %s", list, err, secret)
	}
	return fmt.Sprintf("made %s, so that git leaves %s out", list, name)
}

// workTree lists the folders from dir up to the top of its git work tree; none
// when it is in no work tree.
func workTree(dir string) []string {
	var folders []string
	for {
		folders = append(folders, dir)
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return folders
		}
		up := filepath.Dir(dir)
		if up == dir {
			return nil
		}
		dir = up
	}
}

// ignores reports whether a .gitignore names a file by its name alone, perhaps
// with * in it. Longer patterns of git are not understood: better to warn in vain.
// beside says that the file lies in the same folder.
func ignores(list, name string, beside bool) bool {
	text, err := os.ReadFile(list)
	if err != nil {
		return false
	}
	ignored := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \r\n")
		pattern, again := strings.CutPrefix(line, "!")
		pattern, anchored := strings.CutPrefix(pattern, "/")
		if hit, err := path.Match(pattern, name); err == nil && hit && (beside || !anchored) {
			ignored = !again
		}
	}
	return ignored
}
