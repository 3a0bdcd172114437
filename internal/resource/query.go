package resource

import (
	"strconv"
	"strings"

	"foobar/internal/sh"
)

// Query builds a probe from a read-only script of one's own, for the few
// questions no kind covers. Attributes: rc (exit status) and out (at most
// 256 KiB of standard output). The state is Present when the script exits 0,
// Absent for 3, Unknown otherwise.
func Query(script string) Probe { return Probe{Kind: queryKind{}, Args: []string{script}} }

type queryKind struct{}

func (queryKind) Script(args [][]string) string {
	var b strings.Builder
	b.WriteString(`q(){ out=$(sh -c "$2" 2>&1 </dev/null; printf 'x%d' $?); rc=${out##*x}; out=${out%x*}
 o $1 rc "$rc"; v $1 out "$out"
 case $rc in 0) o $1 state present;; 3) o $1 state absent;; *) o $1 state "unknown exit status $rc";; esac; }
`)
	for i, a := range args {
		b.WriteString("q " + strconv.Itoa(i) + " " + sh.Quote(a[0]) + "\n")
	}
	return b.String()
}

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
