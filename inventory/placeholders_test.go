package inventory

import (
	"strings"
	"testing"
)

// TestFill: what is foobar's is filled in, all other braces stay the app's.
func TestFill(t *testing.T) {
	value := func(name string) string { return "<" + name + ">" }
	for text, want := range map[string]string{
		"": "",
		"mysql://{database.user}:{database.password}@{database.host}:{database.port}/{database.name}": "mysql://<database.user>:<database.password>@<database.host>:<database.port>/<database.name>",
		"shop@{release}":                     "shop@<release>",
		`{"host":"{database.host}"}`:         `{"host":"<database.host>"}`,
		`{"ssl":{"ca":"{database.ca}"}}`:     `{"ssl":{"ca":"<database.ca>"}}`,
		"{{database.host}}":                  "{database.host}",
		"{{{database.host}":                  "{{<database.host>",
		"{database.host}}":                   "<database.host>}",
		"%(levelname)s {levelname} {0} ${X}": "%(levelname)s {levelname} {0} ${X}",
		"{database.host":                     "{database.host",
		"{ database.host }":                  "{ database.host }",
	} {
		if got := Fill(text, value); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for text, bad := range map[string]string{
		"{database.pasword}": "{database.pasword} is not a placeholder", "{site.}": "{site.} is not a placeholder", "{{database.nothing}}": "", "{database.read.url}": "", "{my.key}": "",
	} {
		if err := placeholders(text); (err == nil) != (bad == "") || err != nil && !strings.HasPrefix(err.Error(), bad) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
