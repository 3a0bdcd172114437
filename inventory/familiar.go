package inventory

import (
	"fmt"
	"maps"
	"strings"
)

// familiar says what to write for a key that other programs have under this name; "" for
// none that is known.
func familiar(at []string, name string) string {
	table, name := strings.Join(at, "."), strings.ToLower(name)
	if len(at) == 2 && at[0] == "hosts" {
		table = "hosts"
	}
	if len(at) == 3 && at[0] == "hosts" {
		table = at[2]
	}
	if i := strings.IndexByte(table, '['); i > 0 { // one of a list of tables
		table = strings.TrimSuffix(table[:i], ".")
	}
	for names, advice := range familiarKeys()[table] {
		for one := range strings.FieldsSeq(names) {
			if one == name {
				return advice
			}
		}
	}
	if table == "secrets" && Nearest(name, []string{"master", "generation", "ca_generation"}) == "" {
		return "the app's own secrets belong to [app.secrets]; the keys of [secrets] are master, generation, ca_generation"
	}
	return ""
}

// familiarKeys are, by table, what ssh_config, Ansible, Docker Compose, nginx, HAProxy and
// others call a setting, and what to do about it here.
func familiarKeys() map[string]map[string]string {
	const made = "foobar makes the accounts of the databases and their passwords itself; remove the line"
	all := map[string]map[string]string{
		"site": {"url host hostname fqdn server_name": "the site's name is called domain"},
		"ssh": {
			"key key_file keyfile private_key private_key_file identity_file identityfile ssh_key": "a key file is called identity",
			"password pass become_password sudo_password":                                          "an inventory holds no passwords; log in with a key, and give -K to be asked for the password of sudo",
			"proxy_jump proxyjump bastion jump_host":                                               "a jump host is called jump",
			"host_key_checking strict_host_key_checking":                                           "write the host's key as host_key in [hosts.NAME], or the file as known_hosts",
			"ansible_user ansible_ssh_user username login":                                         "the login is called user",
			"ansible_port": "the port is called port",
			"sudo_pass":    "an inventory holds no passwords; give -K to be asked for the password of sudo",
			"agent forward_agent forwardagent control_master controlmaster control_path control_persist": "foobar uses the agent and keeps one connection for each host by itself; remove the line",
			"timeout":            "how long a connection may take is called connect_timeout",
			"sudo become_method": "write become = \"sudo\" or become = \"none\"",
		},
		"hosts": {
			"ip addr host hostname ansible_host ssh_host public_ip": "the host's address is called address",
			"private_ip internal_ip internal_address":               "the address for the other hosts is called private_address",
			"ansible_user ansible_port ssh_user ssh_port":           "user and port belong to [hosts.NAME.ssh]",
			"name":                                "the host's name is the one in the brackets, [hosts.NAME]; remove the line",
			"os distribution distro release arch": "foobar asks the host what it runs; remove the line",
			"enabled disabled maintenance backup_server": "weight = 0 takes a server out of the load balancer, and so does foobar host drain",
			"primary master":    "the primary is called primary in [db]",
			"backup":            "the host that makes the backups is called host in [db.backup]",
			"groups group tags": `the groups of hosts are their roles: roles = ["web"]`,
		},
		"tls": {
			"min_version max_version ciphers ciphersuites protocols ssl_protocols": "foobar sets the versions and ciphers of TLS itself; remove the line",
			"letsencrypt provider ca_name":                                         `the certificate authority is called acme_directory`,
			"dns dns_provider challenge":                                           "certificates are requested over HTTP; for any other way give cert and key",
			"enabled enable":                                                       "the site always has TLS; remove the line",
			"acme acme_server":                                                     "the certificate authority is called acme_directory",
			"eab eab_kid eab_key eab_hmac eab_hmac_key external_account_binding":   "an account that is tied to yours is registered once, on the load balancer: certbot register --server URL --eab-kid ID --eab-hmac-key KEY; remove the line",
			"staging":            `write acme_directory = "letsencrypt-staging"`,
			"email":              "email belongs to [site]",
			"certificate":        "the certificate is called cert",
			"private_key":        "the private key is called key",
			"chain ca fullchain": "write the chain into the file of cert, after the certificate",
		},
		"lb":  {"port ports listen": "the site is always served on port 443, and port 80 redirects there; remove the line", "stats": "foobar status shows what HAProxy counts; remove the line", "host hosts": `the load balancer is the host with roles = ["lb"]`, "algorithm": "the way to share requests is called balance", "healthcheck health_check check": "the path of the health check is called health_path", "timeout": "there is timeout_connect, timeout_client and timeout_server"},
		"web": {"port ports listen": "nginx always listens on port 443; remove the line", "gzip brotli": "further lines for nginx belong in a file, which is called snippet", "root static_dir document_root": "the folder of static files is called static", "max_body client_max_body_size": "the largest body is called client_max_body", "redirects": "a redirect is a table [[web.redirect]]"},
		"app": {
			"path folder dir directory repo": "the app's folder is called source",
			"command cmd module wsgi":        "the program is named by entrypoint, such as wsgi:app; a command that always runs is a table [[app.worker]]",
			"environment vars":               "environment variables belong to [app.env]",
			"cron jobs":                      "a command that runs at its times is a table [[app.timer]]",
		},
		"app.worker":     {"cmd run exec": "what runs is called command", "replicas instances processes numprocs": "the number is called count"},
		"app.timer":      {"cmd run exec": "what runs is called command", "cron at when every oncalendar on_calendar time": "the time is called schedule"},
		"db":             {"users": made, "replica slaves slave": `every host with "db" in its roles but the primary is a replica; remove the line`, "host hosts": `the databases run on the hosts with "db" in their roles; remove the line`, "user username password pass root_password": made, "database schema": "the name of the schema is called name", "replicas": `every host with "db" in its roles but the primary is a replica; remove the line`, "version": "the version is that of Debian, or of the source in [db.package]"},
		"db.backup":      {"s3 bucket remote encrypt encryption offsite": "backups are in a folder of the host; copy them elsewhere with foobar db backups --fetch", "retention count days keep_days": "the number of backups to keep is called keep", "dir directory folder": "the folder is called path", "cron time when at": "the time is called schedule"},
		"firewall":       {"deny block reject default policy": "what is not opened is shut; remove the line", "ssh_port": "the port of sshd is called port in [ssh]", "allow rules rule ports open": "another open port is a table [[firewall.extra]]"},
		"firewall.extra": {"ports": "each port is a table [[firewall.extra]] of its own, with port", "action policy": "a rule opens its port; remove the line", "source src": "who may reach the port is called from", "protocol": "the protocol is called proto"},
		"deploy":         {"dry_run check_mode check noop": "foobar plan shows what a deploy would do; remove the line", "strategy rolling": "servers are always restarted a few at a time, as many as serial says; remove the line", "hosts limit": "a deploy to some of the hosts is foobar deploy -l NAMES; remove the line", "batch batch_size": "the number of hosts at a time is called serial", "parallel parallelism": "the number of hosts worked on at once is called forks"},
	}
	maps.Copy(all, familiarMonitoring())
	return all
}

// familiarMonitoring are those of [monitoring] and the tables below it.
func familiarMonitoring() map[string]map[string]string {
	return map[string]map[string]string{
		"monitoring": {"url": "where data goes is called endpoint", "installation_token": `the installation token is token = { env = "SUMOLOGIC_INSTALLATION_TOKEN" }`,
			"disabled disable off":                       "for no monitoring write enabled = false",
			"type kind backend":                          "what takes the data is called provider",
			"host server alertmanager alertmanager_host": "the host that runs Prometheus and Alertmanager is called prometheus",
			"retention retention_time retention_size scrape_interval interval": "foobar sets how often Prometheus asks and how long it keeps the answers itself; remove the line",
			"grafana": "foobar dashboard --grafana prints a dashboard for a Grafana of your own; remove the line",
			"repeat_interval group_wait group_interval": "foobar sets when an alert is told, and told again, itself; remove the line",
			"rules rule": "rules of your own go into a file in /etc/prometheus/rules.d, and limits belong to [monitoring.alerts]",
			"receivers receiver contacts recipients email slack pagerduty route": "whoever is told is a table [[monitoring.notify]]"},
		"monitoring.alerts": {"cpu cpu_usage load load_average": "there is no alert for it; rules of your own go into a file in /etc/prometheus/rules.d; remove the line",
			"errors error 5xx http_5xx errors_rate":                        "the share of errors is called error_rate",
			"p95 p99 response_time slow duration":                          "the alert for slow answers is called latency",
			"ram mem memory_usage":                                         "the alert for memory is called memory",
			"discs disks disk_usage disk_full disk_space filesystem space": "the alert for full file systems is called disk",
			"down host_down up instance_down":                              "the alert for a host without data is called host_silent",
			"cert certificate certificates ssl tls cert_expiry":            "the alert for certificates is called certificate_expiry",
			"backup backups":                                               "the alert for old backups is called backup_age",
			"lag replica_lag":                                              "the alert for a replica that is behind is called replication_lag",
			"replication":                                                  "there is replication_lag and replication_stopped",
			"traffic requests rate spike":                                  "there is requests_spike and requests_drop",
			"units unit failed systemd":                                    "the alert for units of systemd is called failed_unit",
			"server servers backend backend_down":                          "the alert for a server without requests is called server_out"},
		"monitoring.notify": {"type via": "the way is called kind", "email address recipient recipients": "who gets the e-mail is called to", "smtp host server smtp_host relay": "the mail server is called smarthost, with its port",
			"webhook webhook_url": "where it goes is called url", "routing_key integration_key service_key": "the key of PagerDuty is called key", "username": "the name at the mail server is called user",
			"token api_key secret credentials": "write url for Slack, key for PagerDuty, password for a mail server",
			"channel":                          "the URL of a webhook decides which channel it writes to; remove the line",
			"level priority":                   "the mildest that is told of is called severity",
			"tls starttls require_tls":         "the mail server has to speak STARTTLS, unless it is localhost; remove the line"},
	}
}

// ownTable is how to write in a table what stands in the place of one.
func ownTable(at []string, v any) string {
	name := show(at)
	form := fmt.Sprintf("a table: [%s]", name)
	switch v := v.(type) {
	case []map[string]any:
		if name == "hosts" {
			return "each host as a table with its name: [hosts.web1]"
		}
		return fmt.Sprintf("single brackets: [%s]", name)
	case bool:
		switch name {
		case "firewall", "monitoring", "db.backup":
			return fmt.Sprintf("%s, and in it enabled = %t", form, v)
		}
	case string:
		switch {
		case len(at) == 2 && at[0] == "hosts" && sshAddress(v) == nil:
			return fmt.Sprintf("%s, and in it address = %q", form, v)
		case name == "monitoring.package" && strings.HasSuffix(v, ".deb"):
			return fmt.Sprintf("%s, and in it file = %q", form, v)
		}
	}
	return form
}
