// Package docs explains what people meet: the keys of the inventory, from its
// schema and the example that shows every key, the codes of failures, and what
// the exit status says.
package docs

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/inventory"
)

// Explain explains topics: sections and keys of the inventory, codes, "codes", "exit",
// "environment" and "files"; without any it lists what there is to read about. The first
// that it does not know is an error, which names the nearest one.
func Explain(topics []string) (string, error) {
	ref := newReference()
	if len(topics) == 0 {
		return ref.contents(), nil
	}
	var b strings.Builder
	for i, topic := range topics {
		if i > 0 {
			b.WriteString("\n")
		}
		if err := explainTopic(&b, ref, topic); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

func explainTopic(w *strings.Builder, ref *reference, topic string) error {
	word := strings.Trim(topic, "[]")
	if e, ok := fault.Lookup(fault.Code(word)); ok {
		writeEntry(w, e)
		return nil
	}
	switch word {
	case "codes":
		writeCodes(w)
		return nil
	case "exit":
		writeExits(w)
		return nil
	case "environment":
		writeNamed(w, Environment())
		return nil
	case "files":
		writeNamed(w, Files())
		return nil
	}
	if word != strings.ToUpper(word) && ref.explain(w, word) { // SSH are codes, ssh a section
		return nil
	}
	for _, area := range fault.Catalogue() {
		if strings.EqualFold(area.Name, word) {
			writeArea(w, area)
			return nil
		}
	}
	all, advice := Topics(), "foobar docs lists them"
	same := slices.DeleteFunc(slices.Clone(all), func(t string) bool { return !strings.HasSuffix(t, "."+strings.ToLower(word)) })
	if near := inventory.Nearest(word, all); near != "" {
		advice = "did you mean " + near + "?"
	} else if len(same) > 0 && len(same) < 4 { // a key without its table
		advice = "did you mean " + strings.Join(same, " or ") + "?"
	}
	return fault.Wrap(fault.NoSuch, fmt.Errorf("there is no section, key or code %q; %s", ask.PrintableText(topic, 1<<10), advice))
}

// Topics are all words that Explain knows.
func Topics() []string {
	list := []string{"codes", "exit", "environment", "files"}
	ref := newReference()
	for _, e := range ref.all(ref.root())[1:] {
		list = append(list, e.path)
	}
	for _, area := range fault.Catalogue() {
		for _, e := range area.Entries {
			list = append(list, string(e.Code))
		}
	}
	return list
}

func writeEntry(w *strings.Builder, e fault.Entry) {
	fmt.Fprintf(w, "%s  %s\n\n%s\n\nLikely causes:\n", e.Code, e.Title, wrapped(e.Means, "  "))
	for _, c := range e.Causes {
		fmt.Fprintln(w, hanging(c, "  - "))
	}
	fmt.Fprint(w, "\nWhat to do next:\n")
	for _, n := range e.Steps(fault.Place{}) {
		// A command is not broken, so that it can be copied.
		what, command, ok := strings.Cut(n, ": ")
		if ok && len("  - ")+len(n) > 88 {
			fmt.Fprintf(w, "%s:\n      %s\n", hanging(what, "  - "), command)
			continue
		}
		fmt.Fprintln(w, hanging(n, "  - "))
	}
	if len(e.Keys) > 0 {
		fmt.Fprintf(w, "\nKeys of the inventory that may be to blame:\n%s\n", wrapped(strings.Join(e.Blamed("NAME"), ", "), "  "))
	}
}

func writeCodes(w *strings.Builder) {
	fmt.Fprint(w, "A code is an area and a number, and never changes its meaning. foobar docs CODE explains one.\n")
	for _, area := range fault.Catalogue() {
		w.WriteString("\n")
		writeArea(w, area)
	}
}

func writeArea(w *strings.Builder, area fault.Area) {
	fmt.Fprintf(w, "%s: %s\n", area.Name, area.Title)
	for _, e := range area.Entries {
		fmt.Fprintf(w, "  %-6s  %s\n", e.Code, e.Title)
	}
}

func writeExits(w *strings.Builder) {
	for _, e := range Exits() {
		fmt.Fprintf(w, "  %-8s  %s\n", e.Status, e.Means)
	}
}

// Exit is an exit status, or several, and what it means.
type Exit struct{ Status, Means string }

// Exits are what the exit status says, as the README has it.
func Exits() []Exit {
	return []Exit{
		{"0", "done, or nothing to do"},
		{"1", "a host or a step failed"},
		{"2", "`plan` found differences"},
		{"4", "a host could not be reached, or refused the login"},
		{"5", "another run holds a host"},
		{"6", "the saved plan is stale"},
		{"7", "a change reverted itself"},
		{"8", "converged, but unhealthy; or all was done but the monitoring"},
		{"64", "usage or inventory error, before any connection"},
		{"130, 143", "interrupted: the first Ctrl-C stops after the current step, the second at once"},
	}
}

// wrapped breaks a text into lines of at most 88 letters behind an indent.
func wrapped(text, indent string) string { return fold(text, indent, indent) }

// hanging breaks a text as wrapped does, behind a mark on its first line.
func hanging(text, mark string) string { return fold(text, mark, strings.Repeat(" ", len(mark))) }

func fold(text, first, rest string) string {
	var b strings.Builder
	line := first
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			line += word
		case len(line)+1+len(word) > 88:
			b.WriteString(line + "\n")
			line = rest + word
		default:
			line += " " + word
		}
	}
	return b.String() + line
}
