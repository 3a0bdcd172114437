package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/pkg/sftp"

	"foobar/internal/fault"
)

// sftpProgram becomes an SFTP server. The umask makes new files private from
// their first moment, which the protocol's client cannot do for them; this is
// why a root login does not use sshd's own sftp subsystem either.
const sftpProgram = readyLine + `umask 077
for p in /usr/lib/openssh/sftp-server /usr/libexec/openssh/sftp-server /usr/lib/ssh/sftp-server /usr/libexec/sftp-server "$(command -v sftp-server)"; do
  if [ -x "$p" ]; then
    printf "\n%s %s yes\n" "$1" "$u"
    exec "$p"
  fi
done
printf "\n%s %s no\n" "$1" "$u"
`

// files is the SFTP session as root, opened when first needed.
type files struct {
	mu     sync.Mutex
	client *sftp.Client
	root   *rootSession
	closed bool
}

func (f *files) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.drop()
}

// drop forgets the session; the caller holds the lock.
func (f *files) drop() {
	if f.client != nil {
		f.root.session.Close()
		f.client.Close()
		f.client, f.root = nil, nil
	}
}

// Upload writes a new file as root: created private and empty, refused where
// something of that name exists, given its mode when its content is complete.
// The reader must yield exactly size bytes; after an error nothing is left,
// unless the connection was lost.
func (h *Host) Upload(ctx context.Context, path string, mode uint32, size int64, r io.Reader) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	client, err := h.sftpClient(ctx)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- put(client, path, mode, size, r) }()
	select {
	case err = <-done:
	case <-ctx.Done():
		h.files.forget(client)
		<-done // the reader is the caller's again
		return ctx.Err()
	}
	if errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.ErrClosedPipe) {
		h.files.forget(client)
		return h.lost("uploading "+clean(path), err)
	}
	if err != nil {
		return fmt.Errorf("%s: upload %s: %w", h.Name(), clean(path), err)
	}
	return nil
}

func put(client *sftp.Client, path string, mode uint32, size int64, r io.Reader) (err error) {
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
	n, err := f.ReadFrom(&exactly{r: r, left: size})
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
	r    io.Reader
	left int64
}

// Size is how many bytes are still to come.
func (e *exactly) Size() int64 { return e.left }

// Read implements io.Reader; too few or too many bytes are an error.
func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		if n, _ := io.ReadFull(e.r, make([]byte, 1)); n > 0 {
			return 0, errors.New("the content is longer than was said")
		}
		return 0, io.EOF
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = fmt.Errorf("the content is %d bytes shorter than was said", e.left)
	}
	return n, err
}

// sftpClient opens the session once; it is opened anew after it broke.
func (h *Host) sftpClient(ctx context.Context) (*sftp.Client, error) {
	h.files.mu.Lock()
	defer h.files.mu.Unlock()
	if h.files.closed {
		return nil, h.lost("opening a file channel", nil)
	}
	if h.files.client != nil {
		return h.files.client, nil
	}
	root, err := h.openRoot(ctx, h.conn, sftpProgram)
	if err != nil {
		return nil, err
	}
	if len(root.ready) == 0 || root.ready[0] != "yes" {
		root.session.Close()
		return nil, h.settings.fail(ErrShell, nil, "install it there: apt-get install openssh-sftp-server", "the host has no sftp-server").as(fault.NoSFTP)
	}
	client, err := sftp.NewClientPipe(root.out, root.in, sftp.UseConcurrentWrites(true))
	if err != nil {
		root.session.Close()
		return nil, h.lost("opening a file channel", err)
	}
	h.files.client, h.files.root = client, root
	return client, nil
}

func (f *files) forget(client *sftp.Client) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.client == client {
		f.drop()
	}
}
