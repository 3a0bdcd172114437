package remote

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// pin is a host key as the inventory has it: a key, or the fingerprint of one of any
// kind.
type pin struct {
	key         ssh.PublicKey // nil for a fingerprint
	fingerprint string
}

func readPin(text string) (*pin, error) {
	if strings.HasPrefix(text, "SHA256:") {
		return &pin{fingerprint: text}, nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil {
		return nil, err
	}
	return &pin{key: key, fingerprint: ssh.FingerprintSHA256(key)}, nil
}

func (p *pin) fits(key ssh.PublicKey) bool {
	if p.key != nil {
		return sameKey(p.key, key)
	}
	return ssh.FingerprintSHA256(key) == p.fingerprint
}

// algorithms are those of the pinned key's kind. Which kind a fingerprint is of is
// not known: that leaves all but those without.
func (p *pin) algorithms(all, without []string) []string {
	fit := slices.DeleteFunc(slices.Clone(all), func(a string) bool {
		return strings.Contains(a, certSuffix) || p.key != nil && kindOf(a) != p.key.Type() || slices.Contains(without, kindOf(a))
	})
	if len(fit) == 0 && p.key != nil {
		return []string{p.key.Type()} // what the host says to it is said to the person
	}
	return fit
}

// further are the kinds of key to do without in another try, where the host showed a
// key in vain and may have the pinned one beside it; nil when that was the last.
func (k *hostKeys) further() []string {
	if k.pin == nil || k.pin.key != nil || k.refused == "" {
		return nil
	}
	without := append(slices.Clone(k.without), k.refused)
	if len(k.pin.algorithms(k.s.algorithms(), without)) == 0 {
		return nil
	}
	return without
}

// KnownLine is the line of known_hosts that a pin stands for, as ssh asks for it
// (KnownHostsCommand in ssh_config(5), with %H %t %K). With a fingerprint there is
// none until the host has shown a key that it fits; before that ssh names "NONE".
func KnownLine(pinned, host, kind, key string) (string, error) {
	p, err := readPin(pinned)
	switch {
	case err != nil:
		return "", fmt.Errorf("host_key is not a host key: %w", err)
	case p.key != nil:
		return host + " " + marshalled(p.key) + "\n", nil
	case key == "NONE":
		return "", nil
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(kind + " " + key))
	if err != nil {
		return "", fmt.Errorf("the host's key: %w", err)
	}
	if !p.fits(public) {
		return "", fmt.Errorf("the host showed a key with the fingerprint %s, and the inventory pins %s; if that is of another of its keys, ssh needs the whole key as host_key, as ssh_host_*_key.pub has it", ssh.FingerprintSHA256(public), pinned)
	}
	return host + " " + kind + " " + key + "\n", nil
}
