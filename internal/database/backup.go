package database

import _ "embed" // a script

// BackupFunctions is bash that backs a server up, proves the backup, and loads it
// again. The order of things is in the script of the template
// database/backup.sh.tmpl and in package ops, which both call the functions below.
//
// It is for a script that has set -euo pipefail and the
// variables scratch (Scratch), login (the path of PeerLogin) and work (a
// private folder). It defines the arrays
//
//	as_mysql                runs a command as the server's account, without its groups
//	client, scratch_client  the client of the local server, as root, and of the
//	                        scratch server, as the server's account and once it is
//	                        started; both take -B -N -r -n and read statements, and
//	                        obey no command of the client's own
//	load_client             the same of the local server with the login of the
//	                        option file "$work/login"
//
// and the functions
//
//	place               prints what this server is: primary, replica, behind (a
//	                    replica that is lag_problem seconds behind, or more), broken
//	                    (one that does not replicate) or neither; fails when it does
//	                    not answer. It alone, and peer, need lag_problem
//	peer ADDRESS        the same of another server, or silent; never fails
//	hold_sql, free_sql  statements that keep the server from committing, then
//	                    print "held"; and those that let it go on
//	snapshot_sql        statements that begin a transaction with a snapshot and
//	                    print "at PLACE" (in the log), "position GTID", "version
//	                    JSON" and at last "begun"
//	schemas_sql         prints the databases of users, one a line
//	counting_sql        prints statements that print, for every table of users, a
//	                    line: a JSON array of schema, table and number of rows
//	forgetful_sql       prints a statement that prints the tables because of which a dump
//	                    has the rows of its moment alone, and no history of any table;
//	                    or nothing, where an engine has no such tables
//	objects_sql         prints a JSON object: how many views, triggers, routines
//	                    and events users have
//	size_sql            prints how many bytes the data of users takes
//	dump SCHEMA…        dumps schemas with all that is in them as of one snapshot,
//	                    without the views that "$work/broken" lists
//	dump_at LINE        prints "at PLACE" when the dump's line says where it begins
//	scratch_start       makes and starts a server in a new folder in scratch, as the
//	                    server's account; nothing reaches it but its socket.
//	                    scratch_stop ends it, whether it runs or not
//	closed_sql          statements that leave the server closed to all but root
//	load_sql            statements that come before a dump that is loaded
//	drop_sql            prints statements that drop every database of users
//	strays              prints the paths of files because of which the server could not
//	                    drop a database of users
//	filled_sql          prints statements that print 1 for a table with a row
//	events_sql STATUS   prints statements, a line each, that enable the events of
//	                    users that have a status; those of a dump that was made on
//	                    a replica have SLAVESIDE_DISABLED
//	scheduler_sql       prints ON when the server starts events by itself;
//	scheduler_set ON|OFF  statements that change it until the server restarts
//	packet_sql, packet_set BYTES  the same for the longest statement it takes
//	strict_sql, lenient_sql  prints statements that set again what is set by the
//	                    others: an account without the right to leave the log out may
//	                    make functions, and the server takes tables that it once took,
//	                    perhaps while less was refused, and accounts by what is stored
//	                    of their passwords
//	keys_sql OPTIONS    prints statements that print yes where the server has the keys for a
//	                    table with such options
//	undecided_sql       prints statements that roll back the prepared XA transactions
//	applier_sql         statements that start anew what applies on a replica
//	load_rights         prints the global rights that an account needs to load a dump
//	                    into a closed server
//	own_sql             prints digests of the server's accounts, rights and plugins
//	load_pattern        turns quoted names of databases, a line each, into what GRANT
//	                    takes for them and for nothing else
type BackupFunctions string

// ViewsScript is functions, for sh and bash, about the accounts in whose name views read:
// definers; and about views that do not work: views_broken, views_read and views_made. They need the variable work, a private folder.
//
//go:embed views.sh
var ViewsScript string

// PeerLogin is the option file with which the client reaches the site's other
// servers; it names no host.
func PeerLogin(d Dialect, s Source) string {
	s.Host = ""
	return d.Login(s) + "connect-timeout=5\n"
}

// Scratch is the folder, root's own, in which a backup is restored to see
// whether it can be. Nothing else lies in it.
const Scratch = "/var/lib/foobar-scratch"

// RestoreMark lies on a primary whose data is that of a restore that has
// not ended; its first line is the backup's name.
const RestoreMark = "/var/lib/foobar/restore"
