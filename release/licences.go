package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licenceFile is how modules name what their licence wants passed on.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)

// licences gathers the texts of the modules that are built in, which most of them
// want to go with a binary, and of Go's own library.
func (r *release) licences(to string, systems []string) error {
	var modules []string
	for _, system := range systems {
		goos, arch, _ := strings.Cut(system, "/")
		out, err := r.goCommand([]string{"GOOS=" + goos, "GOARCH=" + arch}, "list", "-deps",
			"-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/foobar").Output()
		if err != nil {
			return fmt.Errorf("list the modules: %w", err)
		}
		modules = append(modules, strings.Split(strings.TrimSpace(string(out)), "\n")...)
	}
	root, err := r.goCommand(nil, "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("find Go's licence: %w", err)
	}
	slices.Sort(modules)
	modules = append(slices.Compact(modules), "Go's standard library\t"+strings.TrimSpace(string(root)))

	var b strings.Builder
	b.WriteString("What foobar's binary contains of others, and their licences.\n")
	for _, m := range modules {
		name, dir, _ := strings.Cut(m, "\t")
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		found := 0
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			found++
			b.WriteString("\n" + strings.Repeat("=", 72) + "\n" + name + ": " + e.Name() + "\n\n" + strings.TrimSpace(string(text)) + "\n")
		}
		if found == 0 {
			return errors.New(name + " says nothing of its licence; see whether it may be handed out at all")
		}
	}
	return os.WriteFile(to, []byte(b.String()), 0o644)
}
