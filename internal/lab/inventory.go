package lab

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Inventory is a complete inventory that deploys to the lab's hosts from this
// machine, logging in as user.
func (l *Lab) Inventory(user string) (string, error) {
	s, err := l.load()
	if err != nil {
		return "", err
	}
	// Only what is there is named: an inventory must not point at nothing.
	if s.Collector != "" {
		if _, err := os.Stat(s.Collector); err != nil {
			return "", fmt.Errorf("the collector's package is gone: %w; make it again with: %s", err, l.Command("up"))
		}
	}
	return l.inventory(s, user), nil
}

func (l *Lab) inventory(s *shape, user string) string {
	var b strings.Builder
	section := func(name string) { fmt.Fprintf(&b, "\n[%s]\n", name) }
	text := func(key, value string) { fmt.Fprintf(&b, "%s = %s\n", key, tomlString(value)) }

	fmt.Fprintf(&b, "# Lab %q, as %s prints it.\n", l.Name, l.Command("inventory"))
	section("site")
	text("domain", Domain)
	text("email", "ops@foobar.com")

	section("ssh")
	text("user", user)
	text("identity", l.path("key"))
	text("known_hosts", l.path("known_hosts"))
	text("config", "none")
	text("proxy_command", l.proxyCommand())

	section("tls")
	text("acme_directory", fmt.Sprintf("https://%s:%d/dir", Gateway, acmePort))
	text("acme_ca", l.path("acme-ca.pem"))

	if s.App != "" {
		section("app")
		text("source", s.App)
		b.WriteString("packages = [\"python3-pymysql\"]\n")
	}

	// Each host sees the whole memory of this machine, which all of them share.
	section("db")
	if s.Engine != "" {
		text("engine", s.Engine)
	}
	text("buffer_pool", "256MiB")

	section("monitoring")
	if s.Collector == "" {
		b.WriteString("enabled = false # the lab was started without a collector's package\n")
	} else {
		text("endpoint", fmt.Sprintf("https://%s:%d", Gateway, intakePort))
		text("ca", l.path("lab-ca.pem"))
		fmt.Fprintf(&b, "token = { file = %s }\n", tomlString(l.path("token")))
		section("monitoring.package")
		text("file", s.Collector)
	}

	section("secrets")
	text("master", l.path("foobar.key"))

	for _, h := range s.Hosts {
		section("hosts." + h.Name)
		text("address", h.V4.String())
		fmt.Fprintf(&b, "private_address = [%s, %s]\n", tomlString(h.V4.String()), tomlString(h.V6.String()))
		if roles := h.Roles(); roles != nil {
			quoted := make([]string, len(roles))
			for i, r := range roles {
				quoted[i] = tomlString(r)
			}
			fmt.Fprintf(&b, "roles = [%s]\n", strings.Join(quoted, ", "))
		}
	}
	return b.String()
}

// tomlString quotes a basic string of TOML, whose escapes are a part of Go's.
func tomlString(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }) {
		return `"` + s + `"`
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteString(`\u` + strings.Repeat("0", 4-len(strconv.FormatInt(int64(r), 16))) + strconv.FormatInt(int64(r), 16))
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}
