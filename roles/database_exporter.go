package roles

import (
	"foobar/internal/play"
	"foobar/templates"
)

// databaseExporter is Debian's, with the account that the collector has.
func databaseExporter() play.Exporter {
	const conf = "/etc/prometheus/mysqld.cnf"
	return play.Exporter{Name: "mysql", Port: 9104, Package: "prometheus-mysqld-exporter", Args: "--web.listen-address=127.0.0.1:9104 --config.my-cnf=" + conf,
		Path: conf, Config: func(s *play.Site) ([]byte, error) {
			monitor, err := databaseLoginOf(s, databaseMonitor)
			if err != nil {
				return nil, err
			}
			return templates.Render("prometheus/mysqld.cnf.tmpl", map[string]any{"User": monitor.user, "Password": monitor.password.Reveal()})
		}}
}
