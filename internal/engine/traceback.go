package engine

import "strings"

// traceback is the app's last traceback among lines, from its beginning to the line that
// names the exception; nil where there is none. What gunicorn and systemd say behind it
// tells less, also in a traceback of gunicorn's own, with which its first process ends.
func traceback(lines []string) []string {
	for i := len(lines) - 1; i >= 0; i-- {
		if !strings.Contains(lines[i], "Traceback (most recent call last):") {
			continue
		}
		for j := i + 1; j < len(lines); j++ {
			if strings.HasPrefix(lines[j], " ") || strings.HasPrefix(lines[j], "\t") {
				continue
			}
			if strings.HasPrefix(lines[j], "gunicorn.errors.HaltServer") || strings.HasPrefix(lines[j], "SystemExit") {
				break
			}
			return lines[i : j+1]
		}
	}
	return nil
}
