// Package verify sends marked requests through a site, and follows each one: through the
// access logs of the balancer and of the web server that answered it, to where the
// monitoring keeps its metrics and lines.
//
// Send sends; Trail reads what hosts say, and judges; Plain renders. All but the first are
// pure.
package verify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Agent begins the user agent of the requests, "foobar-verify/MARK (NUMBER)". Nothing else
// is special about them: what an app or a cache does for visitors it does for them.
const Agent = "foobar-verify"

// NewMark is a fresh random word that no other line of a log holds.
func NewMark() string { return strings.ToLower(rand.Text()) }

// Reply is what became of a request.
type Reply struct {
	// Status is that of HTTP; Err is why there is none.
	Status int
	Took   time.Duration
	Err    error
}

// answered says that the site answered, and not an error of its own.
func (r Reply) answered() bool { return r.Err == nil && r.Status < 500 }

// gap is the time from one request to the next: no limit of requests is meant to be met.
const gap = 50 * time.Millisecond

// most is how long one request may take. Those without an answer may take twice as long
// together: a site that hangs is told of after two of them.
const most = 30 * time.Second

// Send sends requests with a mark, one after another, each by the client that by names for
// it. A redirect is an answer, and is not followed.
func Send(ctx context.Context, by func(i int) http.RoundTripper, page, mark string, requests int) []Reply {
	replies, lost := make([]Reply, requests), time.Duration(0)
	for i := range replies {
		client := &http.Client{Transport: by(i), Timeout: most, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		begun := time.Now()
		replies[i].Status, replies[i].Err = get(ctx, client, page, fmt.Sprintf("%s/%s (%d)", Agent, mark, i))
		replies[i].Took = time.Since(begun)
		if replies[i].Err != nil {
			if lost += replies[i].Took; lost >= 2*most {
				return replies[:i+1]
			}
		}
		select {
		case <-ctx.Done():
			return replies[:i+1]
		case <-time.After(gap):
		}
	}
	return replies
}

// longest is how much of a page is read: nobody looks at it.
const longest = 1 << 20

func get(ctx context.Context, client *http.Client, page, agent string) (int, error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return 0, err
	}
	ask.Header.Set("User-Agent", agent)
	got, err := client.Do(ask)
	if err != nil {
		var whole *url.Error
		if errors.As(err, &whole) { // without the method and URL, which the report names
			err = whole.Err
		}
		return 0, err
	}
	defer got.Body.Close()
	_, _ = io.CopyN(io.Discard, got.Body, longest)
	return got.StatusCode, nil
}
