package remote

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestWhatIsWrongWithTheWay: the machine's own network is told from the host's.
func TestWhatIsWrongWithTheWay(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for part, err := range map[string]error{
		"no route there":           dial(os.NewSyscallError("connect", syscall.ENETUNREACH)),
		"jump host":                dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)),
		"does not answer":          dial(&net.DNSError{Err: "server misbehaving", Name: "web1", Server: "192.0.2.1:53", IsTemporary: true}),
		"write the IP address":     dial(&net.DNSError{Err: "i/o timeout", Name: "web1", IsTimeout: true}),
		"check the address, or":    dial(&net.DNSError{Err: "no such host", Name: "wbe1", IsNotFound: true}),
		"sshd runs there":          dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
		"the firewalls on the way": dial(os.NewSyscallError("connect", syscall.ETIMEDOUT)),
	} {
		if hint, _ := (&settings{}).dialHint(err); !strings.Contains(hint, part) {
			t.Errorf("%v: %q lacks %q", err, hint, part)
		}
	}
}
