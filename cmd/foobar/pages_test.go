package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pages are the Markdown files that people read, and those of further patterns, by their
// paths from here.
func pages(t *testing.T, further ...string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range append([]string{"../../*.md", "../../docs/*.md", "../../examples/*/README.md"}, further...) {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[path] = string(raw)
		}
	}
	return texts
}

// TestLinksOfPages: what a page links to or shows is in the tree, headings included.
func TestLinksOfPages(t *testing.T) {
	link, heading := regexp.MustCompile(`\]\(([^)\s]+)\)`), regexp.MustCompile(`(?m)^#+ (.+)$`)
	odd, seen := regexp.MustCompile(`[^\w\- ]`), 0
	for path, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			seen++
			file, anchor, _ := strings.Cut(m[1], "#")
			to := path
			if file != "" {
				to = filepath.Join(filepath.Dir(path), file)
			}
			info, err := os.Stat(to)
			if err != nil {
				t.Errorf("%s links to %s: %v", path, m[1], err)
				continue
			}
			if anchor == "" || info.IsDir() {
				continue
			}
			raw, err := os.ReadFile(to)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, h := range heading.FindAllStringSubmatch(string(raw), -1) {
				found = found || strings.ReplaceAll(odd.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-") == anchor
			}
			if !found {
				t.Errorf("%s links to %s, which has no such heading", path, m[1])
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d links were found", seen)
	}
}

// TestFiguresOfPages: what docs/why.md says of speed is what the table of the bench says.
func TestFiguresOfPages(t *testing.T) {
	readme, why := pages(t)["../../README.md"], pages(t)["../../docs/why.md"]
	median := func(tool string) float64 {
		m := regexp.MustCompile(`(?m)^\| deploy, nothing to do \| ` + tool + ` \| ([\d.]+) s `).FindStringSubmatch(readme)
		if m == nil {
			t.Fatalf("the README's table has no row of %s", tool)
		}
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for words, holds := range map[string]bool{
		"takes foobar less\nthan a second on hosts nearby":                      median("foobar") < 1,
		"and Ansible, with the settings that make it fast, one to two minutes.": median("Ansible, tuned") > 60 && median("Ansible, tuned") < 120,
	} {
		if !strings.Contains(why, words) {
			t.Errorf("docs/why.md no longer says %q: this test is to judge what it says now", words)
		}
		if !holds {
			t.Errorf("docs/why.md says %q; the README's table: foobar %v s, Ansible %v s", words, median("foobar"), median("Ansible, tuned"))
		}
	}
}
