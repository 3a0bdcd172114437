package docs

import (
	"strings"
	"testing"
)

// TestEveryKeyHasAMeaning: docs says of each key more than its type and default.
func TestEveryKeyHasAMeaning(t *testing.T) {
	ref := newReference()
	for _, e := range ref.all(ref.root())[1:] {
		if e.table() || e.list() || strings.HasSuffix(e.path, ".NAME") || strings.Contains(e.path, ".NAME.ssh.") || strings.HasPrefix(e.path, "app.secrets.") || strings.HasPrefix(e.path, "web.auth.users.") || strings.HasPrefix(e.path, "monitoring.token") ||
			strings.Contains(e.path, ".package.") {
			continue // names that people choose, and what is explained in the table above
		}
		text, _ := e.node["description"].(string)
		meaning := text
		if strings.HasPrefix(text, "default: ") || strings.HasPrefix(text, "no default. ") || strings.HasPrefix(text, "required") {
			_, meaning, _ = strings.Cut(text, ". ")
		}
		if meaning == "" {
			t.Errorf("%s: %q does not say what it does", e.path, text)
		}
	}
}
