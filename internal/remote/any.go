package remote

import (
	"context"
	"errors"
	"time"
)

// headStart is how long the first address has to itself.
const headStart = 3 * time.Second

// dialAny dials the first address and, when nothing answers there in time, the
// others beside it. The first to answer is taken; a refusal by the first
// address (its key, the login, sudo) is final.
func dialAny(ctx context.Context, o Options, s *settings) (*Host, error) {
	ctx, cancel := context.WithCancel(ctx)
	type answer struct {
		host  *Host
		err   error
		first bool
	}
	answers := make(chan answer, 1+len(o.Also))
	start := func(s *settings, first bool) {
		o := o
		if !first {
			o.UnknownKey = nil // whoever answers there must be known already
		}
		h, err := dial(ctx, o, s)
		answers <- answer{h, err, first}
	}
	go start(s, true)
	wait := time.NewTimer(headStart)
	defer wait.Stop()
	running, others := 1, false
	var failure error
	more := func() {
		if others {
			return
		}
		others = true
		for _, address := range o.Also {
			other := *s
			other.host = address // known_hosts is asked for the name of the first
			running++
			go start(&other, false)
		}
	}
	// What is still being dialed ends with the context; what answers late is closed.
	defer func() {
		left := running
		cancel()
		go func() {
			for range left {
				if a := <-answers; a.host != nil {
					_ = a.host.Close()
				}
			}
		}()
	}()
	for running > 0 {
		select {
		case <-wait.C:
			more()
		case a := <-answers:
			running--
			switch {
			case a.err == nil:
				return a.host, nil
			case a.first && !errors.Is(a.err, ErrUnreachable):
				return nil, a.err
			case a.first:
				failure = a.err
				more()
			case failure == nil && ctx.Err() != nil:
				failure = a.err
			}
		}
	}
	return nil, failure
}
