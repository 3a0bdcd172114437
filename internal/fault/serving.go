package fault

// What fails while hosts are brought to serve.

func authority() []Entry {
	log := "see certbot's log: foobar exec {inv} -l {host} -b -- tail -n 60 /var/log/letsencrypt/letsencrypt.log"
	return []Entry{
		{Code: NameUnresolved, Title: "the site's name does not resolve",
			Means:  "The certificate authority looked up the name, found no address, and so could not check the site.",
			Causes: []string{"there is no A or AAAA record for the name, or not yet", "a typo in site.domain or site.aliases"},
			Next:   []string{"look it up: dig +short NAME A, and dig +short NAME AAAA", "once it points to the load balancer: foobar deploy {inv}"},
			Keys:   []string{"site.domain", "site.aliases"}},
		{Code: ChallengeFailed, Title: "the certificate authority did not reach the site",
			Means:  "The name resolves, but port 80 at that address did not answer as this site: nothing answered, or another server.",
			Causes: []string{"the A or AAAA record points to another address", "a firewall in front of the load balancer closes port 80", "a CDN or another server answers first"},
			Next:   []string{"compare the name's addresses with the load balancer's: dig +short NAME A, and dig +short NAME AAAA", "try it from outside: curl -sS http://NAME/.well-known/acme-challenge/x", log},
			Keys:   []string{"site.domain", "site.aliases"}},
		{Code: RateLimited, Title: "certificate authority rate limit reached",
			Means:  "The certificate authority limits requests per name. Wait for the time in the message; retrying can extend the limit.",
			Causes: []string{"many deploys of new hosts with one name", "repeated failed validations"},
			Next:   []string{"wait until the time in the message; meanwhile test with acme_directory = \"letsencrypt-staging\": foobar docs tls", log},
			Keys:   []string{"tls.acme_directory"}},
		{Code: AuthorityRefused, Title: "the certificate authority refuses the certificate",
			Means: "The authority answered but will not issue: because of its own policy, or of the domain owner's.",
			Causes: []string{"a CAA record names another authority", "the authority blocks the name", "the address in site.email is not accepted",
				"it wants an account that is tied to yours there (external account binding), as ZeroSSL and Google do"},
			Next: []string{"see who may issue: dig +short NAME CAA",
				"where it wants an account of yours, register it once on the load balancer, as root, with what the authority shows there: certbot register --agree-tos -m EMAIL --server URL --eab-kid ID --eab-hmac-key KEY; then: foobar deploy {inv}", log},
			Keys: []string{"site.domain", "site.email", "tls.acme_directory"}},
		{Code: AuthorityAway, Title: "the certificate authority cannot be reached",
			Means:  "The load balancer's host got no answer from the authority's directory, or does not trust the server that answered.",
			Causes: []string{"the host cannot open connections to port 443 outside", "a typo in tls.acme_directory", "the authority is down", "tls.acme_ca lacks the root that signs the authority's own server"},
			Next:   []string{"try it there: foobar exec {inv} -l {host} -b -- curl -sS -o /dev/null -w '%{http_code}' URL", log},
			Keys:   []string{"tls.acme_directory", "tls.acme_ca"}},
	}
}

// journal shows what a service said.
const journal = "see its journal: foobar exec {inv} -l {host} -b -- journalctl -u {unit} -n 50 --no-pager"

func services() []Entry {
	return []Entry{
		{Code: PortTaken, Title: "another program uses the port",
			Means:  "The service cannot listen, because another program already uses its address and port.",
			Causes: []string{"a web server or database was installed by hand or by an image", "a container publishes the port"},
			Next:   []string{"see who uses it: foobar exec {inv} -l {host} -b -- ss -ltnp", "once it is gone: foobar deploy {inv}"}},
		{Code: ConfigRejected, Title: "a program rejects its new configuration",
			Means:  "The program's own syntax check rejected the new configuration before it was installed. The running service was not touched.",
			Causes: []string{"an included file was changed by hand", "the program has another version than the templates were written for", "a mistake in a template of your own"},
			Next:   []string{"read the checker's message in the output of the deploy, which names file and line: foobar history {inv} last -v", "see what is included: foobar exec {inv} -l {host} -b -- ls -l /etc/haproxy /etc/nginx /etc/nginx/conf.d"}},
		{Code: ServiceDead, Title: "a service does not start or does not stay up",
			Means:  "systemd started the service, and it exited. The last lines of its journal are printed.",
			Causes: []string{"the app fails while it starts: its traceback is in the journal", "its executable or unit was changed or masked by hand", "it lacks a file, a port or a right that it needs"},
			Next:   []string{journal, "see its state: foobar exec {inv} -l {host} -b -- systemctl status --no-pager {unit}"}},
		{Code: NotReady, Title: "a service runs but does not answer",
			Means:  "The service is running but did not answer its health check in time.",
			Causes: []string{"it is still starting: a large database, a slow app", "the app answers its health path with an error, such as 404", "it waits for a service on another host"},
			Next:   []string{journal, "see whether it is healthy by now: foobar status {inv}"},
			Keys:   []string{"app.health_path", "lb.health_path"}},
		{Code: Unhealthy, Title: "the load balancer marks a server as down",
			Means:  "HAProxy asks each web server for the health path, and not all of them answer with success. Everything is configured; the other servers may be serving the site.",
			Causes: []string{"the app on that server fails", "the app cannot reach its database", "a firewall between load balancer and server"},
			Next:   []string{"see which server is down, and why: foobar status {inv}", "see what the app says: foobar logs {inv} app"}},
		{Code: DrainFailed, Title: "a server could not be taken out of the load balancer or put back",
			Means:  "Before a server restarts, the load balancer stops sending it new requests; afterwards it must find the server healthy. A server that does not recover stays out, and the next servers are not touched.",
			Causes: []string{"the new release or configuration fails", "the load balancer's host cannot be reached"},
			Next:   []string{"see what the app says: foobar logs {inv} app -l {host}", "see the load balancer's view: foobar status {inv}", "fix the cause and deploy again: foobar deploy {inv}"}},
		{Code: ModuleMissing, Title: "the app imports a Python module that is not installed",
			Means:  "The app was started and stopped at an import: neither Debian's packages nor the release's own environment has the module.",
			Causes: []string{"the module is missing in requirements.txt, and its Debian package in app.packages", "app.entrypoint names a module that is not in app.source"},
			Next:   []string{"add it to requirements.txt in app.source, or its Debian package to packages in [app], then: foobar deploy {inv}", journal},
			Keys:   []string{"app.packages", "app.entrypoint"}},
		{Code: NearLimit, Title: "a service is near its limit",
			Means:  "Most of the connections that the service may have are in use; what comes beyond the limit waits or is refused.",
			Causes: []string{"many visitors, or one program that keeps connections open", "the limit is low for the site"},
			Next:   []string{"watch it: foobar status {inv} --watch", "raise the limit: foobar docs lb.maxconn db.max_connections"},
			Keys:   []string{"lb.maxconn", "db.max_connections"}},
	}
}

// limits are failures of the app at its sandbox, and servers that cannot be spared.
func limits() []Entry {
	return []Entry{
		{Code: NotWritable, Title: "the app writes where it may only read",
			Means:  "The app's sandbox lets it write only to /var/lib/foobar-app, /tmp and /dev/shm. Everything else is read-only, also its own release, which the next release replaces.",
			Causes: []string{"the app keeps files (uploads, a cache, SQLite, a log) beside its program", "a library keeps a cache in its own folder or in the user's home"},
			Next:   []string{"have it write to /var/lib/foobar-app, by a setting in [app.env] such as MEDIA_ROOT or XDG_CACHE_HOME, then: foobar deploy {inv}", "make what belongs to a release with app.build: foobar docs app.build", journal}},
		{Code: Forbidden, Title: "the app's sandbox forbids what the app does",
			Means:  "The kernel refused the app a call, an address family or a file of /proc. app.sandbox has two levels; what each forbids is in docs/apps.md.",
			Causes: []string{"app.sandbox is \"strict\" and the app needs memory that it writes and runs (cffi, a JIT compiler), /proc/meminfo and the like, priorities, or netlink sockets (psutil, gRPC)", "the app does what no level allows: another user, devices, raw sockets, namespaces", "the host's kernel, or the container that it is in, makes no sandboxes (status=226/NAMESPACE, 228/SECCOMP)"},
			Next:   []string{"write sandbox = \"normal\" in [app], then: foobar deploy {inv}", journal},
			Keys:   []string{"app.sandbox"}},
		{Code: AppMemory, Title: "the app needs more memory than it may have",
			Means:  "The kernel ended a process of the app because all of them together reached app.memory_max, half of the host's memory by default.",
			Causes: []string{"each worker holds a copy of the app, and there are too many of them", "a request or a job reads much at once", "memory leaks"},
			Next:   []string{"raise app.memory_max or lower app.workers, then: foobar deploy {inv}", "see what it uses: foobar exec {inv} -l {host} -b -- systemctl show -p MemoryCurrent,MemoryPeak,MemoryMax app.service"},
			Keys:   []string{"app.memory_max", "app.workers"}},
		{Code: AppTasks, Title: "the app needs more processes and threads than it may have",
			Means:  "The kernel refused the app another process or thread, because all of them together reached app.tasks_max.",
			Causes: []string{"each worker starts many threads: app.threads, or a library such as OpenBLAS, one for each processor", "threads are started and never end"},
			Next:   []string{"raise app.tasks_max or lower app.workers or app.threads, then: foobar deploy {inv}", "see how many there are: foobar exec {inv} -l {host} -b -- systemctl show -p TasksCurrent,TasksMax app.service"},
			Keys:   []string{"app.tasks_max", "app.workers", "app.threads"}},
		{Code: LastServer, Title: "no other server is left to answer visitors",
			Means:  "Without this server, visitors would get an error 503: no other web server is up and in the balancer's rotation. Nothing was changed.",
			Causes: []string{"the other servers are drained or down", "the site has one web server"},
			Next:   []string{"see the others: foobar status {inv}", "put one back: foobar host undrain {inv} HOST", "or go on without any; visitors will notice: foobar host drain {inv} {host} --force"}},
	}
}

func snippets() []Entry {
	return []Entry{
		{Code: SnippetRejected, Title: "lines of your own are rejected",
			Means:  "nginx or HAProxy does not take the configuration with the lines of web.snippet or lb.snippet in it. Nothing was changed: the old configuration serves.",
			Causes: []string{"a mistake in the line that the message names", "web.snippet opens what it does not close, or has lines that belong into http: it is included in nginx's server block", "lb.snippet has lines that belong into a backend: it is included at the end of HAProxy's frontend", "the host's nginx or HAProxy is older than the lines"},
			Next:   []string{"correct the file, then: foobar deploy {inv}", "see the configuration around them: foobar plan {inv} -v"}},
	}
}

// otherKinds are failures of programs that are not what the inventory says they are.
func otherKinds() []Entry {
	return []Entry{
		{Code: OtherServer, Title: "the app's program is of the other kind",
			Means:  "A WSGI program is called with two arguments, an ASGI one with three. app.server says which of them app.entrypoint names, and the program is the other, or no program.",
			Causes: []string{"FastAPI, Starlette, Quart or Django's asgi.py without server = \"asgi\"; wsgi is the default", "Flask or Django's wsgi.py with server = \"asgi\"", "app.entrypoint names a function that makes the app, without brackets: wsgi:create_app()"},
			Next:   []string{"correct server or entrypoint in [app], then: foobar deploy {inv}", "read all that the app said: foobar logs {inv} app -l {host}"},
			Keys:   []string{"app.server", "app.entrypoint"}},
	}
}

func wayIn() []Entry {
	keys := []string{"firewall.ssh_from", "ssh.port"}
	return []Entry{
		{Code: FirewallReverted, Title: "the firewall's change was undone",
			Means:  "With the new rules in force foobar could not open a new SSH connection, so the host put the old rules back. It is as it was before.",
			Causes: []string{"firewall.ssh_from does not contain the address that this machine connects from", "sshd listens on another port than ssh.port says"},
			Next:   []string{"see the address you connect from: foobar ssh {inv} {host} -- 'echo $SSH_CONNECTION'", "correct firewall.ssh_from, then: foobar deploy {inv}"}, Keys: keys},
		{Code: SSHDReverted, Title: "sshd's change was undone",
			Means:  "With the new configuration in force foobar could not open a new SSH connection, so the host put the old configuration back.",
			Causes: []string{"another file in /etc/ssh/sshd_config.d locks the user out", "the user logs in by password only"},
			Next:   []string{"see what is in force: foobar exec {inv} -l {host} -b -- 'sshd -T; ls /etc/ssh/sshd_config.d'"}, Keys: []string{"ssh.user"}},
		{Code: ProvedTooLate, Title: "foobar could not confirm the change in time",
			Means:  "A firewall or sshd change is undone unless foobar can open a new connection within deploy.confirm_timeout.",
			Causes: []string{"the run was interrupted, or the connection slow, after the change", "deploy.confirm_timeout is short"},
			Next:   []string{"the host is as it was before; try again: foobar deploy {inv}"}, Keys: []string{"deploy.confirm_timeout"}},
		{Code: WayInMoves, Title: "sshd is about to leave the port that foobar comes in by",
			Means:  "sshd still listens on the port by which foobar logged in, but its configuration names another one. A reload, which this change of its settings needs, would take the way in away. The rest of the deploy is not held up: the firewall opens both ports.",
			Causes: []string{"the port was changed in /etc/ssh/sshd_config or in a file of /etc/ssh/sshd_config.d, and sshd was not restarted since"},
			Next:   []string{"see both: foobar exec {inv} -l {host} -b -- 'sshd -T | grep ^listenaddress; ss -ltnp'", "keep both ports for the move: two lines of Port in sshd_config", "or restart sshd there, name its new port in {inv} (ssh.port), and: foobar deploy {inv}"}, Keys: []string{"ssh.port"}},
		{Code: OtherFirewall, Title: "another program runs the host's firewall",
			Means:  "firewalld runs or starts at the next boot, or before the first deploy a table of nftables or of iptables-legacy drops what no rule of its own lets in. Packets come in only where all of them and ufw agree, so nothing of the firewall was changed.",
			Causes: []string{"the image of the host came with firewalld", "firewalld was installed by hand", "/etc/nftables.conf has a chain with policy drop, or rules were loaded with iptables-legacy"},
			Next:   []string{"see what it lets in: foobar exec {inv} -l {host} -b -- firewall-cmd --list-all-zones", "switch it off: foobar exec {inv} -l {host} -b -- systemctl disable --now firewalld; then: foobar deploy {inv}", "see the tables of nftables: foobar exec {inv} -l {host} -b -- nft list ruleset", "or keep it, and set firewall.enabled = false in {inv}"}, Keys: []string{"firewall.enabled"}},
		{Code: FirewallOpen, Title: "the firewall is open, or will cut something off",
			Means:  "Either rules that the inventory asks for are not in force, so more can reach the host than it says, or strict loopback will close a port that a program of the host uses.",
			Causes: []string{"somebody switched ufw off or flushed the rules", "a program listens on loopback that the inventory does not know"},
			Next:   []string{"see what differs: foobar plan {inv} -l {host}", "correct it: foobar deploy {inv}", "leave a port open over loopback: foobar docs firewall.loopback_ports"},
			Keys:   []string{"firewall.loopback_ports", "firewall.loopback", "firewall.enabled"}},
		{Code: TunnelShut, Title: "the firewall would shut the tunnel that foobar comes in by",
			Means:  "foobar logs in through a tunnel of WireGuard's or OpenVPN's on the host, and no rule opens its UDP port. The connection that proves a change would still pass, because the tunnel is in use, and some minutes without traffic later nobody could come in. Nothing of the firewall was changed.",
			Causes: []string{"the inventory does not name the tunnel's port", "a rule of iptables opened it, as in PostUp of wg-quick, which ufw's rules take the place of"},
			Next:   []string{"see the port: foobar exec {inv} -l {host} -b -- wg show", "a client of OpenVPN needs none: write nobind into its configuration", "open it with a table [[firewall.extra]] in {inv}, with proto = \"udp\", then: foobar deploy {inv}"}, Keys: []string{"firewall.extra"}},
	}
}
