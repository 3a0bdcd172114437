package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestGoInstallFromAClone: what go install makes of a clone knows its commit, too.
func TestGoInstallFromAClone(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles all there is")
	}
	if _, err := os.Stat("../.git"); err != nil {
		t.Skip("this is no clone")
	}
	head, err := git("..", "rev-parse", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	clone, bin := filepath.Join(t.TempDir(), "clone"), t.TempDir()
	if _, err := git("..", "clone", "--quiet", "--no-hardlinks", ".", clone); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-buildvcs=auto") // Go's default, whatever go env -w has set here
	t.Setenv("GOBIN", bin)
	t.Setenv("CGO_ENABLED", "0")
	if out, err := command(clone, "go", "install", "./cmd/foobar"); err != nil {
		t.Fatal(err, out)
	}
	out, err := command("", filepath.Join(bin, "foobar"), "version", "-o", "json")
	if err != nil {
		t.Fatal(err, out)
	}
	var v struct {
		Version, Revision string
		Modified          bool
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil || v.Revision != head || v.Modified || v.Version == "" || v.Version == "(devel)" {
		t.Errorf("commit %s became %s (%v)", head, out, err)
	}
}
