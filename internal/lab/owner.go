package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// ownerOf tells process pid apart from a later one of that number; nil for zero.
func ownerOf(pid int) (*process, error) {
	if pid == 0 {
		return nil, nil
	}
	p, err := identify(pid)
	if err != nil {
		return nil, fmt.Errorf("the lab's owner, process %d, does not run", pid)
	}
	return &p, nil
}

// watchOwner starts the process that takes the lab down once its owner has ended.
// It is in none of the lab's control groups: it has to outlive them.
func (l *Lab) watchOwner(s *shape) error {
	if s.Owner == nil {
		return nil
	}
	cmd := exec.Command(l.Program, "lab", "watch")
	cmd.Env = append(os.Environ(), "FOOBAR_LAB="+l.Name)
	if err := detach(cmd); err != nil {
		return fmt.Errorf("start the process that watches the lab's owner: %w", err)
	}
	return nil
}

// Watch waits until the lab's owner has ended, however it ended, and takes the lab
// down. It returns when the lab has gone or belongs to somebody else.
func (l *Lab) Watch(ctx context.Context) error {
	s, err := l.load()
	if err != nil || s.Owner == nil {
		return err
	}
	owner := *s.Owner
	for owner.alive() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
		if !l.ownedBy(owner) {
			return nil
		}
	}
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if !l.ownedBy(owner) { // taken down, or started anew, while this waited for the lock
		return nil
	}
	return l.clean()
}

func (l *Lab) ownedBy(owner process) bool {
	s, err := l.load()
	return err == nil && s.Owner != nil && *s.Owner == owner
}

// sweep takes down the labs of this machine whose owners have ended while nobody
// watched. What cannot be removed now is tried again by the next lab up.
func (l *Lab) sweep() {
	found, _ := filepath.Glob(filepath.Join(stateRoot, "*", "lab.json"))
	for _, file := range found {
		other := &Lab{Name: filepath.Base(filepath.Dir(file)), Program: l.Program, Log: l.Log}
		s, err := other.load()
		if other.Name == l.Name || err != nil || s.Owner == nil || s.Owner.alive() {
			continue
		}
		if err := other.Watch(context.Background()); err != nil && !errors.Is(err, os.ErrNotExist) {
			l.logf("remove lab %q, whose owner has ended: %v", other.Name, err)
		}
	}
}
