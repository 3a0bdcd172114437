package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportsPointDown lists what a package may import of this module; every
// package is listed.
func TestImportsPointDown(t *testing.T) {
	may := map[string][]string{
		"internal/fault":    {"internal/distro"},
		"internal/sh":       {},
		"internal/census":   {"internal/sh"},
		"internal/ask":      {"internal/fault"},
		"internal/secret":   {"internal/fault"},
		"internal/pki":      {},
		"internal/certbot":  {},
		"internal/sshd":     {},
		"internal/bundle":   {},
		"templates":         {},
		"examples":          {},
		"bench/picture":     {},
		"bench/race":        {},
		"bench/scale":       {},
		"internal/logs":     {"internal/ask", "internal/planview", "internal/play", "internal/sh", "inventory"},
		"internal/docs":     {"examples", "inventory", "internal/ask", "internal/fault"},
		"internal/manual":   {"internal/docs"},
		"internal/resource": {"internal/ask", "internal/census", "internal/certbot", "internal/pki", "internal/sh", "internal/sshd", "internal/fault"},
		"internal/firewall": {"internal/ask", "internal/census", "internal/resource", "internal/sh", "internal/fault"},
		"internal/distro":   {},
		"internal/facts":    {"internal/ask", "internal/distro", "internal/fault"},
		"internal/event":    {"internal/ask", "internal/resource", "internal/fault"},
		"internal/planview": {"internal/event", "internal/resource"},
		"internal/report":   {"internal/ask", "internal/event", "internal/planview", "internal/fault"},
		"internal/record":   {"internal/ask", "internal/event"},
		"tui/quiet":         {},
		"tui":               {"tui/quiet", "internal/event", "internal/planview", "internal/resource"},
		"inventory":         {"internal/fault", "internal/monitoring/alert"},
		"internal/database": {"inventory", "internal/resource", "internal/sh", "internal/fault"},
		"internal/play":     {"inventory", "internal/bundle", "internal/facts", "internal/pki", "internal/resource", "internal/secret"},
		"internal/engine":   {"internal/ask", "inventory", "internal/event", "internal/facts", "internal/play", "internal/record", "internal/resource", "internal/sh", "internal/fault"},
		"internal/remote":   {"internal/ask", "internal/sh", "internal/fault"},
		"internal/status":   {"roles", "internal/monitoring/measure", "internal/planview", "internal/play", "internal/firewall", "internal/ask", "internal/fault", "inventory", "internal/database", "internal/database/dialects", "internal/database/ops", "internal/record", "internal/sh", "internal/facts", "internal/resource"},
		"roles":             {"inventory", "templates", "internal/aptsource", "internal/monitoring", "internal/monitoring/measure", "internal/monitoring/providers", "internal/bundle", "internal/distro", "internal/facts", "internal/firewall", "internal/pki", "internal/play", "internal/database", "internal/database/mariadb", "internal/database/mysql", "internal/resource", "internal/secret", "internal/sh", "internal/fault"},
		"playbooks":         {"inventory", "roles", "internal/monitoring", "internal/database", "internal/distro", "internal/resource", "internal/facts", "internal/play", "internal/fault"},

		"internal/action": {"examples", "inventory", "roles", "playbooks", "internal/ask", "internal/bundle", "internal/database", "internal/database/dialects", "internal/database/ops", "internal/docs",
			"internal/engine", "internal/monitoring/datadog", "internal/monitoring/datadog/api", "internal/monitoring/datadog/objects", "internal/monitoring/datadog/search", "internal/monitoring/sumologic", "internal/monitoring/sumologic/objects", "internal/event", "internal/facts", "internal/fault", "internal/lab", "internal/logs", "internal/monitoring", "internal/monitoring/prometheus", "internal/monitoring/providers", "internal/monitoring/sumologic/registry", "internal/monitoring/sumologic/search", "internal/pki", "internal/planview", "internal/play", "internal/preflight",
			"internal/record", "internal/remote", "internal/report", "internal/resource", "internal/secret", "internal/sh", "internal/status", "internal/verify"},
		"internal/verify":    {"inventory", "internal/ask", "internal/fault", "internal/monitoring", "internal/planview", "internal/play", "internal/sh"},
		"internal/preflight": {"internal/ask", "internal/certbot", "internal/distro", "internal/firewall", "inventory", "roles", "playbooks", "internal/facts", "internal/fault", "internal/planview", "internal/play", "internal/sh"},

		"internal/lab":           {"inventory", "internal/distro", "internal/lab/aptcache", "internal/lab/intake", "internal/lab/mail", "internal/sh"},
		"internal/lab/aptcache":  {},
		"internal/lab/collector": {},
		"internal/lab/intake":    {"internal/lab/datadog", "internal/lab/library"},
		"internal/lab/datadog":   {},
		"internal/lab/library":   {},
		"internal/lab/mail":      {},

		"internal/ask/asktest":                   {"internal/ask"},
		"internal/fault/faulttest":               {"internal/fault"},
		"internal/remote/sshtest":                {"examples", "internal/sh"},
		"internal/aptsource":                     {"internal/play", "internal/resource"},
		"internal/monitoring/alert":              {},
		"internal/monitoring":                    {"inventory", "internal/ask", "internal/census", "internal/fault", "internal/play", "internal/resource", "internal/secret", "internal/sh"},
		"internal/monitoring/measure":            {"inventory", "templates", "internal/play", "internal/resource", "internal/secret", "internal/sh"},
		"internal/monitoring/providers":          {"internal/monitoring", "internal/monitoring/datadog", "internal/monitoring/prometheus", "internal/monitoring/sumologic"},
		"internal/monitoring/compare":            {"internal/play", "internal/resource", "internal/secret"},
		"internal/monitoring/otelcol":            {"inventory", "templates", "internal/aptsource", "internal/ask", "internal/fault", "internal/monitoring", "internal/monitoring/measure", "internal/play", "internal/resource", "internal/secret", "internal/sh"},
		"internal/monitoring/datadog/api":        {"internal/ask", "internal/fault", "internal/secret"},
		"internal/monitoring/datadog/search":     {"internal/fault", "internal/monitoring/datadog/api"},
		"internal/monitoring/datadog/objects":    {"internal/ask", "internal/fault", "internal/monitoring/alert", "internal/monitoring/compare", "internal/monitoring/datadog/api", "internal/play", "internal/secret"},
		"internal/monitoring/datadog":            {"inventory", "internal/monitoring", "internal/monitoring/alert", "internal/monitoring/compare", "internal/monitoring/datadog/objects", "internal/monitoring/otelcol", "internal/play", "internal/resource", "internal/secret"},
		"internal/monitoring/sumologic/search":   {"internal/ask", "internal/fault", "internal/monitoring/sumologic/registry"},
		"internal/monitoring/sumologic/registry": {"internal/ask", "internal/fault", "internal/secret"},
		"internal/monitoring/sumologic/objects":  {"internal/ask", "internal/fault", "internal/monitoring/compare", "internal/monitoring/sumologic/registry", "internal/play", "internal/secret"},
		"internal/monitoring/sumologic":          {"inventory", "internal/monitoring", "internal/monitoring/alert", "internal/monitoring/otelcol", "internal/monitoring/sumologic/objects", "internal/play", "internal/resource", "internal/secret"},
		"internal/monitoring/prometheus":         {"inventory", "templates", "internal/monitoring", "internal/monitoring/alert", "internal/monitoring/measure", "internal/play", "internal/resource", "internal/ask", "internal/fault", "internal/secret", "internal/sh"},

		"internal/sh/shtest": {},

		"cmd/foobar": {"examples", "inventory", "roles", "playbooks", "tui", "internal/action", "internal/ask", "internal/docs", "internal/engine", "internal/event", "internal/fault", "internal/lab", "internal/lab/collector",
			"internal/lab/intake", "internal/logs", "internal/manual", "internal/planview", "internal/record", "internal/remote", "internal/report", "internal/status"},
		"cmd/foobar/labtest": {},

		"internal/database/mariadb":  {"internal/database", "internal/resource", "internal/sh", "internal/fault"},
		"internal/database/mysql":    {"internal/database", "internal/resource", "internal/sh", "internal/fault"},
		"internal/database/dialects": {"internal/database", "internal/database/mariadb", "internal/database/mysql"},
		"internal/database/ops":      {"internal/ask", "inventory", "internal/database", "internal/resource", "internal/sh", "internal/fault"},
	}
	out, err := exec.Command("go", "list", "-tags=lab,gauntlet", "-json=ImportPath,Imports", "foobar/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "foobar/")
		allowed, ruled := may[name]
		if !ruled {
			t.Errorf("%s is not listed here: say what it may import", name)
		}
		ok := map[string]bool{}
		for _, a := range allowed {
			ok["foobar/"+a] = true
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "foobar/") && !ok[i] {
				t.Errorf("%s imports %s, which is not below it", name, strings.TrimPrefix(i, "foobar/"))
			}
		}
	}
}

// TestOneFunctionClearsText: what makes the text of hosts fit to be shown is
// written once, in internal/ask.
func TestOneFunctionClearsText(t *testing.T) {
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(filepath.ToSlash(path), "internal/ask/") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, word := range []string{"unicode.IsPrint", "unicode.Bidi_Control", "unicode.Cf"} {
			if strings.Contains(string(raw), word) {
				t.Errorf("%s has %s: use ask.Printable", path, word)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
