package fault

// What fails at the monitoring service, seen from this machine.

func monitors() []Entry {
	return []Entry{
		{Code: MonitorAway, Title: "the monitoring service's API does not answer as it should",
			Means:  "remove takes the collectors of hosts that leave out of the monitoring service, by its API. It could not be reached, proved another name than its own, or gave an answer that its documentation does not know. Before the removal that stops the run and nothing was changed; after it the hosts are removed, and their collectors are still listed.",
			Causes: []string{"this machine does not reach the service: a firewall, or a proxy that HTTPS_PROXY does not name", "the account is in another deployment of the service", "the service has a fault, or is asked too often"},
			Next:   []string{"the same command finishes it once the service answers: foobar remove {inv}", "see what the key is for: foobar docs monitoring.api", "to leave the collectors listed, take access_id and access_key out of [monitoring]"},
			Keys:   []string{"monitoring.api", "monitoring.ca"}},
		{Code: MonitorRefuses, Title: "the monitoring service refuses the access key",
			Means:  "The access id and key are wrong, were deactivated, or belong to a user who may not manage collectors. An installation token is something else: it can only register them.",
			Causes: []string{"the id and the key belong to different pairs", "the key was deactivated, or its user is gone", "the user's role lacks the capability Manage Collectors"},
			Next:   []string{"make a key for a user who may manage collectors, and name where it comes from: foobar docs monitoring.access_key", "to leave the collectors listed, take access_id and access_key out of [monitoring]"},
			Keys:   []string{"monitoring.access_id", "monitoring.access_key"}},
	}
}
