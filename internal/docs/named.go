package docs

import (
	"fmt"
	"strings"
)

// Named is an environment variable or a file, and what it is for.
type Named struct {
	Name, Means string
	// Of says which commands it concerns: WithInventory, WithHosts, those with a flag
	// (--no-color), or some by their names.
	Of string
}

// What Named.Of may be besides a flag and names.
const (
	WithInventory = "INVENTORY" // commands that read an inventory
	WithHosts     = "hosts"     // commands that log in to hosts
)

// Environment are the variables that foobar reads.
func Environment() []Named {
	return []Named{
		{"FOOBAR_INVENTORY", "The inventory of commands that name none. Without it that is ./inventory.toml.", WithInventory},
		{"FOOBAR_TRUST", "What is done about the commands that an inventory names (secrets, proxy_command). With \"all\" they run without a question; with \"known\" only those that were allowed before run. Without it foobar asks on a terminal; elsewhere they run.", WithInventory},
		{"SSH_AUTH_SOCK", "The socket of the SSH agent.", WithHosts},
		{"HOME, USER, SHELL", "As for ssh: your folder with .ssh, your name, and the shell that runs a proxy command. Without HOME, as in a service of systemd, it is that of the password file.", WithHosts},
		{"XDG_STATE_HOME", "The folder under which runs are recorded; by default ~/.local/state.", "deploy release rollback remove drain undrain renew history switchover failover rejoin backup restore"},
		{"SUDO_USER, SSH_CONNECTION", "Who started a run and from where, for its record.", "deploy release rollback remove drain undrain renew switchover failover rejoin backup restore"},
		{"SUMOLOGIC_INSTALLATION_TOKEN", "The token of monitoring.token, unless the inventory takes it from elsewhere. Other secrets come from the variables that the inventory names.", WithInventory},
		{"DD_API_KEY", "The key of monitoring.api_key, unless the inventory takes it from elsewhere.", WithInventory},
		{"SSL_CERT_FILE", "The roots that certificates of the site and of the monitoring service's API are checked with, in place of this machine's.", "deploy plan remove verify"},
		{"HTTPS_PROXY, NO_PROXY", "The proxy to the site and to the monitoring service's API.", "deploy plan remove verify"},
		{"TMPDIR", "The folder in which the app is packed; by default /var/tmp.", "check plan deploy release"},
		{"NO_COLOR", "If not empty, there are no colours.", "--no-color"},
		{"TERM", "With \"dumb\", or not set, there are no colours and no live view.", "--no-color"},
		{"CI", "If set to other than 0 or false nobody is asked, and there is no live view, also on a terminal: some pipelines have one.", WithInventory},
		{"LC_ALL, LC_CTYPE, LANG", "Whether the live view may use characters outside ASCII.", "deploy status history"},
		{"FOOBAR_LAB", "The name of the lab; by default lab.", "lab"},
	}
}

// Files are those that foobar reads and writes.
func Files() []Named {
	return []Named{
		{"./inventory.toml", "The inventory of commands that name none.", WithInventory},
		{"foobar.key", "The master secret, beside the inventory: every password that no person needs is derived from it. The first deploy makes it. Keep a copy.", WithInventory},
		{"~/.ssh/config, ~/.ssh/known_hosts, /etc/ssh/ssh_config", "As for ssh.", WithHosts},
		{"~/.local/state/foobar/runs", "The records of runs, at most 100 of a site, and the facts of its hosts. Only their owner can read them.", "deploy release rollback remove drain undrain renew history switchover failover rejoin backup restore"},
		{"~/.local/state/foobar/trusted", "The commands of inventories that were allowed to run on this machine.", WithInventory},
		{"/var/lib/foobar/history.jsonl", "On a host: a line for each run that changed it.", "deploy release rollback remove drain undrain renew history switchover failover rejoin backup restore"},
		{"/var/lib/foobar/owned.json", "On a host: what foobar has put there, so that it can be removed when it leaves the inventory.", "deploy plan remove"},
		{"/var/lib/foobar/packages-before", "On a host: the packages that were installed before foobar, which remove --packages leaves.", "deploy remove"},
		{"/srv/NAME/releases, /srv/NAME/current, /srv/NAME/beside", "On a host: the releases of the app, a link to the one that serves, and one to the release before or after it, for its static files.", "deploy plan release rollback releases"},
		{"/var/backups/foobar", "On a database host: the backups, unless db.backup.path says otherwise.", "backup backups restore"},
	}
}

func writeNamed(w *strings.Builder, list []Named) {
	for _, n := range list {
		fmt.Fprintf(w, "  %s\n%s\n", n.Name, wrapped(n.Means, "      "))
	}
}
