package inventory

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// Values of [hosts.NAME].

var (
	hostKeyForm  = regexp.MustCompile(`^(SHA256:[A-Za-z0-9+/]{43}|(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+=*( .*)?)$`)
	knownHost    = regexp.MustCompile(`^[^ ]+ ((ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]+=*)`)
	addressRange = regexp.MustCompile(`^[0-9]+(\.[0-9]+){3}-[0-9.]+$|\[[0-9a-z]*[:-][0-9a-z]*\]`)
	unfilled     = regexp.MustCompile(`\$\{|\$[A-Za-z_]|\{\{|\{%|^<.*>$`)
	numericName  = regexp.MustCompile(`^([0-9]+|0x[0-9a-f]*)$`)
)

// numeric reports whether programs take a name for an address. Source: inet(3), inet_aton.
func numeric(s string) bool { return numericName.MatchString(s) }

// roleName accepts a role, and knows what else people call one.
func roleName(s string) error {
	for role, others := range map[string]string{
		LB:  "loadbalancer load-balancer balancer haproxy proxy frontend",
		Web: "webserver web-server nginx http www",
		App: "application appserver backend gunicorn python wsgi",
		DB:  "database databases mysql mariadb sql dbserver",
	} {
		for one := range strings.FieldsSeq(others) {
			if strings.EqualFold(s, one) {
				return fmt.Errorf("%q is not known; write %s", s, role)
			}
		}
	}
	return oneOf(LB, Web, App, DB)(s)
}

// sshHostKey accepts a fingerprint or a public key, whole: a part of one would fit no host.
// Source of the form of a key: RFC 4253, 6.6.
func sshHostKey(s string) error {
	const advice = "write SHA256:… as ssh-keygen -l shows it, or ssh-ed25519 AAAA…"
	if !hostKeyForm.MatchString(s) {
		if m := knownHost.FindStringSubmatch(s); m != nil && sshHostKey(m[1]) == nil {
			return fmt.Errorf("this is a line of known_hosts; write only the key: %s", m[1])
		}
		return fmt.Errorf("%q is not an SSH host key; %s", s, advice)
	}
	kind, rest, public := strings.Cut(s, " ")
	if !public {
		return nil
	}
	word, _, _ := strings.Cut(rest, " ")
	raw, err := base64.StdEncoding.DecodeString(word)
	if err != nil || len(raw) < 4+len(kind)+16 || binary.BigEndian.Uint32(raw) != uint32(len(kind)) || string(raw[4:4+len(kind)]) != kind {
		return fmt.Errorf("%q is only a part of an SSH host key; %s", cut(s, mostWord), advice)
	}
	return nil
}

// sshAddress accepts what ssh takes as a destination, without user and port.
func sshAddress(s string) error {
	a, err := netip.ParseAddr(s)
	switch {
	case err == nil && PublicResolver(a):
		return fmt.Errorf("%s is a public DNS service, not a server of yours; write the server's own address", s)
	case err == nil && (a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255})):
		return fmt.Errorf("%s is not the address of a host; write the server's own address", s)
	case err == nil:
		return nil
	case s == "":
		return errors.New("it is empty; write the host's address")
	case strings.TrimSpace(s) != s:
		return fmt.Errorf("%q begins or ends with a space; write %q", s, strings.TrimSpace(s))
	case unfilled.MatchString(s):
		return fmt.Errorf("%q is a placeholder, which foobar does not fill in; write the address itself", s)
	case addressRange.MatchString(s):
		return fmt.Errorf("%q is a range; write a table [hosts.NAME] with its own address for each host", s)
	case len(addressList(s)) > 1:
		return fmt.Errorf("%q is more than one address; write the one for ssh here, and those for the other hosts as private_address", s)
	case strings.HasPrefix(s, "[") && isAddress(strings.Trim(s, "[]")):
		return fmt.Errorf("%q has brackets; write it without: %s", s, strings.Trim(s, "[]"))
	case strings.Contains(s, "@"):
		return fmt.Errorf("%q has a user in it; write the user as ssh.user", s)
	case strings.Contains(s, "://"):
		return fmt.Errorf("%q is a URL; write only the address or the name", s)
	case strings.Contains(s, "/"):
		return fmt.Errorf("%q is a network; write only the address of the host", s)
	case strings.Count(s, ":") == 1:
		return fmt.Errorf("%q has a port; write only the address, and the port as port under [hosts.NAME.ssh]", s)
	case strings.Contains(s, ":"):
		return fmt.Errorf("%q is not an IP address; write one such as 192.0.2.11 or 2001:db8::11", s)
	}
	return hostNameOfSSH(s)
}

// hostNameOfSSH accepts a DNS name or an alias of ssh_config.
func hostNameOfSSH(s string) error {
	switch {
	case strings.HasSuffix(s, ".") && isAddress(strings.TrimSuffix(s, ".")):
		return fmt.Errorf("%q ends in a dot; write %s", s, strings.TrimSuffix(s, "."))
	case strings.Trim(s, "0123456789.") == "" && strings.Count(s, ".") != 3:
		return fmt.Errorf("%q is not an IP address; an IPv4 address has four numbers, such as 192.0.2.11", s)
	case strings.Trim(s, "0123456789.") == "":
		return fmt.Errorf("%q is not an IP address; each of its four numbers is at most 255, without a zero before it", s)
	case !sshAlias.MatchString(s):
		return fmt.Errorf("%q is not an IP address and not a host name; names are letters, digits, dots and dashes", s)
	}
	return nil
}

// addressList are the addresses of a text that is nothing but several of them.
func addressList(s string) (list []string) {
	for _, one := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		if !isAddress(one) {
			return nil
		}
		list = append(list, one)
	}
	return list
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}
