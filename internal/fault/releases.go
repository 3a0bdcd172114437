package fault

// What fails about releases of the app.

func releases() []Entry {
	list := "see the releases that the hosts keep: foobar releases {inv}"
	return []Entry{
		{Code: ReleaseReverted, Title: "the new release did not become healthy and was taken back",
			Means: "A server was switched to the new release, or to changed settings of the app, and the app did not start there, did not answer its health path in time, or the load balancer did not find the server healthy. " +
				"The server went back to the release, the settings and the unit that it ran before, and so did those that were switched before it. Migrations are not undone.",
			Causes: []string{"the app fails while it starts: the end of its log is printed with the error", "the app needs longer to start than deploy.health_timeout, or than app.timeout, after which gunicorn of Debian 12 ends it (WORKER TIMEOUT)", "app.health_path is not a path of the new release", "a variable, a package or a right is missing on the servers that the app has elsewhere"},
			Next:   []string{"read all that the app said: foobar logs {inv} app -l {host}", "fix the app, then: foobar release {inv}", list},
			Keys:   []string{"app.health_path", "app.entrypoint", "deploy.health_timeout", "app.timeout"}},
		{Code: NoRelease, Title: "the hosts do not keep this release",
			Means:  "A rollback goes to a release that every host still keeps as it was built; nothing is built for it.",
			Causes: []string{"the release was removed: a host keeps app.keep_releases of them", "one of the hosts was added or set up later", "the name is wrong, or fits several"},
			Next:   []string{list, "deploy that state of app.source again: foobar release {inv}"},
			Keys:   []string{"app.keep_releases"}},
		{Code: NoEarlier, Title: "there is no earlier release to go back to",
			Means:  "No release that ran before the one in use is kept on all hosts, or each of them failed.",
			Causes: []string{"this is the first release", "the site was rolled back before: what came later must be named"},
			Next:   []string{list, "name the one to go to: foobar rollback {inv} RELEASE"},
			Keys:   []string{"app.keep_releases"}},
		{Code: NotDeployed, Title: "the app was not deployed yet",
			Means:  "A release changes only the app. A deploy sets up what it runs in (users, Python, web server, database, firewall), and this host has not had one yet.",
			Causes: []string{"the host is new in the inventory", "the first deploy failed before it reached the app"},
			Next:   []string{"set up the host: foobar deploy {inv}"}},
	}
}
