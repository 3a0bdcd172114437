package action

import (
	"regexp"
	"strings"

	"foobar/examples"
	"foobar/internal/docs"
	"foobar/inventory"
)

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func tableName(name string) string {
	if bareKey.MatchString(name) {
		return "[hosts." + name + "]"
	}
	return "[hosts." + inventory.Quote(name) + "]"
}

// render is the text of the inventory.
func (a *Init) render() string {
	switch {
	case a.Minimal:
		return a.renderMinimal()
	case a.Full:
		return a.renderFull()
	}
	return a.renderCommented()
}

// line is a line of the inventory for a key that was answered, or "".
func line(key, answer string) string {
	if answer == "" {
		return ""
	}
	return key + " = " + inventory.Quote(answer) + "\n"
}

func (a *Init) renderMinimal() string {
	text := "[site]\n" + line("domain", a.Domain) + line("email", a.Email)
	if a.User != "" {
		text += "[ssh]\n" + line("user", a.User)
	}
	text += "[app]\n" + line("source", a.source())
	if !a.Monitoring {
		text += "[monitoring]\nenabled = false\n"
	}
	return text + a.hosts("", "", "")
}

// hosts are the tables of all hosts, with what stands between them, further
// lines for the load balancer and a comment before the first server.
func (a *Init) hosts(between, lb, servers string) string {
	var tables []string
	if a.lb.name != "" {
		tables = append(tables, a.lb.table()+"roles = [\"lb\"]\n"+lb)
	}
	for i, h := range a.servers {
		text := h.table()
		if i == 0 {
			text = servers + text
		}
		tables = append(tables, text)
	}
	return strings.Join(tables, between)
}

func (h newHost) table() string {
	return tableName(h.name) + "\n" + line("address", h.address) + line("private_address", h.private)
}

// monitoring is the line that switches it off, or the one that stands there else.
func (a *Init) monitoring(on string) string {
	if a.Monitoring {
		return on
	}
	return "enabled = false               # true: metrics and logs go to Sumo Logic\n"
}

func (a *Init) renderCommented() string {
	user := "# user = \"admin\"              # the login: root, or a user with sudo. Default: as ssh_config says, else your own name\n"
	if a.User != "" {
		user = line("user", a.User)
	}
	private := ""
	if a.lb.private == "" {
		private = "# private_address = \"10.0.0.10\" # how the servers reach it. Default: address\n"
	}
	return `# The whole site. Paths count from this file's folder. What is commented out shows
# a key and an example; foobar init --full FILE writes every key there is.

[site]
` + line("domain", a.Domain) + `# aliases = ["foobar.com"]   # further names for the same site
` + line("email", a.Email) + `
[ssh]
` + user + `# identity = "~/.ssh/id_ed25519" # a key file. Default: the agent, then ssh_config
# jump = "admin@bastion.foobar.com" # the jump host, as for ssh -J

[app]
` + line("source", a.source()) + `# entrypoint = "wsgi:app"     # the program, as module:attribute
# packages = ["python3-pymysql"] # Debian packages that the app imports from; what requirements.txt names is installed, too

# [app.env]
# GREETING = "Hello"

# [app.secrets]               # never the secret itself, only where it comes from
# SESSION_KEY = { env = "FOOBAR_SESSION_KEY" }

[firewall]
# ssh_from = ["198.51.100.0/24"] # who may log in over SSH; include the address you deploy from. Default: anyone

[monitoring]
` + a.monitoring("# enabled = false             # false installs no collector\n") + `# provider = "prometheus"      # a server of the site runs Prometheus, without an account; or "datadog"
# token = { env = "SUMOLOGIC_INSTALLATION_TOKEN" } # the installation token of Sumo Logic

# The load balancer. Its address is the public one: the site's name must point to it.
` + a.hosts("\n", private, "# A host without roles serves web, app and db; the first db host begins as the primary.\n")
}

// kept are the lines of the inventory with every key that stay as keys.
var kept = regexp.MustCompile(`^(version|domain|email|source) = ("[^"]*"|[0-9]+)(.*)$`)

// renderFull is the inventory with every key: each a comment, but for what was answered.
func (a *Init) renderFull() string {
	answered := map[string]string{"domain": a.Domain, "email": a.Email, "source": a.source()}
	var b strings.Builder
	table := ""
	for text := range strings.Lines(examples.Inventory) {
		text = strings.TrimSuffix(text, "\n")
		if name, ok := docs.Table(text); ok {
			if table = name; strings.HasPrefix(table, "hosts.") {
				break
			}
		}
		switch m := kept.FindStringSubmatch(text); {
		case m != nil && m[1] == "version":
		case m != nil && answered[m[1]] == "":
			continue
		case m != nil:
			text = m[1] + " = " + inventory.Quote(answered[m[1]]) + m[3]
		case table == "ssh" && strings.HasPrefix(text, "user = ") && a.User != "":
			text = "user = " + inventory.Quote(a.User)
		case table == "monitoring" && strings.HasPrefix(text, "enabled = "):
			text = strings.TrimSuffix(a.monitoring("# "+text+"\n"), "\n")
		case strings.HasPrefix(text, "[["), strings.HasPrefix(text, "[web.auth"), docs.ShowsKey(text) && !strings.HasPrefix(text, "#"):
			text = "# " + text
		}
		b.WriteString(text + "\n")
	}
	return "# Written by foobar init. What is commented out is not set.\n#\n" + b.String() + a.hosts("\n", hostKeys, "")
}

// hostKeys are the keys of a host, as comments.
const hostKeys = `# roles                       # what the host does: "lb", or some of "web", "app", "db". Default: ["web", "app", "db"]
# private_address = "10.0.0.10" # how the other hosts reach it: an address or a list of them. Default: address
# host_key = "ssh-ed25519 AAAA" # the SSH host key to expect, or its SHA256:… fingerprint, instead of known_hosts
# weight = 100                # the host's share of the requests, 0 to 256
# ssh = { port = 2222 }       # any key of [ssh], for this host only
`
