// Package datadog is a stand-in for the part of Datadog's API that keeps what people make:
// monitors, dashboards and webhooks. It refuses what the documentation says is refused, and
// fields that it does not document.
//
// Source: docs.datadoghq.com/api/latest (Monitors, Dashboards, Webhooks Integration, Rate
// Limits).
package datadog

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxBody bounds one request.
const maxBody = 1 << 20

// Organization is what one organization keeps, in memory. It is an http.Handler.
type Organization struct {
	mu               sync.Mutex
	mux              *http.ServeMux
	key, application string
	last             int64
	monitors         map[int64]*monitor
	dashboards       map[string]*dashboard
	webhooks         map[string]*webhook
	// begun and asked count the requests of a period.
	begun time.Time
	asked int
}

// Requests that an organization may make in a period.
const (
	most   = 1000
	period = time.Minute
)

// New is an organization with nothing in it, for those with its keys.
func New(key, application string) *Organization {
	o := &Organization{mux: http.NewServeMux(), key: key, application: application, last: 1000,
		monitors: map[int64]*monitor{}, dashboards: map[string]*dashboard{}, webhooks: map[string]*webhook{}}
	const hooks = "/api/v1/integration/webhooks/configuration/webhooks"
	for route, answer := range map[string]func(*http.Request) (any, error){
		"GET /api/v1/monitor":           o.listMonitors,
		"POST /api/v1/monitor":          o.newMonitor,
		"GET /api/v1/monitor/{id}":      o.oneMonitor,
		"PUT /api/v1/monitor/{id}":      o.changeMonitor,
		"DELETE /api/v1/monitor/{id}":   o.deleteMonitor,
		"GET /api/v1/dashboard":         o.listDashboards,
		"POST /api/v1/dashboard":        o.newDashboard,
		"GET /api/v1/dashboard/{id}":    o.oneDashboard,
		"PUT /api/v1/dashboard/{id}":    o.changeDashboard,
		"DELETE /api/v1/dashboard/{id}": o.deleteDashboard,
		"POST " + hooks:                 o.newWebhook,
		"GET " + hooks + "/{name}":      o.oneWebhook,
		"PUT " + hooks + "/{name}":      o.changeWebhook,
		"DELETE " + hooks + "/{name}":   o.deleteWebhook,
	} {
		o.mux.HandleFunc(route, o.answers(answer))
	}
	o.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "Not found") })
	return o
}

// Answer has another part of the API answered, for those with the keys.
func (o *Organization) Answer(route string, to http.HandlerFunc) { o.mux.HandleFunc(route, to) }

// ServeHTTP answers one request.
func (o *Organization) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	same := func(header, want string) int {
		return subtle.ConstantTimeCompare([]byte(r.Header.Get(header)), []byte(want))
	}
	left, reset := o.take(time.Now())
	w.Header().Set("X-RateLimit-Limit", strconv.Itoa(most))
	w.Header().Set("X-RateLimit-Period", strconv.Itoa(int(period.Seconds())))
	w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(max(0, left)))
	w.Header().Set("X-RateLimit-Reset", strconv.Itoa(reset))
	switch {
	case same("DD-API-KEY", o.key)&same("DD-APPLICATION-KEY", o.application) != 1:
		refuse(w, http.StatusForbidden, "Forbidden")
	case left < 0:
		refuse(w, http.StatusTooManyRequests, "Too many requests")
	default:
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		o.mux.ServeHTTP(w, r)
	}
}

// take counts a request, and says how many are left and when there are more, in seconds.
func (o *Organization) take(at time.Time) (left, reset int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if at.Sub(o.begun) >= period {
		o.begun, o.asked = at, 0
	}
	o.asked++
	return most - o.asked, int((period - at.Sub(o.begun)).Seconds()) + 1
}

// refuse answers in the form of this API's errors.
func refuse(w http.ResponseWriter, status int, words ...string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": words})
}

// refusal is an error as this API says it.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

func invalid(form string, args ...any) error {
	return &refusal{http.StatusBadRequest, fmt.Sprintf(form, args...)}
}

func missing(what string) error { return &refusal{http.StatusNotFound, what + " not found"} }

// answers writes what a question comes to.
func (o *Organization) answers(to func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		value, err := to(r)
		var no *refusal
		switch {
		case errors.As(err, &no):
			refuse(w, no.status, no.message)
		case err != nil:
			refuse(w, http.StatusBadRequest, err.Error())
		default:
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(value)
		}
	}
}

// read takes the body of a request: JSON with the fields of its schema, and no others.
func read(r *http.Request, into any) error {
	if kind := r.Header.Get("Content-Type"); kind != "application/json" {
		return &refusal{http.StatusUnsupportedMediaType, "unsupported media type " + kind}
	}
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(r.Body); err != nil {
		return &refusal{http.StatusRequestEntityTooLarge, "too large"}
	}
	dec := json.NewDecoder(&raw)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return invalid("Invalid request: %v", err)
	}
	return nil
}
