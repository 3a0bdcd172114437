package logs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/play"
)

// entry is one line of a log.
type entry struct {
	Time    time.Time `json:"time"`
	Host    string    `json:"host"`
	Service string    `json:"service"`
	// Priority is syslog's, 0 to 7; absent where the log does not say.
	Priority *int   `json:"priority,omitempty"`
	Message  string `json:"message"`
	// Record is a request as it was logged.
	Record map[string]any `json:"record,omitempty"`

	source int
}

// Answer collects what a host's script prints.
type Answer struct {
	host      string
	sources   []source
	zone      *time.Location
	entries   []entry
	complaint string // what journalctl said besides entries
	// Where more is to follow: seen counts the lines of each source as they came; before
	// it was read, asked was the host's clock in seconds and sizes were the bytes of files.
	seen  []map[string]int
	asked string
	sizes []uint64
}

// zoneForm is what date is to print first: the zone, and the time where more follows.
func zoneForm(follow bool) string {
	if follow {
		return "'+%z %s'"
	}
	return "+%z"
}

// Read understands what the host said to the script.
func (a *Answer) Read(said *ask.Answer) {
	zone, now, _ := strings.Cut(strings.TrimSpace(said.Text("zone")), " ")
	if at, err := time.Parse("-0700", zone); err == nil {
		a.zone = at.Location()
	}
	if _, err := strconv.ParseUint(now, 10, 40); err == nil {
		a.asked = now
	}
	a.sizes = make([]uint64, len(a.sources))
	for i := range a.sources {
		a.sizes[i], _ = strconv.ParseUint(strings.TrimSpace(said.Text("size "+strconv.Itoa(i))), 10, 62) // 0: not there yet
		for _, line := range said.Lines(strconv.Itoa(i)) {
			if a.seen != nil {
				if a.seen[i] == nil {
					a.seen[i] = map[string]int{}
				}
				a.seen[i][line]++
			}
			a.take(i, line)
		}
	}
}

// take reads a line of a source.
func (a *Answer) take(i int, line string) {
	s := a.sources[i]
	e, ok := entry{}, false
	switch {
	case s.file == nil:
		if e, ok = parseJournal(line); !ok {
			a.complain(line)
			return
		}
	default:
		if e, ok = parseFile(s.file.Format, line, a.zone); !ok {
			a.follow(i, line)
			return
		}
	}
	e.Host, e.Service, e.source = a.host, s.service.Name, i
	a.entries = append(a.entries, e)
}

// complain keeps the first line that is no entry.
func (a *Answer) complain(line string) {
	if a.complaint == "" {
		a.complaint = ask.PrintableText(line, mostMessage)
	}
}

// mostMessage bounds an entry of several lines, in bytes.
const mostMessage = 64 << 10

// follow adds a line without a time to the entry before it in the same file. Without
// one it is the end of an entry that began before what was read, and is dropped.
func (a *Answer) follow(source int, line string) {
	if n := len(a.entries); n > 0 && a.entries[n-1].source == source {
		if e := &a.entries[n-1]; len(e.Message)+len(line) < mostMessage {
			e.Message += "\n" + line
		} else if !strings.HasSuffix(e.Message, "\n…") {
			e.Message += "\n…"
		}
	}
}

// known reports whether a time is one that a log can have; others have no form
// in JSON.
func known(at time.Time) bool { return at.Year() >= 1970 && at.Year() < 9999 }

// parseJournal reads an entry as journalctl -o json prints it. The message is a
// text, or a list of bytes where it is no UTF-8 or has control characters; it is
// null when it is too long to be shown.
func parseJournal(line string) (entry, bool) {
	var j struct {
		Time     string          `json:"__REALTIME_TIMESTAMP"` // microseconds
		Priority any             `json:"PRIORITY"`
		Message  json.RawMessage `json:"MESSAGE"`
	}
	if err := json.Unmarshal([]byte(line), &j); err != nil {
		return entry{}, false
	}
	us, err := strconv.ParseInt(j.Time, 10, 64)
	if err != nil || !known(time.UnixMicro(us)) {
		return entry{}, false
	}
	e := entry{Time: time.UnixMicro(us).UTC(), Message: journalText(j.Message)}
	if s, ok := j.Priority.(string); ok {
		if n, err := strconv.Atoi(s); err == nil {
			e.Priority = &n
		}
	}
	return e, true
}

func journalText(raw json.RawMessage) string {
	var text string
	var numbers []int
	switch {
	case len(raw) == 0:
		return ""
	case string(raw) == "null":
		return "(a message longer than 4 KiB; see journalctl there)"
	case json.Unmarshal(raw, &text) == nil:
	case json.Unmarshal(raw, &numbers) == nil:
		bytes := make([]byte, len(numbers))
		for i, n := range numbers {
			bytes[i] = byte(n)
		}
		text = string(bytes)
	}
	return strings.TrimRight(text, "\n")
}

// parseFile reads a line of a file; times without a zone are in the host's.
func parseFile(format play.Format, line string, zone *time.Location) (entry, bool) {
	switch format {
	case play.NginxErrors:
		return parseNginxError(line, zone)
	case play.Requests:
		return parseAccess(line)
	}
	return parseStamped(line)
}

// parseStamped reads "2026-01-31T12:00:00.123456+00:00 text".
func parseStamped(line string) (entry, bool) {
	stamp, text, _ := strings.Cut(line, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	return entry{Time: at.UTC(), Message: text}, err == nil && known(at)
}

const nginxStamp = "2006/01/02 15:04:05"

var nginxLevel = regexp.MustCompile(`^\[(emerg|alert|crit|error|warn|notice|info|debug)\] `)

// parseNginxError reads "2026/01/31 12:00:00 [error] text", in the host's time zone.
func parseNginxError(line string, zone *time.Location) (entry, bool) {
	if len(line) < len(nginxStamp)+1 {
		return entry{}, false
	}
	at, err := time.ParseInLocation(nginxStamp, line[:len(nginxStamp)], zone)
	if err != nil || !known(at) {
		return entry{}, false
	}
	e := entry{Time: at.UTC(), Message: line[len(nginxStamp)+1:]}
	if m := nginxLevel.FindStringSubmatch(e.Message); m != nil {
		n := map[string]int{"emerg": 0, "alert": 1, "crit": 2, "error": 3, "warn": 4, "notice": 5, "info": 6, "debug": 7}[m[1]]
		e.Priority = &n
	}
	return e, true
}

// parseAccess reads a request as HAProxy and nginx log it (the log formats of
// their roles): a JSON object with the time in ts or msec, in seconds.
func parseAccess(line string) (entry, bool) {
	var r map[string]any
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		return entry{}, false
	}
	seconds, ok := r["msec"].(float64)
	if !ok {
		if seconds, ok = r["ts"].(float64); !ok {
			return entry{}, false
		}
	}
	// A float holds microseconds of this century exactly enough for milliseconds.
	at := time.UnixMilli(int64(seconds*1000 + 0.5)).UTC()
	return entry{Time: at, Message: requestLine(r), Record: r}, known(at)
}

// requestLine is a request for people: "GET /path 200 12ms 192.0.2.7 -> web1".
func requestLine(r map[string]any) string {
	text := func(key string) string {
		switch v := r[key].(type) {
		case string:
			return v
		case float64:
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return ""
	}
	took := text("t_active") // HAProxy: milliseconds
	if took == "" {
		if s, ok := r["request_time"].(float64); ok { // nginx: seconds
			took = fmt.Sprintf("%.0f", s*1000)
		}
	}
	words := []string{cmp.Or(text("method"), "-"), cmp.Or(text("uri"), "-"), cmp.Or(text("status"), "-"), cmp.Or(took, "-") + "ms", cmp.Or(text("client"), "-")}
	if server := cmp.Or(text("srv"), text("upstream")); server != "" && server != "-" {
		words = append(words, "-> "+server)
	}
	return strings.Join(words, " ")
}
