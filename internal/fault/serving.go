package fault

// What fails while hosts are brought to serve.

func authority() []Entry {
	log := "see all of it: foobar exec {inv} -l {host} -b -- tail -n 60 /var/log/letsencrypt/letsencrypt.log"
	return []Entry{
		{Code: NameUnresolved, Title: "the site's name does not resolve",
			Means:  "The authority looked the name up and found no address, so it could not ask the site.",
			Causes: []string{"there is no A or AAAA record for the name, or none yet", "a slip in site.domain or site.aliases"},
			Next:   []string{"look it up: dig +short NAME A, and dig +short NAME AAAA", "when it points at the balancer: foobar deploy {inv}"},
			Keys:   []string{"site.domain", "site.aliases"}},
		{Code: ChallengeFailed, Title: "the authority did not reach the site",
			Means:  "The name resolves, and what answered at its port 80 was not this site: nothing, or another server.",
			Causes: []string{"the record points at another address, or one of A and AAAA does", "a firewall in front of the balancer closes port 80", "a CDN or another server answers first"},
			Next:   []string{"compare the addresses: dig +short NAME A AAAA, with the balancer's in {inv}", "try it from outside: curl -sS http://NAME/.well-known/acme-challenge/x", log},
			Keys:   []string{"site.domain", "site.aliases"}},
		{Code: RateLimited, Title: "the authority has been asked too often",
			Means:  "The authority counts certificates and failures for a name, and refuses for hours or days. Asking again makes it longer.",
			Causes: []string{"many deploys of new hosts under one name", "failed validations in a row"},
			Next:   []string{"wait until the time that the message names; meanwhile test against the authority's staging directory: foobar docs tls", log},
			Keys:   []string{"tls.acme_directory"}},
		{Code: AuthorityRefused, Title: "the authority refuses the certificate",
			Means:  "It was reached and will not sign: a policy of its own or of the name's owner.",
			Causes: []string{"a CAA record names another authority", "the name is on a list of the authority's", "the address given in site.email is not accepted"},
			Next:   []string{"see who may sign: dig +short NAME CAA", log},
			Keys:   []string{"site.domain", "site.email", "tls.acme_directory"}},
		{Code: AuthorityAway, Title: "the authority cannot be reached",
			Means:  "The balancer host got no answer from the authority's directory, or did not trust the server that answered.",
			Causes: []string{"the host has no way out to port 443", "a slip in tls.acme_directory", "the authority is down", "tls.acme_ca lacks the root that signs the authority's own server"},
			Next:   []string{"try it there: foobar exec {inv} -l {host} -b -- curl -sS -o /dev/null -w '%{http_code}' URL", log},
			Keys:   []string{"tls.acme_directory", "tls.acme_ca"}},
	}
}

func services() []Entry {
	return []Entry{
		{Code: PortTaken, Title: "another program listens on the port",
			Means:  "The service cannot begin to listen, because the address and port are in use.",
			Causes: []string{"a web server or database was installed by hand or by an image", "a container publishes the port"},
			Next:   []string{"see who has it: foobar exec {inv} -l {host} -b -- ss -ltnp", "when it is gone: foobar deploy {inv}"}},
		{Code: ConfigRejected, Title: "a configuration is refused by its own checker",
			Means:  "The program that is to read the file was asked before the file was put in its place, or before the service was touched, and refuses it. What ran goes on as it was.",
			Causes: []string{"a file that is included was changed by hand", "the program is of another version than the templates were written for", "a template of your own has a slip"},
			Next:   []string{"read the checker's words above; they name file and line", "see what is included there: foobar exec {inv} -l {host} -b -- ls -l /etc/haproxy /etc/nginx /etc/nginx/conf.d"}},
		{Code: ServiceDead, Title: "a service does not start or does not stay",
			Means:  "systemd started the service and it ended. The last lines of its journal are shown.",
			Causes: []string{"its own words above say why", "its executable or unit was changed or masked by hand", "the app ends while it starts"},
			Next:   []string{"see its journal: foobar exec {inv} -l {host} -b -- journalctl -u {unit} -n 50 --no-pager", "see its state: foobar exec {inv} -l {host} -b -- systemctl status --no-pager {unit}"}},
		{Code: NotReady, Title: "a service runs and does not answer",
			Means:  "The service stayed up, and the question that shows that it serves was not answered in time.",
			Causes: []string{"it still starts: a large database, a slow app", "the app answers its health path with an error", "it waits for a service on another host"},
			Next:   []string{"see its journal: foobar exec {inv} -l {host} -b -- journalctl -u {unit} -n 50 --no-pager", "see what it says later: foobar status {inv}"},
			Keys:   []string{"app.health_path", "lb.health_path"}},
		{Code: Unhealthy, Title: "the balancer does not find a server well",
			Means:  "HAProxy asks each web server for the health path and does not get a good answer from all. Everything is configured as wanted; the site may be served by the others.",
			Causes: []string{"the app on that server fails", "the app cannot reach its database", "a firewall between balancer and server"},
			Next:   []string{"see who is down and why: foobar status {inv}", "see what the app says: foobar logs {inv} app"}},
		{Code: DrainFailed, Title: "a server could not be taken out of the balancer or put back",
			Means:  "Before a server's restart the balancer sends it no new visitors, and after it the balancer must find it well. A server that does not come back stays out, and the servers after it are not touched.",
			Causes: []string{"the release or configuration just rolled out fails", "the balancer's host cannot be reached"},
			Next:   []string{"see what the app says: foobar logs {inv} app -l {host}", "see the balancer's view: foobar status {inv}", "mend it and deploy again: foobar deploy {inv}"}},
	}
}

func wayIn() []Entry {
	keys := []string{"firewall.ssh_from", "ssh.port"}
	return []Entry{
		{Code: FirewallReverted, Title: "the firewall's change undid itself",
			Means:  "With the new rules in force a new SSH connection did not get in, so the old rules were put back. The host is as it was before.",
			Causes: []string{"firewall.ssh_from does not contain the address from which this machine arrives", "sshd listens on another port than ssh.port says"},
			Next:   []string{"see from where you arrive: foobar exec {inv} -l {host} -- 'echo $SSH_CONNECTION'", "correct firewall.ssh_from, then: foobar deploy {inv}"}, Keys: keys},
		{Code: SSHDReverted, Title: "sshd's change undid itself",
			Means:  "With the new configuration in force a new SSH connection did not get in, so the old configuration was put back.",
			Causes: []string{"another file in /etc/ssh/sshd_config.d locks the user out", "the user logs in by password only"},
			Next:   []string{"see what is in force: foobar exec {inv} -l {host} -b -- 'sshd -T; ls /etc/ssh/sshd_config.d'"}, Keys: []string{"ssh.user"}},
		{Code: ProvedTooLate, Title: "the proof came after the change was undone",
			Means:  "A change of the way in waits on the host for its proof, and undoes itself after deploy.confirm_timeout. That time was over.",
			Causes: []string{"the run was interrupted, or the connection slow, between the change and its proof", "deploy.confirm_timeout is short"},
			Next:   []string{"the host is as it was; try again: foobar deploy {inv}"}, Keys: []string{"deploy.confirm_timeout"}},
		{Code: WayInMoves, Title: "sshd is about to leave the port that foobar comes in by",
			Means:  "sshd still listens on the port by which foobar logged in, but its configuration names another one. A reload, which this change of its settings needs, would take the way in away. The rest of the deploy is not held up: the firewall opens both ports.",
			Causes: []string{"the port was changed in /etc/ssh/sshd_config or in a file of /etc/ssh/sshd_config.d, and sshd was not restarted since"},
			Next:   []string{"see both: foobar exec {inv} -l {host} -b -- 'sshd -T | grep ^listenaddress; ss -ltnp'", "keep both ports for the move: two lines of Port in sshd_config", "or restart sshd there, name its new port in {inv} (ssh.port), and: foobar deploy {inv}"}, Keys: []string{"ssh.port"}},
		{Code: OtherFirewall, Title: "another program runs the host's firewall",
			Means:  "firewalld runs, or starts at the next boot. Its rules drop what ufw's let in, and each of the two undoes what the other loads, so nothing of the firewall was changed.",
			Causes: []string{"the image of the host came with firewalld", "firewalld was installed by hand"},
			Next:   []string{"see what it lets in: foobar exec {inv} -l {host} -b -- firewall-cmd --list-all-zones", "switch it off: foobar exec {inv} -l {host} -b -- systemctl disable --now firewalld; then: foobar deploy {inv}", "or keep it, and set firewall.enabled = false in {inv}"}, Keys: []string{"firewall.enabled"}},
	}
}
