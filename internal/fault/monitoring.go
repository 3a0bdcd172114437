package fault

// What fails at the monitoring: at its service, and on the way to it.

func monitors() []Entry {
	return []Entry{
		{Code: MonitorAway, Title: "the monitoring service's API does not answer as it should",
			Means:  "A deploy keeps the alerts at the monitoring service by its API, and remove takes the collectors of hosts that leave out of it. It could not be reached, its certificate is for another name, or it gave an answer that is not in its documentation. A deploy has done its work on the hosts; only the alerts are as they were. Before a removal it stops the run and nothing was changed; after it the hosts are removed, and their collectors are still listed.",
			Causes: []string{"this machine does not reach the service: a firewall, or a proxy that HTTPS_PROXY does not name", "the account is in another deployment of the service, or on another site of Datadog", "the service has a fault, or is asked too often"},
			Next:   []string{"the same command finishes it once the service answers", "see what the key is for: foobar docs monitoring.api", "to have no alerts there and leave the collectors listed, take access_id and access_key, or with Datadog application_key, out of [monitoring]"},
			Keys:   []string{"monitoring.api", "monitoring.site", "monitoring.ca"}},
		{Code: MonitorRefuses, Title: "the monitoring service refuses the keys",
			Means:  "The keys are wrong, were deactivated, or belong to a user who may not do what the message says. At Sumo Logic they are an access id and an access key: an installation token is something else, and can only register collectors. At Datadog they are an API key and an application key.",
			Causes: []string{"the id and the key belong to different pairs, or the keys to another site of Datadog", "the key was deactivated, or its user is gone", "the user's role lacks one of the capabilities Manage Monitors, Manage Connections and Manage Collectors"},
			Next:   []string{"make a key for a user who may manage them, and name where it comes from: foobar docs monitoring.access_key", "with Datadog, give an API key and an application key of the same site, whose owner has the permission that the message names: foobar docs monitoring.application_key", "to have no alerts there and leave the collectors listed, take access_id and access_key, or with Datadog application_key, out of [monitoring]"},
			Keys:   []string{"monitoring.access_id", "monitoring.access_key", "monitoring.api_key", "monitoring.application_key"}},
		{Code: LineMissing, Title: "a request's log line is missing",
			Means:  "verify sent marked requests through the site. The balancer's log, the web server's or the monitoring lacks lines of some of them, so what they measure is not all that happens.",
			Causes: []string{"the site's name leads to another balancer, or to a cache in front of it that answers by itself", "rsyslog or nginx does not write its log: a full disk, or settings of others", "the collector is far behind or does not read the log", "the service was restarted meanwhile"},
			Next:   []string{"see the log: foobar logs {inv} access -l {host}", "see what is wrong on the hosts: foobar status {inv}", "look again with more time: foobar verify {inv} --within 3m"}},
		{Code: DataStale, Title: "data of a host do not arrive at the monitoring",
			Means:  "Each host sends metrics every 15 to 30 seconds, or is asked for them every 15 seconds by Prometheus. Those of this host did not arrive, or the newest are old. Its alerts are blind meanwhile. What the service is not there for waits in the collector's queue on the disk: at Sumo Logic nothing is lost for as long as that has room, while Datadog does not take metrics that are older than an hour, or log lines that are older than 18 hours. What the service refuses is lost.",
			Causes: []string{"the host cannot reach the monitoring service, or the host of Prometheus cannot reach port 9998 of this one", "the collector, an exporter or the door to the exporters is down", "Prometheus started only a moment ago", "the service refuses what is sent: a limit, or a token or key that is another one or was revoked"},
			Next:   []string{"see what is wrong on the hosts: foobar status {inv}", "see what the collector says: foobar logs {inv} otelcol-sumo -l {host}", "with Prometheus, see its page, Status, Targets: foobar dashboard {inv}"},
			Keys:   []string{"monitoring.endpoint", "monitoring.token", "monitoring.api_key", "monitoring.prometheus"}},
		{Code: AlertLost, Title: "an alert does not reach its receiver",
			Means:  "verify --alert gave Alertmanager a test alert, and a receiver has not taken the notification in time. A real alert would not have arrived either.",
			Causes: []string{"Alertmanager knows no receiver: nobody is named to be told", "the receiver's address or its key is wrong, or it cannot be reached from the host of Prometheus", "Alertmanager waits longer than verify did, to group alerts"},
			Next:   []string{"see what Alertmanager says: foobar logs {inv} prometheus -l {host}", "look again with more time: foobar verify {inv} --alert --within 5m"},
			Keys:   []string{"monitoring.notify"}},
		{Code: MonitorTaken, Title: "the monitoring service has something of others where foobar's would be",
			Means:  "foobar knows its own things at the monitoring service by the sentence in them that says so. Something without it has the name of the site's folder, of an alert, or of what sends its notifications; foobar neither changes nor removes it. The hosts are deployed; the alerts are as they were.",
			Causes: []string{"somebody made it by hand, or changed its description", "another site of the same name uses the account"},
			Next:   []string{"rename it at the service, or delete it there, then: foobar deploy {inv}", "where two sites have one name, give each its own: foobar docs site.name"},
			Keys:   []string{"site.name"}},
	}
}
