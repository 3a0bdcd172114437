// Package manual writes the manual pages of a command line: those of the library that
// reads it, with the sections that readers look for besides: OPTIONS in the usual form,
// EXIT STATUS, ENVIRONMENT, FILES and EXAMPLES. Source: man-pages(7).
package manual

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"foobar/internal/docs"
)

// Tree writes a page for a command and each below it into a folder, which it makes, and
// returns how many.
func Tree(cmd *cobra.Command, header doc.GenManHeader, dir string) (n int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	for _, one := range append(below(cmd), cmd) {
		var page bytes.Buffer
		if err := Page(&page, one, header); err != nil {
			return n, err
		}
		if err := os.WriteFile(filepath.Join(dir, name(one)+".1"), page.Bytes(), 0o644); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// below are the commands under another one that have a page; that of completion is for
// all shells.
func below(cmd *cobra.Command) (list []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		if cmd.Name() != "completion" && sub.IsAvailableCommand() && !sub.IsAdditionalHelpTopicCommand() && sub.Name() != "help" {
			list = append(append(list, sub), below(sub)...)
		}
	}
	return list
}

func name(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// Page writes the page of one command. Of its long text, paragraphs of indented lines are
// examples, and one that begins with "Exit status:" is that.
func Page(w io.Writer, cmd *cobra.Command, header doc.GenManHeader) error {
	long := cmd.Long
	defer func() { cmd.Long = long }()
	t := read(long)
	cmd.Long = strings.Join(t.says, "\n\n")
	cmd.Root().DisableAutoGenTag = true
	var page bytes.Buffer
	if err := doc.GenMan(cmd, &header, &page); err != nil {
		return err
	}
	text, _, _ := strings.Cut(page.String(), ".SH OPTIONS\n")
	if !cmd.HasParent() {
		text = strings.Replace(text, `\fB`+cmd.Name()+` [flags]\fP`, `\fB`+cmd.Name()+` COMMAND [ARGUMENT...] [FLAG...]\fP`, 1)
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(text, "\n") + "\n\n")
	options(&b, cmd)
	t.exitStatus(&b, cmd)
	list(&b, "ENVIRONMENT", cmd, docs.Environment())
	list(&b, "FILES", cmd, docs.Files())
	if len(t.examples) > 0 {
		b.WriteString(".SH EXAMPLES\n.EX\n" + roff(strings.Join(t.examples, "\n\n")) + "\n.EE\n\n")
	}
	b.WriteString(".SH SEE ALSO\n" + strings.Join(related(cmd), ", ") + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// texts are the parts of a command's long text.
type texts struct {
	says, examples []string
	exits          []docs.Exit
	exit           string // where the exit status is no list of numbers
}

func read(long string) (t texts) {
	for paragraph := range strings.SplitSeq(strings.Trim(long, "\n"), "\n\n") {
		lines := strings.Split(paragraph, "\n")
		if !slices.ContainsFunc(lines, func(l string) bool { return !strings.HasPrefix(l, "    ") }) {
			for i, l := range lines {
				lines[i] = strings.TrimPrefix(l, "    ")
			}
			t.examples = append(t.examples, strings.Join(lines, "\n"))
			continue
		}
		exit, ok := strings.CutPrefix(strings.Join(strings.Fields(paragraph), " "), "Exit status: ")
		if !ok {
			t.says = append(t.says, paragraph)
			continue
		}
		var more string
		if exit, more, ok = strings.Cut(exit, ". With -o json"); ok {
			t.says = append(t.says, "With -o json"+more)
		}
		if t.exits = exits(exit); t.exits == nil {
			t.exit = exit
		}
	}
	return t
}

// exits reads "0 done, 1 it failed; 130 or 143 interrupted".
func exits(text string) (list []docs.Exit) {
	for part := range strings.SplitSeq(strings.NewReplacer("; ", "\n", ", ", "\n, ").Replace(strings.TrimSuffix(text, ".")), "\n") {
		word := strings.TrimPrefix(part, ", ")
		status, means, _ := strings.Cut(word, " ")
		for strings.HasPrefix(means, "or ") && len(means) > 3 && digit(means[3]) {
			next, rest, _ := strings.Cut(means[3:], " ")
			status, means = status+", "+next, rest
		}
		switch {
		case status != "" && digit(status[0]) && means != "":
			list = append(list, docs.Exit{Status: status, Means: means})
		case len(list) > 0 && part != word:
			list[len(list)-1].Means += part
		case len(list) > 0:
			list[len(list)-1].Means += "; " + part
		default:
			return nil
		}
	}
	return list
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// usual are the statuses of a command that says nothing of them.
func usual() []docs.Exit {
	return []docs.Exit{{Status: "0", Means: "done"}, {Status: "1", Means: "it failed"}, {Status: "64", Means: "wrong usage or inventory"}}
}

func (t texts) exitStatus(b *strings.Builder, cmd *cobra.Command) {
	b.WriteString(".SH EXIT STATUS\n")
	list := t.exits
	switch {
	case t.exit != "":
		b.WriteString(roff(t.exit) + "\n\n")
		return
	case !cmd.HasParent():
		list = docs.Exits()
	case list == nil:
		list = usual()
	}
	for _, e := range list {
		fmt.Fprintf(b, ".TP\n\\fB%s\\fP\n%s\n", e.Status, roff(strings.ReplaceAll(e.Means, "`", "")))
	}
	b.WriteString("\n")
}

// list writes what concerns a command; the page of the whole program has all.
func list(b *strings.Builder, title string, cmd *cobra.Command, all []docs.Named) {
	begun := false
	for _, n := range all {
		if cmd.HasParent() && !concerns(n.Of, cmd) {
			continue
		}
		if !begun {
			b.WriteString(".SH " + title + "\n")
		}
		begun = true
		fmt.Fprintf(b, ".TP\n\\fB%s\\fP\n%s\n", roff(n.Name), roff(n.Means))
	}
	if begun {
		b.WriteString("\n")
	}
}

// concerns says whether something is of use with a command: by the kind of its arguments,
// by a flag that it has, or by its name.
func concerns(of string, cmd *cobra.Command) bool {
	inventory := strings.Contains(cmd.Use, "[INVENTORY]")
	switch of {
	case docs.WithInventory:
		return inventory
	case docs.WithHosts:
		return inventory && cmd.Flags().Lookup("identity") != nil
	}
	if flag, ok := strings.CutPrefix(of, "--"); ok {
		return cmd.Flags().Lookup(flag) != nil
	}
	return slices.Contains(strings.Fields(of), cmd.Name()) || cmd.Parent().Name() == of
}

// related are the pages to see besides: the parent's, those below, and those beside it in
// the same group of the help.
func related(cmd *cobra.Command) (list []string) {
	add := func(c *cobra.Command) {
		if text := `\fB` + roff(name(c)) + `\fP(1)`; c != cmd && !slices.Contains(list, text) && c.IsAvailableCommand() && c.Name() != "help" {
			list = append(list, text)
		}
	}
	if cmd.HasParent() {
		list = append(list, `\fB`+roff(name(cmd.Parent()))+`\fP(1)`)
		for _, c := range cmd.Parent().Commands() {
			if c.GroupID == cmd.GroupID {
				add(c)
			}
		}
	}
	for _, c := range cmd.Commands() {
		if cmd.Name() == "completion" {
			break
		}
		add(c)
	}
	return list
}

// roff writes a text so that none of it is a request or an escape. Source: groff(7).
func roff(text string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
