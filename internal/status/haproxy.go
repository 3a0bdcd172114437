package status

import (
	"cmp"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/facts"
	"foobar/roles"
)

// Balancer is HAProxy's own view. Counters count since its start or reload.
type Balancer struct {
	// Answered says that HAProxy answered on its socket; else Error says why not.
	Answered bool    `json:"answered"`
	Error    string  `json:"error,omitempty"`
	Version  string  `json:"version,omitempty"`
	Uptime   float64 `json:"uptime_seconds"`
	// Connections are those open now, of at most MaxConnections.
	Connections    int64 `json:"connections"`
	MaxConnections int64 `json:"max_connections"`
	// Front counts what visitors asked for, over all frontends that are public.
	Front Traffic `json:"front"`
	// Lately is what the site has answered in the last minute; nil where its log could not be read.
	Lately *Lately `json:"lately,omitempty"`
	// Back is the backend as a whole, Servers its servers.
	Back    Server   `json:"back"`
	Servers []Server `json:"servers"`
}

// Traffic is what went through.
type Traffic struct {
	RequestRate int64 `json:"requests_per_second"` // over the last second
	Requests    int64 `json:"requests"`
	Sessions    int64 `json:"sessions"` // open now
	BytesIn     int64 `json:"bytes_in"`
	BytesOut    int64 `json:"bytes_out"`
	Status2xx   int64 `json:"status_2xx"`
	Status4xx   int64 `json:"status_4xx"`
	Status5xx   int64 `json:"status_5xx"`
	Denied      int64 `json:"denied"`
}

// Server is a web server, or the backend as a whole, as HAProxy sees it.
type Server struct {
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
	Status  string `json:"status"` // UP, UP 1/3, DOWN, MAINT, DRAIN, NOLB, no check
	Weight  int64  `json:"weight"` // as in force, below Configured while it warms up
	// Configured is the weight that was given.
	Configured int64   `json:"configured_weight"`
	Since      float64 `json:"since_seconds"` // of the last change between up and down
	Sessions   int64   `json:"sessions"`
	Rate       int64   `json:"sessions_per_second"`
	Requests   int64   `json:"requests"`
	Queue      int64   `json:"queue"`
	Status5xx  int64   `json:"status_5xx"`
	// Errors are failed connections and broken answers, Retries what was sent again.
	Errors  int64 `json:"errors"`
	Retries int64 `json:"retries"`
	// ResponseTime is the mean of the last 1024 requests, in milliseconds.
	ResponseTime int64 `json:"response_ms"`
	// Check is the last check: "L7OK 200 in 3ms", CheckText the words for it.
	Check     string `json:"check,omitempty"`
	CheckText string `json:"check_text,omitempty"`
	// Lately is what it has answered in the last minute.
	Lately *Lately `json:"lately,omitempty"`
	// DrainedBy and DrainedAt say who took it out of the rotation, and when.
	DrainedBy string     `json:"drained_by,omitempty"`
	DrainedAt *time.Time `json:"drained_at,omitempty"`
}

// Up reports whether the server gets requests.
func (s Server) Up() bool { return strings.HasPrefix(s.Status, "UP") || s.Status == "no check" }

// drained notes on the servers who took them out.
func (b *Balancer) drained(list []facts.Drained) {
	for i := range b.Servers {
		if d := facts.DrainedHost(list, b.Servers[i].Name); d != nil {
			b.Servers[i].DrainedBy, b.Servers[i].DrainedAt = d.By, &d.At
		}
	}
}

// readBalancer reads the answer to "show info;show stat".
func readBalancer(lines []string) *Balancer {
	b := &Balancer{Servers: []Server{}}
	info, tables := roles.ReadHAProxy(lines, b.row)
	if b.Answered = info["Name"] == "HAProxy" && tables; !b.Answered {
		b.Error = lastSaid(lines)
		return b
	}
	b.Version, b.Uptime = printable(info["Version"]), decimal(info["Uptime_sec"])
	b.Connections, b.MaxConnections = ask.Number(info["CurrConns"]), ask.Number(info["Maxconn"])
	return b
}

// statRow is a row of "show stat".
type statRow func(column string) string

func (r statRow) text(column string) string { return printable(r(column)) }

func (r statRow) number(column string) int64 { return ask.Number(r(column)) }

func (b *Balancer) row(cell func(column string) string) {
	r := statRow(cell)
	proxy, name := r.text("pxname"), r.text("svname")
	switch {
	case name == "FRONTEND" && proxy != "metrics":
		t := &b.Front
		t.RequestRate += r.number("req_rate")
		t.Requests += r.number("req_tot")
		t.Sessions += r.number("scur")
		t.BytesIn += r.number("bin")
		t.BytesOut += r.number("bout")
		t.Status2xx += r.number("hrsp_2xx")
		t.Status4xx += r.number("hrsp_4xx")
		t.Status5xx += r.number("hrsp_5xx")
		t.Denied += r.number("dreq")
	case proxy != backend || name == "FRONTEND":
	case name == "BACKEND":
		b.Back = serverOf(r, name)
	case name != "":
		b.Servers = append(b.Servers, serverOf(r, name))
	}
}

func serverOf(r statRow, name string) Server {
	s := Server{Name: name, Address: r.text("addr"), Status: r.text("status"), Weight: r.number("weight"), Configured: r.number("uweight"),
		Since: float64(r.number("lastchg")), Sessions: r.number("scur"), Rate: r.number("rate"), Requests: r.number("req_tot"), Queue: r.number("qcur"),
		Status5xx: r.number("hrsp_5xx"), Errors: r.number("econ") + r.number("eresp"), Retries: r.number("wretr") + r.number("wredis"),
		ResponseTime: r.number("rtime"), CheckText: cmp.Or(r.text("last_chk"), r.text("check_desc"))}
	if check := strings.TrimPrefix(r.text("check_status"), "* "); check != "" {
		s.Check = check
		if code := r.text("check_code"); code != "" && code != "0" {
			s.Check += " " + code
		}
		if took := r.text("check_duration"); took != "" {
			s.Check += " in " + took + "ms"
		}
	}
	return s
}
