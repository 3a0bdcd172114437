package fault

// What is in the databases of an app, and does not survive what the site does with them.
func contents() []Entry {
	return []Entry{
		{Code: FragileTables, Title: "tables that do not survive restarts, replication or backups well",
			Means: "Only InnoDB keeps tables whole when a server stops, and gives a backup all of them as of one moment. A MEMORY table is empty after each restart, on a replica alone too, " +
				"which ends replication there; MyISAM, Aria, CSV and ARCHIVE know no transactions. Without a primary key, or a unique one over columns that are never NULL, a replica reads a whole table for each row that is changed, and falls behind. A dump has six digits of a FLOAT: a backup, and a copy to a replica of MariaDB, have other values than the primary from the seventh on. " +
				"foobar checks the tables of a primary that has at most 3000.",
			Causes: []string{"a migration or a dump of another server names the engine", "default_storage_engine is set", "a table that joins two others was made without a key"},
			Next: []string{"do it in a migration of the app, where there is one: a table cannot be written to meanwhile", "convert a table on the primary: ALTER TABLE NAME ENGINE=InnoDB",
				"give a table a key: ALTER TABLE NAME ADD PRIMARY KEY (COLUMN, …), or, where no columns are unique together, ADD COLUMN id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY",
				"have all digits kept: ALTER TABLE NAME MODIFY COLUMN DOUBLE, with whatever else the column's definition has, such as NOT NULL"}},
		{Code: LostViews, Title: "a backup has views as text only",
			Means:  "Something that a view names is gone (a table, a column, a function), and what is left is not enough to make it again. The backup has the view's text, as a comment at its beginning; all the rest of it was restored and counted. A restore brings everything back but these views.",
			Causes: []string{"a migration dropped or renamed a table and left the view", "a dump of another server was loaded without what its views name"},
			Next:   []string{"on the primary, drop the view, or make again what it names: SHOW CREATE VIEW NAME shows that", "then make another backup: foobar db backup {inv}", "read the text in a backup: zstd -dc FILE | grep '^-- '"}},
		{Code: DataElsewhere, Title: "a database server keeps its data in another folder",
			Means:  "foobar works on data in /var/lib/mysql: it looks there for what a server holds, how far back its logs go, and how much room there is. Nothing was changed.",
			Causes: []string{"a file in /etc/mysql sets datadir, as on a server whose data was moved to a larger disk"},
			Next: []string{"have the same folder or disk be /var/lib/mysql: foobar ssh {inv} {host}, stop the server, move /var/lib/mysql away, move the folder there or mount its disk there, remove the line datadir, and start the server",
				"a link from /var/lib/mysql to the folder does, too, where AppArmor lets the server follow it"}},
	}
}
