package remote

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/pkg/sftp"

	"foobar/internal/fault"
)

// sftpProgram becomes an SFTP server. The umask makes new files private from
// their first moment, which the protocol's client cannot do for them; this is
// why a root login does not use sshd's own sftp subsystem either.
//
//go:embed sftp.sh
var sftpProgram string

// files is the SFTP session as root, opened when first needed.
type files struct {
	turn    chan struct{} // taken by whoever opens the session
	traffic traffic

	mu     sync.Mutex // never held while the host is waited for
	open   *fileSession
	closed bool
}

// fileSession is an SFTP client and the session it speaks through.
type fileSession struct {
	client *sftp.Client
	root   *rootSession
}

// close forgets the session, which ends with its connection.
func (f *files) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed, f.open = true, nil
}

// Upload writes a new file as root: created private and empty, refused where
// something of that name exists, given its mode when its content is complete.
// The reader must yield exactly size bytes; after an error nothing is left,
// unless the connection was lost.
func (h *Host) Upload(ctx context.Context, path string, mode uint32, size int64, r io.Reader) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := h.transfer(ctx, "uploading "+clean(path), func(client *sftp.Client) error {
		return put(client, path, mode, size, &exactly{r: r, left: size, traffic: &h.files.traffic})
	})
	var lost *Error
	if err != nil && ctx.Err() == nil && !errors.As(err, &lost) {
		return fmt.Errorf("%s: upload %s: %w", h.Name(), clean(path), err)
	}
	return err
}

// transfer runs do, which copies files. It gives up when its context ends and when
// next to nothing has moved for h.stall(); when it returns, so has do.
func (h *Host) transfer(ctx context.Context, doing string, do func(*sftp.Client) error) (err error) {
	session, err := h.fileSession(ctx)
	if err != nil {
		return err
	}
	moving, cancel := h.files.traffic.whileMoving(ctx, h.stall())
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = do(session.client)
	}()
	select {
	case <-done:
	case <-moving.Done():
		h.files.forget(session)
		cmp.Or(session.root.own, h.conn).insist(session.root.session, done)
		go session.root.close()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return h.silent(doing, h.stall())
	}
	if errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.ErrClosedPipe) {
		h.files.forget(session)
		go session.root.close()
		return h.lost(doing, err)
	}
	return err
}

// stall is how long a copy may make no progress.
func (h *Host) stall() time.Duration {
	return cmp.Or(h.opts.Stall, max(12*h.settings.timeout, 2*time.Minute))
}

func put(client *sftp.Client, path string, mode uint32, size int64, r *exactly) (err error) {
	f, err := client.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		// The protocol has no code for "exists"; "failure" alone helps nobody.
		if _, found := client.Lstat(path); found == nil {
			return fs.ErrExist
		}
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			_ = client.Remove(path)
		}
	}()
	if err := f.Chmod(0o600); err != nil {
		return err
	}
	n, err := f.ReadFrom(r)
	if err != nil {
		return err
	}
	if n != size {
		return fmt.Errorf("%d of %d bytes arrived", n, size)
	}
	return f.Chmod(os.FileMode(mode))
}

// exactly reads a known number of bytes, and tells that number to the SFTP
// client, which then sends several packets at once.
type exactly struct {
	r       io.Reader
	left    int64
	traffic *traffic
}

// Size is how many bytes are still to come.
func (e *exactly) Size() int64 { return e.left }

// Read implements io.Reader; too few or too many bytes are an error.
func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		if n, _ := io.ReadFull(e.r, make([]byte, 1)); n > 0 {
			return 0, errors.New("the content is longer than announced")
		}
		return 0, io.EOF
	}
	n, err := e.traffic.local(func() (int, error) { return e.r.Read(p[:min(int64(len(p)), e.left)]) })
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = fmt.Errorf("the content is %d bytes shorter than announced", e.left)
	}
	return n, err
}

// fileSession opens the session once; it is opened anew after it broke.
func (h *Host) fileSession(ctx context.Context) (*fileSession, error) {
	select {
	case h.files.turn <- struct{}{}:
		defer func() { <-h.files.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h.files.mu.Lock()
	open, closed := h.files.open, h.files.closed
	h.files.mu.Unlock()
	if closed {
		return nil, h.lost("opening a file channel", nil)
	}
	if open != nil {
		return open, nil
	}
	open, err := h.openFiles(ctx)
	if err != nil {
		return nil, err
	}
	h.files.mu.Lock()
	defer h.files.mu.Unlock()
	h.files.open = open
	return open, nil
}

// openFiles starts an SFTP server and greets it, within the time to connect.
func (h *Host) openFiles(ctx context.Context) (*fileSession, error) {
	root, err := h.openRoot(ctx, h.conn, sftpProgram)
	if err != nil {
		return nil, err
	}
	if len(root.ready) == 0 || root.ready[0] != "yes" {
		go root.close()
		return nil, h.settings.fail(ErrShell, nil, "install it there: apt-get install openssh-sftp-server", "the host has no sftp-server").as(fault.NoSFTP)
	}
	clock := newPatience(ctx, h.settings.timeout)
	defer clock.stop()
	client, err := within(clock, func() (*sftp.Client, error) {
		return sftp.NewClientPipe(root.out, root.in, sftp.UseConcurrentWrites(true))
	}, func(*sftp.Client) {})
	if err == nil {
		return &fileSession{client, root}, nil
	}
	go root.close()
	const doing = "opening a file channel"
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errSlow):
		return nil, h.silent(doing, h.settings.timeout)
	}
	return nil, h.lost(doing, err)
}

// forget makes the next copy open a session of its own.
func (f *files) forget(session *fileSession) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == session {
		f.open = nil
	}
}
