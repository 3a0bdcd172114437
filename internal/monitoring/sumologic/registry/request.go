package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"foobar/internal/ask"
)

// answer is what the service said.
type answer struct {
	status   int
	location string
	body     []byte
}

// once makes one request, not sooner after the last than the service allows.
func (s *Service) once(ctx context.Context, method, path string) (answer, error) {
	if err := wait(ctx, time.Until(s.next)); err != nil {
		return answer{}, err
	}
	s.next = time.Now().Add(s.pace)
	at := s.base
	at.Path = path
	req, err := http.NewRequestWithContext(ctx, method, at.String(), nil)
	if err != nil {
		return answer{}, err
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
	body, err := io.ReadAll(io.LimitReader(resp.Body, longest))
	return answer{resp.StatusCode, resp.Header.Get("Location"), body}, err
}

// refusal is an answer that is no success, in the service's own words.
func (a answer) refusal() error {
	var said struct{ ID, Code, Message string }
	if json.Unmarshal(a.body, &said) != nil || said.Message == "" {
		return fmt.Errorf("it answered with the status %d", a.status)
	}
	return fmt.Errorf("it answered with the status %d: %s (%s)", a.status, ask.Printable(said.Message, 200), ask.Printable(said.Code, 200))
}
