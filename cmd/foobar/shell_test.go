package main

import (
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
	bash := regexp.MustCompile(`database_backup_\w+\.sh$|/restore_load\.sh$`) // parts of scripts for bash
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
