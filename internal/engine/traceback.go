package engine

import (
	"regexp"
	"slices"
	"strings"
)

// traceback is the app's last traceback among lines, from its beginning to the line that
// names the exception; nil where there is none. What gunicorn and systemd say behind it
// tells less, also in a traceback of gunicorn's own, with which its first process ends.
func traceback(lines []string) []string {
	for i := len(lines) - 1; i >= 0; i-- {
		if !strings.Contains(lines[i], "Traceback (most recent call last):") {
			continue
		}
		for j := i + 1; j < len(lines); j++ {
			// What another of its processes logs may come in between.
			if strings.HasPrefix(lines[j], " ") || strings.HasPrefix(lines[j], "\t") || strings.HasPrefix(lines[j], "[") {
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

var (
	// workerEnded is gunicorn's word for an app that ended by itself as it was loaded.
	workerEnded = regexp.MustCompile(`Worker \(pid:[0-9]+\) exited with code|Worker exiting \(pid|Worker failed to boot`)
	// aboutWorkers is what gunicorn and systemd say of their own, but for what gunicorn
	// calls critical.
	aboutWorkers = regexp.MustCompile(`^\[[0-9]{4}-[0-9-]+ [0-9:]+ [+-][0-9]{4}\] \[[0-9]+\] \[[ABD-Z][A-Z]*\] |^gunicorn\.errors\.|^Traceback |^ |` +
		`^[A-Za-z0-9@_.-]+\.(service|socket): |^(Starting|Started|Stopping|Stopped) [A-Za-z0-9@_.-]+\.(service|socket) `)
)

// ownWords are what an app has said that ended without a traceback, as by sys.exit(); nil
// where it said nothing, or did not end.
func ownWords(lines []string) []string {
	if !slices.ContainsFunc(lines, workerEnded.MatchString) {
		return nil
	}
	var own []string
	for _, line := range lines {
		if !aboutWorkers.MatchString(line) && !slices.Contains(own, line) { // each worker says it
			own = append(own, line)
		}
	}
	return own
}
