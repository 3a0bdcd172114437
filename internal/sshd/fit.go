// Package sshd fits what foobar asks of a host's sshd to what its administrator asks.
package sshd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fit leaves lines out of a drop-in that is read before every other setting, by what
// sshd -T says is in force: those that would allow more than the administrator does, and
// those that would shut out who has to type a one-time password. Source: sshd_config(5).
func Fit(content []byte, says string) []byte {
	is := map[string]string{}
	for line := range strings.Lines(says) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		is[key] = value
	}
	lists := strings.Fields(is["authenticationmethods"])
	typed := len(lists) > 0 && !slices.ContainsFunc(lists, withoutQuestions)
	var text strings.Builder
	for line := range strings.Lines(string(content)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case typed && key == "LoginGraceTime": // a person types it
		case typed && key == "KbdInteractiveAuthentication":
			text.WriteString("# KbdInteractiveAuthentication is left alone: AuthenticationMethods asks for it besides a key.\n")
		case allows(key, value, is[strings.ToLower(key)]):
			fmt.Fprintf(&text, "# %s is left alone: this host has a stricter one.\n", key)
		default:
			text.WriteString(line)
		}
	}
	return []byte(text.String())
}

// withoutQuestions reports whether a list of methods, all of which it takes, has no
// keyboard-interactive, maybe by a device, as in "keyboard-interactive:pam".
func withoutQuestions(list string) bool {
	return !slices.ContainsFunc(strings.Split(list, ","), func(m string) bool {
		name, _, _ := strings.Cut(m, ":")
		return name == "keyboard-interactive"
	})
}

// allows reports whether a value allows more than the one that is in force.
func allows(key, value, is string) bool {
	switch key {
	case "PermitRootLogin":
		return is == "no" || is == "forced-commands-only" && value != "no"
	case "MaxAuthTries", "LoginGraceTime": // 0 seconds are no limit
		most, err := strconv.Atoi(value)
		has, err2 := strconv.Atoi(is)
		return err == nil && err2 == nil && has > 0 && has < most
	}
	return false
}
