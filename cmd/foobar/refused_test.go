package main

import (
	"encoding/json"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/remote/sshtest"
)

// TestErrorsAsJSON: with -o json a refusal is a document, too, with the place of each
// error in the file; in a stream of events it is one.
func TestErrorsAsJSON(t *testing.T) {
	wrong := sshtest.Inventory(t, "domain", "domian")
	unset := sshtest.Inventory(t, "[app]\nsource = \"./app\"\n", "[app]\nsource = \"./app\"\n[app.secrets]\nKEY = { env = \"FOOBAR_UNSET_ANYWHERE\" }\n")
	for _, c := range []struct {
		args []string
		code string
		file string
		line int
		key  string
		fix  string
	}{
		{[]string{"check", "--offline", wrong}, "INV03", wrong, 2, "site.domian", "did you mean domain?"},
		{[]string{"status", wrong}, "INV03", wrong, 2, "site.domian", "did you mean domain?"},
		{[]string{"db", "status", wrong}, "INV03", wrong, 2, "site.domian", "did you mean domain?"},
		{[]string{"hosts", wrong}, "INV03", wrong, 2, "site.domian", "did you mean domain?"},
		{[]string{"logs", wrong}, "INV03", wrong, 2, "site.domian", "did you mean domain?"},
		{[]string{"history", wrong}, "INV03", wrong, 2, "site.domian", "did you mean domain?"},
		{[]string{"plan", wrong}, "INV03", wrong, 2, "site.domian", "did you mean domain?"},
		{[]string{"plan", unset}, "SEC01", unset, 7, "app.secrets.KEY", "set it with: export FOOBAR_UNSET_ANYWHERE=…"},
		{[]string{"deploy", wrong}, "CLI03", "", 0, "", ""},
		{[]string{"check", "nowhere.toml"}, "INV01", "", 0, "", ""},
	} {
		out, said, code := foobar(t, append(c.args, "-o", "json")...)
		var doc struct {
			V      int
			Type   string
			Exit   int
			Errors []event.Problem
		}
		if err := json.Unmarshal([]byte(out), &doc); err != nil || code != 64 || doc.V != 1 || len(doc.Errors) == 0 || said == "" || strings.Count(out, "\n") != 1 {
			t.Errorf("%q: exit %d, %v: %s%s", c.args, code, err, out, said)
			continue
		}
		e := doc.Errors[0]
		if string(e.Code) != c.code || e.File != c.file || e.Line != c.line || e.Key != c.key || !strings.Contains(e.Fix, c.fix) || e.Message == "" {
			t.Errorf("%q: %+v", c.args, e)
		}
		if stream := c.args[0] == "plan" || c.args[0] == "deploy"; stream != (doc.Type == "run_refused" && doc.Exit == 64) {
			t.Errorf("%q: type %q", c.args, doc.Type)
		}
	}
}
