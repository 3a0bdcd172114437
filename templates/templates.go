// Package templates holds every configuration file that foobar writes on a host.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"text/template"
)

//go:embed all:*/*
var files embed.FS

// Render fills the template called name ("haproxy/haproxy.cfg.tmpl") with data.
// A key missing from a map is an error, so a template never renders a hole.
func Render(name string, data any) ([]byte, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	t, err := template.New(name).Option("missingkey=error").Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return b.Bytes(), nil
}
