// Package api asks Datadog's API, with an API key and an application key.
//
// Source: docs.datadoghq.com/api/latest (Authentication, Rate Limits).
package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/secret"
)

// Service is the API of one organization. It is for one goroutine.
type Service struct {
	base             url.URL
	key, application secret.String
	client           *http.Client
	retry            time.Duration // before the first further try; it doubles
}

// New makes a client of the API at a URL such as https://api.datadoghq.eu. The service must
// prove its name to this machine's roots, or to those in PEM.
func New(at string, key, application secret.String, roots string) (*Service, error) {
	base, err := url.Parse(at)
	if err != nil {
		return nil, err
	}
	if base.Scheme != "https" {
		return nil, fmt.Errorf("%s is not https", at)
	}
	for _, s := range []secret.String{key, application} {
		if s.Empty() || strings.ContainsAny(s.Reveal(), "\x00\r\n") {
			return nil, errors.New("monitoring.api_key and monitoring.application_key must each hold one line")
		}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM([]byte(roots))
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Service{base: url.URL{Scheme: "https", Host: base.Host}, key: key, application: application, client: client, retry: time.Second}, nil
}

// Hurry leaves out the pauses between requests, for a stand-in that does not count them.
func (s *Service) Hurry() { s.retry = 0 }

const (
	tries    = 4       // of a request that the service is too busy for
	longest  = 8 << 20 // bytes of an answer
	mostWait = time.Minute
)

// ErrForbidden is within the error of a question that the keys are not good for. The service
// does not tell wrong keys from those that lack a right.
var ErrForbidden = errors.New("it does not take the keys")

// Question is a request to the API.
type Question struct {
	Method string // GET without one
	Path   string
	Query  url.Values
	// Body is sent as JSON; nil sends nothing.
	Body any
	// Secret says that Body holds secrets: the words of a refusal may repeat it, and are not
	// shown.
	Secret bool
	// Right is the permission that the application key's owner needs for it.
	Right string
}

// Ask puts a question, and reads the answer into a value unless that is nil. It reports
// false where the service knows no such thing. Errors have a code of the area MON.
func (s *Service) Ask(ctx context.Context, q Question, into any) (bool, error) {
	pause := s.retry
	for try := 1; ; try++ {
		a, err := s.once(ctx, q)
		if err != nil {
			return false, s.fails(fault.MonitorAway, err)
		}
		switch {
		case a.status == http.StatusNotFound:
			return false, nil
		case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
			return false, s.fails(fault.MonitorRefuses, fmt.Errorf("%w; they must be of the site of this API, and the application key's owner needs the permission %s (%w)", ErrForbidden, q.Right, a.refusal(q.Secret)))
		case (a.status == http.StatusTooManyRequests || a.status >= 500) && try < tries:
			if err := wait(ctx, min(mostWait, max(pause, a.reset))); err != nil {
				return false, s.fails(fault.MonitorAway, err)
			}
			pause *= 2
		case a.status < 200 || a.status >= 300:
			return false, s.fails(fault.MonitorAway, a.refusal(q.Secret))
		case into == nil:
			return true, nil
		default:
			if err := json.Unmarshal(a.body, into); err != nil {
				return false, s.fails(fault.MonitorAway, errors.New("its answer is not the JSON of its documentation; see whether monitoring.api is the URL of the API"))
			}
			return true, nil
		}
	}
}

// fails says of whom an error is.
func (s *Service) fails(code fault.Code, err error) error {
	return fault.Wrap(code, fmt.Errorf("the monitoring service's API at %s: %w", s.base.Host, err))
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// answer is what the service said; reset is when it may be asked again.
type answer struct {
	status int
	reset  time.Duration
	body   []byte
}

func (s *Service) once(ctx context.Context, q Question) (answer, error) {
	at := s.base
	at.Path, at.RawQuery = q.Path, q.Query.Encode()
	var body io.Reader
	if q.Body != nil {
		raw, err := json.Marshal(q.Body)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, cmp.Or(q.Method, http.MethodGet), at.String(), body)
	if err != nil {
		return answer{}, err
	}
	if q.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("DD-API-KEY", s.key.Reveal())
	req.Header.Set("DD-APPLICATION-KEY", s.application.Reveal())
	resp, err := s.client.Do(req)
	if err != nil {
		var whole *url.Error
		if errors.As(err, &whole) { // without the method and URL, which the caller names
			err = whole.Err
		}
		return answer{}, err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, longest))
	seconds, _ := strconv.ParseUint(resp.Header.Get("X-RateLimit-Reset"), 10, 16)
	return answer{resp.StatusCode, time.Duration(seconds) * time.Second, said}, err
}

// refusal is an answer that is no success, in the service's own words unless they may hold
// secrets.
func (a answer) refusal(secrets bool) error {
	var said struct{ Errors []string }
	if secrets || json.Unmarshal(a.body, &said) != nil || len(said.Errors) == 0 {
		return fmt.Errorf("it answered with the status %d", a.status)
	}
	var words []string
	for _, w := range said.Errors[:min(3, len(said.Errors))] {
		words = append(words, ask.Printable(w, 300))
	}
	return fmt.Errorf("it answered with the status %d: %s", a.status, strings.Join(words, "; "))
}
