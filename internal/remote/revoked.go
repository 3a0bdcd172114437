package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
)

// krlMagic begins a key revocation list, ssh-keygen(1); other files of RevokedHostKeys
// have a public key on each line.
const krlMagic = "SSHKRL\n\x00"

// revoked reports whether RevokedHostKeys has a key, or a certificate's authority. As
// in OpenSSH no host is trusted when that cannot be told: that is the error.
func (s *settings) revoked(ctx context.Context, key ssh.PublicKey) (bool, error) {
	if s.revokedHostKeys == "" {
		return false, nil
	}
	f, err := os.Open(s.revokedHostKeys)
	if err != nil {
		return false, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, knownSize))
	if err != nil {
		return false, err
	}
	if bytes.HasPrefix(data, []byte(krlMagic)) {
		return inRevocationList(ctx, s.revokedHostKeys, key)
	}
	var list []knownLine
	for line := range bytes.Lines(data) {
		if key, _, _, _, err := ssh.ParseAuthorizedKey(line); err == nil {
			list = append(list, knownLine{marker: markerRevoked, key: key})
		}
	}
	return revoking(list, key) != nil, nil
}

// inRevocationList asks ssh-keygen, which is the one that knows the format: it ends
// with 0 when the key is not in the list.
func inRevocationList(ctx context.Context, list string, key ssh.PublicKey) (bool, error) {
	dir, err := os.MkdirTemp("", "foobar-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "key.pub")
	if err := os.WriteFile(file, ssh.MarshalAuthorizedKey(key), 0o600); err != nil {
		return false, err
	}
	out, err := exec.CommandContext(ctx, "ssh-keygen", "-Q", "-f", list, file).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &exit) && strings.Contains(string(out), "REVOKED"):
		return true, nil
	}
	return false, fmt.Errorf("%w: %s", err, clean(string(out)))
}
