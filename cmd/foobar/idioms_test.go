package main

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

	"foobar/internal/docs"
	"foobar/internal/fault"
)

// idioms are turns of phrase that are no English, or that say less than they seem to.
// Behind each stands what to write.
func idioms() map[string]string {
	return map[string]string{
		`\bput(s|ting)? (it |this |what \S+ )?right\b`: "fix", `\ba slip\b`: "a typo",
		`\bas wanted\b`: "unchanged, correct", `\bfinds? \S+ \S+ well\b`: "healthy", `\bnot well\b`: "unhealthy",
		`\bin their turn\b`: "during the run", `\busers can feel\b`: "may interrupt requests", `\bit would not do\b`: "is refused", `\bwould not do:`: "is refused",
		`\bhas run out\b`: "has expired", `\bthan the one meant\b`: "the wrong one", `\banother (user|key) is meant\b`: "name what is wrong",
		`\bgrows? apart\b`: "diverges", `\bthis is a text\b`: "string", `\blist of texts\b`: "list of strings", `\bor truth\b`: "boolean",
		`\bis looked at\b`: "foobar checks", `\bterminal neither\b`: "not even on a terminal", `\bit cannot be said\b`: "foobar cannot tell",
		`\bwithout end\b`: "too much", `\bmend it\b`: "fix it", `\bwhat is only younger\b`: "newer", `\binside view\b`: "internal DNS",
		`\b1 (changes|hosts|failures|warnings)\b`: "the singular",
	}
}

// TestPlainWords: no text that a person reads has one of the idioms. Comments may.
func TestPlainWords(t *testing.T) {
	forms := map[*regexp.Regexp]string{}
	for form, instead := range idioms() {
		forms[regexp.MustCompile(`(?i)`+form)] = instead
	}
	check := func(where, text string) {
		for form, instead := range forms {
			if found := form.FindString(text); found != "" {
				t.Errorf("%s: %q; write: %s\n%.200s", where, found, instead, text)
			}
		}
	}
	for _, folder := range []string{"../../cmd/foobar", "../../internal", "../../inventory", "../../tui"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			parsed, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					if text, err := strconv.Unquote(l.Value); err == nil && strings.Contains(text, " ") {
						check(files.Position(l.Pos()).String(), text)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, topic := range docs.Topics() { // the comments of the inventory with every key
		text, err := docs.Explain([]string{topic})
		if err != nil {
			t.Fatal(err)
		}
		check("docs "+topic, strings.Join(strings.Fields(text), " "))
	}
	for _, area := range fault.Catalogue() {
		check("the catalogue", area.Title)
	}
}
