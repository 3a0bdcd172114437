package resource

import (
	_ "embed" // scripts
	"fmt"
	"strings"

	"foobar/internal/census"
	"foobar/internal/sh"
)

// Query builds a probe from a read-only script of one's own, for the few
// questions no kind covers. Attributes: rc (exit status) and out (at most
// 256 KiB of what it prints, without the line ends at the end). The state is
// Present when the script exits 0, Absent for 3, Unknown otherwise.
func Query(script string) Probe { return Probe{Kind: queryKind{}, Args: []string{script}} }

type queryKind struct{}

func (queryKind) Script(args [][]string) string {
	var b strings.Builder
	b.WriteString(queryProbe)
	for i, a := range args {
		// As text, not by eval: the shell can then become the last program.
		fmt.Fprintf(&b, "out=$(exec 2>&1 </dev/null\n%s\n)\nquery %d $?\n", a[0], i)
	}
	return b.String()
}

// Told is a Query whose script the asking shell runs itself: no process is started for it.
// It must not exit, but return, and leaves its variables and functions, but not its folder,
// to what comes after it. An error that ends a shell ends the whole answer. The attribute
// "leads LINK" says of each of links where it leads.
func Told(script string, links ...string) Probe {
	return Probe{Kind: toldKind{}, Args: append([]string{script}, links...)}
}

type toldKind struct{}

// Shares are the links.
func (toldKind) Shares(args [][]string) (s census.Part) {
	for _, a := range args {
		s.Looked = append(s.Looked, a[1:]...)
	}
	return s
}

func (toldKind) Parse(args [][]string, lines []string, found []Observed) {
	for i, a := range args {
		for _, link := range a[1:] {
			if s, ok := census.StatOf(link, lines); ok {
				found[i].Set("leads "+link, s.Target)
			}
		}
	}
}

func (toldKind) Script(args [][]string) string {
	var b strings.Builder
	b.WriteString(queryProbe)
	for i, a := range args {
		b.WriteString(sh.Func("told", a[0]) + fmt.Sprintf("t %[1]d out; told 2>&1 </dev/null; r=$?; cd /; e; answered %[1]d $r\n", i))
	}
	return b.String()
}

//go:embed query.sh
var queryProbe string

// Custom is a resource made of a query and two functions, for a role whose
// subject is too particular for a kind of its own.
type Custom struct {
	Name ID
	// Ask is the read-only script of the query, or Of a probe of another resource.
	Ask string
	Of  Probe
	// Compare is Diff.
	Compare func(Observed) (Change, error)
	In      Stage
}

// ID is the given name.
func (c Custom) ID() ID { return c.Name }

// Probe is the query, or that of the other resource.
func (c Custom) Probe() Probe {
	if c.Of.Kind != nil {
		return c.Of
	}
	return Query(c.Ask)
}

// Diff calls Compare.
func (c Custom) Diff(o Observed) (Change, error) { return c.Compare(o) }

// Stage is the stage asked for.
func (c Custom) Stage() Stage { return c.In }
