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
// reasons with the same differences, but for the host's own name and digests of texts.
// Each group holds indices, and the groups come in the order of their first hosts; fewer
// than four hosts stay by themselves.
func Groups(plans []event.HostPlanned, depth Depth) [][]int {
	at, groups := map[string]int{}, [][]int(nil)
	for i, e := range plans {
		title := Title(len(e.Changes), len(e.Refused), len(e.Held))
		key := strings.Join(append(Common(body(Bare, e, depth, ""), e.Host), title), "\n")
		n, known := at[key]
		if !known {
			n, groups = len(groups), append(groups, nil)
			at[key] = n
		}
		groups[n] = append(groups[n], i)
	}
	var all [][]int
	for _, g := range groups {
		if len(g) >= fewest {
			all = append(all, g)
			continue
		}
		for _, i := range g {
			all = append(all, []int{i})
		}
	}
	slices.SortFunc(all, func(a, b []int) int { return a[0] - b[0] })
	return all
}

// hostMark stands for the name of each host of a group.
const hostMark = "{host}"

// digest is how a text is named whose bytes are not at hand.
var digest = regexp.MustCompile(`sha256:[0-9a-f]{12}\b`)

// Common is what lines of a host's plan have in common with those of hosts whose plans
// are in one group with it.
func Common(lines []string, host string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = digest.ReplaceAllString(named(l, host), "sha256:…")
	}
	return out
}

// named puts hostMark in the place of a host's name where it stands as a word.
func named(line, host string) string {
	if host == "" || !strings.Contains(line, host) {
		return line
	}
	var b strings.Builder
	for rest := line; ; {
		i := strings.Index(rest, host)
		if i < 0 {
			return b.String() + rest
		}
		end := i + len(host)
		b.WriteString(rest[:i])
		if before, after := byteAt(rest, i-1), byteAt(rest, end); partOfName(before) || partOfName(after) {
			b.WriteString(host)
		} else {
			b.WriteString(hostMark)
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
		const all = "\x00" // no name of a host
		text := body(paint, e, depth, all)
		if !same {
			text = Common(text, e.Host)
		}
		for i, l := range text {
			text[i] = strings.Replace(l, all, Names(names), 1)
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
	a.Host, a.Resources = b.Host, b.Resources
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
