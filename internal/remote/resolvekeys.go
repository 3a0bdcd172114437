package remote

import (
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// resolveKeys: what the inventory names are the only keys that count.
func (s *settings) resolveKeys(o Options, conf *config) (err error) {
	s.explicit = len(o.Identities) > 0 || conf.yes("identitiesonly")
	s.identities = s.plain(o.Identities)
	if len(o.Identities) == 0 {
		files := conf.all("identityfile")
		s.defaultsForKey = conf.defaultKeys || len(files) == 0
		if len(files) == 0 {
			files = []string{"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519_sk", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_rsa"}
		}
		if s.identities, err = s.expand("IdentityFile", withoutNone(files)); err != nil {
			return err
		}
	}
	if s.certificates, err = s.expand("CertificateFile", withoutNone(conf.all("certificatefile"))); err != nil {
		return err
	}
	switch a := conf.get("identityagent"); {
	case strings.EqualFold(a, "none"):
	case a == "" || a == "SSH_AUTH_SOCK":
		s.agentSocket = os.Getenv("SSH_AUTH_SOCK")
	case strings.HasPrefix(a, "$") && !strings.HasPrefix(a, "${"):
		s.agentSocket = os.Getenv(a[1:])
	case conf.whole: // ssh has expanded it
		s.agentSocket = tilde(a, s.home)
	default:
		expanded, err := s.expand("IdentityAgent", []string{a})
		if err != nil {
			return err
		}
		s.agentSocket = expanded[0]
	}
	return nil
}

// withoutNone: "none" among file names stands for no file.
func withoutNone(files []string) []string {
	return slices.DeleteFunc(slices.Clone(files), func(f string) bool { return strings.EqualFold(f, "none") })
}

func (s *settings) resolveLogin(_ Options, conf *config) error {
	s.preferredAuth = conf.list("preferredauthentications")
	s.pubkeyAlgorithms = conf.list("pubkeyacceptedalgorithms")
	if s.pubkeyAlgorithms == nil { // its name before OpenSSH 8.5
		s.pubkeyAlgorithms = conf.list("pubkeyacceptedkeytypes")
	}
	s.provider = conf.set("pkcs11provider")
	s.noPublicKey = conf.no("pubkeyauthentication")
	s.noPassword = conf.no("passwordauthentication")
	s.noKeyboard = conf.no("kbdinteractiveauthentication") || conf.no("challengeresponseauthentication")
	for i, word := range conf.words("addkeystoagent") {
		switch word = strings.ToLower(word); word {
		case "no", "false":
		case "yes", "true":
			s.addKeysToAgent.how = "yes"
		case "ask", "confirm":
			s.addKeysToAgent.how = word
		default: // how long, alone or after "confirm"
			d, err := duration(word)
			if err != nil || i > 1 {
				return s.bad(ownConfig, "ssh_config: wrong AddKeysToAgent %q", clean(conf.get("addkeystoagent")))
			}
			s.addKeysToAgent.lifetime = d
			if i == 0 {
				s.addKeysToAgent.how = "yes"
			}
		}
	}
	return nil
}

// withoutMAC are the ciphers that need no MAC: with these it does not matter which are allowed.
var withoutMAC = []string{ssh.CipherChaCha20Poly1305, ssh.CipherAES128GCM, ssh.CipherAES256GCM}

// resolveAlgorithms takes over those that this program has, in the order of
// ssh_config: ssh has others, and other defaults.
func (s *settings) resolveAlgorithms(_ Options, conf *config) (err error) {
	good, old := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	pick := func(key string, have ...string) []string {
		want := conf.list(key)
		got := slices.DeleteFunc(slices.Clone(want), func(a string) bool { return !slices.Contains(have, a) })
		if len(want) > 0 && len(got) == 0 {
			err = s.bad(ownConfig, "ssh_config allows no %s but %s, and foobar has %s", key, clean(strings.Join(want, ", ")), strings.Join(have, ", "))
		}
		return got
	}
	s.ciphers = pick("ciphers", append(good.Ciphers, old.Ciphers...)...)
	before := err
	s.macs = pick("macs", append(good.MACs, old.MACs...)...)
	own := s.ciphers
	if len(own) == 0 {
		own = good.Ciphers
	}
	if len(s.macs) == 0 && len(conf.list("macs")) > 0 {
		if s.ciphers = slices.DeleteFunc(slices.Clone(own), func(c string) bool { return !slices.Contains(withoutMAC, c) }); len(s.ciphers) > 0 {
			err = before
		}
	}
	s.kex = pick("kexalgorithms", append(good.KeyExchanges, old.KeyExchanges...)...)
	if len(s.kex) == 0 { // of itself the library offers less than it has
		s.kex = good.KeyExchanges
	}
	if limit := conf.words("rekeylimit"); len(limit) > 0 && err == nil {
		// The time after it is not kept: the library counts bytes alone.
		s.rekeyBytes, err = bytesOf(limit[0])
		if err != nil {
			return s.bad(ownConfig, "ssh_config: wrong RekeyLimit %q", clean(limit[0]))
		}
	}
	return err
}
