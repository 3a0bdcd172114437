package remote_test

import (
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

func TestKnownLine(t *testing.T) {
	key := sshtest.NewKey(t).PublicKey()
	pin := ssh.FingerprintSHA256(key)
	fields := strings.Fields(string(ssh.MarshalAuthorizedKey(key)))
	if line, err := remote.KnownLine(pin, "[h]:22", "NONE", "NONE"); line != "" || err != nil {
		t.Errorf("before the host has shown a key: %q, %v", line, err)
	}
	if line, err := remote.KnownLine(pin, "[h]:22", fields[0], fields[1]); err != nil || line != "[h]:22 "+strings.Join(fields, " ")+"\n" {
		t.Errorf("%q, %v", line, err)
	}
	if _, err := remote.KnownLine("SHA256:other", "h", fields[0], fields[1]); err == nil || !strings.Contains(err.Error(), pin) {
		t.Errorf("another key: %v", err)
	}
	if _, err := remote.KnownLine("nonsense", "h", "NONE", "NONE"); err == nil {
		t.Error("nonsense is taken for a key")
	}
}
