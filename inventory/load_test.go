package inventory

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
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
