package resource

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/census"
	"foobar/internal/sh"
)

// Kind is one kind of question, an empty struct as a rule: kinds are compared,
// and all probes of a host whose kinds are equal become one fragment of POSIX
// sh, so that a hundred files cost one stat and one sha256sum.
type Kind interface {
	// Script is the fragment for the arguments of all probes of the kind, no two
	// of them alike. It may use the functions of the prelude, must not exit, and
	// may set its positional parameters and any variable.
	Script(args [][]string) string
}

// Parser is a kind whose fragment prints more than the functions of the prelude
// do: it turns the other lines into attributes.
type Parser interface {
	Parse(args [][]string, lines []string, found []Observed)
}

// Sharer is a kind that wants to know of units and files what others want to know, too:
// its Parse is given their lines before those of its own fragment.
type Sharer interface {
	Parser
	Shares(args [][]string) census.Part
}

// Forerunner is a kind of which a part of the fragment stands before all else of the script,
// so that what comes there may ask along.
type Forerunner interface {
	Ahead(args [][]string) string
}

// mostText is how many bytes of an attribute are taken, whatever a host sends: it is 256 KiB.
const mostText = 256 << 10

// prelude are functions for the fragments of kinds:
//
//	o INDEX KEY VALUE   reports an attribute (one line)
//	t INDEX KEY         has all that is printed from here on be an attribute, of which
//	                    256 KiB are taken
//	e                   ends it
//	b INDEX KEY         reports standard input as an attribute, at most 256 KiB
//	v INDEX KEY VALUE   reports a value of several lines, without a process
//
// INDEX is the position of the probe among those of its kind. The key "state"
// takes absent, present or "unknown WHY". A probe with no report is Unknown.
//
//go:embed prelude.sh
var prelude string

// calls are lines that call a function of a fragment once for each probe, with its
// index and its arguments.
func calls(function string, args [][]string) string {
	var b strings.Builder
	for i, a := range args {
		fmt.Fprintf(&b, "%s %d %s\n", function, i, sh.Join(a...))
	}
	return b.String()
}

// ProbeSet is a compiled set of probes: one script, and how to read its answer.
type ProbeSet struct {
	groups []probeGroup
	n      int
}

type probeGroup struct {
	kind  Kind
	args  [][]string
	index [][]int // positions of the probes with these arguments in the order given to Compile
}

// Compile groups probes by kind. Those that are alike are asked once.
func Compile(probes []Probe) *ProbeSet {
	s := &ProbeSet{n: len(probes)}
	at := map[Kind]int{}
	for i, p := range probes {
		n, met := at[p.Kind]
		if !met {
			n = len(s.groups)
			at[p.Kind] = n
			s.groups = append(s.groups, probeGroup{kind: p.Kind})
		}
		g := &s.groups[n]
		if j := slices.IndexFunc(g.args, func(a []string) bool { return slices.Equal(a, p.Args) }); j >= 0 {
			g.index[j] = append(g.index[j], i)
			continue
		}
		g.args = append(g.args, p.Args)
		g.index = append(g.index, []int{i})
	}
	return s
}

// Script is the whole question, for ask.Script. Each kind has a section, and each
// text one of its own.
func (s *ProbeSet) Script() string { return s.Around("") }

// Around is the question around a script that comes before the looks and may ask along.
func (s *ProbeSet) Around(script string) string {
	var b strings.Builder
	for _, g := range s.groups {
		if k, ok := g.kind.(Forerunner); ok {
			b.WriteString(k.Ahead(g.args))
		}
	}
	b.WriteString(script + prelude + "ask_kind=" + census.Section + "; e\n" + census.Script(s.shares()))
	for i, g := range s.groups {
		fmt.Fprintf(&b, "ask_kind=%[1]d; e\nkind%[1]d(){\n%[2]s\n}\nkind%[1]d 2>&1\n", i, g.kind.Script(g.args))
	}
	return b.String()
}

// shares are what the groups want to know together.
func (s *ProbeSet) shares() []census.Part {
	parts := make([]census.Part, len(s.groups))
	for i, g := range s.groups {
		if k, ok := g.kind.(Sharer); ok {
			parts[i] = k.Shares(g.args)
		}
	}
	return parts
}

// Read understands the answer. One without its end is an error.
func (s *ProbeSet) Read(a *ask.Answer) ([]Observed, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	texts := make([][][]string, len(s.groups)) // by kind: index, key, value
	for _, name := range a.Sections() {
		word := strings.SplitN(name, " ", 3)
		if i, err := strconv.Atoi(word[0]); err == nil && i >= 0 && i < len(texts) && len(word) == 3 {
			text := a.Text(name)
			texts[i] = append(texts[i], []string{word[1], word[2], text[:min(len(text), mostText)]})
		}
	}
	found, given := make([]Observed, s.n), census.Read(s.shares(), a.Lines(census.Section))
	for i, g := range s.groups {
		lines := a.Lines(strconv.Itoa(i))
		if _, ok := g.kind.(Sharer); ok {
			lines = slices.Concat(given[i], lines)
		}
		for j, o := range g.read(texts[i], lines) {
			for _, n := range g.index[j] {
				found[n] = o
			}
		}
	}
	return found, nil
}

// read turns the texts and the lines of one fragment into one observation per probe.
func (g probeGroup) read(reports [][]string, lines []string) []Observed {
	found := make([]Observed, len(g.args))
	var rest []string
	for _, line := range lines {
		if f := strings.SplitN(line, "\t", 3); len(f) == 3 && g.probe(f[0]) >= 0 {
			reports = append(reports, f)
		} else if strings.TrimSpace(line) != "" {
			rest = append(rest, line)
		}
	}
	for _, f := range reports {
		if i := g.probe(f[0]); i >= 0 {
			found[i].Set(f[1], f[2])
		}
	}
	if p, ok := g.kind.(Parser); ok {
		p.Parse(g.args, rest, found)
	}
	for i := range found {
		if found[i].State == Unknown && found[i].Reason == "" {
			found[i].Reason = strings.Join(rest[max(0, len(rest)-3):], "; ")
		}
	}
	return found
}

// probe is the position of a probe by its INDEX; -1 when there is none.
func (g probeGroup) probe(index string) int {
	if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(g.args) {
		return i
	}
	return -1
}

// Set records an attribute, or the state, as a kind reports it.
func (o *Observed) Set(key, value string) {
	if key == "state" {
		switch {
		case value == "present":
			o.State = Present
		case value == "absent":
			o.State = Absent
		default:
			o.State, o.Reason = Unknown, strings.TrimPrefix(strings.TrimPrefix(value, "unknown"), " ")
		}
		return
	}
	if o.Attrs == nil {
		o.Attrs = map[string]string{}
	}
	o.Attrs[key] = value
}
