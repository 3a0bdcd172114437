package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"foobar/internal/docs"
	"foobar/internal/event"
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
		`\bstands? twice\b`: "is there twice", `\btakes? one out\b`: "remove one", `\bvouches for\b`: "confirms, signed", `\bgoes host by host\b`: "one host at a time",
		`\bfenced off\b`: "cannot be reached any more", `\bof late\b`: "recent", `\bis wanted\b`: "should be", `\bstands still\b`: "has stopped", `\bto its end\b`: "finish",
		`\ball the same[:?]`: "anyway", `\ba circle of\b`: "a loop of", `\bwould be felt\b`: "interrupts requests", `\bnobody's business\b`: "not shown", `\bone of before\b`: "one made before",
		`\bmay be next\b`: "the other servers", `\bless than there are\b`: "fewer than",
		`\bkeeps? true\b`: "sets up and keeps so", `\blast words\b`: "the end of its log", `\bboth legs\b`: "to the browser and to the servers", `\bmoves? of the (database|primary)\b`: "switchover, failover",
		`\banew\b`: "again", `\bbeforehand\b`: "in advance", `\b(went|goes?) well\b`: "succeeds, is healthy", `\bis no (name|port|time|redirect)\b`: "is not a …",
		`\bfor ever\b`: "redirects to itself, always", `\bexcludes? one another\b`: "cannot both be given", `\bbehind the verb\b`: "after the verb", `\bstands? (in an|itself in the) inventory\b`: "is written in",
		`\b1 (changes|hosts|failures|warnings)\b`: "the singular",
		`\bset (it|them) right\b`:                 "correct, repair", `\bmend(s|ed)?\b`: "fix, repair", `\bpassed over\b`: "ignored", `\bbroken? off\b`: "closed, interrupted", `\bwithout a word\b`: "without output",
		`\bkept us\b`: "did not answer", `\bnot proven\b|\bproves the\b`: "not checked", `\bunasked\b`: "without asking", `\bgo(es)? past ufw\b`: "bypass", `\bexclude each other\b`: "cannot be given together",
		`\bit is used as\b`: "usage", `\btakes? the (line|mark|key) out\b`: "remove", `\bis there already\b`: "exists", `\bcommas between\b`: "separated by commas", `\bnobody to ask\b`: "no terminal",
		`(%[sq]|\b(it|this|that|which|what)) is no (backup|script|size|secret|set|position|web server|public|private|file|folder)\b`: "is not a …", `\blies? (in|on|inside|beside|below|among|elsewhere|under)\b`: "is in",
		`\bstands? (here|in|at|there|itself|beside)\b`: "is written in", `\b(name|path|address|failures|key|backups|root|release|statements|owner|loopback) alone\b`: "only", `\bgoes on (being|to)\b`: "still, keeps",
		`\bstood there\b`: "were there", `\b(is|are) looked at\b`: "foobar checks", `\bthan was said\b`: "announced", `\bquote has no end\b`: "is not closed", `\bwhile it lives\b`: "answers",
		`\bshuts? the way\b`: "blocks connections", `\bcarries no files\b`: "cannot copy files", `\bdid not tell its\b`: "did not report", `\bdocumentation does not know\b`: "is not in its documentation",
		`\blets? the host out\b`: "allow it to connect", `\bwould not take\b`: "refuses", `\bto their end\b`: "all",
	}
}

// literalsOf gives the strings of a Go file that have a space.
func literalsOf(path string, check func(where, text string)) error {
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
}

// said gives the lines of a script that say something: its comments do not.
func said(path string, check func(where, text string)) error {
	raw, err := os.ReadFile(path)
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") && (strings.Contains(line, "echo ") || strings.Contains(line, "printf ")) {
			check(path, line)
		}
	}
	return err
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
	for _, folder := range []string{"cmd", "internal", "inventory", "tui", "roles", "playbooks", "templates", "release"} {
		err := filepath.WalkDir("../../"+folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			switch filepath.Ext(path) {
			case ".go":
				return literalsOf(path, check)
			case ".sh":
				return said(path, check)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../examples/*/README.md", "../../examples/inventories/*.toml", "../../internal/report/testdata/*", "../../internal/status/testdata/*.txt",
		"../../internal/preflight/testdata/*.txt", "../../inventory/testdata/wrong.txt", "../../inventory/testdata/bad/*.errors", "testdata/*.txt"} {
		paths, _ := filepath.Glob(pattern)
		if len(paths) == 0 {
			t.Errorf("there is no %s", pattern)
		}
		for _, path := range paths {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for paragraph := range strings.SplitSeq(string(raw), "\n\n") {
				check(path, strings.Join(strings.Fields(paragraph), " "))
			}
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
	for name, schema := range map[string]any{"inventory": docs.Schema(), "events": event.Schema()} {
		raw, err := json.Marshal(schema)
		if err != nil {
			t.Fatal(err)
		}
		check("the schema of the "+name, string(raw))
	}
}
