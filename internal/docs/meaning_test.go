package docs

import (
	"strings"
	"testing"
)

// TestEveryKeyHasAMeaning: docs says of each key what it does, and only then its default.
func TestEveryKeyHasAMeaning(t *testing.T) {
	ref := newReference()
	for _, e := range ref.all(ref.root())[1:] {
		if e.table() || e.list() || strings.HasSuffix(e.path, ".NAME") {
			continue // names that people choose, and what is explained in the table above
		}
		text, _ := e.node["description"].(string)
		low := strings.ToLower(text)
		if text == "" || strings.HasPrefix(low, "default:") || strings.HasPrefix(low, "no default") || strings.HasPrefix(low, "required") {
			t.Errorf("%s: %q does not say what it does", e.path, text)
		}
	}
}

// TestKeysAsPeopleMeetThem: a key is explained by the name under which an error or an
// inventory has it, with a host's own name and a place in a list.
func TestKeysAsPeopleMeetThem(t *testing.T) {
	for topic, want := range map[string]string{
		"hosts.web1.address":      "how this machine reaches the host",
		"hosts.web1.ssh.port":     "the port of sshd",
		"firewall.extra[0].from":  "who may reach the port",
		"app.secrets.SESSION_KEY": "the environment variable of this machine that holds the secret",
		"app.secrets":             `SMTP_PASSWORD = { file = "keys/smtp" }`,
		"app.env":                 `GREETING = "Hello"`,
		"web.headers":             `X-Frame-Options = "SAMEORIGIN"`,
		"db.package":              "a package source in the form of deb822",
		"monitoring.token":        "a program of this machine that prints the secret",
	} {
		if text, err := Explain([]string{topic}); err != nil || !strings.Contains(text, want) {
			t.Errorf("docs %s: %v: it lacks %q:\n%s", topic, err, want, text)
		}
	}
	for _, topic := range []string{"hosts.web1.adress", "nosuch", "firewall[0", "hosts..address"} {
		if text, err := Explain([]string{topic}); err == nil {
			t.Errorf("docs %s explains:\n%s", topic, text)
		}
	}
}
