package registry

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"foobar/internal/ask"
)

// answer is what the service said.
type answer struct {
	status   int
	location string
	body     []byte
}

// once makes one request, not sooner after those before than the service allows.
func (s *Service) once(ctx context.Context, q Question) (answer, error) {
	if len(s.last) == perPace {
		if err := wait(ctx, time.Until(s.last[0].Add(s.pace))); err != nil {
			return answer{}, err
		}
		s.last = s.last[1:]
	}
	s.last = append(s.last, time.Now())
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
	req.SetBasicAuth(s.id.Reveal(), s.key.Reveal())
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
	return answer{resp.StatusCode, resp.Header.Get("Location"), said}, err
}

// errorCode is a word such as connection:invalid_url; what else it may hold is not believed to be one.
var errorCode = regexp.MustCompile(`^[a-z][a-z_.:]{0,79}$`)

// refusal is an answer that is no success, in the service's own words. Its older APIs say
// one error, its newer ones a list. Of an answer to secrets the codes alone are shown.
func (a answer) refusal(secrets bool) error {
	type reason struct{ Code, Message, Detail string }
	var said struct {
		Code, Message string
		Errors        []reason
	}
	var words []string
	if json.Unmarshal(a.body, &said) == nil {
		for _, r := range append(said.Errors, reason{Code: said.Code, Message: said.Message}) {
			switch {
			case len(words) == 3:
			case secrets && errorCode.MatchString(r.Code):
				words = append(words, r.Code)
			case r.Message != "" && !secrets:
				words = append(words, strings.TrimSpace(ask.Printable(r.Message, 200)+" "+ask.Printable(r.Detail, 200))+" ("+ask.Printable(r.Code, 200)+")")
			}
		}
	}
	if len(words) == 0 {
		return fmt.Errorf("it answered with the status %d", a.status)
	}
	return fmt.Errorf("it answered with the status %d: %s", a.status, strings.Join(words, "; "))
}
