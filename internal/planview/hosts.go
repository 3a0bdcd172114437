package planview

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/event"
)

// fewest is from how many hosts on those whose plans read alike are told of once.
const fewest = 4

// Groups puts plans together that read alike at a depth: the same changes for the same
// reasons with the same differences. Each group holds indices, and the groups come in the
// order of their first hosts; fewer than four hosts stay by themselves.
func Groups(plans []event.HostPlanned, depth Depth) [][]int {
	at, groups := map[string]int{}, [][]int(nil)
	for i, e := range plans {
		key := strings.Join(append(body(Bare, e, depth, ""), Title(len(e.Changes), len(e.Refused), len(e.Held))), "\n")
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

// Hosts are the plans of hosts, a block for each group.
func Hosts(paint Paint, plans []event.HostPlanned, depth Depth) []string {
	var lines []string
	for _, g := range Groups(plans, depth) {
		e, names := plans[g[0]], make([]string, len(g))
		for i, at := range g {
			names[i] = plans[at].Host
		}
		if head := Heading(paint, names, Title(len(e.Changes), len(e.Refused), len(e.Held))); head != "" {
			lines = append(lines, head)
		}
		lines = append(lines, body(paint, e, depth, Names(names))...)
	}
	return lines
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

// mostNames is how many hosts are named one by one.
const mostNames = 6

// Names are hosts as people read them: where they are many, "web1 … web254 (254 hosts)",
// with a span for each run of numbers, of which at most mostNames are shown.
func Names(hosts []string) string {
	if len(hosts) <= mostNames {
		return strings.Join(hosts, ", ")
	}
	var spans []string
	for i := 0; i < len(hosts); {
		j := i + 1
		for j < len(hosts) && follows(hosts[j-1], hosts[j]) {
			j++
		}
		switch {
		case j-i > 2:
			spans = append(spans, hosts[i]+" … "+hosts[j-1])
		default:
			spans = append(spans, hosts[i:j]...)
		}
		i = j
	}
	if len(spans) > mostNames {
		spans = append(spans[:mostNames-1], "…")
	}
	return strings.Join(spans, ", ") + fmt.Sprintf(" (%d hosts)", len(hosts))
}

// follows reports whether one name is another with the next number: "web9", "web10".
func follows(a, b string) bool {
	x, n, ok := numbered(a)
	y, m, both := numbered(b)
	return ok && both && x == y && m == n+1
}

// numbered splits a name into what is before its last digits, and their number.
func numbered(name string) (string, int, bool) {
	base := strings.TrimRight(name, "0123456789")
	n, err := strconv.Atoi(name[len(base):])
	return base, n, err == nil
}
