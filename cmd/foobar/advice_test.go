package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"foobar/internal/docs"
	"foobar/internal/fault"
)

// commandsIn are the command lines of foobar in a text: behind $ or spaces at the
// beginning of a line, or between backquotes.
func commandsIn(text string) (list []string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for _, form := range []string{"(?m)^(?:\\s*\\$ | {4,}| *[-*] )(?:.*&& )?((?:bin/)?foobar [^\n#|;&]*)", "`((?:bin/)?foobar [^`]+)`", `(?m)(?:: |, or: |then: |next: )(foobar [^\n;]*)`} {
		for _, m := range regexp.MustCompile(form).FindAllStringSubmatch(text, -1) {
			list = append(list, m[1])
		}
	}
	return list
}

// notes are what stands behind a command in a column of its own.
var notes = regexp.MustCompile(`\s{3,}.*$`)

// follow says why a command line would be refused before it looks at anything: there is
// no such verb or no such flag. Values and arguments are not looked at.
func follow(root *cobra.Command, line string) string {
	line = notes.ReplaceAllString(strings.TrimPrefix(line, "bin/"), "")
	for _, end := range []string{" -- ", " > ", ", ", " then "} {
		line, _, _ = strings.Cut(line, end)
	}
	words := strings.Fields(line)[1:]
	if len(words) > 0 && (words[0] == "…" || slices.Contains([]string{"COMMAND", "was", "runs", "is"}, words[0])) { // the last are prose
		return ""
	}
	cmd, rest, err := root.Find(words)
	if err != nil || cmd == root && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return "there is no such command"
	}
	if cmd.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && rest[0] != "…" {
		return "there is no such command below " + cmd.CommandPath()
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	if cmd.DisableFlagParsing {
		return ""
	}
	for _, w := range rest {
		name, _, _ := strings.Cut(strings.TrimLeft(strings.Trim(w, "[](),.:\"'"), "-"), "=")
		w = strings.Trim(w, "[](),.:\"'")
		switch {
		case name == "" || !strings.HasPrefix(w, "-"):
		case strings.HasPrefix(w, "--") && cmd.Flags().Lookup(name) == nil:
			return cmd.CommandPath() + " has no --" + name
		case !strings.HasPrefix(w, "--") && cmd.Flags().ShorthandLookup(name[:1]) == nil:
			return cmd.CommandPath() + " has no -" + name[:1]
		}
	}
	return ""
}

// TestCommandsInDocuments: each command of foobar that a page, a help text or an example
// shows is one, with flags that it has.
func TestCommandsInDocuments(t *testing.T) {
	texts := pages(t, "../../examples/inventories/*.toml", "../../bench/*.md")
	for _, topic := range docs.Topics() {
		text, err := docs.Explain([]string{topic})
		if err != nil {
			t.Fatal(err)
		}
		texts["docs "+topic] = text
	}
	for _, area := range fault.Catalogue() {
		for _, e := range area.Entries {
			texts["steps of "+string(e.Code)] = ": " + strings.Join(e.Steps(fault.Place{}), "\n: ")
		}
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Name() != "completion" { // cobra's own text
			texts["help of "+cmd.CommandPath()] = cmd.Long
			for _, sub := range cmd.Commands() {
				walk(sub)
			}
		}
	}
	walk(root())
	seen := 0
	for where, text := range texts {
		for _, line := range commandsIn(text) {
			if seen++; follow(root(), line) != "" {
				t.Errorf("%s: %q: %s", where, line, follow(root(), line))
			}
		}
	}
	if seen < 200 {
		t.Errorf("only %d commands were found to look at", seen)
	}
	for _, line := range []string{"foobar nosuch", "foobar db swich INV", "foobar plan --nosuch", "foobar logs -Z"} {
		if follow(root(), line) == "" {
			t.Errorf("%s counts as a command", line)
		}
	}
}

// TestNoMirrorIsNamed: no file of the tree names a host that packages come from; the
// lab takes it from the sources of this machine, and what was recorded says mirror.
func TestNoMirrorIsNamed(t *testing.T) {
	named := regexp.MustCompile(`(?:deb|ftp[.\w]*|security|archive|snapshot|cdn[\w-]*)\.(?:debian|ubuntu)\.(?:org|com)|proxy\.golang\.org`)
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if slices.Contains([]string{".git", "bin", "dist"}, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || name == "cmd/foobar/advice_test.go" {
			return nil
		}
		raw, err := os.ReadFile(path)
		if found := named.Find(raw); found != nil {
			t.Errorf("%s names %s", name, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
