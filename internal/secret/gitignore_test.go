package secret

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestANewSecretStaysOutOfGit: where git would take in a secret that was just
// made, it is told not to, or the person is.
func TestANewSecretStaysOutOfGit(t *testing.T) {
	for name, c := range map[string]struct {
		git   string // what has the name .git: "folder", "file" or ""
		files map[string]string
		says  string // "" for nothing
		made  bool
	}{
		"no work tree":         {says: ""},
		"a work tree":          {git: "folder", says: "made ", made: true},
		"a linked work tree":   {git: "file", says: "made ", made: true},
		"ignored by name":      {git: "folder", files: map[string]string{"prod/.gitignore": "*.log\nfoobar.key\n"}},
		"ignored from the top": {git: "folder", files: map[string]string{".gitignore": "*.key \n"}},
		"the top means itself": {git: "folder", files: map[string]string{".gitignore": "/foobar.key\n"}, says: "made ", made: true},
		"a list without it":    {git: "folder", files: map[string]string{"prod/.gitignore": "*.log\n"}, says: "add the line /foobar.key to "},
		"taken in again":       {git: "folder", files: map[string]string{"prod/.gitignore": "*.key\n!foobar.key\n"}, says: "add the line"},
		"a comment":            {git: "folder", files: map[string]string{"prod/.gitignore": "# foobar.key\n"}, says: "add the line"},
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			dir := filepath.Join(top, "prod")
			err := os.Mkdir(dir, 0o755)
			switch c.git {
			case "folder":
				err = errors.Join(err, os.Mkdir(filepath.Join(top, ".git"), 0o755))
			case "file":
				err = errors.Join(err, os.WriteFile(filepath.Join(top, ".git"), []byte("gitdir: elsewhere\n"), 0o644))
			}
			for file, text := range c.files {
				err = errors.Join(err, os.WriteFile(filepath.Join(top, file), []byte(text), 0o644))
			}
			if err != nil {
				t.Fatal(err)
			}
			got := KeepOutOfGit(filepath.Join(dir, "foobar.key"))
			if c.says == "" && got != "" || !strings.Contains(got, c.says) {
				t.Errorf("says %q, not %q", got, c.says)
			}
			list := filepath.Join(dir, ".gitignore")
			text, err := os.ReadFile(list)
			switch was, had := c.files["prod/.gitignore"]; {
			case c.made && string(text) != "/foobar.key\n":
				t.Errorf("the list made is %q, %v", text, err)
			case had && string(text) != was:
				t.Errorf("somebody's list became %q", text)
			case !had && !c.made && !errors.Is(err, fs.ErrNotExist):
				t.Errorf("a list was made: %q, %v", text, err)
			}
			if again := KeepOutOfGit(filepath.Join(dir, "foobar.key")); c.made && again != "" {
				t.Errorf("the list that was made does not do: %s", again)
			}
		})
	}
}
