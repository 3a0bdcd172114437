package fault

import "slices"

// Reverted reports whether the failure is one of a change that was taken back: what
// served before serves again.
func (c Code) Reverted() bool {
	return slices.Contains([]Code{BalancerReverted, CheckReverted, WebReverted}, c)
}

func balancing() []Entry {
	return []Entry{
		{Code: BalancerReverted, Title: "the load balancer's change was undone",
			Means:  "After each reload foobar compares which servers HAProxy finds healthy with before. Some no longer were, or HAProxy did not start with the new configuration, so the old files came back and HAProxy was reloaded with them. The message names the servers and the result of their last check.",
			Causes: []string{"a new setting of [lb] or [tls] does not fit what the servers answer", "a server failed by itself at that moment: the message then says that it is not healthy with the old configuration either"},
			Next:   []string{"see what the deploy would change: foobar plan {inv} -l {host}", "see the load balancer's view: foobar status {inv}", "correct the setting, then: foobar deploy {inv}"},
			Keys:   []string{"lb.health_path", "lb.health_interval"}},
		{Code: CheckReverted, Title: "servers do not answer the new health check",
			Means:  "A new lb.health_path or site.domain changes what HAProxy asks the servers for. A server gets the new request only once it answers it with success (2xx). One did not, so HAProxy keeps sending the old request, and the servers that answer it stay in use.",
			Causes: []string{"the app does not have the path in lb.health_path, or answers it with a redirect or an error", "the app refuses the name in site.domain (Django: ALLOWED_HOSTS)"},
			Next:   []string{"see how each server answers: foobar status {inv}", "correct lb.health_path or the app, then: foobar deploy {inv}"},
			Keys:   []string{"lb.health_path", "site.domain"}},
		{Code: RequestsFailed, Title: "requests failed during the deploy",
			Means:  "While servers are taken out and put back, foobar counts the 5xx answers that HAProxy made itself, because no server accepted the request or one ended its answer early. There were more than deploy.max_failed_requests, so the run stopped at this server; the servers after it were not touched, and a new release was taken back everywhere. Answers of the app, whatever their status, are not counted.",
			Causes: []string{"the servers that are left are too few or too slow for the load", "a restart cut off requests that were still running", "a server that was put back does not take requests"},
			Next:   []string{"see which requests failed: foobar logs {inv} access", "see the servers: foobar status {inv}", "deploy again when the servers bear it: foobar deploy {inv}", "allow some failures: foobar docs deploy.max_failed_requests"},
			Keys:   []string{"deploy.max_failed_requests", "deploy.drain_timeout"}},
	}
}

// nginxTurns are failures of nginx as it takes a new configuration in.
func nginxTurns() []Entry {
	return []Entry{
		{Code: WebReverted, Title: "nginx's change was undone",
			Means:  "After each reload and restart of nginx foobar asks the server what the balancer asks it for, and compares the answer with the one before. It was no longer a success (2xx), or nginx did not start with the new configuration, so the old files came back and nginx was reloaded with them. Servers load a new configuration one after the other; those that had not done so yet were not touched. The message names the path and what nginx answered.",
			Causes: []string{"a new setting of [web], or a line of web.snippet, answers the health path itself: a redirect, an error, a password", "nginx no longer reaches the app with the new configuration", "the app failed by itself at that moment: the message then says that nginx fails with the old configuration, too"},
			Next:   []string{"see what the deploy would change: foobar plan {inv} -l {host} -v", "see what nginx says: foobar logs {inv} nginx -l {host}", "correct the setting, then: foobar deploy {inv}"},
			Keys:   []string{"web.snippet", "lb.health_path"}},
		{Code: SiteSilent, Title: "the site does not answer as visitors reach it",
			Means:  "verify asked for a page of the site by its name, with the certificate checked as a browser does. The connection failed, this machine does not trust the certificate, or the answer was an error of the balancer or the app (5xx).",
			Causes: []string{"the name leads elsewhere, or not yet here", "this machine is not let in, or has no way to the site: it is an internal one", "the certificate has expired, is for another name, or is of a staging authority", "no server is up, or the app fails"},
			Next:   []string{"see what is wrong on the hosts: foobar status {inv}", "compare the name's addresses with the load balancer's: foobar check {inv}", "where this machine has no way to the site, go through ssh: foobar verify {inv} --over-ssh"},
			Keys:   []string{"site.domain"}},
	}
}
