package main

import (
	"foobar/internal/manual"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestVersionTakesWhatTheToolchainWrote(t *testing.T) {
	v := version{Version: "(devel)", Go: "go0", Platform: "linux/amd64"}
	v.take(&debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: "true"}}})
	want := "foobar v1.2.3, commit 0123456789ab of 2026-01-02T03:04:05Z with changes, go1.26.0 linux/amd64"
	if got := v.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := (version{Version: "(devel)", Go: "go1", Platform: "p"}).String(); got != "foobar (devel), go1 p" {
		t.Errorf("without a commit: %s", got)
	}
}

func TestVersionTakesTheStampOfARelease(t *testing.T) {
	v := version{Version: "(devel)", Revision: "of the toolchain", Go: "go1", Platform: "p"}
	v.takeStamp("")
	if v.Version != "(devel)" || v.Revision != "of the toolchain" {
		t.Errorf("without a stamp: %+v", v)
	}
	v.takeStamp("v1.2.3-4-g0123456-dirty,0123456789abcdef0123,2026-01-02T03:04:05Z")
	want := "foobar v1.2.3-4-g0123456-dirty, commit 0123456789ab of 2026-01-02T03:04:05Z with changes, go1 p"
	if got := v.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestStartsLean: what runs before main costs every command. Dependencies that make
// tables at the start (go-runewidth from v0.0.24 on: half a megabyte, 30 ms) are noticed
// here. Bytes and allocations are counted, which no busy machine changes.
func TestStartsLean(t *testing.T) {
	const mostBytes, mostAllocs = 2_400_000, 22_000
	start := exec.Command(os.Args[0], "-test.run=^$")
	start.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	trace, err := start.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, trace)
	}
	var packages, bytes, allocs int
	for _, of := range initTrace.FindAllStringSubmatch(string(trace), -1) {
		b, _ := strconv.Atoi(of[1])
		n, _ := strconv.Atoi(of[2])
		packages, bytes, allocs = packages+1, bytes+b, allocs+n
	}
	if packages == 0 || bytes > mostBytes || allocs > mostAllocs {
		t.Errorf("the inits of %d packages take %d bytes in %d allocations; %d and %d are the most:\n%s", packages, bytes, allocs, mostBytes, mostAllocs, trace)
	}
}

// initTrace is a line of GODEBUG=inittrace=1, as the documentation of package runtime has it.
var initTrace = regexp.MustCompile(`(?m)^init \S+ @.* clock, (\d+) bytes, (\d+) allocs$`)

// TestManualPages: a page for each command that help shows, and none for those
// it hides.
func TestManualPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man", "man1")
	cmd := root()
	n, err := manual.Tree(cmd, pageHeader(), dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(files) != n {
		t.Errorf("%d pages are said to be there, and %d are: %v", n, len(files), err)
	}
	for _, sub := range cmd.Commands() {
		page := filepath.Join(dir, "foobar-"+sub.Name()+".1")
		_, err := os.Stat(page)
		if shown := sub.IsAvailableCommand(); shown != (err == nil) {
			t.Errorf("%s: shown by help %t, page %v", sub.Name(), shown, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "foobar-deploy.1"))
	if err != nil || !strings.Contains(string(text), "saved plan") {
		t.Errorf("the page of deploy says nothing of saved plans: %v", err)
	}
}

// TestCompletionIsOffered: help lists it, and the shells that are here accept
// what it prints.
func TestCompletionIsOffered(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		cmd := root()
		var out strings.Builder
		cmd.SetOut(&out)
		cmd.SetArgs([]string{"completion", shell})
		if err := cmd.Execute(); err != nil || !strings.Contains(out.String(), "foobar") {
			t.Fatalf("%s: %v", shell, err)
		}
		if !hasCommand(cmd, "completion") {
			t.Error("help does not list completion")
		}
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		check := exec.Command(shell, "-n")
		check.Stdin = strings.NewReader(out.String())
		if said, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, said)
		}
	}
}

func hasCommand(cmd *cobra.Command, name string) bool {
	for _, sub := range cmd.Commands() {
		if sub.Name() == name && sub.IsAvailableCommand() {
			return true
		}
	}
	return false
}
