package fault

// What fails on this machine, before any connection.

func commandLine() []Entry {
	return []Entry{
		{Code: Usage, Title: "the command line is not understood",
			Means:  "A command, flag or argument is unknown, missing, or excludes another one. Nothing was done.",
			Causes: []string{"a typo in a flag or command", "arguments in the wrong order"},
			Next:   []string{"read how the command is used: foobar COMMAND --help"}},
		{Code: NoSuch, Title: "what was named does not exist",
			Means:  "A host, role, service, section, code or run that was named on the command line does not exist. Nothing was done.",
			Causes: []string{"a typo in the name", "the wrong inventory"},
			Next:   []string{"see the hosts of the inventory: foobar hosts {inv}", "see every section and code: foobar docs"}},
		{Code: CannotAsk, Title: "an answer is needed, but there is no terminal",
			Means:  "The command asks before it changes something, and nobody can answer. Nothing was done.",
			Causes: []string{"the command runs in a pipeline or from a timer", "the variable CI is set, as in pipelines that give a job a terminal at which nobody sits", "standard input or standard error is redirected"},
			Next:   []string{"answer in advance with the flag that the message names: -y (--yes), or for init the flags that it lists", "deploy a plan that you have read: foobar plan {inv} --out FILE, then foobar deploy --plan FILE", "run the command on a terminal"}},
		{Code: LocalFile, Title: "a file of this machine cannot be read or written",
			Means:  "A file that the command line names, or one that foobar writes on this machine, could not be opened.",
			Causes: []string{"the path is wrong", "the permissions do not allow it", "the disk is full"},
			Next:   []string{"look at the path in the message: ls -l PATH"}},
		{Code: AppSource, Title: "the app's folder cannot be deployed",
			Means:  "foobar packs the folder in app.source as a release. It could not be packed, lacks the program that app.entrypoint names, or asks for another Python than a host has.",
			Causes: []string{"app.source names another folder", "app.entrypoint names another module", "requires-python in its pyproject.toml excludes the Python of the host's Debian", "a file in it may not be read, or is not a file, folder or link"},
			Next:   []string{"see what is in it: ls -la APP", "see what the keys mean: foobar docs app.source app.entrypoint"},
			Keys:   []string{"app.source", "app.entrypoint"}},
	}
}

func inventoryFile() []Entry {
	check := "check it again: foobar check {inv} --offline"
	return []Entry{
		{Code: InventoryUnread, Title: "the inventory cannot be read",
			Means:  "The file does not exist, is a folder, may not be read, or is larger than an inventory may be (1 MiB). Nothing was done.",
			Causes: []string{"the path is wrong, or the command runs in another folder", "the file belongs to another user", "it is another file than the inventory"},
			Next:   []string{"see whether it is there: ls -l {inv}", "write a new one: foobar init {inv}"}},
		{Code: Syntax, Title: "the inventory is not valid TOML",
			Means:  "The file does not parse. The line in the message is where parsing stopped; the mistake may be just before it.",
			Causes: []string{"a string without quotes", "a bracket or quote that is not closed", "a key that is there twice"},
			Next:   []string{"correct the line, then " + check, "see how a table is written: foobar docs SECTION"}},
		{Code: UnknownKey, Title: "the inventory has an unknown key",
			Means:  "foobar does not know this key, so it would have no effect. That is refused, because a typo would go unnoticed.",
			Causes: []string{"a typo in the name", "the key is in the wrong table", "the key is from a newer foobar"},
			Next:   []string{"see the keys of the table: foobar docs SECTION", check}},
		{Code: WrongType, Title: "a value has the wrong type",
			Means:  "The key is right, but its value is a string where a number is needed, one value where a list is needed, or the like.",
			Causes: []string{"quotes around a number or a boolean", "no brackets around a list"},
			Next:   []string{"see the key's type and an example: foobar docs SECTION", check}},
		{Code: WrongValue, Title: "a value is not accepted",
			Means:  "The value has the right type but cannot be used: it is out of range, not one of the allowed words, or malformed.",
			Causes: []string{"a typo in the value", "a name, URL or address in the wrong form"},
			Next:   []string{"see what the key takes: foobar docs SECTION", check}},
		{Code: Lacking, Title: "the inventory is incomplete",
			Means:  "A required key is missing, or no host has a role that the site needs.",
			Causes: []string{"the key was forgotten or commented out", "only some of the roles were assigned"},
			Next:   []string{"add what the message asks for, then " + check, "see a complete one: foobar init example.toml"}},
		{Code: PathMissing, Title: "a file or folder that the inventory names does not exist",
			Means:  "Relative paths count from the inventory's folder, not from the folder the command runs in. Nothing was done.",
			Causes: []string{"the path is wrong", "the file is not on this machine"},
			Next:   []string{"correct the path, then " + check}},
		{Code: Contradiction, Title: "two parts of the inventory contradict each other",
			Means:  "Each value is valid, but they do not go together: two load balancers, one address twice, two programs on one port, a primary without the role db.",
			Causes: []string{"a host was copied and not edited completely", "two settings for one thing"},
			Next:   []string{"change one of the two that the message names, then " + check}},
		{Code: NotAllowed, Title: "the inventory's commands may not run on this machine",
			Means:  "An inventory is code: ssh.proxy_command, ssh.config and secrets from a command run on this machine, as you. foobar asks once on a terminal, and again when they change. Either the answer was no, or FOOBAR_TRUST=known is set and nobody has answered yes. Nothing was done.",
			Causes: []string{"somebody changed the inventory", "the inventory came from elsewhere", "another user gave the answer, or on another machine"},
			Next:   []string{"read the commands in the message; if they are right, answer yes on a terminal: foobar check {inv}", "check the rest of the inventory without running anything: foobar check {inv} --offline"}},
	}
}
