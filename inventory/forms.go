package inventory

import (
	"regexp"
	"strings"
)

// otherForm says that a text seems to be something else than TOML, by its first line that
// says something; "" for TOML, right or wrong.
func otherForm(text string) string {
	if sealed := sealedForm(text); sealed != "" {
		return sealed
	}
	if language := otherLanguage(text); language != "" {
		return "this looks like " + language + ", and an inventory is TOML; foobar init writes one"
	}
	return ""
}

// sealedForm knows the files that stand for one that is encrypted, or elsewhere.
func sealedForm(text string) string {
	first, _, _ := strings.Cut(strings.TrimLeft(text, " \t\r\n\ufeff"), "\n")
	switch {
	case strings.HasPrefix(text, "\x7fELF"), strings.HasPrefix(text, "PK\x03\x04"), strings.HasPrefix(text, "\x1f\x8b"):
		return "the file is a program or an archive; name the right file"
	case strings.HasPrefix(first, "$ANSIBLE_VAULT"), strings.HasPrefix(first, "age-encryption.org"), strings.HasPrefix(first, "-----BEGIN PGP MESSAGE"),
		strings.HasPrefix(first, "-----BEGIN AGE ENCRYPTED"), strings.Contains(text, ": ENC[AES256"), strings.Contains(text, `"ENC[AES256`):
		return "the file is encrypted, and an inventory holds no secrets, only where each comes from; name the file that it was made from"
	case strings.HasPrefix(first, "version https://git-lfs"):
		return "this is a pointer of Git LFS, not the file itself; fetch that with git lfs pull"
	case strings.HasPrefix(first, "--- a/"), strings.HasPrefix(first, "diff --git"):
		return "this is a patch; name the file that it changes"
	}
	return ""
}

var (
	yamlLine  = regexp.MustCompile(`^(---|- |[A-Za-z_][A-Za-z0-9_-]*:( |$))`)
	iniLine   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]* +ansible_[a-z_]+=`)
	jsonList  = regexp.MustCompile(`^\[ *(\{|$)`)
	hostsLine = regexp.MustCompile(`^([0-9]+(\.[0-9]+){3}[ \t]+[^=]*|[^ =]+ (ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]+=*.*)$`)
	iniGroup  = regexp.MustCompile(`^\[[A-Za-z0-9_.-]+:(children|vars)\]`)
	iniHost   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*([.0-9]|\[[0-9a-z]+:[0-9a-z]+\])[A-Za-z0-9.-]*(:[0-9]+)?$`)
	sshLine   = regexp.MustCompile(`^(Host|Match) [^=]+$`)
	blockLine = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_ "-]* \{$`)
)

// otherLanguage names the language, "" for none that is known.
func otherLanguage(text string) string {
	tables := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch word := strings.TrimSpace(line); {
		case strings.HasPrefix(word, "#!"):
			return "a script"
		case strings.HasPrefix(word, "-----BEGIN"):
			return "a key or a certificate"
		case word == "", strings.HasPrefix(word, "#"), strings.HasPrefix(word, ";"):
			continue
		case conflictMark.MatchString(word), templateMark.MatchString(word):
			return "" // which is said of the line itself
		case strings.HasPrefix(word, "{"), !tables && jsonList.MatchString(word):
			return "JSON"
		case strings.HasPrefix(word, "<"):
			return "XML"
		case yamlLine.MatchString(line) && !tables:
			return "YAML"
		case iniLine.MatchString(word), iniGroup.MatchString(word), tables && iniHost.MatchString(word) && !strings.Contains(text, "[hosts."):
			return "an Ansible inventory"
		case !tables && (hostsLine.MatchString(word) || iniHost.MatchString(word)):
			return "a list of hosts or of their keys"
		case !tables && sshLine.MatchString(word):
			return "ssh_config"
		case !tables && blockLine.MatchString(word):
			return "HCL, or a configuration of nginx"
		case strings.HasPrefix(word, "["):
			tables = true
			continue // a table, in INI as in TOML
		}
		return ""
	}
	return ""
}
