package alert

import "time"

// All are the alerts with their defaults, those of the site first. A new one goes here, into
// every provider, and into the example that shows every key.
func All() []Alert {
	return append(ofSite(), ofHosts()...)
}

func ofSite() []Alert {
	return []Alert{
		{Name: "requests_spike", Summary: "The site gets far more requests than in the hours before",
			Do:       "See who asks for what in the balancer's log (foobar logs); lb.rate_limit bounds what one address may ask.",
			Severity: Warning, Scope: Site, Role: "lb", Unit: Percent, Limit: 400, Least: 101, Most: 100_000, Before: 6 * time.Hour, For: 5 * time.Minute},
		{Name: "requests_drop", Summary: "The site gets far fewer requests than in the hours before, or none",
			Do:       "Open the site from outside; if it does not answer, look at the balancer, the domain's DNS records and the certificate (foobar status).",
			Severity: Critical, Scope: Site, Role: "lb", Unit: Percent, Limit: 20, Below: true, Least: 1, Most: 99, Before: 6 * time.Hour, For: 5 * time.Minute},
		{Name: "error_rate", Summary: "Too many requests are answered with a server's error",
			Do:       "Read the app's log (foobar logs); if a new release brought it, go back: foobar rollback.",
			Severity: Critical, Scope: Site, Role: "lb", Unit: Percent, Limit: 5, Least: 0.1, Most: 100, For: 5 * time.Minute},
		{Name: "latency", Summary: "The slowest twentieth of the requests takes too long",
			Do:       "See which requests are slow in the balancer's log and which statements in the database's (foobar logs); add app.workers, or servers.",
			Severity: Warning, Scope: Site, Role: "lb", Unit: Seconds, Limit: 1, Least: 0.001, Most: hour, For: 10 * time.Minute},
		{Name: "server_out", Summary: "The balancer sends a server no requests",
			Do:       "See why its health check fails (foobar status, foobar logs); if a person has drained it: foobar host undrain.",
			Severity: Warning, Scope: Server, Role: "lb", For: 5 * time.Minute},
	}
}

func ofHosts() []Alert {
	return []Alert{
		{Name: "host_silent", Summary: "A host sends no data any more",
			Do:       "Log in (foobar ssh); if it does not answer, look at it in the console of whoever runs it.",
			Severity: Critical, Scope: Host, For: 5 * time.Minute},
		{Name: "service_down", Summary: "A service of a host does not answer",
			Do:       "See which one and why (foobar status, foobar logs); foobar deploy starts what is stopped.",
			Severity: Critical, Scope: Host, For: 2 * time.Minute},
		{Name: "failed_unit", Summary: "A unit of systemd has failed",
			Do:       "Log in (foobar ssh) and run systemctl --failed, then journalctl -u with its name.",
			Severity: Warning, Scope: Host, For: 5 * time.Minute},
		{Name: "disk", Summary: "A file system is nearly full",
			Do:       "Find what grows (du -xh), and remove it or make the disk larger; a full disk stops the database.",
			Severity: Critical, Scope: Host, Unit: Percent, Limit: 90, Least: 1, Most: 99.9, For: 10 * time.Minute},
		{Name: "memory", Summary: "A host has hardly any memory left",
			Do:       "See which process takes it (foobar status, top); lower app.workers or db.buffer_pool, or give the host more.",
			Severity: Warning, Scope: Host, Unit: Percent, Limit: 95, Least: 1, Most: 99.9, For: 10 * time.Minute},
		{Name: "replication_lag", Summary: "A replica is behind its primary, and readers see old data",
			Do:       "See what it does (foobar status); it catches up when a large change is through, or the replica is too slow.",
			Severity: Warning, Scope: Host, Role: "db", Unit: Seconds, Limit: 30, Least: 1, Most: 30 * day, For: 5 * time.Minute},
		{Name: "replication_stopped", Summary: "A replica does not follow its primary any more",
			Do:       "foobar status says why; if it does not start again by itself: foobar db rejoin.",
			Severity: Critical, Scope: Host, Role: "db", For: 2 * time.Minute},
		{Name: "certificate_expiry", Summary: "A certificate is about to expire, and was not renewed",
			Do:       "See why the renewal fails (foobar cert status, foobar logs); port 80 of the balancer must be reached from the internet.",
			Severity: Critical, Scope: Host, Unit: Seconds, Limit: 10 * day, Below: true, Least: hour, Most: 365 * day, For: time.Hour},
		{Name: "backup_age", Summary: "The last good backup of the database is too old, or none was made yet",
			Do:       "See why it fails (foobar db backups, foobar logs), then make one: foobar db backup.",
			Severity: Critical, Scope: Site, Role: "db", Unit: Seconds, Limit: 36 * hour, Least: hour, Most: 400 * day, For: 10 * time.Minute},
	}
}
