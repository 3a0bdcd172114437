package remote

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/pkg/sftp"
)

// Download reads a file as root and writes its bytes to w, at most the given
// number of them; a longer file is an error.
func (h *Host) Download(ctx context.Context, path string, most int64, w io.Writer) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	client, err := h.sftpClient(ctx)
	if err != nil {
		return 0, err
	}
	type result struct {
		n   int64
		err error
	}
	done := make(chan result, 1)
	go func() {
		n, err := get(client, path, most, w)
		done <- result{n, err}
	}()
	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
		h.files.forget(client)
		r = <-done // the writer is the caller's again
		return r.n, ctx.Err()
	}
	if errors.Is(r.err, sftp.ErrSSHFxConnectionLost) || errors.Is(r.err, io.ErrClosedPipe) {
		h.files.forget(client)
		return r.n, h.lost("reading "+clean(path), r.err)
	}
	if r.err != nil {
		return r.n, fmt.Errorf("%s: read %s: %w", h.Name(), clean(path), r.err)
	}
	return r.n, nil
}

func get(client *sftp.Client, path string, most int64, w io.Writer) (int64, error) {
	f, err := client.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, err := f.WriteTo(&bounded{w: w, left: most})
	return n, err
}

// bounded refuses more bytes than it was told of.
type bounded struct {
	w    io.Writer
	left int64
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, errors.New("the file is longer than was said")
	}
	n, err := b.w.Write(p)
	b.left -= int64(n)
	return n, err
}
