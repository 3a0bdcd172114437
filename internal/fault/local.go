package fault

// What fails on this machine, before any connection.

func commandLine() []Entry {
	return []Entry{
		{Code: Usage, Title: "the command line is not understood",
			Means:  "A command, flag or argument is not one that foobar has, is missing, or excludes another one. Nothing was done.",
			Causes: []string{"a slip in a flag or command", "arguments in another order"},
			Next:   []string{"read what the command takes: foobar COMMAND --help"}},
		{Code: NoSuch, Title: "what was named does not exist",
			Means:  "A host, role, section, code or run that was named on the command line is not there. Nothing was done.",
			Causes: []string{"a slip in the name", "another inventory than the one meant"},
			Next:   []string{"see the hosts that the inventory has: foobar check {inv}", "see every section and code: foobar docs"}},
		{Code: CannotAsk, Title: "there is a question and nobody to ask",
			Means:  "The command asks before it changes something, and neither standard input nor the flags answer. Nothing was done.",
			Causes: []string{"it runs in a pipeline or from a timer, without a terminal"},
			Next:   []string{"say yes beforehand: add --yes", "run it on a terminal"}},
		{Code: LocalFile, Title: "a file of this machine cannot be read or written",
			Means:  "A file that the command line names, or one that foobar writes here, could not be opened.",
			Causes: []string{"the path is wrong", "the permissions do not allow it", "the disk is full"},
			Next:   []string{"look at the path that the message names: ls -l PATH"}},
	}
}

func inventoryFile() []Entry {
	check := "check it again: foobar check {inv}"
	return []Entry{
		{Code: InventoryUnread, Title: "the inventory cannot be read",
			Means:  "The file that was named is not there, is a folder, or may not be read. Nothing was done.",
			Causes: []string{"the path is wrong, or the command runs in another folder", "the file belongs to another user"},
			Next:   []string{"look whether it is there: ls -l {inv}", "write a new one: foobar init {inv}"}},
		{Code: Syntax, Title: "the inventory is not TOML",
			Means:  "The text cannot be taken apart into tables and keys. The line named is where reading stopped; the slip may be just before it.",
			Causes: []string{"text without quotes", "a bracket or quote that is not closed", "a key that stands twice"},
			Next:   []string{"correct the line, then " + check, "see how a table is written: foobar docs SECTION"}},
		{Code: UnknownKey, Title: "the inventory has a key that is not known",
			Means:  "No part of foobar reads this key, so what it says would be ignored. That is refused, because a slip in a name would otherwise go unseen.",
			Causes: []string{"a slip in the name", "a key that stands in the wrong table", "a key of a newer foobar"},
			Next:   []string{"see the keys of the table: foobar docs SECTION", check}},
		{Code: WrongType, Title: "a value is of the wrong type",
			Means:  "The key is right, and its value is a text where a number is wanted, one value where a list is wanted, or the like.",
			Causes: []string{"quotes around a number or truth", "no brackets around a list"},
			Next:   []string{"see the key's type and an example: foobar docs SECTION", check}},
		{Code: WrongValue, Title: "a value is not accepted",
			Means:  "The value is of the right type and still cannot be used: out of range, not one of the words allowed, or not of the form that the programs which read it need.",
			Causes: []string{"a slip in the value", "a name, URL or address of another form than asked for"},
			Next:   []string{"see what the key takes: foobar docs SECTION", check}},
		{Code: Lacking, Title: "the inventory lacks something",
			Means:  "A key without which nothing can be built is not there, or no host has a role that another one needs.",
			Causes: []string{"the key was forgotten or commented out", "roles were given to some hosts only"},
			Next:   []string{"add what the message asks for, then " + check, "see one that is whole: foobar init example.toml"}},
		{Code: PathMissing, Title: "a file or folder that the inventory names is not there",
			Means:  "Paths count from the folder the inventory is in, not from where the command runs. Nothing was done.",
			Causes: []string{"the path is wrong", "the file is not on this machine"},
			Next:   []string{"correct the path, then " + check}},
		{Code: Contradiction, Title: "parts of the inventory contradict one another",
			Means:  "Each value is right by itself, and together they cannot be: two balancers, one address twice, two programs on one port, a primary that is no database host.",
			Causes: []string{"a host was copied and not changed in full", "two settings for one thing"},
			Next:   []string{"change one of the two that the message names, then " + check}},
		{Code: NotAllowed, Title: "the inventory's commands may not run on this machine",
			Means:  "An inventory is code: ssh.proxy_command, ssh.config and secrets from a command run on this machine, as you. foobar asks once on a terminal, and again when they have changed; somebody said no, or FOOBAR_TRUST=known is set and nobody has said yes. Nothing was done.",
			Causes: []string{"somebody changed the inventory", "the inventory came from elsewhere", "the answer was given by another user or on another machine"},
			Next:   []string{"read what the message names; if it is right, say yes on a terminal: foobar check {inv}", "see what else the inventory says, running nothing: foobar check {inv} --offline"}},
	}
}
