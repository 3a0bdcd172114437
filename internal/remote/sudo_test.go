package remote_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// TestWhatSudoSays: what sudo 1.9.13, sudo-rs 0.2.8 and env say of a login that cannot
// become root, in the language of the login where that comes before LC_ALL is set.
func TestWhatSudoSays(t *testing.T) {
	list := "if [ \"$2\" = -l ]; then printf 'Matching Defaults entries for alice on web1:\\n    use_pty\\n\\nUser alice may run the following commands on web1:\\n%s\\n'; exit; fi\n"
	for _, c := range []struct {
		name, script string
		code         fault.Code
		words        []string
	}{
		{"German, without sudo", "echo \"env: „sudo“: Datei oder Verzeichnis nicht gefunden\" >&2; exit 127", "SUDO01", []string{"there is no sudo", "apt-get install sudo && usermod -aG sudo alice", `user = "root" in [ssh]`}},
		{"a noisy login", "echo 'nvm: command not found' >&2; echo 'sudo: a password is required' >&2; exit 1", "SUDO02", []string{"-K"}},
		{"sudo-rs asks", "echo 'sudo: interactive authentication is required' >&2; exit 1", "SUDO02", []string{"-K"}},
		{"sudo-rs refuses", "echo \"sudo: I'm sorry alice. I'm afraid I can't do that\" >&2; exit 1", "SUDO04", []string{"usermod -aG sudo alice"}},
		{"not in the file", "echo 'alice is not in the sudoers file.' >&2; exit 1", "SUDO04", []string{"usermod -aG sudo alice"}},
		{"some commands, by password", "echo \"Sorry, user alice is not allowed to execute '/bin/sh -c $*' as root on web1.\" >&2; exit 1", "SUDO04", []string{"only some commands", "alice ALL=(ALL) NOPASSWD: ALL"}},
		{"some commands, freely", strings.Replace(list, "%s", "    (ALL) NOPASSWD: /usr/bin/apt-get, /usr/bin/systemctl restart *", 1) + "echo 'sudo: a password is required' >&2; exit 1", "SUDO04",
			[]string{"only some commands, not a root shell: (ALL) NOPASSWD: /usr/bin/apt-get, /usr/bin/systemctl restart *"}},
		{"all by password, some freely", strings.Replace(list, "%s", "    (ALL : ALL) ALL\\n    (root) NOPASSWD: /usr/bin/apt-get", 1) + "echo 'sudo: a password is required' >&2; exit 1", "SUDO02", []string{"-K"}},
		{"a damaged file", "echo '/etc/sudoers.d/x:1:19: syntax error' >&2; echo 'sudo: a password is required' >&2; exit 1", "SUDO06", []string{"/etc/sudoers.d/x:1:19", "visudo -c"}},
		{"requiretty", "echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1", "SUDO06", []string{"Defaults:alice !requiretty"}},
		{"no_new_privs", "echo 'sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root.' >&2; exit 1", "SUDO06", []string{"no new privileges"}},
	} {
		s := sshtest.Start(t, sshtest.Config{})
		write(t, filepath.Join(s.Bin, "sudo"), []byte("#!/bin/sh\n"+c.script+"\n"))
		if err := os.Chmod(filepath.Join(s.Bin, "sudo"), 0o755); err != nil {
			t.Fatal(err)
		}
		e := refused(t, options(s), remote.ErrSudo, c.words...)
		t.Log(c.name + ": " + e.Error())
		faulttest.Wants(t, e, c.code)
		if strings.Contains(e.Error(), "DEBIAN_FRONTEND") {
			t.Errorf("%s: the program is repeated: %v", c.name, e)
		}
	}
}

// TestDoas: where sudo is missing and doas is there, the message says that it is not used.
func TestDoas(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{Sudo: sshtest.SudoMissing})
	write(t, filepath.Join(s.Bin, "doas"), []byte("#!/bin/sh\n"))
	if err := os.Chmod(filepath.Join(s.Bin, "doas"), 0o755); err != nil {
		t.Fatal(err)
	}
	faulttest.Wants(t, refused(t, options(s), remote.ErrSudo, "there is no sudo (there is doas"), "SUDO01")
}

// TestSudoPrompts: the lecture, and the prompt of sudo-rs, which puts its own words
// around the one it is given.
func TestSudoPrompts(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	write(t, filepath.Join(s.Bin, "sudo"), []byte(`#!/bin/sh
while [ "$1" != -- ]; do [ "$1" != -p ] || p=$2; shift; done
shift
printf '[sudo: %s] Password: ' "$p" >&2
IFS= read -r word
[ "$word" = right ] || { echo 'sudo: Authentication failed, try again.' >&2; printf '[sudo: %s] Password: ' "$p" >&2; read -r word; exit 1; }
SSHTEST_UID=0 exec "$@"
`))
	if err := os.Chmod(filepath.Join(s.Bin, "sudo"), 0o755); err != nil {
		t.Fatal(err)
	}
	o := options(s)
	o.SudoPassword = func() (string, error) { return "right", nil }
	if got := run(t, dial(t, o), "echo in"); got != "in" {
		t.Errorf("got %q", got)
	}
	o.SudoPassword = func() (string, error) { return "wrong", nil }
	faulttest.Wants(t, refused(t, o, remote.ErrSudo, "sudo does not take this password"), "SUDO03")
}
