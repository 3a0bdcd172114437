package remote

import (
	"cmp"
	"net"
	"os"
	"strconv"
	"strings"
)

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
	// Where "ask" is said, nothing is written, and plans and checks say what to add.
	s.updateHostKeys = conf.yes("updatehostkeys") || conf.get("updatehostkeys") == "" && conf.get("userknownhostsfile") == "" && !conf.yes("verifyhostkeydns")
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
