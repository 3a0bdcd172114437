package sh

import _ "embed"

// Files defines the shell functions through which root writes on a host. They
// go before any script that uses them, under set -eu or not, in dash and bash:
//
//	foobar_parent PATH                 succeeds when nobody but root can change what PATH names
//	foobar_dir MODE USER:GROUP PATH    makes PATH a folder with that mode and owner
//	foobar_put MODE USER:GROUP PATH    makes standard input the content of PATH
//	foobar_own MODE USER:GROUP PATH    sets owner and mode of an existing file
//	foobar_gone PATH                   removes a file or link
//
// All but the last refuse a path with a folder above it that somebody else than
// root may write to, say so on standard error, and return 1; none follows a link
// at PATH. PATH must be absolute. Sources: path_resolution(7), open(2),
// install(1), and the sticky bit in unlink(2).
//
//go:embed files.sh
var Files string

// UnixTimes is a function systemctl that has --timestamp=unix where systemd is older
// than 251, and is systemctl itself elsewhere. It goes before what asks for times.
//
//go:embed unix_times.sh
var UnixTimes string

// As is a command line that runs a POSIX sh script as a user without any
// privilege, with the user's own environment. Source: setpriv(1).
func As(user, script string) string {
	u := Quote(user)
	return "setpriv --reuid=" + u + " --regid=\"$(id -g -- " + u + ")\" --init-groups --no-new-privs --reset-env -- /bin/sh -c " + Quote(script)
}
