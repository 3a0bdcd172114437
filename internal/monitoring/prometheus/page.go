package prometheus

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"foobar/inventory"
	"foobar/templates"
)

const pageName = "foobar.html"

// Page is the path of the site's own page, which Prometheus serves as one of its consoles.
// It needs no server nor port of its own, and no reload: the file is read for each visitor.
// Source: Prometheus' "Console templates".
const Page = "/consoles/" + pageName

// column is a figure of a table for each of its rows; any other value than Fine stands
// out, unless that is "".
type column struct {
	Title string `json:"title"`
	Unit  string `json:"unit"`
	Fine  string `json:"fine"`
	Expr  string `json:"expr"`
}

// list is a table, with the labels that name its rows.
type list struct {
	Title   string   `json:"title"`
	By      []string `json:"by"`
	Columns []column `json:"columns"`
}

// events are when each kind was last, but for backups, which are made all the time.
const events = `max by (event) (foobar_event_timestamp_seconds{event!="backup"})`

func quantile(q string) string {
	return `max(foobar_response_time_seconds{group="lb",quantile="` + q + `"})`
}

// tiles are what a visitor sees first.
func tiles() []panel {
	return []panel{
		{"Requests a second", "reqps", nil, []query{{rate, ""}}},
		{"Server's errors", "percent", nil, []query{{errorShare, ""}}},
		{"Response time", "s", nil, []query{{quantile("0.5"), "p50"}, {quantile("0.95"), "p95"}, {quantile("0.99"), "p99"}}},
		{"Servers that get requests", "short", nil, []query{{"sum(" + inRotation + ")", ""}, {"count(" + inRotation + ")", "of"}}},
		{"Hosts that answer", "short", nil, []query{{"sum(" + answers + ")", ""}, {"count(" + answers + ")", "of"}}},
		{"Replicas behind, at most", "s", nil, []query{{"max(" + behind + ")", ""}}},
		{"Certificates are valid for", "s", nil, []query{{"min(" + certificateLeft + ")", ""}}},
		{"Age of the newest backup", "s", nil, []query{{backupAge, ""}}},
	}
}

func lists() []list {
	return []list{
		{"Hosts", []string{"instance"}, []column{{"answers", "bool_on_off", "1", answers}, {"processors", "percent", "", cpuUsed}, {"memory", "percent", "", memoryUsed},
			{"fullest file system", "percent", "", "max by (instance) (" + diskUsed + ")"}, {"behind its primary", "s", "", behind}, {"failed units", "short", "0", failedUnits},
			{"waits for a restart", "bool_on_off", "", "max by (instance) (foobar_reboot_pending)"}}},
		{"Certificates", []string{"instance", "name"}, []column{{"valid for", "s", "", certificateLeft}}},
		{"Servers", []string{"server"}, []column{{"gets requests", "bool_on_off", "1", inRotation}, {"requests", "reqps", "", serverRate}, {"response time", "s", "", serverTime}}},
	}
}

// page is the file with the page. Its policy lets a browser run only what is in it, and
// ask nobody but this Prometheus.
// Source: w3.org/TR/CSP3, hash-source.
func (m *made) page(inv *inventory.Inventory) {
	script, style := m.text("page.js", "//"), m.text("page.css", "/*")
	text, err := json.Marshal(map[string]any{"site": inv.Site.Name, "events": events, "tiles": tiles(), "charts": panels(), "tables": lists()})
	if m.err == nil {
		m.err = err
	}
	// Prometheus takes two braces for a template of its own.
	asks := strings.ReplaceAll(string(text), "{{", `{\u007b`)
	m.write(page, "page.html.tmpl", map[string]any{"Asks": asks, "Script": script, "ScriptSum": sum(script), "Style": style, "StyleSum": sum(style)})
}

// text is a file of the page without its lines of comments.
func (m *made) text(name, comment string) string {
	raw, err := templates.Render("prometheus/"+name, nil)
	if m.err == nil {
		m.err = err
	}
	var kept bytes.Buffer
	for line := range bytes.Lines(raw) {
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte(comment)) {
			kept.Write(line)
		}
	}
	return "\n" + kept.String()
}

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(digest[:])
}
