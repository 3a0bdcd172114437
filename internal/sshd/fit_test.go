package sshd

import (
	"strings"
	"testing"
)

const dropIn = "# x\nPermitRootLogin prohibit-password\nKbdInteractiveAuthentication no\nPasswordAuthentication no\nMaxAuthTries 6\nLoginGraceTime 20\n"

// TestFit: the lines that are left out for what an administrator has in force, and no
// other; a host that is fitted to stays as it is.
func TestFit(t *testing.T) {
	const otp = "KbdInteractiveAuthentication LoginGraceTime"
	for says, left := range map[string]string{
		"": "",
		"permitrootlogin without-password\nmaxauthtries 6\nlogingracetime 120": "",
		"permitrootlogin yes\nmaxauthtries 10\nlogingracetime 0":               "",
		"permitrootlogin no":                                                            "PermitRootLogin",
		"permitrootlogin forced-commands-only":                                          "PermitRootLogin",
		"maxauthtries 3\nlogingracetime 10":                                             "MaxAuthTries LoginGraceTime",
		"authenticationmethods any":                                                     "",
		"authenticationmethods publickey,keyboard-interactive":                          otp,
		"port 22\nauthenticationmethods publickey,keyboard-interactive:pam":             otp,
		"authenticationmethods publickey,keyboard-interactive publickey":                "",
		"authenticationmethods publickey":                                               "",
		"authenticationmethods publickey,keyboard-interactive\npermitrootlogin no\nx y": "PermitRootLogin " + otp,
	} {
		text := string(Fit([]byte(dropIn), says))
		for line := range strings.Lines(dropIn) {
			key, _, _ := strings.Cut(line, " ")
			if want := !strings.Contains(left, key) || key == "#"; strings.Contains(text, line) != want {
				t.Errorf("%q:\n%s", says, text)
			}
		}
	}
}
