package intake

import (
	"bufio"
	"cmp"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxRecords bounds what is remembered, in memory and in the file; the oldest go.
const maxRecords = 200_000

// Collector is what the intake knows of one collector.
type Collector struct {
	// ID is what the API for people calls it by; a new registration has a new one.
	ID            int64             `json:"id"`
	Name          string            `json:"name"`
	Hostname      string            `json:"hostname"`
	Category      string            `json:"category"`
	Fields        map[string]string `json:"fields,omitempty"`
	Registrations int               `json:"registrations"`
	Heartbeats    int               `json:"heartbeats"`
	// LastSeen is when it last sent anything.
	LastSeen time.Time `json:"lastSeen"`
	// Metrics counts points by metric name, Logs lines by _sourceCategory ("" when
	// the line has none). Unlike the records they are never forgotten.
	Metrics map[string]int `json:"metrics,omitempty"`
	Logs    map[string]int `json:"logs,omitempty"`

	ephemeral bool
	timeZone  string
}

// firstID is what the numbers of collectors are above.
const firstID = 100_000_000

type credential struct{ key, collector string }

// Store remembers what arrived, in memory and, a line of JSON each, in a file.
type Store struct {
	mu          sync.Mutex
	records     []Record
	collectors  map[string]*Collector
	credentials map[string]credential
	lastID      int64

	file    *os.File
	out     *bufio.Writer
	written int
}

// NewStore makes an empty store that also writes to the file, which begins anew.
func NewStore(name string) (*Store, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &Store{collectors: map[string]*Collector{}, credentials: map[string]credential{}, file: f, out: bufio.NewWriter(f)}, nil
}

// Close closes the file.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.out.Flush(), s.file.Close())
}

// Clear forgets everything; collectors must register again.
func (s *Store) Clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records, s.collectors, s.credentials = nil, map[string]*Collector{}, map[string]credential{}
	return s.rewind()
}

// rewind begins the file anew.
func (s *Store) rewind() error {
	s.out.Reset(s.file)
	s.written = 0
	_, err := s.file.Seek(0, 0)
	return errors.Join(err, s.file.Truncate(0))
}

// register gives a collector its credentials and returns the name it got: another
// one of that name is replaced when it asks for it (clobber), else the name gets a suffix.
func (s *Store) register(reg registration, id, key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := reg.CollectorName
	if old := s.collectors[name]; old != nil && reg.Clobber {
		maps.DeleteFunc(s.credentials, func(_ string, c credential) bool { return c.collector == name })
	} else if old != nil {
		name = fmt.Sprintf("%s-%s", name, id)
	}
	c := s.collectors[name]
	if c == nil {
		c = &Collector{Name: name, Metrics: map[string]int{}, Logs: map[string]int{}}
		s.collectors[name] = c
	}
	s.lastID++
	c.ID, c.ephemeral, c.timeZone = firstID+s.lastID, reg.Ephemeral, reg.TimeZone
	c.Hostname, c.Category, c.Fields = reg.Hostname, reg.Category, reg.Fields
	c.Registrations++
	s.credentials[id] = credential{key, name}
	fields := map[string]any{"clobber": reg.Clobber, "ephemeral": reg.Ephemeral, "timeZone": reg.TimeZone, "fields": reg.Fields}
	s.keep(Record{Kind: Registrations, Time: now(), Collector: name, Host: reg.Hostname, Category: reg.Category, Attributes: fields})
	return name
}

func (s *Store) authenticate(id, key string) (collector string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, found := s.credentials[id]
	if !found || subtle.ConstantTimeCompare([]byte(c.key), []byte(key)) != 1 {
		return "", false
	}
	return c.collector, true
}

// forget takes a collector off the list, with its credentials: what it sends then is
// refused, and a collector that still runs registers again.
func (s *Store) forget(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, c := range s.collectors {
		if c.ID == id {
			delete(s.collectors, name)
			maps.DeleteFunc(s.credentials, func(_ string, c credential) bool { return c.collector == name })
			return true
		}
	}
	return false
}

func (s *Store) heartbeat(collector string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.collectors[collector]; c != nil {
		c.Heartbeats++
	}
	s.keep(Record{Kind: Heartbeats, Time: now(), Collector: collector})
}

func (s *Store) metadata(collector string, data map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(Record{Kind: Metadata, Time: now(), Collector: collector, Attributes: data})
}

func (s *Store) add(records []Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		if c := s.collectors[r.Collector]; c != nil && r.Kind == Metrics {
			c.Metrics[r.Name]++
		} else if c != nil {
			c.Logs[r.Category]++
		}
		s.keep(r)
	}
}

// keep remembers a record; the caller holds the lock.
func (s *Store) keep(r Record) {
	if c := s.collectors[r.Collector]; c != nil {
		c.LastSeen = now()
		r.Host = cmp.Or(r.Host, c.Hostname, r.Collector)
	}
	if len(s.records) >= maxRecords {
		s.records = append(s.records[:0], s.records[maxRecords/4:]...)
	}
	s.records = append(s.records, r)
	if s.written >= maxRecords && s.rewind() != nil {
		return
	}
	// The file is for people; what it lacks is still in memory.
	if line, err := json.Marshal(r); err == nil {
		s.written++
		s.out.Write(append(line, '\n'))
		s.out.Flush()
	}
}

// Collectors summarises each collector, by name.
func (s *Store) Collectors() []Collector {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Collector, 0, len(s.collectors))
	for _, name := range slices.Sorted(maps.Keys(s.collectors)) {
		c := *s.collectors[name]
		c.Metrics, c.Logs = maps.Clone(c.Metrics), maps.Clone(c.Logs)
		list = append(list, c)
	}
	return list
}

// Query chooses records; what is empty does not limit.
type Query struct {
	Kind string
	// Host is the collector's name or the host's.
	Host     string
	Category string
	// Contains is a part of the record's Text, or of a metric's name.
	Contains string
	// Since leaves out what is older.
	Since time.Time
}

// Values is the query in a URL.
func (q Query) Values() url.Values {
	v := url.Values{"kind": {q.Kind}, "host": {q.Host}, "category": {q.Category}, "contains": {q.Contains}}
	if !q.Since.IsZero() {
		v.Set("since", q.Since.Format(time.RFC3339Nano))
	}
	return v
}

// ParseQuery reads what Values wrote.
func ParseQuery(v url.Values) (q Query, err error) {
	q = Query{Kind: v.Get("kind"), Host: v.Get("host"), Category: v.Get("category"), Contains: v.Get("contains")}
	if since := v.Get("since"); since != "" {
		if q.Since, err = time.Parse(time.RFC3339Nano, since); err != nil {
			return q, fmt.Errorf("since: %w", err)
		}
	}
	return q, nil
}

func (q Query) matches(r Record) bool {
	return (q.Kind == "" || r.Kind == q.Kind) &&
		(q.Host == "" || r.Collector == q.Host || r.Host == q.Host) &&
		(q.Category == "" || r.Category == q.Category) &&
		(q.Since.IsZero() || !r.Time.Before(q.Since)) &&
		(q.Contains == "" || strings.Contains(r.Text(), q.Contains))
}

// Records returns what matches, the oldest first.
func (s *Store) Records(q Query) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []Record{}
	for _, r := range s.records {
		if q.matches(r) {
			found = append(found, r)
		}
	}
	return found
}
