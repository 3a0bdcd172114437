package objects

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"foobar/internal/fault"
	"foobar/internal/monitoring/sumologic/registry"
)

// send puts a question whose answer must be there. What is to be deleted may be gone.
func (v *visit) send(ctx context.Context, method, path string, query url.Values, right string, body, into any) error {
	return v.ask(ctx, registry.Question{Method: method, Path: path, Query: query, Body: body, Right: right}, into)
}

func (v *visit) ask(ctx context.Context, q registry.Question, into any) error {
	there, err := v.service.Ask(ctx, q, into)
	if err == nil && !there && q.Method != http.MethodDelete {
		err = fault.Wrap(fault.MonitorAway, fmt.Errorf("Sumo Logic does not have %s any more; somebody else changes it just now", q.Path))
	}
	return err
}
