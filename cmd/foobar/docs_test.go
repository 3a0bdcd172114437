package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"foobar/internal/docs"
	"foobar/internal/fault"
)

// TestDocsExplainsEverything: every code, section and key that there is, in any
// case of letters.
func TestDocsExplainsEverything(t *testing.T) {
	out, said, code := foobar(t, "docs")
	if code != 0 {
		t.Fatal(said)
	}
	for _, part := range []string{"firewall    enabled, ssh_from", "SSH   reaching a host", "foobar docs exit"} {
		if !strings.Contains(out, part) {
			t.Errorf("the contents lack %q:\n%s", part, out)
		}
	}
	codes, _, _ := foobar(t, "docs", "codes")
	for _, area := range fault.Catalogue() {
		for _, e := range area.Entries {
			if !strings.Contains(codes, fmt.Sprintf("  %-6s  %s\n", e.Code, e.Title)) {
				t.Errorf("docs codes lacks %s", e.Code)
			}
			text, said, code := foobar(t, "docs", strings.ToLower(string(e.Code)))
			for _, part := range []string{string(e.Code), e.Title, "Likely causes:", "What to do next:"} {
				if code != 0 || !strings.Contains(text, part) {
					t.Errorf("docs %s lacks %q: %s%s", e.Code, part, text, said)
				}
			}
			if regexp.MustCompile(`\{(inv|host|unit)\}`).MatchString(text) {
				t.Errorf("docs %s has a place that was not filled in:\n%s", e.Code, text)
			}
		}
	}
	for _, name := range docs.Topics() {
		if text, said, code := foobar(t, "docs", name); code != 0 || text == "" {
			t.Errorf("docs %s: exit %d: %s", name, code, said)
		}
	}
	for topic, parts := range map[string][]string{
		"app.port":       {"whole number", "1024 to 65535", "default 9000"},
		"[firewall]":     {"[firewall]", `one of "owned", "all"`, "[[firewall.extra]]", "port: whole number; required"},
		"hosts":          {"[hosts.NAME]", "address: string; required", "[hosts.NAME.ssh]"},
		"ssh.identity":   {"string or a list of strings", "~/.ssh/id_ed25519"},
		"exit":           {"64        usage or inventory error"},
		"SSH":            {"SSH: reaching a host", "SSH04", "the host accepts none of the keys"},
		"ssh":            {"[ssh]", "identity:"},
		"sec":            {"SEC: secrets"},
		"lb.health_path": {`default "/healthz"`, "the path that the load balancer requests"},
	} {
		text, said, code := foobar(t, "docs", topic)
		for _, part := range parts {
			if code != 0 || !strings.Contains(text, part) {
				t.Errorf("docs %s lacks %q: %s%s", topic, part, text, said)
			}
		}
	}
}

// TestExitStatusIsDocumentedOnce: docs and README say the same.
func TestExitStatusIsDocumentedOnce(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range docs.Exits() {
		if row := "| " + e.Status + " | " + e.Means + " |\n"; !strings.Contains(string(readme), row) {
			t.Errorf("the README lacks %q", row)
		}
	}
}

// TestAdviceCanBeFollowed: every foobar command that the catalogue advises is
// one, with flags that it has, and every key that it blames stands in the schema.
func TestAdviceCanBeFollowed(t *testing.T) {
	advised := regexp.MustCompile(`foobar ((?:[^\s,;:']+ ?)+)`)
	keys := map[string]bool{}
	for _, name := range docs.Topics() {
		keys[name] = true
	}
	for _, area := range fault.Catalogue() {
		for _, e := range area.Entries {
			for _, next := range e.Steps(fault.Place{}) {
				for _, m := range advised.FindAllStringSubmatch(next, -1) {
					words, _, _ := strings.Cut(m[1]+" ", " -- ")
					fields := strings.Fields(words)
					if fields[0] == "COMMAND" || !regexp.MustCompile(`^[a-z]+$`).MatchString(fields[0]) || strings.HasPrefix(next[strings.Index(next, m[0])-2:], "h ") {
						continue
					}
					cmd, rest, err := root().Find(fields)
					if err != nil || cmd.Name() == "foobar" {
						if strings.Contains(next, ": "+m[0]) || strings.HasPrefix(next, m[0]) {
							t.Errorf("%s advises %q: no such command", e.Code, m[0])
						}
						continue
					}
					for _, w := range rest {
						name := strings.TrimLeft(w, "-")
						switch {
						case strings.HasPrefix(w, "--"):
							if cmd.Flags().Lookup(name) == nil && name != "help" {
								t.Errorf("%s advises %q: %s has no %s", e.Code, m[0], cmd.Name(), w)
							}
						case strings.HasPrefix(w, "-"):
							if cmd.Flags().ShorthandLookup(name) == nil {
								t.Errorf("%s advises %q: %s has no %s", e.Code, m[0], cmd.Name(), w)
							}
						}
					}
				}
			}
			for _, k := range e.Blamed("NAME") {
				if !keys[k] {
					t.Errorf("%s blames %s, which is no key", e.Code, k)
				}
			}
		}
	}
}
