package remote

import (
	"crypto/sha1" //nolint:gosec // %C is a name, not a secret
	"encoding/hex"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// userHome is the folder that ~ stands for.
func userHome() string {
	home, _ := os.UserHomeDir()
	return home
}

// sshHome is the folder that ~ stands for in ssh: the password file's, whatever $HOME
// says.
func sshHome() string {
	if u, err := user.Current(); err == nil && u.HomeDir != "" {
		return u.HomeDir
	}
	return userHome()
}

func currentUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}

// tilde replaces ~ and ~NAME in front of a file name.
func tilde(path, home string) string {
	name, rest, _ := strings.Cut(path, "/")
	switch {
	case !strings.HasPrefix(name, "~"):
		return path
	case name == "~":
		return filepath.Join(home, rest)
	}
	if u, err := user.Lookup(name[1:]); err == nil {
		return filepath.Join(u.HomeDir, rest)
	}
	return path
}

// file expands the name of a file: ~, ${VARIABLES} and tokens.
func (s *settings) file(path string) (string, error) {
	path, err := variables(tilde(path, s.home))
	if err != nil {
		return "", err
	}
	return s.tokens(path, nil)
}

// variables replaces ${NAME}; one that is not set is an error, as in ssh.
func variables(text string) (string, error) {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "${")
		out.WriteString(before)
		if !ok {
			return out.String(), nil
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			return "", fmt.Errorf("%q lacks a }", text)
		}
		value := os.Getenv(name)
		if value == "" {
			return "", fmt.Errorf("the variable ${%s} has no value", name)
		}
		out.WriteString(value)
		text = after
	}
}

// tokens replaces the tokens of ssh_config(5) that are known before the connection;
// more are those that only the caller knows. An unknown one is an error, as in ssh.
func (s *settings) tokens(text string, more map[byte]string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			out.WriteByte(text[i])
			continue
		}
		if i++; i == len(text) {
			return "", fmt.Errorf("%q ends with a %%, which is written %%%%", text)
		}
		value, ok := more[text[i]]
		if !ok {
			value, ok = s.token(text[i])
		}
		if !ok {
			return "", fmt.Errorf("%q has the unknown token %%%c; a %% is written %%%%", text, text[i])
		}
		out.WriteString(value)
	}
	return out.String(), nil
}

func (s *settings) token(letter byte) (string, bool) {
	here, _ := os.Hostname()
	port := strconv.Itoa(s.port)
	switch letter {
	case '%':
		return "%", true
	case 'h':
		return s.host, true
	case 'n':
		return s.alias, true
	case 'p':
		return port, true
	case 'r':
		return s.user, true
	case 'k':
		if s.hostKeyAlias != "" {
			return s.hostKeyAlias, true
		}
		return s.alias, true
	case 'd':
		return s.home, true
	case 'u':
		return currentUser(), true
	case 'i':
		return strconv.Itoa(os.Getuid()), true
	case 'l':
		return here, true
	case 'L':
		short, _, _ := strings.Cut(here, ".")
		return short, true
	case 'j':
		return s.proxyJump, true
	case 'T':
		return "NONE", true // no tunnel
	case 'C':
		sum := sha1.Sum([]byte(here + s.host + port + s.user + s.proxyJump))
		return hex.EncodeToString(sum[:]), true
	}
	return "", false
}
