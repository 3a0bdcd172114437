// Package intake is a stand-in for Sumo Logic's collection service: it speaks the
// protocol that the OpenTelemetry collector's Sumo Logic extension and exporter
// speak (v0.110.0), checks what the service checks, and remembers what it got. So
// it does for Datadog's intake of OTLP.
package intake

import (
	"compress/gzip"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"foobar/internal/lab/library"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// maxBody bounds one request, unpacked.
const maxBody = 64 << 20

// Intake is the service. It is an http.Handler for collectors; Control is the one
// for people.
type Intake struct {
	token string
	store *Store
	mux   *http.ServeMux
	// library is what people keep at the service.
	library *library.Library
	outage  atomic.Int64
}

// New makes a service that lets collectors register with the token.
func New(token string, store *Store) *Intake {
	in := &Intake{token: token, store: store, mux: http.NewServeMux(), library: library.New()}
	in.mux.HandleFunc("POST /api/v1/collector/register", in.register)
	in.mux.HandleFunc("POST /api/v1/collector/heartbeat", in.known(in.heartbeat))
	in.mux.HandleFunc("POST /api/v1/otCollectors/metadata", in.known(in.metadata))
	in.mux.HandleFunc("POST /api/v1/collector/logs", in.known(in.logs))
	in.mux.HandleFunc("POST /api/v1/collector/metrics", in.known(in.metrics))
	in.otlp()
	return in
}

func (in *Intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if status := int(in.outage.Load()); status != 0 {
		w.WriteHeader(status)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	in.mux.ServeHTTP(w, r)
}

// refuse answers in the form of the service's errors.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"id": "LAB", "errors": []map[string]string{{"code": code, "message": message}}})
}

type registration struct {
	CollectorName string            `json:"collectorName"`
	Hostname      string            `json:"hostname"`
	Category      string            `json:"category"`
	TimeZone      string            `json:"timeZone"`
	Clobber       bool              `json:"clobber"`
	Ephemeral     bool              `json:"ephemeral"`
	Description   string            `json:"description"`
	Fields        map[string]string `json:"fields"`
}

func (in *Intake) register(w http.ResponseWriter, r *http.Request) {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(in.token)) != 1 {
		refuse(w, http.StatusUnauthorized, "collector.invalid_token", "the installation token is not valid")
		return
	}
	var reg registration
	if err := json.NewDecoder(r.Body).Decode(&reg); err != nil || reg.CollectorName == "" {
		refuse(w, http.StatusBadRequest, "collector.invalid_request", "want JSON with a collectorName")
		return
	}
	id, key := secret(8), secret(16)
	name := in.store.register(reg, id, key)
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{
		"collectorCredentialID": id, "collectorCredentialKey": key, "collectorId": id, "collectorName": name,
	})
}

func secret(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// known lets only registered collectors in; 401 makes the others register again.
func (in *Intake) known(next func(http.ResponseWriter, *http.Request, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, key, _ := r.BasicAuth()
		name, ok := in.store.authenticate(id, key)
		if !ok {
			refuse(w, http.StatusUnauthorized, "collector.not_registered", "register first")
			return
		}
		next(w, r, name)
	}
}

// heartbeat answers 204: the extension takes nothing else for success.
func (in *Intake) heartbeat(w http.ResponseWriter, _ *http.Request, name string) {
	in.store.heartbeat(name)
	w.WriteHeader(http.StatusNoContent)
}

func (in *Intake) metadata(w http.ResponseWriter, r *http.Request, name string) {
	var any map[string]any
	if err := json.NewDecoder(r.Body).Decode(&any); err != nil {
		refuse(w, http.StatusBadRequest, "collector.invalid_request", "want JSON")
		return
	}
	in.store.metadata(name, any)
	w.WriteHeader(http.StatusNoContent)
}

// body reads a protobuf message as the exporter sends it. What is malformed would be
// dropped for ever by the exporter on 400, as with the real service.
func body(r *http.Request, into proto.Message) error {
	if t := r.Header.Get("Content-Type"); t != "application/x-protobuf" {
		return fmt.Errorf("content type %q: want application/x-protobuf", t)
	}
	var in io.Reader = r.Body
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return err
		}
		in = z
	case "":
	default:
		return fmt.Errorf("content encoding %q: want gzip", encoding)
	}
	data, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	if err != nil {
		return err
	}
	if len(data) > maxBody {
		return errors.New("the body is too large")
	}
	return proto.Unmarshal(data, into)
}

// take remembers what was sent, where it could be read. The service's answer is 200
// without a body.
func (in *Intake) take(w http.ResponseWriter, unread error, records func() []Record) {
	if unread != nil {
		refuse(w, http.StatusBadRequest, "data.invalid", unread.Error())
		return
	}
	in.store.add(records())
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}

func (in *Intake) logs(w http.ResponseWriter, r *http.Request, name string) {
	var data logspb.LogsData
	in.take(w, body(r, &data), func() []Record { return logRecords(name, &data) })
}

func (in *Intake) metrics(w http.ResponseWriter, r *http.Request, name string) {
	var data metricspb.MetricsData
	in.take(w, body(r, &data), func() []Record { return metricRecords(name, &data) })
}

// Control is the handler by which people ask what arrived:
//
//	GET    /records?kind=&host=&category=&contains=&since=
//	DELETE /records          forget everything, registrations too
//	GET    /collectors       a summary of each
//	PUT    /outage?status=N  answer collectors with N; 0 ends it
func (in *Intake) Control() http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /records", func(w http.ResponseWriter, r *http.Request) {
		q, err := ParseQuery(r.URL.Query())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, in.store.Records(q))
	})
	mux.HandleFunc("DELETE /records", func(w http.ResponseWriter, _ *http.Request) {
		if err := in.store.Clear(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /collectors", func(w http.ResponseWriter, _ *http.Request) { answer(w, in.store.Collectors()) })
	mux.HandleFunc("PUT /outage", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("status"))
		if err != nil || n != 0 && (n < 300 || n > 599) {
			http.Error(w, "status: want 0 to end the outage, or an HTTP status from 300 to 599", http.StatusBadRequest)
			return
		}
		in.outage.Store(int64(n))
	})
	return mux
}

// now is the time of a record without one of its own.
func now() time.Time { return time.Now().UTC() }
