package roles

import (
	"encoding/csv"
	"strings"
)

// ReadHAProxy understands what HAProxy says to "show info", a "Name: value" a line,
// and after it to "show servers state" and "show stat": tables that name their columns
// in a line of their own. It hands on each row, as what stands in a column, "" for
// nothing, and reports whether there was a table. Source: HAProxy's management guide.
func ReadHAProxy(lines []string, row func(cell func(column string) string)) (info map[string]string, tables bool) {
	info = map[string]string{}
	var at map[string]int // columns of the table
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
			cells := split(line)
			row(func(column string) string {
				if i, ok := at[column]; ok && i < len(cells) {
					return cells[i]
				}
				return ""
			})
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
