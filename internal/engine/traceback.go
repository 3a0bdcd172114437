package engine

import "strings"

// traceback is the last traceback of Python's among lines, from its beginning to the line
// that names the exception; nil where there is none. What gunicorn and systemd say behind
// it tells less.
func traceback(lines []string) []string {
	for i := len(lines) - 1; i >= 0; i-- {
		if !strings.Contains(lines[i], "Traceback (most recent call last):") {
			continue
		}
		for j := i + 1; j < len(lines); j++ {
			if !strings.HasPrefix(lines[j], " ") && !strings.HasPrefix(lines[j], "\t") {
				return lines[i : j+1]
			}
		}
	}
	return nil
}
