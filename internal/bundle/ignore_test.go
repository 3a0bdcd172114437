package bundle_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/bundle"
)

// lines are .foobarignore files on which git's own reading is easily missed.
var lines = map[string]string{
	"folders kept for their programs": "*\n!*/\n!*.py\n",
	"the same in another order":       "*\n!*.py\n!*/\n",
	"a folder back":                   "!/config/\n",
	"a folder back, files not":        "*.log\n!logs/\n",
	"one folder of two":               "!static/node_modules\n",
	"everything below back":           "*\n!src/\n!src/**\n",
	"one file below":                  "data/**\n!data/**/\n!data/**/keep.txt\n",
	"a folder that is out":            "data\n!data/one.csv\n",
	"not a digit":                     "[!0-9].dat\n[^a].txt\n",
	"not in an ending":                "*.[!p]*\n",
	"a class by name":                 "[[:digit:]].dat\n[[:nothing:]].txt\n",
	"a bracket in brackets":           "[]x].dat\n",
	"a dash in brackets":              "[a-].txt\n",
	"no end":                          "a[1.txt\nx.dat\\\n",
	"a slash in brackets":             "src[/]c.py\nsrc[!a]c.py\n",
	"escapes":                         "a\\[1\\].txt\n\\!imp\n\\#hash\nname\\\\x\n",
	"a byte order mark":               "\ufefflogs\n",
	"Windows":                         "\ufefflogs/\r\n*.dat\r\n\r\n",
	"spaces at the end":               "app.log  \nwith space\\ \n7.dat\\\\ \n",
	"stars in front":                  "**/logs\n**/c\n",
	"stars in between":                "src/**/c.py\n***/keep.txt\n",
	"stars behind":                    "docs/**\nsrc/**/\n",
	"stars behind a letter":           "a**/cd\nsr**\n",
	"one byte":                        "caf?.txt\n?.txt\n",
	"two bytes":                       "caf??.txt\ncaf[^x][^x].txt\n",
	"from the top":                    "/c.py\n/src/a/\n*/one.csv\n",
	"no path":                         "/\n//\n!\n./app.log\n../x\nsrc//c.py\nlogs//\n",
	"all but":                         "/*\n!/src\n!/data\n/data/*\n!/data/sub\n",
}

// TestIgnoredAsByGit: what is packed is what git says is not ignored, with foobar's own
// patterns in front.
func TestIgnoredAsByGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	defaults := filepath.Join(t.TempDir(), "defaults")
	put(t, filepath.Dir(defaults), "defaults", ".venv\nvenv\n.env\nnode_modules\n.#*\n.*.sw[a-p]\n*~\n\\#*#\n", 0o644)
	for name, text := range lines {
		dir := t.TempDir()
		for _, file := range []string{
			"a.txt", "b.txt", "-.txt", "7.dat", "x.dat", "].dat", "x.dat\\", "7.dat\\", "app.log", "c.py", "caf\u00e9.txt", "cafe.txt", "a[1].txt", "a[1.txt", "!imp", "#hash", "name\\x",
			"with space ", "old~", ".env", ".env.production", "logs/a.log", "logs/keep/b.log", "deep/x/logs/c.log", "src/c.py", "src/a/b/c.py", "src/a/.env", "data/one.csv",
			"data/sub/two.csv", "data/sub/keep.txt", "docs/x", "docs/y/z", "acd", "ab/cd", "ab/x/cd", "config/prod.py", "config/.env", "config/venv/x.py", "static/node_modules/p/x.js",
			"static/node_modules/p/.env", "node_modules/y.js", "nested/own.txt", "nested/not.txt", "nested/below/own.txt", "always/in",
		} {
			put(t, dir, file, "x", 0o644)
		}
		put(t, dir, ".foobarignore", text, 0o644)
		put(t, dir, "nested/.foobarignore", "/own.txt\n!.env\n", 0o644)
		put(t, dir, "always/.foobarignore", "!in\n", 0o644)
		if out, err := exec.Command(git, "-C", dir, "init", "-q").CombinedOutput(); err != nil {
			t.Fatalf("git init: %v: %s", err, out)
		}
		out, err := exec.Command(git, "-C", dir, "ls-files", "-z", "-o", "-X", defaults, "--exclude-per-directory=.foobarignore").Output()
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		for file := range strings.SplitSeq(string(out), "\x00") {
			want[file] = filepath.Base(file) != ".foobarignore" && file != ""
		}
		b, err := bundle.Pack(dir)
		if err != nil && slices.Contains(slices.Collect(maps.Values(want)), true) {
			t.Errorf("%s: %v, but git says %q", name, err, out)
		}
		if err != nil {
			continue
		}
		err = filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
			file, _ := filepath.Rel(dir, at)
			if err == nil && !d.IsDir() && b.Has(file) != want[file] {
				t.Errorf("%s, %q: packed is %q: %t, by git %t", name, text, file, b.Has(file), want[file])
			}
			return err
		})
		if err = errors.Join(err, b.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTakenBack: a secret comes along only by its own name, and so do version control and
// compiled Python, which no line like "!*/" means.
func TestTakenBack(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "config/prod.py wsgi.py",
		"!/config/\n":                  "config/prod.py wsgi.py",
		"!config\n":                    "config/prod.py wsgi.py",
		"*\n!*/\n!*.py\n":              "config/prod.py config/venv/x.py wsgi.py",
		"!*\n":                         "config/.env config/prod.py config/venv/x.py wsgi.py",
		"!config/.env\n":               "config/.env config/prod.py wsgi.py",
		"!.env\n!config/venv\n":        "config/.env config/prod.py config/venv/x.py wsgi.py",
		"!.git\n!__pycache__/\n":       ".git/HEAD .git/objects/ab/c config/prod.py wsgi.py",
		"!__pycache__\n!*.pyc\n":       "config/__pycache__/x.pyc config/prod.py wsgi.py",
		"!*.pyc\n.DS_Store\n":          "config/prod.py wsgi.py",
		"!.foobarignore\n":             ".foobarignore config/prod.py wsgi.py",
		"!/config/cache\n":             "config/cache/CACHEDIR.TAG config/prod.py wsgi.py",
		"!*/\n!*.*\n!.*\n!config/**\n": "config/.env config/prod.py config/venv/x.py wsgi.py",
	} {
		dir := t.TempDir()
		all := []string{"wsgi.py", ".DS_Store", ".git/HEAD", ".git/objects/ab/c", "config/prod.py", "config/.env", "config/venv/x.py", "config/__pycache__/x.pyc"}
		for _, file := range all {
			put(t, dir, file, "x", 0o600)
		}
		put(t, dir, "config/cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n", 0o644)
		put(t, dir, ".foobarignore", text, 0o644)
		b := pack(t, dir)
		var got []string
		for _, file := range append(all, ".foobarignore", "config/cache/CACHEDIR.TAG") {
			if b.Has(file) {
				got = append(got, file)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%q packs %q, not %s", text, got, want)
		}
		for _, name := range b.LeftOut {
			if strings.Contains(name, ".git") || strings.Contains(name, "pyc") {
				t.Errorf("%q: left out is named: %s", text, b.Without())
			}
		}
		if strings.HasPrefix(text, "*\n") && (b.Has(".git/objects") || b.Has("config/__pycache__") || b.Has("config/cache")) {
			t.Errorf("%q packs folders of version control, compiled Python or a cache", text)
		}
	}
}

// TestTooMuchToIgnore: a file that is not read to its end would pack what its end names.
func TestTooMuchToIgnore(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".foobarignore"), []byte(strings.Repeat("name\n", 1<<18)+".secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Pack(dir); err == nil || !strings.Contains(err.Error(), ".foobarignore is larger than 1 MiB") {
		t.Error(err)
	}
}
