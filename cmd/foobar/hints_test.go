package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"foobar/inventory"
)

// keywords are those of ssh_config(5), sshd_config(5) and sudoers(5) that a message
// about a login may name.
const keywords = `AddKeysToAgent AddressFamily AuthenticationMethods AuthorizedKeysFile AllowTcpForwarding AllowUsers BindAddress BindInterface
	CertificateFile CheckHostIP ConnectTimeout ConnectionAttempts GlobalKnownHostsFile HostCertificate HostKeyAlgorithms HostKeyAlias HostName
	IdentitiesOnly IdentityAgent IdentityFile KbdInteractiveAuthentication KexAlgorithms KnownHostsCommand MaxAuthTries MaxSessions MaxStartups
	PasswordAuthentication PermitRootLogin PreferredAuthentications ProxyCommand ProxyJump ProxyUseFdpass PubkeyAcceptedAlgorithms
	PubkeyAuthentication RekeyLimit RevokedHostKeys ServerAliveCountMax ServerAliveInterval StrictHostKeyChecking TCPKeepAlive
	UpdateHostKeys UserKnownHostsFile`

// literals are the texts in the Go files that match a pattern, but for tests.
func literals(t *testing.T, pattern string) map[string]string {
	t.Helper()
	found := map[string]string{}
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatal(pattern, err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if text, err := strconv.Unquote(l.Value); err == nil {
					found[text] = files.Position(l.Pos()).String()
				}
			}
			return true
		})
	}
	return found
}

// TestHintsNameWhatExists: a message about the way to a host names keys that the
// inventory has, flags that the verbs have, and keywords that OpenSSH has.
func TestHintsNameWhatExists(t *testing.T) {
	ssh := inventory.Schema()["properties"].(map[string]any)["ssh"].(map[string]any)["properties"].(map[string]any)
	deploy, _, err := root().Find([]string{"deploy"})
	if err != nil {
		t.Fatal(err)
	}
	dotted := regexp.MustCompile(`(?:^|[^\w.@-])ssh\.([a-z_]+)`)
	written := regexp.MustCompile(`([a-z_]+)(?: = "[^"]*")? (?:in|into) \[ssh\]`)
	flag := regexp.MustCompile(`(?:^|[ (])--([a-z][a-z-]+)`) // not in the catalogue, which has other programs' flags
	keyword := regexp.MustCompile(`\b(?:[A-Z][A-Z]?[a-z]+){2,}[A-Z]*\b`)
	seen := 0
	for _, pattern := range []string{"../../internal/remote/*.go", "../../internal/fault/hosts.go"} {
		for text, at := range literals(t, pattern) {
			for _, m := range slices.Concat(dotted.FindAllStringSubmatch(text, -1), written.FindAllStringSubmatch(text, -1)) {
				if seen++; ssh[m[1]] == nil {
					t.Errorf("%s: the inventory has no ssh.%s: %s", at, m[1], text)
				}
			}
			for _, m := range flag.FindAllStringSubmatch(text, -1) {
				if seen++; deploy.Flags().Lookup(m[1]) == nil && !strings.Contains(at, "/fault/") {
					t.Errorf("%s: foobar deploy has no --%s: %s", at, m[1], text)
				}
			}
			for _, word := range keyword.FindAllString(text, -1) {
				if seen++; !slices.Contains(strings.Fields(keywords), word) && !strings.HasPrefix(text, "SSH-2.0") && !strings.Contains(word, "OpenSSH") {
					t.Errorf("%s: OpenSSH has no keyword %s: %s", at, word, text)
				}
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d names were found to look at", seen)
	}
}
