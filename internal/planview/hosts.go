package planview

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/event"
)

// fewest is from how many hosts on those whose plans read alike are told of once.
const fewest = 4

// Groups puts plans together that read alike at a depth: the same changes for the same
// reasons with the same differences, to the letter or but for the host's own name and
// addresses and digests of texts.
// Each group holds indices, and the groups come in the order of their first hosts; fewer
// than four hosts stay by themselves.
func Groups(plans []event.HostPlanned, depth Depth) [][]int {
	letters, rest := alike(plans, all(len(plans)), func(e event.HostPlanned) []string { return body(Bare, e, depth, "") })
	words, rest := alike(plans, rest, func(e event.HostPlanned) []string { return Common(body(Bare, e, depth, ""), e) })
	groups := slices.Concat(letters, words)
	for _, i := range rest {
		groups = append(groups, []int{i})
	}
	slices.SortFunc(groups, func(a, b []int) int { return a[0] - b[0] })
	return groups
}

// alike are groups of those plans, by their indices, whose lines are the same; rest are
// those that are in none.
func alike(plans []event.HostPlanned, of []int, lines func(event.HostPlanned) []string) (groups [][]int, rest []int) {
	at := map[string]int{}
	for _, i := range of {
		e := plans[i]
		key := strings.Join(append(lines(e), Title(len(e.Changes), len(e.Refused), len(e.Held))), "\n")
		n, known := at[key]
		if !known {
			n, groups = len(groups), append(groups, nil)
			at[key] = n
		}
		groups[n] = append(groups[n], i)
	}
	groups = slices.DeleteFunc(groups, func(g []int) bool {
		if len(g) < fewest {
			rest = append(rest, g...)
		}
		return len(g) < fewest
	})
	return groups, rest
}

func all(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// What stands for the name and for an address of each host of a group.
const (
	hostMark    = "{host}"
	addressMark = "{address}"
)

// digest is how a text is named whose bytes are not at hand.
var digest = regexp.MustCompile(`sha256:[0-9a-f]{12}\b`)

// colour is a text that ends with what SGR writes before one.
var colour = regexp.MustCompile("\x1b\\[[0-9;]*m$")

// Common is what lines of a host's plan have in common with those of hosts whose plans
// are in one group with it.
func Common(lines []string, e event.HostPlanned) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		l = marked(l, e.Host, hostMark)
		for _, a := range e.Addresses {
			l = marked(l, a, addressMark)
		}
		out[i] = digest.ReplaceAllString(l, "sha256:…")
	}
	return out
}

// marked puts a mark in the place of a name where it stands as a word.
func marked(line, name, mark string) string {
	if name == "" || !strings.Contains(line, name) {
		return line
	}
	var b strings.Builder
	for rest := line; ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return b.String() + rest
		}
		end := i + len(name)
		b.WriteString(rest[:i])
		if partOfName(byteAt(rest, i-1)) && !colour.MatchString(rest[:i]) || partOfName(byteAt(rest, end)) {
			b.WriteString(name)
		} else {
			b.WriteString(mark)
		}
		rest = rest[end:]
	}
}

func byteAt(s string, i int) byte {
	if i < 0 || i >= len(s) {
		return ' '
	}
	return s[i]
}

func partOfName(c byte) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// Hosts are the plans of hosts, a block for each group. Where the plans of a group are
// not the same to the letter, its block shows what they have in common.
func Hosts(paint Paint, plans []event.HostPlanned, depth Depth) []string {
	var lines []string
	for _, g := range Groups(plans, depth) {
		e, names, same := plans[g[0]], make([]string, len(g)), true
		for i, at := range g {
			names[i] = plans[at].Host
			same = same && Same(plans[at], e)
		}
		const nobody = "\x00"
		text := body(paint, e, depth, nobody)
		if !same {
			text = Common(text, e)
		}
		for i, l := range text {
			text[i] = strings.Replace(l, nobody, Names(names), 1)
		}
		if head := Heading(paint, names, Title(len(e.Changes), len(e.Refused), len(e.Held))); head != "" {
			lines = append(lines, head)
		}
		lines = append(lines, text...)
	}
	return lines
}

// Same reports whether two hosts have the same plan to the letter.
func Same(a, b event.HostPlanned) bool {
	a.Host, a.Addresses, a.Resources = b.Host, b.Addresses, b.Resources
	return reflect.DeepEqual(a, b)
}

// Heading names hosts and what the plan of each holds; "" where that is nothing.
func Heading(paint Paint, hosts []string, title string) string {
	switch {
	case title == "":
		return ""
	case len(hosts) > 1:
		title += " on each"
	}
	return paint(Bold, Names(hosts)+":") + " " + title
}

// body is a host's plan, play by play, with what is refused and what is held back.
func body(paint Paint, e event.HostPlanned, depth Depth, hosts string) []string {
	var lines []string
	play := ""
	in := func(name string) {
		if name != play {
			play = name
			lines = append(lines, "  "+paint(Bold, "["+play+"]"))
		}
	}
	for _, r := range e.Refused {
		in(r.Play)
		lines = append(lines, Refusal(paint, r)...)
	}
	for _, c := range slices.Concat(e.Changes, e.Held) {
		in(c.Play)
		lines = append(append(lines, Head(paint, c)), Body(paint, c, depth)...)
	}
	for _, s := range e.Unmanaged {
		lines = append(lines, paint(Dim, "  ? not foobar's, left alone on "+hosts+": "+s))
	}
	return lines
}
