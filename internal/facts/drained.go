package facts

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/ask"
)

// DrainedFile is the file on a balancer that names the servers which a person took out of
// its rotation: a line for each of name, time in RFC 3339, and who did it.
const DrainedFile = "/var/lib/foobar/drained"

// Drained is a server that a person took out of the balancer's rotation, until a person
// puts it back.
type Drained struct {
	Host string
	At   time.Time
	By   string // printable
}

// mostDrained bounds what a balancer can name.
const mostDrained = 1000

// AskDrained is shell that prints DrainedFile in a section of its own, where there is one.
const AskDrained = "[ ! -f " + DrainedFile + " ] || { section drained; head -c 65536 " + DrainedFile + "; }\n"

// ReadDrained reads the lines of DrainedFile; what it does not understand it leaves out.
func ReadDrained(lines []string) (list []Drained) {
	for _, line := range lines {
		f := strings.SplitN(line, " ", 3)
		if len(f) != 3 || len(list) == mostDrained {
			continue
		}
		if at, err := time.Parse(time.RFC3339, f[1]); err == nil {
			list = append(list, Drained{Host: f[0], At: at.UTC(), By: ask.Printable(f[2], 200)})
		}
	}
	return list
}

// WriteDrained is the text of DrainedFile.
func WriteDrained(list []Drained) []byte {
	var b bytes.Buffer
	for _, d := range list {
		fmt.Fprintf(&b, "%s %s %s\n", d.Host, d.At.UTC().Format(time.RFC3339), strings.ReplaceAll(d.By, "\n", " "))
	}
	return b.Bytes()
}

// DrainedHost is the entry of a server among those that a balancer names, or nil.
func DrainedHost(list []Drained, host string) *Drained {
	if i := slices.IndexFunc(list, func(d Drained) bool { return d.Host == host }); i >= 0 {
		return &list[i]
	}
	return nil
}

// String says by whom and since when, as people read it.
func (d Drained) String() string {
	return "drained by " + d.By + " at " + d.At.Format(time.DateTime) + " UTC"
}
