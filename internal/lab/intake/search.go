package intake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// searches are the search jobs of the API for people. They know one kind of query: lines
// that hold a word, counted by host. A job needs the cookie of its session, and is first
// asked for its state before it has ended.
// Source: help.sumologic.com/docs/api/search-job.
type searches struct {
	in   *Intake
	mu   sync.Mutex
	jobs map[string]*job
}

type job struct {
	cookie string
	asked  int
	counts map[string]int
}

// mostJobs is how many a user may have.
const mostJobs = 10

const (
	searchPath   = "/api/v1/search/jobs"
	searchCookie = "LABSEARCH"
)

func (s *searches) routes(mux *http.ServeMux) {
	mux.HandleFunc("POST "+searchPath, s.begin)
	mux.HandleFunc("GET "+searchPath+"/{id}", s.known(s.state))
	mux.HandleFunc("GET "+searchPath+"/{id}/records", s.known(s.records))
	mux.HandleFunc("DELETE "+searchPath+"/{id}", s.known(func(w http.ResponseWriter, r *http.Request, _ *job) {
		delete(s.jobs, r.PathValue("id"))
		answerJSON(w, http.StatusOK, map[string]string{"id": r.PathValue("id")})
	}))
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

var counting = regexp.MustCompile(`^"([A-Za-z0-9]+)" \| count by _sourceHost$`)

func (s *searches) begin(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Query, From, To, TimeZone, AutoParsingMode string
		ByReceiptTime, RequiresRawMessages         bool
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	d.DisallowUnknownFields()
	bad := func(code, message string) { complain(w, http.StatusBadRequest, code, message) }
	if err := d.Decode(&q); err != nil || r.Header.Get("Content-Type") != "application/json" {
		bad("generic.error", fmt.Sprintf("The body is no search job: %v", err))
		return
	}
	from, err := time.Parse("2006-01-02T15:04:05", q.From)
	to, err2 := time.Parse("2006-01-02T15:04:05", q.To)
	word := counting.FindStringSubmatch(q.Query)
	switch {
	case err != nil || err2 != nil:
		bad("searchjob.invalid.timestamp.from", "The 'from' or 'to' field contains an invalid time.")
	case !from.Before(to):
		bad("searchjob.to.before.from", "The 'from' time cannot be after the 'to' time.")
	case q.TimeZone != "UTC":
		bad("searchjob.unknown.timezone", "The 'timezone' value is not a known time zone.")
	case word == nil:
		bad("searchjob.parse.error", "Unable to parse query.")
	default:
		s.put(w, word[1], from, to)
	}
}

// put makes a job of what lies at the intake by now.
func (s *searches) put(w http.ResponseWriter, word string, from, to time.Time) {
	j := &job{cookie: secret(16), counts: map[string]int{}}
	for _, r := range s.in.store.Records(Query{Kind: Logs, Contains: word}) {
		if r.Time.Before(from) || r.Time.After(to) {
			continue
		}
		host, _ := r.Resource["_sourceHost"].(string)
		j.counts[host]++
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.jobs) >= mostJobs {
		complain(w, http.StatusTooManyRequests, "rate.limit.exceeded", "There are too many active search jobs.")
		return
	}
	id := strings.ToUpper(secret(16))
	s.jobs[id] = j
	http.SetCookie(w, &http.Cookie{Name: searchCookie, Value: j.cookie, Path: searchPath, Secure: true, HttpOnly: true})
	answerJSON(w, http.StatusAccepted, map[string]any{"id": id, "link": map[string]string{"rel": "self", "href": searchPath + "/" + id}})
}

// known finds the job, for the session that began it, while the lock is held.
func (s *searches) known(next func(http.ResponseWriter, *http.Request, *job)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		j := s.jobs[r.PathValue("id")]
		mine := j != nil && slices.ContainsFunc(r.Cookies(), func(c *http.Cookie) bool { return c.Name == searchCookie && c.Value == j.cookie })
		if !mine {
			complain(w, http.StatusNotFound, "searchjob.jobid.invalid", "Job ID is invalid.")
			return
		}
		next(w, r, j)
	}
}

func (s *searches) state(w http.ResponseWriter, _ *http.Request, j *job) {
	j.asked++
	state := "GATHERING RESULTS"
	if j.asked > 1 {
		state = "DONE GATHERING RESULTS"
	}
	total := 0
	for _, n := range j.counts {
		total += n
	}
	answerJSON(w, http.StatusOK, map[string]any{"state": state, "messageCount": total, "recordCount": len(j.counts), "histogramBuckets": []any{}, "pendingErrors": []string{}, "pendingWarnings": []string{}})
}

func (s *searches) records(w http.ResponseWriter, r *http.Request, j *job) {
	offset, err := strconv.Atoi(r.URL.Query().Get("offset"))
	limit, err2 := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || err2 != nil || offset != 0 || limit < 1 || limit > 10000 {
		complain(w, http.StatusBadRequest, "searchjob.limit.out.of.bounds", "The offset or the limit is missing or out of bounds.")
		return
	}
	list := []any{}
	if j.asked > 1 {
		for host, n := range j.counts {
			list = append(list, map[string]any{"map": map[string]string{"_sourcehost": host, "_count": strconv.Itoa(n)}})
		}
	}
	answerJSON(w, http.StatusOK, map[string]any{"fields": []any{map[string]any{"name": "_sourcehost", "fieldType": "string", "keyField": true}, map[string]any{"name": "_count", "fieldType": "int", "keyField": false}}, "records": list})
}
