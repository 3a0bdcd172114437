package remote

import (
	"context"
	"errors"
	"time"
)

// headStart is how long the first address has to itself.
const headStart = 3 * time.Second

// race is a host being dialed at several addresses, of which the first to answer
// is taken.
type race struct {
	o       Options
	s       *settings
	answers chan dialed
	running int
	all     bool // the other addresses are dialed, too
}

// dialed is how dialing one address ended.
type dialed struct {
	host  *Host
	err   error
	first bool
}

// dialAny dials the first address and, when nothing answers there in time, the
// others beside it. The first to answer is taken; a refusal by the first
// address (its key, the login, sudo) is final.
func dialAny(ctx context.Context, o Options, s *settings) (*Host, error) {
	ctx, cancel := context.WithCancel(ctx)
	r := &race{o: o, s: s, answers: make(chan dialed, 1+len(o.Also))}
	defer r.end(cancel)
	r.dial(ctx, s, o, true)
	wait := time.NewTimer(headStart)
	defer wait.Stop()
	var failure error
	for r.running > 0 {
		select {
		case <-wait.C:
			r.others(ctx)
		case a := <-r.answers:
			r.running--
			switch {
			case a.err == nil:
				return a.host, nil
			case a.first && !errors.Is(a.err, ErrUnreachable):
				return nil, a.err
			case a.first:
				failure = a.err
				r.others(ctx)
			case failure == nil && ctx.Err() != nil:
				failure = a.err
			}
		}
	}
	return nil, failure
}

func (r *race) dial(ctx context.Context, s *settings, o Options, first bool) {
	r.running++
	go func() {
		h, err := dial(ctx, o, s)
		r.answers <- dialed{h, err, first}
	}()
}

// others dials the other addresses, once.
func (r *race) others(ctx context.Context) {
	if r.all {
		return
	}
	r.all = true
	o := r.o
	o.UnknownKey = nil // whoever answers there must be known already
	for _, address := range r.o.Also {
		other := *r.s
		other.host = address // known_hosts is asked for the name of the first
		other.strictHostKeys = "yes"
		r.dial(ctx, &other, o, false)
	}
}

// end gives up what is still being dialed, and closes what answers late.
func (r *race) end(cancel context.CancelFunc) {
	cancel()
	go func() {
		for range r.running {
			if a := <-r.answers; a.host != nil {
				_ = a.host.Close()
			}
		}
	}()
}
