package resource

import (
	"bytes"
	"slices"
	"strings"
)

// secondFactor leaves keyboard-interactive alone in a drop-in where sshd asks everybody
// for it besides a key, as for a one-time password: with that switched off nobody could
// log in any more. Source: sshd_config(5), AuthenticationMethods.
func secondFactor(content []byte, says string) []byte {
	for line := range strings.Lines(says) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		lists := strings.Fields(value)
		if key != "authenticationmethods" || len(lists) == 0 || slices.ContainsFunc(lists, withoutQuestions) {
			continue
		}
		content = bytes.Replace(content, []byte("\nLoginGraceTime 20\n"), []byte("\n"), 1) // a person types it
		return bytes.Replace(content, []byte("\nKbdInteractiveAuthentication no\n"),
			[]byte("\n# KbdInteractiveAuthentication is left alone: AuthenticationMethods asks for it besides a key.\n"), 1)
	}
	return content
}

// withoutQuestions reports whether a list of methods, all of which it takes, has no
// keyboard-interactive, maybe by a device, as in "keyboard-interactive:pam".
func withoutQuestions(list string) bool {
	return !slices.ContainsFunc(strings.Split(list, ","), func(m string) bool {
		name, _, _ := strings.Cut(m, ":")
		return name == "keyboard-interactive"
	})
}
