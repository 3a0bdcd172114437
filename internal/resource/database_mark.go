package resource

import "foobar/internal/sh"

// DatabaseAs runs a command as the account of the database server, which can do
// no more in the server's folders than the server itself. There root opens
// nothing: the server may have put a link where a file is expected. Source:
// setpriv(1).
const DatabaseAs = "setpriv --reuid=mysql --regid=mysql --init-groups --no-new-privs -- "

// DatabaseMark is shell that makes a mark in the server's data directory, where it
// goes with the data, whoever moves or empties that. It is written as the server's
// own account; what it says is about that account's data alone. The mark is whole
// or not there, and on the disk when the shell goes on.
func DatabaseMark(path, text string) string { return databaseMark(sh.Quote(path), sh.Quote(text)) }

// databaseMark takes words of the shell.
func databaseMark(path, text string) string {
	return DatabaseAs + "sh -euc " + sh.Quote(`cd /
umask 027
n=$1.new
rm -f -- "$n"
set -C
printf '%s\n' "$2" >"$n"
sync -- "$n"
mv -fT -- "$n" "$1"
sync -- "${1%/*}"`) + " mark " + path + " " + text + " </dev/null\n"
}
