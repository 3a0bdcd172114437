package prometheus

import (
	"strconv"

	"github.com/go-crypt/x/bcrypt"

	"foobar/internal/resource"
	"foobar/internal/secret"
)

// Prometheus and Alertmanager answer only who has this name and Password: everybody on
// their host reaches their ports, and whoever reaches Alertmanager can silence alerts.
const (
	Login = "foobar"

	webConf      = "/etc/prometheus/foobar-web.yml"
	passwordFile = "/etc/prometheus/foobar.password"
	clientConf   = "/etc/prometheus/foobar-client.yml" // for people who call amtool
)

// Password goes with Login.
func Password(m *secret.Master) secret.String { return m.Password("monitoring/pages") }

// login adds the files of the name and the password, with the hash that the daemons compare
// with. They read it anew for every connection.
func (m *made) login(master *secret.Master) {
	password := Password(master).Reveal()
	hash, err := hashed(password, master.Seed("monitoring/pages/salt"))
	if m.err == nil {
		m.err = err
	}
	m.secret(passwordFile, []byte(password+"\n"))
	m.put(resource.File{Path: webConf, Mode: 0o640, Group: user, Secret: true, Check: "promtool check web-config %s >/dev/null"}, "web.yml.tmpl", map[string]string{"Login": Login, "Hash": strconv.Quote(hash)})
	m.write(clientConf, "client.yml.tmpl", map[string]string{"File": clientConf, "Login": Login, "Password": passwordFile})
}

// asking is sh that calls curl with arguments, and with the login, which is no argument.
// Without the file, as before the login came, there is no password.
func asking(arguments string) string {
	return `printf 'user = "` + Login + `:%s"\n' "$(cat ` + passwordFile + ` 2>/dev/null)" | curl -q -K - -sS --noproxy '*' ` + arguments
}

// hashed is bcrypt's hash of a password. A salt that comes from elsewhere makes it the same in
// every run, so that it can be compared with what a host has. The password is as long as a
// key: more than the least cost would protect nothing.
func hashed(password string, salt []byte) (string, error) {
	hash, err := bcrypt.GenerateFromPasswordSalt([]byte(password), salt[:16], bcrypt.MinCost)
	return string(hash), err
}
