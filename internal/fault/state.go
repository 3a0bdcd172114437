package fault

// What fails between runs and hosts.

func runs() []Entry {
	return []Entry{
		{Code: HostLocked, Title: "another run holds the host",
			Means:  "Two runs that change one host would undo each other's work. The message names who holds the host and since when; the lock ends with that run's connection.",
			Causes: []string{"somebody is deploying right now", "a run whose connection hangs; its lock ends with it"},
			Next:   []string{"wait for it: add --lock-wait 5m", "see who is at work: foobar exec {inv} -l {host} -b -- ps -ef"}},
		{Code: PlanStale, Title: "hosts have changed since the plan was saved",
			Means:  "A saved plan is deployed exactly as shown, or not at all. Nothing was changed.",
			Causes: []string{"another deploy, or somebody by hand, changed a host meanwhile", "the app's folder changed"},
			Next:   []string{"make a new one: foobar plan {inv} --out FILE"}},
		{Code: PlanInventory, Title: "the inventory has changed since the plan was saved",
			Means:  "The inventory was edited after this plan was saved. Nothing was changed.",
			Causes: []string{"the inventory was edited, or another branch checked out"},
			Next:   []string{"make a new one: foobar plan {inv} --out FILE"}},
		{Code: PlanUnreadable, Title: "the saved plan cannot be used",
			Means:  "The file does not exist, is not a saved plan, or was written by a foobar with another format.",
			Causes: []string{"the wrong file was named", "foobar was upgraded meanwhile"},
			Next:   []string{"make a new one: foobar plan INVENTORY --out FILE"}},
		{Code: StepTimeout, Title: "a step took too long and was stopped",
			Means:  "Every step has a time limit: two minutes, half an hour for packages, more for a copy of a database. The next run continues with what is missing.",
			Causes: []string{"a program on the host waits for an answer", "the host or its network is very slow"},
			Next:   []string{"see what hangs: foobar exec {inv} -l {host} -b -- 'ps -eo etime,args --sort=-etime | head -n 40'", "run it again: foobar deploy {inv}"}},
		{Code: NotConverged, Title: "a change had no effect",
			Means:  "The steps succeeded, but afterwards foobar still found the old state. The change does not count as done.",
			Causes: []string{"something on the host sets it back: another tool, a timer, a unit's drop-in", "a path is a link to somewhere else"},
			Next:   []string{"see what differs: foobar plan {inv} -l {host}", "see what else manages the host: foobar exec {inv} -l {host} -b -- systemctl list-timers"}},
		{Code: StepFailed, Title: "a step failed",
			Means:  "A command on the host failed in a way that foobar does not know. Its last lines are printed with the error.",
			Causes: []string{"the command's own message, at the end of the error, says why"},
			Next:   []string{"see everything it prints: foobar deploy {inv} -l {host} -v"}},
		{Code: Skipped, Title: "the host was skipped because of another one",
			Means:  "A part of its work waits for another host that failed, or is done one host at a time and stops at the first failure. Nothing is wrong with this host.",
			Causes: []string{"the failure that is reported for the other host"},
			Next:   []string{"fix the other host, then: foobar deploy {inv}"}},
	}
}

// found are what fails because of what was found on a host.
func found() []Entry {
	return []Entry{
		{Code: OtherSite, Title: "the host belongs to another site",
			Means:  "The list of owned files on the host was written by a deployment with another site.name; this run would remove that site's files.",
			Causes: []string{"site.name or site.domain was changed", "the address is that of another inventory's host"},
			Next:   []string{"write the old name as site.name; or, to take the host over: foobar exec {inv} -l {host} -b -- rm /var/lib/foobar/owned.json"},
			Keys:   []string{"site.name", "site.domain", "hosts.{host}.address"}},
		{Code: LedgerDamaged, Title: "the host's list of owned files is damaged",
			Means:  "/var/lib/foobar/owned.json lists what foobar put on the host, so that it can be removed when it leaves the inventory. It cannot be read.",
			Causes: []string{"it was edited", "the disk was full when it was written"},
			Next:   []string{"move it away, and foobar writes a new one: foobar exec {inv} -l {host} -b -- mv /var/lib/foobar/owned.json /root/"}},
		{Code: AnswerCut, Title: "the host's answer was cut off",
			Means:  "The end of the host's answer is missing, so none of it is used.",
			Causes: []string{"a login script or shell on the host prints into the answer", "the kernel killed a program because memory ran out", "somebody stopped the script"},
			Next:   []string{"run it again: foobar plan {inv} -l {host}", "see what the host prints: foobar exec {inv} -l {host} -b -- true"}},
		{Code: CannotBePlanned, Title: "foobar knows no safe change for what it found",
			Means:  "The host is in a state that only a person can resolve; the message says what was found.",
			Causes: []string{"somebody configured it differently by hand"},
			Next:   []string{"resolve it by hand, then: foobar deploy {inv}", "see what else differs, and what waits for this: foobar plan {inv}"}},
		{Code: Drifted, Title: "a host is not as the inventory says",
			Means:  "Something that foobar manages was changed, stopped or removed, or a deploy did not finish.",
			Causes: []string{"somebody changed it by hand", "a deploy was interrupted", "the inventory was changed and not deployed"},
			Next:   []string{"see what differs: foobar plan {inv}", "correct it: foobar deploy {inv}"}},
		{Code: NotProven, Title: "a check could not be made",
			Means:  "foobar could not look at something, because a tool is missing on the host or it gave no answer. Nothing is known to be wrong.",
			Causes: []string{"the host is a minimal image that lacks a tool", "the host is slow or busy"},
			Next:   []string{"run the command that check shows as the fix, then: foobar check {inv}"}},
	}
}
