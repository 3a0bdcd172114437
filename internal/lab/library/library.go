// Package library is a stand-in for the part of Sumo Logic's API that keeps what people
// make: monitors and their folders, connections for notifications, and dashboards.
// It refuses what the documentation says is refused, and answers in other words than it
// was asked in where the service does: times in the largest unit, empty fields left out.
//
// Sources: api.sumologic.com/docs (the schemas of monitorsLibraryManagement,
// connectionManagement and dashboardManagement), and the documentation
// of the Terraform provider SumoLogic/sumologic.
package library

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// maxBody bounds one request.
const maxBody = 1 << 20

// Library is what one account keeps, in memory. It is an http.Handler; who asks it, and
// how often, is the business of whoever serves it.
type Library struct {
	mu          sync.Mutex
	mux         *http.ServeMux
	last        uint64 // identifier
	monitors    map[string]*monitor
	connections map[string]*connection
	dashboards  map[string]*dashboard
}

// New is an account with nothing in it but the folders that each has.
func New() *Library {
	l := &Library{mux: http.NewServeMux(), last: 0x1000, monitors: map[string]*monitor{rootID: {folder: true, Name: "Monitor"}}, connections: map[string]*connection{},
		dashboards: map[string]*dashboard{}}
	for route, answer := range map[string]func(*http.Request) (any, error){
		"GET /api/v1/monitors":            l.monitorsByID,
		"GET /api/v1/monitors/root":       func(*http.Request) (any, error) { return l.shown(rootID), nil },
		"GET /api/v1/monitors/path":       l.monitorByPath,
		"GET /api/v1/monitors/{id}":       l.monitor,
		"POST /api/v1/monitors":           l.newMonitor,
		"PUT /api/v1/monitors/{id}":       l.changeMonitor,
		"DELETE /api/v1/monitors/{id}":    l.deleteMonitor,
		"GET /api/v1/connections":         l.listConnections,
		"GET /api/v1/connections/{id}":    l.connection,
		"POST /api/v1/connections":        l.newConnection,
		"PUT /api/v1/connections/{id}":    l.changeConnection,
		"DELETE /api/v1/connections/{id}": l.deleteConnection,
		"GET /api/v2/dashboards":          l.listDashboards,
		"GET /api/v2/dashboards/{id}":     l.dashboard,
		"POST /api/v2/dashboards":         l.newDashboard,
		"PUT /api/v2/dashboards/{id}":     l.changeDashboard,
		"DELETE /api/v2/dashboards/{id}":  l.deleteDashboard,
	} {
		l.mux.HandleFunc(route, l.answers(answer))
	}
	return l
}

// ServeHTTP answers one request.
func (l *Library) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.mux.ServeHTTP(w, r) }

// refusal is an error as this API says it.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string { return r.message }

func refuse(status int, code, form string, args ...any) error {
	return &refusal{status, code, fmt.Sprintf(form, args...)}
}

// invalid refuses a request that is not as it is documented.
func invalid(form string, args ...any) error {
	return refuse(http.StatusBadRequest, "bad_request", form, args...)
}

func missing(what string) error {
	return refuse(http.StatusNotFound, "content:not_found", "%s does not exist.", what)
}

// answers writes what a question comes to: an error, nothing (204), or JSON. A question
// with a body is one of JSON.
func (l *Library) answers(to func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		var value any
		var err error
		if kind := r.Header.Get("Content-Type"); (r.Method == http.MethodPost || r.Method == http.MethodPut) && kind != "application/json" {
			err = refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", "The content type %q is not supported.", kind)
		} else {
			value, err = to(r)
		}
		var no *refusal
		switch {
		case errors.As(err, &no):
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(no.status)
			json.NewEncoder(w).Encode(map[string]any{"id": "LAB", "errors": []map[string]string{{"code": no.code, "message": no.message}}})
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		case value == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(value)
		}
	}
}

// read takes the body of a request: JSON with the fields of its schema, and no others.
func read(r *http.Request, into any) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return refuse(http.StatusRequestEntityTooLarge, "too_large", "The request is too large.")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return invalid("Invalid request: %s.", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func (l *Library) newID() string {
	l.last++
	return fmt.Sprintf("%016X", l.last)
}

// stamp is when and by whom something was made and changed, as answers have it.
func stamp(answer map[string]any) map[string]any {
	const user = "0000000000000A01"
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	answer["createdAt"], answer["createdBy"], answer["modifiedAt"], answer["modifiedBy"] = now, user, now, user
	return answer
}

// name is what a thing may be called.
func name(s string, most int) error {
	switch {
	case s == "" || strings.TrimSpace(s) != s:
		return invalid("The name must not be empty, or begin or end with a blank.")
	case len(s) > most:
		return invalid("The name has more than %d characters.", most)
	case strings.Contains(s, "/"):
		return invalid("The name must not contain a slash.")
	}
	return nil
}
