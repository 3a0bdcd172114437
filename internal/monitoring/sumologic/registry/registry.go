// Package registry asks Sumo Logic's API for people, and finds and deletes collectors by
// it. The installation token with which collectors register cannot do that: it takes an
// access id and its key.
//
// Source: help.sumologic.com/docs/api/collector-management/collector-api-methods-examples
// and /docs/api/about-apis/getting-started.
package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/secret"
)

// Collector is an entry of the service's list. Names are unique in an account.
type Collector struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Category string `json:"category"`
	// Kind is Installable for one that runs on a host.
	Kind string `json:"collectorType"`
}

// Service is the API of one account. It is for one goroutine.
type Service struct {
	base    url.URL
	id, key secret.String
	client  *http.Client
	// pace is the time for perPace requests: the service takes four a second. retry is the
	// time before the first further try, and doubles.
	pace, retry time.Duration
	last        []time.Time // when the last perPace requests were made
}

// perPace is how many requests may follow one another at once.
const perPace = 4

// New makes a client of the API at a URL such as https://api.eu.sumologic.com. The
// service must prove its name to this machine's roots, or to those in PEM.
func New(api string, id, key secret.String, roots string) (*Service, error) {
	base, err := url.Parse(api)
	if err != nil {
		return nil, err
	}
	if base.Scheme != "https" {
		return nil, fmt.Errorf("%s is not https", api)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM([]byte(roots))
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	jar, err := cookiejar.New(nil) // without its session the service counts each request as a login, and throttles those
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: transport, Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Service{base: url.URL{Scheme: "https", Host: base.Host}, id: id, key: key, client: client, pace: 1100 * time.Millisecond, retry: time.Second}, nil
}

// Hurry leaves out the pauses between requests, for a stand-in that does not count them.
func (s *Service) Hurry() { s.pace, s.retry = 0, 0 }

// Find is the collector of a name, nil where the service lists none.
func (s *Service) Find(ctx context.Context, name string) (*Collector, error) {
	path := "/api/v1/collectors/name/" + name
	if strings.Contains(name, ".") {
		path += "/" // or the service takes what follows the period for a format
	}
	var found struct{ Collector Collector }
	there, err := s.Ask(ctx, Question{Path: path, Right: manageCollectors}, &found)
	if err == nil && there && (found.Collector.ID == 0 || found.Collector.Name != name) {
		err = s.fails(fault.MonitorAway, fmt.Errorf("it answered something else than the collector %s", name))
	}
	if err != nil || !there {
		return nil, err
	}
	return &found.Collector, nil
}

// Delete takes a collector off the service's list, and reports false where it is not on
// it. What it has sent stays.
func (s *Service) Delete(ctx context.Context, c Collector) (bool, error) {
	return s.Ask(ctx, Question{Method: http.MethodDelete, Path: "/api/v1/collectors/" + strconv.FormatInt(c.ID, 10), Right: manageCollectors}, nil)
}

// manageCollectors is the capability of a role that the requests about collectors take.
const manageCollectors = "Manage Collectors"

const (
	tries   = 4       // of a request that the service is too busy for
	longest = 8 << 20 // bytes of an answer
)

// ErrForbidden is within the error of a question that the key's user has not the right for.
var ErrForbidden = errors.New("the access key's user may not do that")

// Question is a request to the API.
type Question struct {
	Method string // GET without one
	Path   string
	Query  url.Values
	// Body is sent as JSON; nil sends nothing.
	Body any
	// Secret says that Body holds secrets. Of a refusal the codes alone are shown then: its
	// words may repeat what was sent.
	Secret bool
	// Right is the capability of a role that the key's user needs for it, as people see it.
	Right string
}

// Ask puts a question, and reads the answer into a value unless that is nil. It reports
// false where the service knows no such thing. Errors have a code of the area MON.
func (s *Service) Ask(ctx context.Context, q Question, into any) (bool, error) {
	moved, pause := false, s.retry
	for try := 1; ; try++ {
		answer, err := s.once(ctx, q)
		if err != nil {
			return false, s.fails(fault.MonitorAway, err)
		}
		switch {
		case answer.status == http.StatusNotFound:
			return false, nil
		case answer.status == http.StatusMovedPermanently && !moved:
			if err := s.move(answer.location); err != nil {
				return false, err
			}
			moved = true
		case answer.status == http.StatusTooManyRequests || answer.status >= 500:
			if try == tries {
				return false, s.fails(fault.MonitorAway, answer.refusal(q.Secret))
			}
			if err := wait(ctx, pause); err != nil {
				return false, s.fails(fault.MonitorAway, err)
			}
			pause *= 2
		case answer.status < 200 || answer.status >= 300:
			return false, s.refused(q, answer)
		case into == nil:
			return true, nil
		default:
			if err := json.Unmarshal(answer.body, into); err != nil {
				return false, s.fails(fault.MonitorAway, errors.New("its answer is not the JSON of its documentation; see whether monitoring.api is the URL of the API"))
			}
			return true, nil
		}
	}
}

// refused is the error of an answer that another try would not change.
func (s *Service) refused(q Question, a answer) error {
	switch a.status {
	case http.StatusUnauthorized:
		return s.fails(fault.MonitorRefuses, errors.New("it does not take the access id and key; make new ones in Sumo Logic, or take both out of [monitoring]"))
	case http.StatusForbidden:
		return s.fails(fault.MonitorRefuses, fmt.Errorf("%w; give that user the role capability %s (%w)", ErrForbidden, q.Right, a.refusal(q.Secret)))
	}
	return s.fails(fault.MonitorAway, a.refusal(q.Secret))
}

// fails says of whom an error is.
func (s *Service) fails(code fault.Code, err error) error {
	return fault.Wrap(code, fmt.Errorf("the monitoring service's API at %s: %w", s.base.Host, err))
}

// move goes on at the deployment that an account belongs to. The key follows to hosts of
// the same service alone.
func (s *Service) move(location string) error {
	to, err := url.Parse(location)
	if err != nil || to.Scheme != "https" || to.Host == "" {
		return s.fails(fault.MonitorAway, errors.New("it sends us elsewhere, but not to an https URL; give the API of your deployment as monitoring.api"))
	}
	if of, there := serviceOf(s.base.Hostname()), serviceOf(to.Hostname()); of != there {
		return s.fails(fault.MonitorAway, fmt.Errorf("it sends us to %s, which is not of %s and does not get the key; if that is right, add api = %q to [monitoring]", ask.Printable(to.Host, 200), of, "https://"+ask.Printable(to.Host, 200)))
	}
	s.base.Host = to.Host
	return nil
}

// serviceOf is the domain of all deployments for one of their names, else the name.
func serviceOf(name string) string {
	if strings.HasSuffix(name, ".sumologic.com") {
		return "sumologic.com"
	}
	return name
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
