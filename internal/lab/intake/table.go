package intake

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Of are the collectors of a host; of all hosts where it is "".
func Of(collectors []Collector, host string) []Collector {
	return slices.DeleteFunc(collectors, func(c Collector) bool { return host != "" && c.Name != host && c.Hostname != host })
}

// WriteTable writes a line for each collector, below a header.
func WriteTable(w io.Writer, collectors []Collector) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "COLLECTOR\tCATEGORY\tREGISTERED\tHEARTBEATS\tMETRICS\tLOG LINES")
	for _, c := range collectors {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%s\n", c.Name, c.Category, c.Registrations, c.Heartbeats, len(c.Metrics), logCounts(c.Logs))
	}
	return t.Flush()
}

// logCounts is "category: lines" for each.
func logCounts(logs map[string]int) string {
	parts := make([]string, 0, len(logs))
	for _, category := range slices.Sorted(maps.Keys(logs)) {
		name := category
		if name == "" {
			name = "(no category)"
		}
		parts = append(parts, name+": "+strconv.Itoa(logs[category]))
	}
	return strings.Join(parts, ", ")
}
