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

// snippetCheck is a checker's command that says, where it refuses a configuration which
// holds a snippet, of which line of the snippet it speaks. The command's last word is the
// configuration.
func snippetCheck(command, key, path string, conf []byte, snippet string) string {
	before, _, found := bytes.Cut(conf, []byte("# From "+key+".\n"+snippet))
	if snippet == "" || !found {
		return command
	}
	first := bytes.Count(before, []byte("\n")) + 2
	// The checker is the first word: the check is skipped while it is not installed.
	return command + " || { " + sh.Set("snippet", path, "key", key, "first", strconv.Itoa(first), "last", strconv.Itoa(first+strings.Count(snippet, "\n")-1)) +
		"said=$(" + command + " 2>&1) || :\n" + snippetScript + "}"
}

//go:embed snippet_check.sh
var snippetScript string
