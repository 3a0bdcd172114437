package intake

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// perSecond is how many requests a user may make.
const perSecond = 4

// aliveFor is how long after its last word a collector counts as alive.
const aliveFor = 30 * time.Minute

// Manage is the API for people, as far as it lists, shows and deletes collectors, and keeps
// what is in a library.Library: it takes an access id and its key, and refuses what the
// documentation says is refused.
// Source: help.sumologic.com/docs/api/collector-management/collector-api-methods-examples
// and /docs/api/about-apis/getting-started.
func (in *Intake) Manage(id, key string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/collectors", in.listAll)
	mux.HandleFunc("GET /api/v1/collectors/name/{name...}", in.byName)
	mux.HandleFunc("GET /api/v1/collectors/{id}", in.byID)
	mux.HandleFunc("DELETE /api/v1/collectors/{id}", in.delete)
	mux.HandleFunc("/api/v1/collectors", notAllowed)
	mux.HandleFunc("/api/v1/collectors/", notAllowed)
	(&searches{in: in, jobs: map[string]*job{}}).routes(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		complain(w, http.StatusNotFound, "notfound", "Requested resource could not be found.")
	})
	for _, path := range []string{"/api/v1/monitors", "/api/v1/monitors/", "/api/v1/connections", "/api/v1/connections/", "/api/v2/dashboards", "/api/v2/dashboards/"} {
		mux.Handle(path, in.library)
	}
	rate := &rate{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gotID, gotKey, _ := r.BasicAuth()
		sameID := subtle.ConstantTimeCompare([]byte(gotID), []byte(id))
		switch {
		case sameID&subtle.ConstantTimeCompare([]byte(gotKey), []byte(key)) != 1:
			complain(w, http.StatusUnauthorized, "unauthorized", "Credential could not be verified.")
		case !rate.take(time.Now()):
			complain(w, http.StatusTooManyRequests, "rate.limit.exceeded", "The API request rate is higher than 4 request per second.")
		case in.outage.Load() != 0:
			complain(w, int(in.outage.Load()), "service.unavailable", "Service is currently unavailable.")
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// rate lets perSecond requests through in any second.
type rate struct {
	mu   sync.Mutex
	last []time.Time
}

func (r *rate) take(at time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = slices.DeleteFunc(r.last, func(t time.Time) bool { return at.Sub(t) >= time.Second })
	if len(r.last) >= perSecond {
		return false
	}
	r.last = append(r.last, at)
	return true
}

// complain answers in the form of this API's errors, which is another than that of the
// one for collectors.
func complain(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"status": status, "id": "LAB", "code": code, "message": message})
}

func notAllowed(w http.ResponseWriter, _ *http.Request) {
	complain(w, http.StatusMethodNotAllowed, "method.unsupported", "Unsupported method for URL.")
}

// managed is a collector as this API shows it.
type managed struct {
	ID        int64             `json:"id"`
	Name      string            `json:"name"`
	Kind      string            `json:"collectorType"`
	Category  string            `json:"category,omitempty"`
	HostName  string            `json:"hostName,omitempty"`
	TimeZone  string            `json:"timeZone,omitempty"`
	Fields    map[string]string `json:"fields,omitempty"`
	Ephemeral bool              `json:"ephemeral"`
	Alive     bool              `json:"alive"`
	Seen      int64             `json:"lastSeenAlive"` // milliseconds
}

func managedOf(c Collector) managed {
	return managed{ID: c.ID, Name: c.Name, Kind: "Installable", Category: c.Category, HostName: c.Hostname, TimeZone: c.timeZone,
		Fields: c.Fields, Ephemeral: c.ephemeral, Alive: time.Since(c.LastSeen) < aliveFor, Seen: c.LastSeen.UnixMilli()}
}

func (in *Intake) listAll(w http.ResponseWriter, r *http.Request) {
	number := func(name string, usual int) (int, error) {
		return strconv.Atoi(cmp.Or(r.URL.Query().Get(name), strconv.Itoa(usual)))
	}
	limit, bad := number("limit", 1000)
	offset, worse := number("offset", 0)
	filter := r.URL.Query().Get("filter")
	if bad != nil || worse != nil || limit < 0 || offset < 0 || !slices.Contains([]string{"", "installed", "hosted", "dead", "alive"}, filter) {
		complain(w, http.StatusBadRequest, "BadRequest", "limit, offset or filter is not valid")
		return
	}
	list := []managed{}
	for _, c := range in.store.Collectors() {
		one := managedOf(c)
		if filter == "hosted" || filter == "dead" && one.Alive || filter == "alive" && !one.Alive {
			continue
		}
		list = append(list, one)
	}
	list = list[min(offset, len(list)):]
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"collectors": list[:min(limit, len(list))]})
}

// byName refuses names with special characters, and one with a period whose URL does not
// end in a slash.
func (in *Intake) byName(w http.ResponseWriter, r *http.Request) {
	given := r.PathValue("name")
	name := strings.TrimSuffix(given, "/")
	plain := !strings.ContainsAny(name, `;/%\`) && (!strings.Contains(name, ".") || name != given)
	in.show(w, func(c Collector) bool { return plain && c.Name == name })
}

func (in *Intake) byID(w http.ResponseWriter, r *http.Request) {
	if id, ok := number(w, r); ok {
		in.show(w, func(c Collector) bool { return c.ID == id })
	}
}

func number(w http.ResponseWriter, r *http.Request) (int64, bool) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		complain(w, http.StatusBadRequest, "InvalidCollector", "The specified Collector ID is invalid.")
	}
	return id, err == nil
}

// show answers with one collector, and the version of it.
func (in *Intake) show(w http.ResponseWriter, is func(Collector) bool) {
	all := in.store.Collectors()
	i := slices.IndexFunc(all, is)
	if i < 0 {
		complain(w, http.StatusNotFound, "notfound", "Requested resource could not be found.")
		return
	}
	body, _ := json.Marshal(map[string]managed{"collector": managedOf(all[i])})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(body)))
	w.Write(body)
}

// delete answers 200 without a body.
func (in *Intake) delete(w http.ResponseWriter, r *http.Request) {
	id, ok := number(w, r)
	switch {
	case !ok:
	case in.store.forget(id):
		w.WriteHeader(http.StatusOK)
	default:
		complain(w, http.StatusNotFound, "notfound", "Requested resource could not be found.")
	}
}
