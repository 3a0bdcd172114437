package lab

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// CollectorPackage returns the collector's Debian package, made when it is not in the
// cache folder; "" when there is none yet.
type CollectorPackage func(ctx context.Context, cache string, progress func(string)) (deb string, err error)

// offer puts the collector's package, where there is one, into the inventory and
// where hosts can fetch it by URL.
func (l *Lab) offer(s *shape, deb string) error {
	if deb != "" {
		if err := os.Symlink(deb, l.path("files", filepath.Base(deb))); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	s.Collector = deb
	return l.save(s)
}

// AddCollector makes the collector's package where it is not made, and brings it to the
// lab if that is up. Where it is not, the next start finds the package.
func (l *Lab) AddCollector(ctx context.Context, from CollectorPackage) error {
	if err := l.needs(); err != nil {
		return err
	}
	deb, err := from(ctx, l.Cache(), func(text string) { l.logf("%s", text) })
	if err != nil {
		return err
	}
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	s, err := l.load()
	if errors.Is(err, errNotUp) {
		l.logf("lab %q %v; its next start takes %s", l.Name, errNotUp, deb)
		return nil
	}
	if err != nil {
		return err
	}
	return l.offer(s, deb)
}
