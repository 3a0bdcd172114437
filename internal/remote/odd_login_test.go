package remote_test

import (
	"os"
	"path/filepath"
	"testing"

	"foobar/internal/remote/sshtest"
)

// loginShell is a login shell that does first what its text says. $2 is the command.
func loginShell(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shell")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text+"\nexec /bin/sh -c \"$2\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestLoginShellsOfOtherKinds: the command stands where csh and fish read it as a
// POSIX shell does. Sources: tcsh(1), "Lexical structure"; fish's documentation, "Quotes".
func TestLoginShellsOfOtherKinds(t *testing.T) {
	for name, text := range map[string]string{
		"csh ends a quote with its line": `case $2 in *"
"*) echo "Unmatched '''." >&2; exit 1 ;; esac`,
		"csh looks for an event": `case $2 in *!*) echo "Event not found." >&2; exit 1 ;; esac`,
		"fish knows \\\\":        `case $2 in *\\\\*|*\\\'*) echo "other words" >&2; exit 1 ;; esac`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, user := range []string{"alice", "root"} {
				o := options(sshtest.Start(t, sshtest.Config{Shell: loginShell(t, text)}))
				o.User = user
				h := dial(t, o)
				if got := run(t, h, `printf '%s\n' "it's" 'a\b!'`); got != "it's\na\\b!" {
					t.Errorf("as %s: got %q", user, got)
				}
			}
		})
	}
}

// TestEnvironmentOfTheLogin: what a login sets for people changes nothing of what
// programs do for foobar; proxies are kept.
func TestEnvironmentOfTheLogin(t *testing.T) {
	dir := t.TempDir()
	talk := filepath.Join(dir, "talk")
	if err := os.WriteFile(talk, []byte("echo hello from BASH_ENV; PATH=/nowhere\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "umask 077\nexport BASH_ENV=" + talk + " ENV=" + talk + " CDPATH=/usr TMPDIR=" + dir + "/none POSIXLY_CORRECT=1 MYSQL_HOST=db.example MYSQL_PWD=x LC_ALL=tr_TR.UTF-8 LANGUAGE=de http_proxy=http://proxy.example:3128\necho Welcome"
	o := options(sshtest.Start(t, sshtest.Config{Shell: loginShell(t, text)}))
	o.User = "root"
	h := dial(t, o)
	got := run(t, h, "umask; bash -c 'echo still bash; cd bin'; cd /; cd bin; d=$(mktemp) && rm \"$d\" && echo temp; "+
		"echo ${MYSQL_HOST-no host} ${MYSQL_PWD-no word} $LC_ALL $http_proxy $MYSQL_TEST_LOGIN_FILE")
	if want := "0022\nstill bash\ntemp\nno host no word C http://proxy.example:3128 /nonexistent"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
