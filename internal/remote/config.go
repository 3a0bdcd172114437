package remote

import (
	"cmp"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kevinburke/ssh_config"
)

// hostPattern is what may stand for a host or a user in a proxy command, which
// a shell reads.
var (
	hostPattern = regexp.MustCompile(`^[A-Za-z0-9_\[:][A-Za-z0-9._:%\[\]-]*$`)
	userPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@+-]*$`)
)

// resolve works out the settings of a host.
func resolve(o Options) (*settings, error) {
	s := &settings{name: cmp.Or(o.Name, o.Address), alias: o.Address, host: o.Address, port: cmp.Or(o.Port, 22), cache: o.Cache}
	bad := func(hint, format string, args ...any) error { return s.fail(ErrConfig, nil, hint, format, args...) }
	if !hostPattern.MatchString(o.Address) {
		return nil, bad("give an IP address, a DNS name or an alias of ssh_config", "%q is not an address", clean(o.Address))
	}
	conf, err := readConfig(o)
	if err != nil {
		return nil, bad("repair it, or have it ignored with ssh.config = false", "ssh config: %s", clean(err.Error()))
	}
	get := func(key string) string { return conf.get(o.Address, key) }

	if h := get("HostName"); h != "" {
		s.host = strings.NewReplacer("%%", "%", "%h", o.Address, "%n", o.Address).Replace(h)
	}
	if !hostPattern.MatchString(s.host) {
		return nil, bad("", "ssh config gives %q as HostName, which is not an address", clean(s.host))
	}
	s.host = strings.Trim(s.host, "[]")
	if o.Port == 0 && get("Port") != "" {
		if s.port, err = strconv.Atoi(get("Port")); err != nil {
			s.port = -1
		}
	}
	if s.port < 1 || s.port > 65535 {
		return nil, bad("ports go from 1 to 65535", "wrong port %s", clean(cmp.Or(get("Port"), strconv.Itoa(o.Port))))
	}
	s.user = cmp.Or(o.User, get("User"), currentUser())
	s.keyAddr = net.JoinHostPort(s.host, strconv.Itoa(s.port))
	if alias := get("HostKeyAlias"); alias != "" { // stands without the port, ssh_config(5)
		s.keyAddr = net.JoinHostPort(alias, "22")
	}
	s.resolveProxy(o, get)
	s.resolveKeys(o, conf)
	if err := s.resolveTimes(o, get("ConnectTimeout")); err != nil {
		return nil, err
	}
	switch {
	case o.Become == "none", o.Become == "" && s.user == "root", o.Become == "sudo" && s.user == "root":
	case o.Become == "sudo", o.Become == "":
		s.becomeRoot = true
	default:
		return nil, bad(`give "sudo" or "none"`, "unknown way to become root: %q", clean(o.Become))
	}
	return s, nil
}

func (s *settings) resolveProxy(o Options, get func(string) string) {
	s.proxyCommand, s.proxyJump = o.ProxyCommand, o.ProxyJump
	if s.proxyCommand == "" && s.proxyJump == "" {
		s.proxyCommand, s.proxyJump = get("ProxyCommand"), get("ProxyJump")
	}
	if strings.EqualFold(s.proxyCommand, "none") {
		s.proxyCommand = ""
	}
	if strings.EqualFold(s.proxyJump, "none") {
		s.proxyJump = ""
	}
	// "Host *" with ProxyJump also covers the jump host, which does not go through itself.
	if o.ProxyJump == "" && (s.proxyJump == s.alias || strings.HasSuffix(s.proxyJump, "@"+s.alias)) {
		s.proxyJump = ""
	}
	if s.proxyJump != "" && o.ProxyCommand == "" {
		s.proxyCommand = ""
	}
}

func (s *settings) resolveKeys(o Options, conf *config) {
	s.identities = o.Identities
	s.explicit = len(o.Identities) > 0 || strings.EqualFold(conf.get(o.Address, "IdentitiesOnly"), "yes")
	if len(s.identities) == 0 {
		s.identities = conf.all(o.Address, "IdentityFile")
	}
	if len(s.identities) == 0 {
		s.identities = []string{"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"}
		s.defaultsForKey = true
	}
	s.identities = s.expand(s.identities)

	switch a := conf.get(o.Address, "IdentityAgent"); {
	case strings.EqualFold(a, "none"):
	case a == "" || a == "SSH_AUTH_SOCK":
		s.agentSocket = os.Getenv("SSH_AUTH_SOCK")
	default:
		s.agentSocket = s.expand([]string{os.ExpandEnv(a)})[0]
	}

	s.knownHosts = o.KnownHosts
	if len(s.knownHosts) == 0 {
		s.knownHosts = strings.Fields(conf.get(o.Address, "UserKnownHostsFile"))
		if len(s.knownHosts) == 0 {
			s.knownHosts = []string{"~/.ssh/known_hosts"}
		}
		s.knownHosts = append(s.knownHosts, "/etc/ssh/ssh_known_hosts")
	}
	s.knownHosts = s.expand(s.knownHosts)
}

func (s *settings) resolveTimes(o Options, configured string) error {
	s.timeout, s.keepalive, s.grace = o.ConnectTimeout, cmp.Or(o.Keepalive, 5*time.Second), cmp.Or(o.Grace, 5*time.Second)
	if s.timeout == 0 && configured != "" && !strings.EqualFold(configured, "none") {
		n, err := strconv.Atoi(configured)
		if err != nil || n < 1 {
			return s.fail(ErrConfig, err, "give seconds", "ssh config: wrong ConnectTimeout %q", clean(configured))
		}
		s.timeout = time.Duration(n) * time.Second
	}
	if s.timeout <= 0 {
		s.timeout = 10 * time.Second
	}
	return nil
}

// expand replaces ~ and OpenSSH's tokens in file names.
func (s *settings) expand(paths []string) []string {
	home, _ := os.UserHomeDir()
	tokens := strings.NewReplacer("%%", "%", "%d", home, "%u", currentUser(), "%h", s.host, "%n", s.alias,
		"%p", strconv.Itoa(s.port), "%r", s.user)
	out := make([]string, 0, len(paths))
	for _, p := range paths {
		if p == "~" || strings.HasPrefix(p, "~/") {
			p = filepath.Join(home, strings.TrimPrefix(p, "~"))
		}
		out = append(out, tokens.Replace(p))
	}
	return out
}

func currentUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}

// config is the list of ssh_config files in order of precedence.
type config struct{ files []*ssh_config.Config }

func readConfig(o Options) (*config, error) {
	c := &config{}
	if o.NoConfig {
		return c, nil
	}
	paths := []string{o.ConfigFile}
	if o.ConfigFile == "" {
		home, _ := os.UserHomeDir()
		paths = []string{filepath.Join(home, ".ssh", "config"), "/etc/ssh/ssh_config"}
	}
	for _, p := range paths {
		f, err := o.Cache.config(p)
		if errors.Is(err, fs.ErrNotExist) && o.ConfigFile == "" {
			continue
		}
		if err != nil {
			return nil, err
		}
		c.files = append(c.files, f)
	}
	return c, nil
}

// get is the first value, as OpenSSH has it.
func (c *config) get(alias, key string) string {
	for _, f := range c.files {
		if v, err := f.Get(alias, key); err == nil && v != "" {
			return strings.Trim(v, `"`)
		}
	}
	return ""
}

// all is every value of a key that may repeat.
func (c *config) all(alias, key string) []string {
	var out []string
	for _, f := range c.files {
		values, err := f.GetAll(alias, key)
		if err != nil {
			continue
		}
		for _, v := range values {
			if !strings.EqualFold(v, "none") {
				out = append(out, strings.Trim(v, `"`))
			}
		}
	}
	return out
}
