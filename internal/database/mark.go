package database

import (
	_ "embed" // the script that makes a mark

	"foobar/internal/sh"
)

// As runs a command as the account of the database server, which can do
// no more in the server's folders than the server itself. There root opens
// nothing: the server may have put a link where a file is expected. Source:
// setpriv(1).
const As = "setpriv --reuid=mysql --regid=mysql --init-groups --no-new-privs -- "

// Mark is shell that makes a mark in the server's data directory, where it
// goes with the data, whoever moves or empties that. It is written as the server's
// own account; what it says is about that account's data alone. The mark is whole
// or not there, and on the disk when the shell goes on.
func Mark(path, text string) string { return markShell(sh.Quote(path), sh.Quote(text)) }

//go:embed mark.sh
var markScript string

// markShell takes words of the shell.
func markShell(path, text string) string {
	return As + "sh -euc " + sh.Quote(markScript) + " mark " + path + " " + text + " </dev/null\n"
}
