package remote

import (
	"cmp"
	"context"
	"regexp"
	"strconv"
	"strings"
)

// hostPattern is what may stand for a host or a user in a proxy command, which
// a shell reads.
var (
	hostPattern = regexp.MustCompile(`^[A-Za-z0-9_\[:][A-Za-z0-9._:%\[\]-]*$`)
	userPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@+-]*$`)
)

// ownConfig is the hint for what ssh_config says and nobody can follow.
const ownConfig = `fix that, or read no ssh_config: config = "none" in [ssh]`

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
		s.proxyCommand = conf.get("proxycommand")
		var err error // ssh leaves its tokens to the command that it makes of it
		if s.proxyJump, err = s.tokens(conf.get("proxyjump"), nil); err != nil {
			return s.bad(ownConfig, "ssh_config: ProxyJump %s", clean(err.Error()))
		}
		if conf.set("proxycommand") != "" && conf.yes("proxyusefdpass") {
			return s.bad(`give a command that carries the connection itself: proxy_command in [ssh]`, "ssh_config has ProxyUseFdpass, which foobar does not support")
		}
	}
	if o.ProxyCommand != "" {
		s.proxyDir = o.ProxyDir
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
