package resource

import (
	"strings"
	"testing"
)

// TestSecondFactor: where sshd asks everybody for a one-time password besides a key,
// the drop-in does not switch off how it asks; where a key alone is enough it does.
func TestSecondFactor(t *testing.T) {
	const off = "KbdInteractiveAuthentication no\n"
	s := SSHD{Path: "/etc/ssh/sshd_config.d/00-x.conf", Content: []byte("# x\n" + off + "PasswordAuthentication no\nLoginGraceTime 20\n"), Effective: "passwordauthentication no"}
	for says, left := range map[string]bool{
		"":                          false,
		"authenticationmethods any": false,
		"authenticationmethods publickey,keyboard-interactive":              true,
		"port 22\nauthenticationmethods publickey,keyboard-interactive:pam": true,
		"authenticationmethods publickey,keyboard-interactive publickey":    false,
		"authenticationmethods publickey":                                   false,
	} {
		c, err := s.Diff(Observed{State: Present, Attrs: map[string]string{"active": "active", "says": says}})
		if err != nil || len(c.Fields) == 0 {
			t.Fatalf("%q: %v", says, err)
		}
		if text := c.Fields[0].New; strings.Contains(text, off) == left || strings.Contains(text, "LoginGraceTime") == left || !strings.Contains(text, "PasswordAuthentication no\n") {
			t.Errorf("%q:\n%s", says, text)
		}
	}
	if !strings.Contains(string(s.Content), off) {
		t.Error("the resource itself was changed")
	}
}
