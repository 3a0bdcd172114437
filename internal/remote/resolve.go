package remote

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// hostPattern is what may stand for a host or a user in a proxy command, which
// a shell reads.
var (
	hostPattern = regexp.MustCompile(`^[A-Za-z0-9_\[:][A-Za-z0-9._:%\[\]-]*$`)
	userPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@+-]*$`)
)

// ownConfig is the hint for what ssh_config says and nobody can follow.
const ownConfig = `repair that, or have no ssh_config read: config = "none" in [ssh]`

// resolve works out the settings of a host.
func resolve(ctx context.Context, o Options) (*settings, error) {
	s := &settings{name: cmp.Or(o.Name, o.Address), alias: strings.Trim(o.Address, "[]"), cache: o.Cache}
	if !hostPattern.MatchString(o.Address) {
		return nil, s.bad("give an IP address, a DNS name or an alias of ssh_config", "%q is not an address", clean(o.Address))
	}
	conf, err := configOf(ctx, o)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, s.fail(ErrConfig, err, ownConfig, "ssh_config: %s", clean(err.Error()))
	}
	s.home = userHome()
	if conf.whole {
		s.home = sshHome()
	}
	for _, step := range []func(Options, *config) error{s.resolveAddress, s.resolveWay, s.resolveHostKeys, s.resolveKeys, s.resolveLogin, s.resolveTimes, s.resolveAlgorithms} {
		if err := step(o, conf); err != nil {
			return nil, err
		}
	}
	switch {
	case o.Become == "none", o.Become == "" && s.user == "root", o.Become == "sudo" && s.user == "root":
	case o.Become == "sudo", o.Become == "":
		s.becomeRoot = true
	default:
		return nil, s.bad(`give "sudo" or "none"`, "unknown way to become root: %q", clean(o.Become))
	}
	return s, nil
}

// bad is the error for settings that cannot be followed.
func (s *settings) bad(hint, format string, args ...any) *Error {
	return s.fail(ErrConfig, nil, hint, format, args...)
}

func (s *settings) resolveAddress(o Options, conf *config) error {
	s.host = s.alias
	if h := conf.get("hostname"); h != "" {
		if !conf.whole {
			h = strings.NewReplacer("%%", "%", "%h", s.alias).Replace(h)
		}
		s.host = strings.Trim(h, "[]")
	}
	if !hostPattern.MatchString(s.host) {
		return s.bad(ownConfig, "ssh_config gives %q as HostName, which is not an address", clean(s.host))
	}
	s.port = cmp.Or(o.Port, 22)
	if given := conf.get("port"); o.Port == 0 && given != "" {
		var err error
		if s.port, err = strconv.Atoi(given); err != nil {
			s.port = -1
		}
	}
	if s.port < 1 || s.port > 65535 {
		return s.bad("ports go from 1 to 65535", "wrong port %s", clean(cmp.Or(conf.get("port"), strconv.Itoa(o.Port))))
	}
	s.user = cmp.Or(o.User, conf.get("user"), currentUser())
	return nil
}

func (s *settings) resolveWay(o Options, conf *config) error {
	s.proxyCommand, s.proxyJump = o.ProxyCommand, o.ProxyJump
	if s.proxyCommand == "" && s.proxyJump == "" {
		s.proxyCommand, s.proxyJump = conf.get("proxycommand"), conf.get("proxyjump")
		if conf.set("proxycommand") != "" && conf.yes("proxyusefdpass") {
			return s.bad(`give a command that carries the connection itself: proxy_command in [ssh]`, "ssh_config has ProxyUseFdpass, which foobar cannot follow")
		}
	}
	if strings.EqualFold(s.proxyCommand, "none") {
		s.proxyCommand = ""
	}
	if strings.EqualFold(s.proxyJump, "none") {
		s.proxyJump = ""
	}
	if o.ProxyJump == "" && s.isHop(s.proxyJump) {
		s.proxyJump = ""
	}
	if s.proxyJump != "" && o.ProxyCommand == "" {
		s.proxyCommand = ""
	}
	s.network = map[string]string{"inet": "tcp4", "inet6": "tcp6"}[strings.ToLower(conf.get("addressfamily"))]
	s.network = cmp.Or(s.network, "tcp")
	s.bindAddress, s.bindDevice = conf.set("bindaddress"), conf.set("bindinterface")
	s.attempts, _ = strconv.Atoi(conf.get("connectionattempts"))
	s.attempts = max(s.attempts, 1)
	s.noKeepAlive = conf.no("tcpkeepalive")
	return nil
}

// isHop reports whether the last jump host is the host itself: "Host *" with
// ProxyJump also covers the jump host, which does not go through itself.
func (s *settings) isHop(jump string) bool {
	_, host, port := SplitHop(jump[strings.LastIndexByte(jump, ',')+1:])
	return jump != "" && (strings.EqualFold(host, s.alias) || strings.EqualFold(host, s.host)) && (port == "" || port == strconv.Itoa(s.port))
}

func (s *settings) resolveHostKeys(o Options, conf *config) error {
	s.hostKeyAlias = conf.get("hostkeyalias")
	s.keyAddr = net.JoinHostPort(s.host, strconv.Itoa(s.port))
	if s.hostKeyAlias != "" { // stands without the port, ssh_config(5)
		s.keyAddr = net.JoinHostPort(s.hostKeyAlias, "22")
	}
	s.hostKeyAlgorithms = conf.list("hostkeyalgorithms")
	s.strictHostKeys = strings.ToLower(cmp.Or(conf.get("stricthostkeychecking"), "ask"))
	switch s.strictHostKeys {
	case "true":
		s.strictHostKeys = "yes"
	case "false", "off":
		s.strictHostKeys = "no"
	}
	s.hashKnownHosts = conf.yes("hashknownhosts")
	s.updateHostKeys = conf.is("updatehostkeys", "yes", "true", "ask")
	s.revokedHostKeys = tilde(conf.set("revokedhostkeys"), s.home)
	var err error
	if len(o.KnownHosts) > 0 {
		s.userKnownHosts = s.plain(o.KnownHosts)
	} else {
		s.knownHostsCommand = conf.set("knownhostscommand")
		if s.userKnownHosts, err = s.knownFiles(conf, "userknownhostsfile", "~/.ssh/known_hosts", "~/.ssh/known_hosts2"); err != nil {
			return err
		}
		if s.globalKnownHosts, err = s.knownFiles(conf, "globalknownhostsfile", "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"); err != nil {
			return err
		}
	}
	s.knownHosts = append(s.knownHosts, s.userKnownHosts...)
	if len(s.knownHosts) == 0 {
		s.knownHosts = []string{os.DevNull}
	}
	s.knownHosts = append(s.knownHosts, s.globalKnownHosts...)
	return nil
}

// plain replaces only ~ in file names: those of Options, and those that ssh has
// expanded.
func (s *settings) plain(files []string) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = tilde(f, s.home)
	}
	return out
}

// knownFiles are the files of a keyword, or the default ones; none for "none".
func (s *settings) knownFiles(conf *config, key string, usual ...string) ([]string, error) {
	files := conf.files(key)
	if len(files) == 0 {
		files = usual
	}
	if strings.EqualFold(files[0], "none") {
		return nil, nil
	}
	if conf.whole {
		return s.plain(files), nil
	}
	return s.expand(key, files)
}

// expand replaces ~, variables and tokens in file names.
func (s *settings) expand(key string, files []string) ([]string, error) {
	out := make([]string, 0, len(files))
	for _, f := range files {
		path, err := s.file(f)
		if err != nil {
			return nil, s.bad(ownConfig, "ssh_config: %s: %s", key, clean(err.Error()))
		}
		out = append(out, path)
	}
	return out, nil
}

// resolveTimes: what ssh_config says of keepalives counts only where it asks for
// them at all, since foobar does without being asked.
func (s *settings) resolveTimes(o Options, conf *config) error {
	s.timeout, s.keepalive, s.grace = o.ConnectTimeout, o.Keepalive, cmp.Or(o.Grace, 5*time.Second)
	if given := conf.set("connecttimeout"); s.timeout == 0 && given != "" {
		d, err := duration(given)
		if err != nil || d < time.Second {
			return s.bad("give seconds", "ssh_config: wrong ConnectTimeout %q", clean(given))
		}
		s.timeout = d
	}
	if s.timeout <= 0 {
		s.timeout = 10 * time.Second
	}
	s.aliveMax = 3
	if every, err := duration(conf.get("serveraliveinterval")); s.keepalive == 0 && err == nil && every > 0 {
		s.keepalive = every
		if n, err := strconv.Atoi(conf.get("serveralivecountmax")); err == nil && n > 0 {
			s.aliveMax = n
		}
	}
	s.keepalive = cmp.Or(s.keepalive, 5*time.Second)
	return nil
}

// duration reads a time as ssh writes it: 90, 90s, 1m30s, 1h, 1d, 1w.
func duration(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	var total time.Duration
	rest := strings.ToLower(text)
	for rest != "" {
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(rest)
		}
		n, err := strconv.ParseUint(rest[:end], 10, 31)
		if err != nil {
			return 0, fmt.Errorf("%q is not a time", text)
		}
		unit := time.Second
		if rest = rest[end:]; rest != "" {
			if unit = units[rest[0]]; unit == 0 {
				return 0, fmt.Errorf("%q is not a time", text)
			}
			rest = rest[1:]
		}
		total += time.Duration(n) * unit
	}
	if text == "" || total < 0 {
		return 0, fmt.Errorf("%q is not a time", text)
	}
	return total, nil
}
