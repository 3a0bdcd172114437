package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"foobar/internal/sh/shtest"
)

// TestShellFiles: every file with a shell script. What the templates make is among
// the golden files.
func TestShellFiles(t *testing.T) {
	bash := regexp.MustCompile(`/(mariadb|mysql)/backup\.sh$|/ops/(prelude|restore_(lo\w+|(un)?hush))\.sh$|/measure/measure\.sh$`) // parts of scripts for bash
	scripts := map[string]string{}
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".sh" || strings.HasPrefix(path, "dist/") {
			return err
		}
		raw, err := fs.ReadFile(root, path)
		if bash.MatchString(path) {
			raw = append([]byte("#!/bin/bash\n"), raw...)
		}
		scripts[strings.TrimSuffix(path, ".sh")] = string(raw)
		return err
	})
	if err != nil || len(scripts) < 20 {
		t.Fatalf("%d scripts were found: %v", len(scripts), err)
	}
	shtest.Check(t, scripts)
}

// TestShellIsInFiles: a script of more than three lines is a file of its own.
func TestShellIsInFiles(t *testing.T) {
	words := regexp.MustCompile(`(?m)^\s*(\[ |(if|while|until|for|case|done|fi|esac|printf|echo|cd|trap|umask|rm|set -e\w*|systemctl|timeout|exit|mv)\b)|\|\| (exit|return)|2>&1|>/dev/null`)
	files := token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && strings.Count(strings.Trim(l.Value, "`\n"), "\n") > 2 && len(words.FindAllString(l.Value, 2)) == 2 {
				t.Errorf("%s holds a script of more than three lines: put it into an embedded .sh file", files.Position(l.Pos()))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
