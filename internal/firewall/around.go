package firewall

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/ask"
)

// around is one of the rule files that stand around those of ufw's command line:
// before.rules, after.rules and their IPv6 halves. Foobar writes the part of it that is
// ufw's, and keeps, each in its place, the lines of others that were there before it:
// the NAT of a VPN, marks, rules of their own. Sources: ufw-framework(8),
// iptables-restore(8).
type around struct {
	path string
	own  string // as foobar writes it where there is nothing else
	seen string // as it is
	// distribution is the package's own, by which what others added is told from it.
	distribution string
}

// What shows that foobar wrote a file, and what in it was there before.
const (
	written   = "# Written by foobar"
	keptBegin = "# kept: these lines were here before foobar"
	keptEnd   = "# end of what was kept"
)

// foreign is a line of somebody else's.
type foreign struct {
	section int // of the file, by which the lines of one table stay together
	table   string
	line    string
	after   int  // the line of foobar's own that it follows, where the section is ufw's
	marked  bool // as kept
	bare    bool // a comment or a builtin chain, which stays with the lines around it
}

// section is a table in a rule file, from *table to COMMIT.
type section struct {
	table  string
	lines  []string
	marked []bool
}

func tablesOf(text string) []section {
	var all []section
	inside, marked := false, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == keptBegin:
			marked = true
		case line == keptEnd:
			marked = false
		case strings.HasPrefix(line, "*"):
			all, inside = append(all, section{table: line[1:]}), true
		case line == "COMMIT":
			inside = false
		case inside:
			s := &all[len(all)-1]
			s.lines, s.marked = append(s.lines, line), append(s.marked, marked)
		}
	}
	return all
}

// ruleKey is a line so that equal ones are equal text, and "" for what is no rule.
func ruleKey(line string) string {
	word := strings.Fields(line)
	switch {
	case len(word) == 0 || line[0] == '#':
		return ""
	case line[0] == ':':
		return word[0]
	case len(word) > 1:
		return word[0] + " " + word[1] + parseRule(line).String()
	}
	return line
}

// places are the rules of foobar's own text by their line, and the line of its last chain.
func places(own string) (at map[string]int, chains int) {
	at = map[string]int{}
	for i, line := range strings.Split(own, "\n") {
		if key := ruleKey(line); key != "" && line[0] != '*' && line != "COMMIT" {
			at[key] = i
			if line[0] == ':' {
				chains = i
			}
		}
	}
	return at, chains
}

// others are the lines that are neither foobar's nor the distribution's.
func (a around) others() []foreign {
	at, chains := places(a.own)
	stock := map[string]bool{}
	if !strings.HasPrefix(a.seen, written) { // in foobar's there is nothing of the distribution's
		for _, s := range tablesOf(a.distribution) {
			for _, line := range s.lines {
				stock[ruleKey(line)] = true
			}
		}
	}
	var found []foreign
	whose := false // has ufw's own section been
	for n, s := range tablesOf(a.seen) {
		own := !whose && s.table == "filter" && slices.ContainsFunc(s.lines, func(line string) bool {
			i, ok := at[ruleKey(line)]
			return ok && line[0] == ':' && i <= chains
		})
		whose = whose || own
		place := chains
		for i, line := range s.lines {
			o := foreign{section: n, table: s.table, line: line, after: -1, marked: s.marked[i]}
			key := ruleKey(line)
			if !own {
				word := strings.Fields(line)
				o.bare = key == "" || line[0] == ':' && len(word) > 1 && word[1] != "-"
				found = append(found, o)
				continue
			}
			if own, ok := at[key]; ok {
				if line[0] != ':' {
					place = own
				}
			} else if key != "" && !stock[key] {
				o.after = place
				found = append(found, o)
			}
		}
	}
	return found
}

// mostKept is how many lines of a file are named one by one.
const mostKept = 200

// merge is the file as it shall be, and the names of what stays in it and of what goes.
// Of a file with very many lines of others one name stands for all.
func (a around) merge(purge bool, strange func(string) bool) (text string, stay, gone []string) {
	if a.seen == a.own || a.seen == "" {
		return a.own, nil, nil
	}
	all := a.others()
	recorded := strange("") // where the ledger says what was there, nothing is not in it
	group := fmt.Sprintf("%s: more than %d lines", a.path, mostKept)
	whole := !purge && !strange(group) && (recorded || len(all) > mostKept)
	// Of a file that foobar wrote, what is neither marked nor named in the ledger came
	// later, or is a line of foobar's own of before.
	later := strings.HasPrefix(a.seen, written) && (whole || !recorded)
	var kept []foreign
	lines := map[int]bool{} // sections with a line that stays
	for _, o := range all {
		name := a.path + ", table " + ask.Printable(o.table+": "+o.line, mostText)
		switch {
		case o.bare:
		case purge || !whole && strange(name) || later && !o.marked:
			gone = append(gone, name)
			continue
		default:
			lines[o.section] = true
			stay = append(stay, name)
		}
		kept = append(kept, o)
	}
	if whole && len(stay) > 0 {
		stay = []string{group}
	}
	kept = slices.DeleteFunc(kept, func(o foreign) bool { return !lines[o.section] })
	return a.render(kept), stay, gone
}

// render writes foobar's own text, in it the lines that follow one of its own, and
// behind it the tables of others.
func (a around) render(kept []foreign) string {
	var b strings.Builder
	mark := func(lines []string) {
		if len(lines) > 0 {
			b.WriteString(keptBegin + "\n" + strings.Join(lines, "\n") + "\n" + keptEnd + "\n")
		}
	}
	for i, line := range strings.SplitAfter(a.own, "\n") {
		b.WriteString(line)
		var here []string
		for _, o := range kept {
			if o.after == i {
				here = append(here, o.line)
			}
		}
		mark(here)
	}
	var table []string
	for i, o := range kept {
		if o.after >= 0 {
			continue
		}
		if len(table) == 0 {
			table = []string{"*" + o.table}
		}
		table = append(table, o.line)
		if i+1 == len(kept) || kept[i+1].section != o.section {
			mark(append(table, "COMMIT"))
			table = nil
		}
	}
	return b.String()
}
