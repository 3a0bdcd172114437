package remote_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// TestWholeWay: through a jump host, with certificates of users and of hosts on both
// hops, a private key that only the agent has, and settings that a command chooses.
func TestWholeWay(t *testing.T) {
	needsSSH(t)
	users, hosts := sshtest.NewKey(t), sshtest.NewKey(t)
	dir := t.TempDir()
	file, public := sshtest.WriteKey(t, "")
	addTo(t, serveAgent(t), agent.AddedKey{PrivateKey: rawKey(t, file)})
	write(t, filepath.Join(dir, "known_hosts"), append([]byte("@cert-authority *.example "), ssh.MarshalAuthorizedKey(hosts.PublicKey())...))
	write(t, filepath.Join(dir, "id.pub"), ssh.MarshalAuthorizedKey(public))
	write(t, filepath.Join(dir, "id-cert.pub"), ssh.MarshalAuthorizedKey(certify(t, users, public, nil)))

	var config strings.Builder
	servers := map[string]*sshtest.Server{}
	for _, name := range []string{"web.example", "bastion.example"} {
		key := sshtest.NewKey(t)
		s := sshtest.Start(t, sshtest.Config{Login: onlyCA(users.PublicKey()), HostKey: key, MoreKeys: []ssh.Signer{sshtest.Certify(t, hosts, key, nil, name)}})
		servers[name] = s
		fmt.Fprintf(&config, "Match originalhost %s exec \"test %%n = %s\"\n  HostName %s\n  Port %d\n  HostKeyAlias %s\n", name, name, s.Host, s.Port, name)
	}
	fmt.Fprintf(&config, "Match exec \"false\"\n  Port 1\nMatch final originalhost web.example\n  ProxyJump bastion.example\n"+
		"Match all\n  User alice\n  IdentitiesOnly yes\n  IdentityFile %s/id.pub\n  CertificateFile %s/id-cert.pub\n  UserKnownHostsFile %s/known_hosts\n", dir, dir, dir)
	h := dial(t, configured(t, servers["web.example"], "web.example", config.String()))
	if got := run(t, h, "echo through"); got != "through" || servers["bastion.example"].Accepted() != 1 {
		t.Errorf("got %q, %d connections at the jump host", got, servers["bastion.example"].Accepted())
	}
	// The other authority signed neither for the user nor for the host.
	write(t, filepath.Join(dir, "known_hosts"), append([]byte("@cert-authority *.example "), ssh.MarshalAuthorizedKey(users.PublicKey())...))
	refused(t, configured(t, servers["web.example"], "web.example", config.String()), remote.ErrHostKeyUnknown, "web1 via bastion.example")
}
