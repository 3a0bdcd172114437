package inventory

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var update = flag.Bool("update", false, "write the expected errors anew")

// TestBad compares every error of every wrong inventory, word for word.
func TestBad(t *testing.T) {
	t.Setenv("HOME", "/home/someone")
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal("no inventories", err)
	}
	here, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			inv, err := Load(file)
			var list *Errors
			if inv != nil || !errors.As(err, &list) || len(list.List) == 0 {
				t.Fatalf("Load = %v, %v; want *Errors alone", inv, err)
			}
			got := strings.ReplaceAll(err.Error(), here, "TESTDATA")
			got = strings.ReplaceAll(got, file, filepath.Base(file)) + "\n"
			golden := strings.TrimSuffix(file, ".toml") + ".errors"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

// TestNoInventory: what is named and is no inventory is told from what is not there.
func TestNoInventory(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"site.toml", "sites/a.toml"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":           "the name of the inventory is empty",
		"-":          "is not read from standard input",
		"sites":      "sites is a folder; name the inventory in it, such as sites/a.toml",
		"site":       "did you mean site.toml?",
		"site.yml":   "did you mean site.toml?",
		"./siet":     "did you mean ./site.toml?",
		"other.toml": "name the right file, or write one with foobar init",
		"pipe":       "pipe is a pipe, a device or",
		"/dev/stdin": "/dev/stdin is a pipe, a device or",
		// The folder is not there, and the file that is near in name is the same one.
		"none/../site.toml": "name the right file, or write one with foobar init",
	} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", path, err, want)
		}
	}
}
