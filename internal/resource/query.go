package resource

import _ "embed" // scripts

// Query builds a probe from a read-only script of one's own, for the few
// questions no kind covers. Attributes: rc (exit status) and out (at most
// 256 KiB of standard output). The state is Present when the script exits 0,
// Absent for 3, Unknown otherwise. The script runs in a subshell, which it must
// not replace, and whose EXIT trap is taken.
func Query(script string) Probe { return Probe{Kind: queryKind{}, Args: []string{script}} }

type queryKind struct{}

func (queryKind) Script(args [][]string) string {
	return queryProbe + calls("query", args)
}

//go:embed query.sh
var queryProbe string

// Custom is a resource made of a query and two functions, for a role whose
// subject is too particular for a kind of its own.
type Custom struct {
	Name ID
	// Ask is the read-only script of the query.
	Ask string
	// Compare is Diff.
	Compare func(Observed) (Change, error)
	In      Stage
}

// ID is the given name.
func (c Custom) ID() ID { return c.Name }

// Probe is the query.
func (c Custom) Probe() Probe { return Query(c.Ask) }

// Diff calls Compare.
func (c Custom) Diff(o Observed) (Change, error) { return c.Compare(o) }

// Stage is the stage asked for.
func (c Custom) Stage() Stage { return c.In }
