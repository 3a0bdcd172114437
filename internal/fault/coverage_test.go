package fault

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestEveryCodeIsUsedAndTested reads the sources: each code of the catalogue
// is used where errors are made, each is wanted by a test, and every text that looks
// like a code is one.
func TestEveryCodeIsUsedAndTested(t *testing.T) {
	names := map[string]Code{} // of the constants
	used, wanted := map[Code]bool{}, map[Code]bool{}
	var areas []string
	known := map[Code]bool{}
	for _, a := range Catalogue() {
		areas = append(areas, a.Name)
		for _, e := range a.Entries {
			known[e.Code] = true
		}
	}
	code := regexp.MustCompile(`^(` + strings.Join(areas, "|") + `)[0-9]{2}$`)
	read := func(path string, visit func(ast.Node)) {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool { visit(n); return true })
	}
	read("codes.go", func(n ast.Node) {
		if v, ok := n.(*ast.ValueSpec); ok {
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil || !known[Code(text)] {
				t.Errorf("%s: the catalogue has no %s", v.Names[0].Name, text)
			}
			names[v.Names[0].Name] = Code(text)
		}
	})
	if len(names) != len(known) {
		t.Errorf("%d constants for %d codes", len(names), len(known))
	}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			if d != nil && d.Name() != "../.." {
				return filepath.SkipDir
			}
			return err
		}
		here := strings.Contains(filepath.ToSlash(path), "internal/fault/")
		switch {
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		case strings.HasSuffix(path, "_test.go"):
			if here && !strings.HasSuffix(path, "classify_test.go") {
				return nil
			}
			read(path, func(n ast.Node) {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if text, err := strconv.Unquote(lit.Value); err == nil && code.MatchString(text) {
						wanted[Code(text)] = true
						if !known[Code(text)] {
							t.Errorf("%s: the catalogue has no %s", path, text)
						}
					}
				}
			})
		case here && !strings.HasSuffix(path, "classify.go"):
		default:
			read(path, func(n ast.Node) {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && x.Name == "fault" && names[n.Sel.Name] != "" {
						used[names[n.Sel.Name]] = true
					}
				case *ast.Ident:
					if here && names[n.Name] != "" {
						used[names[n.Name]] = true
					}
				case *ast.BasicLit:
					if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && code.MatchString(text) {
						t.Errorf("%s: %s is written as a text; use its name", path, text)
					}
				}
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for c := range known {
		if !used[c] {
			t.Errorf("%s: nothing gives this code", c)
		}
		if !wanted[c] {
			t.Errorf("%s: no test provokes it", c)
		}
	}
}
