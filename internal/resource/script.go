package resource

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"foobar/internal/fault"
)

// Kind is one kind of question, an empty struct as a rule: kinds are compared,
// and all probes of a host whose kinds are equal become one fragment of POSIX
// sh, so that a hundred files cost one stat and one sha256sum.
type Kind interface {
	// Script is the fragment for the arguments of all probes of the kind. It may
	// use the functions of the prelude.
	Script(args [][]string) string
}

// Parser is a kind whose fragment prints more than the functions of the prelude
// do: it turns the other lines into attributes.
type Parser interface {
	Parse(args [][]string, lines []string, found []Observed)
}

// prelude are two functions for the fragments of kinds:
//
//	o INDEX KEY VALUE   reports an attribute (one line)
//	b INDEX KEY         reports standard input as an attribute, of any content, at most 256 KiB
//
// INDEX is the position of the probe among those of its kind. The key "state"
// takes absent, present or "unknown WHY". A probe with no report is Unknown.
const prelude = `o(){ printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }
b(){ printf '%s\t%s\t' "$1" "$2:b64"; head -c 262144 | base64 -w0; echo; }
`

// ProbeSet is a compiled set of probes: one script, and how to read its answer.
type ProbeSet struct {
	token  string
	groups []probeGroup
	n      int
}

type probeGroup struct {
	kind  Kind
	args  [][]string
	index []int // position of each probe in the order given to Compile
}

// Compile groups probes by kind. The token frames the answers; it must be
// random, so that nothing a host prints by chance looks like a frame.
func Compile(token string, probes []Probe) *ProbeSet {
	s := &ProbeSet{token: token, n: len(probes)}
	at := map[Kind]int{}
	for i, p := range probes {
		n, met := at[p.Kind]
		if !met {
			n = len(s.groups)
			at[p.Kind] = n
			s.groups = append(s.groups, probeGroup{kind: p.Kind})
		}
		g := &s.groups[n]
		g.args = append(g.args, p.Args)
		g.index = append(g.index, i)
	}
	return s
}

// Script is the whole question as one POSIX sh script.
func (s *ProbeSet) Script() string {
	var b strings.Builder
	b.WriteString(prelude)
	for i, g := range s.groups {
		fmt.Fprintf(&b, "printf '\\n%%s begin %d\\n' %s\n(\n%s\n) 2>&1\nprintf '\\n%%s end %d %%d\\n' %s $?\n",
			i, s.token, g.kind.Script(g.args), i, s.token)
	}
	fmt.Fprintf(&b, "printf '\\n%%s done\\n' %s\n", s.token)
	return b.String()
}

// Parse reads the answer. An answer without its closing frame is an error: the
// host was not heard to the end, and nothing in it may be believed.
func (s *ProbeSet) Parse(lines []string) ([]Observed, error) {
	found := make([]Observed, s.n)
	body := make([][]string, len(s.groups))
	open, done := -1, false
	for _, line := range lines {
		rest, isFrame := strings.CutPrefix(line, s.token+" ")
		switch {
		case !isFrame && open >= 0:
			body[open] = append(body[open], line)
		case !isFrame:
		case rest == "done":
			done = true
		default:
			verb, num, _ := strings.Cut(rest, " ")
			num, _, _ = strings.Cut(num, " ")
			i, err := strconv.Atoi(num)
			if err != nil || i < 0 || i >= len(s.groups) {
				return nil, fault.As(fault.AnswerCut, fmt.Errorf("malformed frame %q in the host's answer", line))
			}
			open = -1
			if verb == "begin" {
				open = i
			}
		}
	}
	if !done {
		return nil, fault.As(fault.AnswerCut, errors.New("the host's answer was cut off before its end"))
	}
	for i, g := range s.groups {
		for j, o := range g.read(body[i]) {
			found[g.index[j]] = o
		}
	}
	return found, nil
}

// read turns the lines of one fragment into one observation per probe.
func (g probeGroup) read(lines []string) []Observed {
	found := make([]Observed, len(g.args))
	var rest []string
	for _, line := range lines {
		f := strings.SplitN(line, "\t", 3)
		i := -1
		if len(f) == 3 {
			if n, err := strconv.Atoi(f[0]); err == nil && n >= 0 && n < len(found) {
				i = n
			}
		}
		if i < 0 {
			if strings.TrimSpace(line) != "" {
				rest = append(rest, line)
			}
			continue
		}
		found[i].Set(f[1], f[2])
	}
	if p, ok := g.kind.(Parser); ok {
		p.Parse(g.args, rest, found)
	}
	for i := range found {
		if found[i].State == Unknown && found[i].Reason == "" {
			found[i].Reason = strings.Join(tail(rest, 3), "; ")
		}
	}
	return found
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
	if k, ok := strings.CutSuffix(key, ":b64"); ok {
		raw, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return // stays unreported: unknown rather than wrong
		}
		key, value = k, string(raw)
	}
	if o.Attrs == nil {
		o.Attrs = map[string]string{}
	}
	o.Attrs[key] = value
}

func tail(lines []string, n int) []string {
	if len(lines) > n {
		return lines[len(lines)-n:]
	}
	return lines
}
