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
	}
}

func secrets() []Entry {
	return []Entry{
		{Code: EnvUnset, Title: "a secret's environment variable is not set",
			Means:  "The inventory takes a secret from an environment variable that this process does not have. Nothing was done.",
			Causes: []string{"the variable was not exported in this shell", "sudo or a timer started foobar with an environment of its own"},
			Next:   []string{"export it and run again: export NAME=…", "take it from a file or a command instead: foobar docs secrets"}},
		{Code: SecretMissing, Title: "a secret's file cannot be read",
			Means:  "The file that holds a secret is not there, is no file, or may not be read. Nothing was done.",
			Causes: []string{"the path is wrong", "the file was not copied to this machine", "it belongs to another user"},
			Next:   []string{"look at the file that the message names: ls -l FILE"}},
		{Code: CommandFailed, Title: "the command that gives a secret failed",
			Means:  "The program of a secret's command could not be run or ended with an error. What it wrote to standard error stands above the message.",
			Causes: []string{"the password manager is locked", "the program is not installed here", "the entry has another name"},
			Next:   []string{"run the command by hand; it is in the inventory at the line named"}},
		{Code: SecretOpen, Title: "others can read a secret's file",
			Means:  "The file's mode lets other users of this machine read the secret. That is refused, as ssh refuses such keys.",
			Causes: []string{"the file was made with the usual umask, or unpacked from an archive"},
			Next:   []string{"close it: chmod 600 FILE", "think about replacing the secret: others may have read it"}},
		{Code: SecretBad, Title: "a secret cannot be used",
			Means:  "What the source gives is empty, longer than 64 KiB, or holds a NUL byte.",
			Causes: []string{"the file is still empty", "the command prints nothing without a terminal", "another file than the one meant"},
			Next:   []string{"look at the size, not at the secret: wc -c FILE"}},
		{Code: CommandSlow, Title: "the command that gives a secret did not end",
			Means:  "It took longer than 30 seconds and was ended.",
			Causes: []string{"it waits for an answer that nobody can give it", "the service behind it does not answer"},
			Next:   []string{"run the command by hand; it is in the inventory at the line named"}},
		{Code: MasterMissing, Title: "the master secret is not there",
			Means:  "Every password of the site is derived from the master secret beside the inventory. Where it is missing, a new one would change them all, so it is not made in the middle of an operation on the databases.",
			Causes: []string{"the inventory was copied here without its foobar.key", "secrets.master names another path"},
			Next:   []string{"restore it from its copy; without one, make a new one and new passwords: foobar deploy {inv}"},
			Keys:   []string{"secrets.master"}},
		{Code: MasterDamaged, Title: "the master secret cannot be used",
			Means:  "The file is there and does not hold at least 32 bytes in base64.",
			Causes: []string{"it was cut short or edited", "secrets.master names another file"},
			Next:   []string{"restore it from its copy"},
			Keys:   []string{"secrets.master"}},
	}
}

func certificates() []Entry {
	return []Entry{
		{Code: CertificateBad, Title: "the certificate or its key cannot be read",
			Means:  "tls.cert must hold the certificate and then its chain in PEM, tls.key its private key in PEM without a passphrase.",
			Causes: []string{"the file is DER or PKCS #12", "the key is encrypted", "certificate and key were taken for one another"},
			Next:   []string{"look at the certificate: openssl x509 -noout -subject -enddate -in CERT", "look at the key: openssl pkey -noout -text_pub -in KEY"},
			Keys:   []string{"tls.cert", "tls.key"}},
		{Code: KeyMismatch, Title: "the key does not belong to the certificate",
			Means:  "tls.key is the private half of another key than the one in tls.cert, so no client could be served.",
			Causes: []string{"the certificate was renewed with a new key and only one of the two files replaced", "the chain stands before the certificate"},
			Next:   []string{"compare the two: openssl x509 -noout -pubkey -in CERT, and openssl pkey -pubout -in KEY"},
			Keys:   []string{"tls.key", "tls.cert"}},
		{Code: NameNotCovered, Title: "the certificate does not cover the site's name",
			Means:  "Browsers would refuse the site: neither site.domain nor each of site.aliases stands among the certificate's names.",
			Causes: []string{"the certificate is for another site", "a name was added to the inventory and not to the certificate"},
			Next:   []string{"see the names it has: openssl x509 -noout -ext subjectAltName -in CERT"},
			Keys:   []string{"tls.cert", "site.aliases", "site.domain"}},
	}
}
