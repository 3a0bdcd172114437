package inventory

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Placeholders are the names that a value of app.env may write in braces, such as
// {database.host}. Each stands for what foobar alone knows; the role app fills them in.
var Placeholders = []string{
	"database.url", "database.host", "database.port", "database.name", "database.user", "database.password", "database.ca",
	"database.read.url", "database.read.host", "database.read.port", "database.read.name", "database.read.user", "database.read.password", "database.read.ca",
	"site.name", "site.domain", "site.domains", "host.name", "host.address", "release",
}

// Other braces, such as those of JSON or of a log's format, are the app's own. Double
// ones keep a placeholder as it is written.
var placeholder = regexp.MustCompile(`\{?\{((?:database|site|host)\.[a-z_.]*|release)\}\}?`)

// Fill puts values in the place of a text's placeholders.
func Fill(text string, value func(name string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found, "{}")
		switch opens, ends := strings.HasPrefix(found, "{{"), strings.HasSuffix(found, "}}"); {
		case opens && ends:
			return found[1 : len(found)-1]
		case opens: // a brace of the app's own before it
			return "{" + value(name)
		case ends:
			return value(name) + "}"
		}
		return value(name)
	})
}

// placeholders refuses names that stand for nothing.
func placeholders(s string) error {
	var err error
	Fill(s, func(name string) string {
		if err == nil && !slices.Contains(Placeholders, name) {
			err = fmt.Errorf("{%s} is not a placeholder that foobar knows; %s (write {{%s}} for the text itself)", name, DidYouMean(name, Placeholders, "it can be"), name)
		}
		return ""
	})
	return err
}
