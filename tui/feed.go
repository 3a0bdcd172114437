package tui

import (
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"foobar/internal/event"
)

// The view is drawn anew for every message, and a terminal may stand still
// (ctrl-s): events are collected and sent some times a second.
const (
	feedEvery = 50 * time.Millisecond
	keepOwed  = 4 * keepLines // lines of output that wait for the view; it would not keep older ones either
)

// feed holds what the view has not taken yet.
type feed struct {
	mu    sync.Mutex
	owed  []tea.Msg
	lines int // of output among them
	more  chan struct{}
}

func newFeed() *feed { return &feed{more: make(chan struct{}, 1)} }

// put never blocks. Of output only the newest lines are kept.
func (f *feed) put(msg tea.Msg) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.owed = append(f.owed, msg)
	if isOutput(msg) {
		if f.lines++; f.lines > 2*keepOwed {
			f.thin()
		}
	}
	select {
	case f.more <- struct{}{}:
	default:
	}
}

// thin leaves out the older lines of output, and nothing else.
func (f *feed) thin() {
	drop := f.lines - keepOwed
	kept := make([]tea.Msg, 0, len(f.owed)-drop)
	for _, msg := range f.owed {
		if drop > 0 && isOutput(msg) {
			drop--
			f.lines--
			continue
		}
		kept = append(kept, msg)
	}
	f.owed = kept
}

func isOutput(msg tea.Msg) bool {
	e, ok := msg.(envelope)
	if !ok {
		return false
	}
	_, ok = e.Event.(event.Output)
	return ok
}

func (f *feed) take() batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.owed
	f.owed, f.lines = nil, 0
	return all
}

// pump sends until the view is over.
func (f *feed) pump(send func(tea.Msg), over <-chan struct{}) {
	for {
		select {
		case <-f.more:
		case <-over:
			return
		}
		if all := f.take(); len(all) > 0 {
			send(all)
		}
		select {
		case <-time.After(feedEvery):
		case <-over:
			return
		}
	}
}
