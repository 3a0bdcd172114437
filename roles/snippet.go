package roles

import (
	"bytes"
	_ "embed" // a script
	"strconv"
	"strings"

	"foobar/internal/play"
	"foobar/internal/sh"
)

// snippetOf is the text of web.snippet or lb.snippet, "" without one: lines that end.
func snippetOf(s *play.Site, key string) string {
	text := strings.ReplaceAll(s.Secrets[key].Reveal(), "\r\n", "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

// snippetCheck is a checker's command that says what is wrong, which HAProxy's does not
// while it is quiet, and where it speaks of a snippet in the configuration, of which line
// of the snippet it speaks.
func snippetCheck(command, key, path string, conf []byte, snippet string) string {
	before, _, found := bytes.Cut(conf, []byte("# From "+key+".\n"+snippet))
	loud := strings.Replace(command, " -q ", " ", 1)
	if snippet == "" || !found {
		if strings.HasPrefix(command, "haproxy ") {
			return command + " || { " + loud + "; exit 1; }"
		}
		return command
	}
	first := bytes.Count(before, []byte("\n")) + 2
	// The checker is the first word: the check is skipped while it is not installed.
	return command + " || { " + sh.Set("snippet", path, "key", key, "first", strconv.Itoa(first), "last", strconv.Itoa(first+strings.Count(snippet, "\n")-1)) +
		"said=$(" + loud + " 2>&1) || :\n" + snippetScript + "}"
}

//go:embed snippet_check.sh
var snippetScript string
