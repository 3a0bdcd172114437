package roles

import (
	"encoding/csv"
	"strings"
)

// HAProxyRow is a row of one of HAProxy's tables.
type HAProxyRow struct {
	cells []string
	at    map[string]int // by the names of the columns
}

// Cell is what stands in a column; "" where the table has no such column or the row
// ends before it.
func (r HAProxyRow) Cell(column string) string {
	if i, ok := r.at[column]; ok && i < len(r.cells) {
		return r.cells[i]
	}
	return ""
}

// ReadHAProxy understands the answers to "show info", which is what stands before the
// first table, a "Name: value" a line, and to "show servers state" and "show stat",
// whose rows it hands on: tables that name their columns in a line of their own. It
// reports whether there was a table. Source: HAProxy's management guide.
func ReadHAProxy(lines []string, row func(HAProxyRow)) (info map[string]string, tables bool) {
	info = map[string]string{}
	var at map[string]int
	var split func(string) []string
	for _, line := range lines {
		line = strings.TrimRight(line, "\r")
		if strings.HasPrefix(line, "# be_id ") {
			split, at = strings.Fields, nil
		} else if strings.HasPrefix(line, "# pxname,") {
			split, at = commas, nil
		}
		switch {
		case split == nil:
			if k, v, ok := strings.Cut(line, ": "); ok {
				info[k] = v
			}
		case at == nil:
			at = map[string]int{}
			for i, name := range split(line[2:]) {
				at[name] = i
			}
		default:
			row(HAProxyRow{split(line), at})
		}
	}
	return info, split != nil
}

// commas takes a line apart; texts with commas stand in quotes.
func commas(line string) []string {
	r := csv.NewReader(strings.NewReader(line))
	r.LazyQuotes = true
	cells, err := r.Read()
	if err != nil {
		return strings.Split(line, ",")
	}
	return cells
}
