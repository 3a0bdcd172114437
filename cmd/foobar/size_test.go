package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSizes keeps the code in pieces that one reads at a sitting. Tests are not
// counted.
func TestSizes(t *testing.T) {
	const (
		functionMost = 60 // lines
		fileMost     = 400
		medianMost   = 120
	)
	folderMost := map[string]int{"cmd/foobar": 2700, "internal/resource": 3200}
	var sizes []int
	folders := map[string]int{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		size := bytes.Count(raw, []byte("\n"))
		sizes = append(sizes, size)
		folders[filepath.ToSlash(filepath.Dir(name))] += size
		if size > fileMost {
			t.Errorf("%s has %d lines; %d are the most", name, size, fileMost)
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, raw, 0)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; n > functionMost {
				t.Errorf("%s: %s has %d lines; %d are the most", name, f.Name.Name, n, functionMost)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, most := range folderMost {
		if n := folders[folder]; n == 0 || n > most {
			t.Errorf("%s has %d lines; %d are the most", folder, n, most)
		}
	}
	slices.Sort(sizes)
	if median := sizes[len(sizes)/2]; median > medianMost {
		t.Errorf("half of the files have more than %d lines; %d are the most", median, medianMost)
	}
}
