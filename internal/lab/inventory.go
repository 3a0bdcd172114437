package lab

import (
	"fmt"
	"os"
	"strings"

	"foobar/inventory"
)

// Inventory is a complete inventory that deploys to the lab's hosts from this
// machine, logging in as user.
func (l *Lab) Inventory(user string) (string, error) {
	s, err := l.load()
	if err != nil {
		return "", err
	}
	// An inventory must not name a file that is not there.
	if s.Collector != "" {
		if _, err := os.Stat(s.Collector); err != nil {
			return "", fmt.Errorf("the collector's package is gone: %w; make it again with: %s", err, l.Command("up"))
		}
	}
	return l.inventory(s, user), nil
}

func (l *Lab) inventory(s *shape, user string) string {
	t := &tomlText{}
	t.line("# Lab %q, as %s prints it.", l.Name, l.Command("inventory"))
	t.section("site")
	t.text("domain", Domain)
	t.text("email", "ops@foobar.com")

	t.section("ssh")
	t.text("user", user)
	t.text("identity", l.path("key"))
	t.text("known_hosts", l.path("known_hosts"))
	t.text("config", "none")
	t.text("proxy_command", l.proxyCommand())

	t.section("tls")
	t.text("acme_directory", fmt.Sprintf("https://%s:%d/dir", Gateway, acmePort))
	t.text("acme_ca", l.path("acme-ca.pem"))

	if s.App != "" {
		t.section("app")
		t.text("source", s.App)
		t.line("packages = [%s]", inventory.Quote("python3-pymysql"))
	}

	// Each host sees the whole memory of this machine, which all of them share.
	t.section("db")
	if s.Engine != "" {
		t.text("engine", s.Engine)
	}
	t.text("buffer_pool", "256MiB")

	l.monitoring(t, s)
	t.section("secrets")
	t.text("master", l.path("foobar.key"))
	for _, h := range s.Hosts {
		t.host(h)
	}
	return t.b.String()
}

func (l *Lab) monitoring(t *tomlText, s *shape) {
	t.section("monitoring")
	if s.Collector == "" {
		t.line("enabled = false # the lab has no collector's package; foobar lab collector brings it")
		return
	}
	t.text("endpoint", fmt.Sprintf("https://%s:%d", Gateway, intakePort))
	t.text("ca", l.path("lab-ca.pem"))
	if api, err := os.ReadFile(l.path(apiFile)); err == nil {
		t.text("api", strings.TrimSpace(string(api)))
		t.line("access_id = { file = %s }", inventory.Quote(l.path("access-id")))
		t.line("access_key = { file = %s }", inventory.Quote(l.path("access-key")))
	}
	t.line("token = { file = %s }", inventory.Quote(l.path("token")))
	t.section("monitoring.package")
	t.text("file", s.Collector)
}

// tomlText is TOML as it is written, section by section.
type tomlText struct{ b strings.Builder }

func (t *tomlText) line(form string, args ...any) { fmt.Fprintf(&t.b, form+"\n", args...) }
func (t *tomlText) section(name string)           { t.line("\n[%s]", name) }
func (t *tomlText) text(key, value string)        { t.line("%s = %s", key, inventory.Quote(value)) }

func (t *tomlText) host(h Host) {
	t.section("hosts." + h.Name)
	t.text("address", h.V4.String())
	t.line("private_address = [%s, %s]", inventory.Quote(h.V4.String()), inventory.Quote(h.V6.String()))
	if roles := h.Roles(); roles != nil {
		quoted := make([]string, len(roles))
		for i, r := range roles {
			quoted[i] = inventory.Quote(r)
		}
		t.line("roles = [%s]", strings.Join(quoted, ", "))
	}
}
