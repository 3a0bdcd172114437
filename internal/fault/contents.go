package fault

// What is in the databases of an app, and does not survive what the site does with them.
func contents() []Entry {
	return []Entry{
		{Code: FragileTables, Title: "tables that do not survive restarts, replication or backups well",
			Means: "Only InnoDB keeps tables whole when a server stops, and gives a backup all of them as of one moment. A MEMORY table is empty after each restart, on a replica alone too, " +
				"which ends replication there; MyISAM, Aria, CSV and ARCHIVE know no transactions. Without a primary key, or a unique one over columns that are never NULL, a replica reads a whole table for each row that is changed, and falls behind. " +
				"The tables of the primary are looked at where it has at most 3000.",
			Causes: []string{"a migration or a dump of another server names the engine", "default_storage_engine is set", "a table that joins two others was made without a key"},
			Next: []string{"do it in a migration of the app, where there is one: a table cannot be written to meanwhile", "convert a table on the primary: ALTER TABLE NAME ENGINE=InnoDB",
				"give a table a key: ALTER TABLE NAME ADD PRIMARY KEY (COLUMN, …), or, where no columns are unique together, ADD COLUMN id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY"}},
	}
}
