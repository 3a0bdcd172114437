package remote

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
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
